"""Verifying a folder's files: the ledger against its checkpoints, the records against their sources' signatures."""

from collections.abc import Iterator
from pathlib import Path

from comity.api.wire import GrowthShown, Verified
from comity.blobs.batch_files import BatchFiles
from comity.cli.bureau import node_key_file, own_bureau
from comity.cli.folder import read_file
from comity.config import read_config
from comity.errors import ComityError, InputError, UntrustedError
from comity.exchange.signed import find_wrong_signature
from comity.ids import MemberCode
from comity.ledger.checkpoint import VerifierKey, key_name_of, parse_checkpoint, parse_note, verify_checkpoint
from comity.ledger.proof import ConsistencyProof
from comity.members.directory import Directory, parse_directory
from comity.members.listing import Known
from comity.registers.batch import FindWrong
from comity.signer import Frame
from comity.store.catalogue import RowsOfFolder
from comity.store.members import list_known
from comity.store.opening import NODE_DB
from comity.texts import _
from comity.tiles.reading import verify_ledger


def verify_folder(folder: Path, key: str) -> Verified:
    """Everything in a node's folder that is not as it was signed; only reads, also while a node runs there.

    ``key`` is the ledger's verifier key (C2SP) as it is known elsewhere; empty, the folder's own key file has it.
    """
    network, member = whose(folder)
    if not (folder / "data" / "ledger").is_dir():
        raise InputError(_("There is no ledger in this folder."), where=str(folder / "data" / "ledger"))
    verifier = VerifierKey.parse(key) if key else ledger_key(folder)
    report = verify_ledger(folder / "data" / "ledger", network, member, verifier)
    findings = (*report.findings, *batch_findings(folder))
    return Verified(not findings, report.periods, report.entries, report.erased, findings, "")


def batch_findings(folder: Path) -> Iterator[str]:
    """What is wrong with the batches in a node's folder."""
    for found in BatchFiles(folder / "data" / "batches").verify_all(_judge(folder)):
        record = _("record {record}: ").format(record=found.record) if found.record else ""
        yield f"batches/{found.batch[:2]}/{found.batch}.batch: {record}{found.text}"


def whose(folder: Path) -> tuple[str, MemberCode]:
    """The network and the member of a folder, a node's or a bureau's."""
    if (folder / "node.toml").exists():
        config = read_config(folder / "node.toml")
        return config.network, config.code
    bureau = own_bureau(folder)
    return bureau.network, bureau.code


def ledger_key(folder: Path) -> VerifierKey:
    """The key by which a folder's ledger is signed, as its own key file has it."""
    return VerifierKey(key_name_of(*whose(folder)), node_key_file(folder).public_key("ledger"))


def acquired(folder: Path) -> Directory | None:
    """The directory that a folder's node has acquired and verified; None before the first."""
    path = folder / "data" / "directory" / "directory.json"
    return parse_directory(read_file(path, _("The directory")), known_in(folder)) if path.exists() else None


def known_in(folder: Path) -> Known:
    """By which keys a folder's node has known each member; nothing where its database does not say."""
    try:
        return RowsOfFolder(folder / "data" / NODE_DB).read_rows(list_known)
    except ComityError:
        return {}


def _judge(folder: Path) -> FindWrong:
    """What judges signatures by the directory that the node acquired and verified."""
    directory = acquired(folder)

    def find_wrong(frame: Frame, source: MemberCode) -> str:
        return find_wrong_signature(frame, source, directory) if directory else _("there is no directory here.")

    return find_wrong


def verify_growth(note: bytes, found: GrowthShown, key: str) -> None:
    """Raise UntrustedError unless the proof leads from an earlier checkpoint to the node's present one.

    With ``key``, the ledger's verifier key, both have to be signed by it.
    """
    old = parse_checkpoint(parse_note(note).text)
    new = parse_checkpoint(parse_note(found.checkpoint.encode()).text)
    if key:
        for each in (note, found.checkpoint.encode()):
            verify_checkpoint(each, VerifierKey.parse(key), old.origin)
    if new.origin != old.origin:
        raise UntrustedError(_("The node shows another ledger."), where=new.origin)
    try:
        hashes = tuple(bytes.fromhex(step) for step in found.proof)
    except ValueError as error:
        raise UntrustedError(_("The proof cannot be read."), where=old.origin) from error
    ConsistencyProof(old.size, new.size, hashes).verify(old, new)
