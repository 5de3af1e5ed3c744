"""A node's registers, looked at and mended from its folder: their indexes against catalogue and batches."""

from collections.abc import Iterator
from pathlib import Path

from comity.blobs.batch_files import BatchFiles
from comity.cli.verifying import batch_findings
from comity.config import read_config
from comity.errors import ComityError, InputError
from comity.ids import RegisterName
from comity.index.comparing import Comparison
from comity.index.contents import Contents
from comity.index.exact import Index
from comity.index.kept import ask_anew
from comity.index.walking import is_walkable
from comity.registers.registry import REGISTERS, get_register
from comity.store.catalogue import RowsOfFolder, StoredCatalogue
from comity.texts import _


def verify_registers(folder: Path) -> tuple[str, ...]:
    """Everything that differs between batches, catalogue and indexes; only reads, also while the node runs."""
    data = _data(folder)
    findings = list(batch_findings(folder))
    contents = Contents(BatchFiles(data / "batches"), StoredCatalogue(RowsOfFolder(data / "node.db")))
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
