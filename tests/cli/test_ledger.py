import json
import shutil
from pathlib import Path

import pytest

from comity.registers.register import ask_keys
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from tests.cli.conftest import Served, Terminal


@pytest.fixture(scope="module", autouse=True)
def _acts(served: Served) -> None:
    served.network.enter(served.network.officer("FR", "claire", "registrar"), "19AC45678", "19AC45679")


def node_folder(served: Served, code: str, to: Path) -> Path:
    """A copy of a node's folder, as somebody with a disk in their hands has it."""
    served.network.settle()
    shutil.copytree(served.network.founding.folder / code, to)
    return to


def change(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_only_an_auditor_reads_the_ledger(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta", "inspector")
    assert comity("ledger", "list") == 3
    assert comity("ledger", "verify") == 3
    assert "RPD-21.1" in comity.err


def test_entries_are_listed_page_by_page_and_shown_with_their_proof(comity: Terminal, served: Served) -> None:
    served.officer(comity, "FR", "auditor", "auditor")
    served.network.settle()
    comity.does("ledger", "list", "--most", "1")
    older = comity.found(r"--before (\S+)")
    comity.does("ledger", "list", "--before", older, "--kind", "record.enter")
    entry = comity.found(r"record\.enter.* ([0-9a-f]{64})")
    comity.does("ledger", "show", entry)
    assert "proof" in comity.out
    assert comity.found(r"detail.count +(\d+)")
    assert "{" not in comity.out.partition("Evidence:")[0]
    assert "— simulation/FR" in comity.out
    assert comity("ledger", "show", "0" * 64) == 2
    assert comity("ledger", "list", "--before", "yesterday") == 2
    assert comity("ledger", "list", "--kind", "record.enters") == 2
    comity.does("ledger", "list", "--officer", "nobody-at-all")
    assert "Nothing is on record that fits." in comity.out
    comity.does("ledger", "verify")
    assert "Everything holds" in comity.out


def test_a_folder_verifies_from_its_files_alone(comity: Terminal, served: Served) -> None:
    folder = node_folder(served, "GS", comity.folder / "GS")
    comity.does("ledger", "verify", "--folder", str(folder))
    comity.does("ledger", "verify", "--folder", str(folder), "--json")
    assert json.loads(comity.out)["holds"] is True


def test_every_changed_entry_is_named(comity: Terminal, served: Served) -> None:
    folder = node_folder(served, "FR", comity.folder / "FR")
    contents = next(
        path for path in sorted((folder / "data" / "ledger").rglob("*")) if "contents" in str(path) and path.is_file()
    )
    change(contents, -3)
    assert comity("ledger", "verify", "--folder", str(folder)) == 4
    assert comity.found(r"entry \d+ \(([0-9a-f]{64})\) changed")


def test_every_changed_record_is_named(comity: Terminal, served: Served) -> None:
    folder = node_folder(served, "GS", comity.folder / "GS")
    batch = next((folder / "data" / "batches").rglob("*.batch"))
    change(batch, -5)
    assert comity("ledger", "verify", "--folder", str(folder)) == 4
    assert comity.found(rf"(record {batch.stem}\.1: The record was changed)")


def test_a_ledger_under_another_key_is_not_trusted(comity: Terminal, served: Served) -> None:
    folder = node_folder(served, "GS", comity.folder / "GS")
    shutil.copy(served.network.founding.folder / "FR" / "keys.json", folder / "keys.json")
    assert comity("ledger", "verify", "--folder", str(folder)) == 4
    assert "not signed by the key expected" in comity.out
    assert comity("ledger", "verify", "--folder", str(folder), "--key", "nonsense") == 2


def test_a_folder_without_a_node_is_said_to_have_none(comity: Terminal, tmp_path: Path) -> None:
    assert comity("ledger", "verify", "--folder", str(tmp_path)) == 2
    assert comity("ledger", "verify", "--folder", str(tmp_path / "missing")) == 2


def test_registers_are_compared_with_their_index_from_a_folder_and_mended(
    comity: Terminal, served: Served, tmp_path: Path
) -> None:
    folder = node_folder(served, "GS", tmp_path / "GS")
    assert "agree" in comity.does("node", "verify", str(folder))
    path = folder / "data" / "index" / "travel-documents.lmdb"
    [key] = ask_keys(TRAVEL_DOCUMENTS, {"number": "19AC45678", "country": "FRA"})
    path.write_bytes(path.read_bytes().replace(key, bytes(len(key))))
    assert comity("node", "verify", str(folder)) == 4
    assert "travel-documents" in comity.out
    assert "travel-documents" in comity.does("node", "rebuild", str(folder), "travel-documents")
    assert path.with_suffix(".rebuild").exists()
    assert comity("node", "rebuild", str(folder), "boats") == 2
    assert comity("node", "verify", str(served.network.founding.folder / "LT")) == 2
