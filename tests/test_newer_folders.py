"""A folder that a newer version of the program wrote is called so, whatever part of it is met, and left as it is."""

import struct
import zlib
from pathlib import Path

import lmdb
import pytest

from comity.blobs.batch_files import BatchFiles
from comity.errors import CorruptError, NewerError, UnavailableError
from comity.ids import BatchId, RegisterName
from comity.index.exact import Index
from comity.ledger.entry import parse_leaf
from comity.registers.batch import parse_batch
from comity.store.store import Store
from comity.tiles.groups import HEAD, encode_group
from comity.tiles.segments import Segment
from comity.tiles.verify import _judge_frame
from tests.registers.statements import make_statements
from tests.tiles.cast import entries, entry

DOCUMENTS = RegisterName("travel-documents")


def newest_segment(folder: Path) -> Path:
    return max(folder.glob("*.segment"))


def make_segment(folder: Path) -> None:
    segment = Segment(folder)
    segment.append(entries(0, 3))
    segment.append(entries(3, 5))
    segment.close()


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_segment_with_a_group_of_a_newer_form_is_neither_cut_nor_laid_aside(tmp_path: Path, goes_on: bool) -> None:  # noqa: FBT001
    make_segment(tmp_path)
    path = newest_segment(tmp_path)
    data = path.read_bytes()
    body = b"what nobody here knows"
    grown = data + struct.pack(">4sQII", b"CSG2", len(data), len(body), zlib.crc32(body)) + body
    path.write_bytes(grown)
    with pytest.raises(UnavailableError, match="This folder was written by a newer Comity") as caught:
        Segment(tmp_path, goes_on=goes_on)
    assert "Use that version" in caught.value.next_step
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == grown


def test_a_group_of_this_form_whose_magic_was_changed_is_damage(tmp_path: Path) -> None:
    make_segment(tmp_path)
    path = newest_segment(tmp_path)
    data = path.read_bytes()
    path.write_bytes(b"CSG3" + data[4:])
    Segment(tmp_path, goes_on=True).close()
    assert list(tmp_path.glob("*.damaged"))


def test_the_form_of_groups_is_the_first() -> None:
    assert HEAD.unpack_from(encode_group(0, b""))[0] == b"CSG1"


def test_an_index_of_a_newer_version_is_called_newer(tmp_path: Path) -> None:
    path = tmp_path / "index.lmdb"
    Index(path, DOCUMENTS).close()
    with lmdb.open(str(path), subdir=False, max_dbs=16) as environment:
        about = environment.open_db(b"about")
        with environment.begin(write=True) as txn:
            assert txn.get(b"format", db=about) == b"comity-index/4 travel-documents"
            txn.put(b"format", b"comity-index/5 travel-documents", db=about)
    with pytest.raises(NewerError, match="of version 5 of an index; this node reads up to 4"):
        Index(path, DOCUMENTS)


@pytest.mark.parametrize(
    "written", [b"comity-index/2 travel-documents", b"comity-index/3 persons", b"x", b"comity-index/"]
)
def test_an_index_of_an_older_version_or_another_register_is_not_called_newer(tmp_path: Path, written: bytes) -> None:
    path = tmp_path / "index.lmdb"
    Index(path, DOCUMENTS).close()
    with lmdb.open(str(path), subdir=False, max_dbs=16) as environment:
        about = environment.open_db(b"about")
        with environment.begin(write=True) as txn:
            txn.put(b"format", written, db=about)
    with pytest.raises(CorruptError):
        Index(path, DOCUMENTS)


def test_a_batch_file_of_a_newer_version_is_called_newer_by_whoever_reads_it(tmp_path: Path) -> None:
    batch = make_statements(2)
    data = batch.encode().replace(b"comity-batch/1", b"comity-batch/2", 1)
    with pytest.raises(NewerError, match="version 2 of a batch file; this node reads up to 1"):
        parse_batch(data)
    files = BatchFiles(tmp_path)
    files.put_file(BatchId(batch.id), data)
    for read in (
        lambda: files.read_batch(batch.id),
        lambda: files.read_record(batch.id, 0),
        lambda: files.read_records(batch.id, 0, 2),
        lambda: files.read_evidence(batch.id, 0),
    ):
        with pytest.raises(CorruptError, match=r"of version 2 of a batch file.*Update Comity") as caught:
            read()
        assert "changed" not in caught.value.message


def test_an_entry_of_a_newer_version_is_called_newer_where_the_ledger_is_verified() -> None:
    leaf = entry(0).leaf.replace(b'{"v":1', b'{"v":2')
    with pytest.raises(NewerError):
        parse_leaf(leaf)
    content = entry(0).content
    frame = b"K" + bytes(9) + entry(0).salt + content
    judged = _judge_frame(frame, len(content), leaf)
    assert judged is not None
    assert judged == ("unreadable", "It is of version 2 of leaf; this node reads up to 1. Update Comity at this node.")


def test_a_database_of_a_newer_version_is_left_as_it_is(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write_rows(lambda rows: rows.exec_driver_sql("update alembic_version set version_num = '9999'"))
    store.close()
    before = (tmp_path / "node.db").read_bytes()
    with pytest.raises(UnavailableError, match="This folder was written by a newer Comity"):
        Store(tmp_path)
    assert (tmp_path / "node.db").read_bytes() == before
