"""A node's registers, looked at and mended from its folder: their indexes against catalogue, batches and ledger."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from comity.blobs.batch_files import BatchFiles
from comity.cli.verifying import acquired, batch_findings, ledger_key, whose
from comity.config import read_config
from comity.damage import OF_THE_CATALOGUE, Damage
from comity.errors import ComityError, InputError
from comity.ids import RegisterName
from comity.index.comparing import Comparison
from comity.index.contents import Contents
from comity.index.exact import Index
from comity.index.kept import ask_anew
from comity.index.walking import is_walkable
from comity.registers.registry import REGISTERS, get_register
from comity.store.catalogue import RowsOfFolder, StoredCatalogue
from comity.store.opening import NODE_DB
from comity.store.soundness import Lost, find_wrong
from comity.texts import _
from comity.tiles.kept_catalogue import Catalogued, check_catalogue
from comity.tiles.reading import LedgerReader
from comity.tiles.restoring import OnlyNames


def verify_registers(folder: Path) -> tuple[str, ...]:
    """Everything that differs between batches, catalogue, ledger and indexes; only reads, also while the node runs."""
    data = _data(folder)
    findings = list(batch_findings(folder))
    rows = RowsOfFolder(data / "node.db")
    findings += _verify_catalogue(folder, data, rows)
    contents = Contents(BatchFiles(data / "batches"), StoredCatalogue(rows))
    for name in REGISTERS:
        findings += [f"index/{name}.lmdb: {text}" for text in _compare(data / "index", name, contents)]
    return tuple(findings)


def rebuild(folder: Path, register: str) -> tuple[RegisterName, ...]:
    """Ask for the index of a register to be built anew, or of all: what was asked for."""
    names = (get_register(register).name,) if register else tuple(REGISTERS)
    index = _data(folder) / "index"
    for name in names:
        ask_anew(index, name)
    return names


def _data(folder: Path) -> Path:
    config = read_config(folder / "node.toml")
    if not config.is_secretariat:
        raise InputError(
            _("A bureau's node keeps no register for others, and so has no index."),
            where=str(folder),
            next_step=_("Name the folder of the secretariat's node."),
        )
    return config.path("data")


def _verify_catalogue(folder: Path, data: Path, rows: RowsOfFolder) -> Iterator[str]:
    """Its tables against their indexes, then what they have against the ledger and the files that lie there."""
    for table in OF_THE_CATALOGUE:
        wrong = rows.read_rows(partial(find_wrong, table=table))
        if wrong:
            yield f"node.db: {table}: {wrong}"
    directory = acquired(folder)
    if directory is None:
        return
    lost = Lost(data / NODE_DB)
    if lost.text:
        yield f"node.db: {lost.text}"
    network, member = whose(folder)
    ledger = LedgerReader(data / "ledger", rows, network, member, ledger_key(folder))
    files = BatchFiles(data / "batches")
    compared = Catalogued(rows, ledger, files, directory, member, OnlyNames(), lost.before_s)
    try:
        ledger.verify_told()
        yield from (str(step) for step in check_catalogue(compared) if isinstance(step, Damage))
    except ComityError as error:
        yield error.message


def _compare(folder: Path, name: RegisterName, contents: Contents) -> Iterator[str]:
    path = folder / f"{name}.lmdb"
    if not path.exists():
        yield _("There is none: it is built from the batches when the node runs.")
        return
    if not is_walkable(path, name):
        yield _("It is damaged, and may end whoever opens it. Build it again: comity node rebuild")
        return
    try:
        index = Index(path, name, readonly=True)
        try:
            yield from Comparison(name, contents).go_round(index)
        finally:
            index.close()
    except ComityError as error:
        yield error.message
