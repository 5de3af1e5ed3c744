"""Batch files: durable before their name is, read one record at a time, erased for good, checked by name."""

from pathlib import Path

import msgspec
import pytest

from comity.blobs.batch_files import BatchFiles
from comity.errors import CorruptError, UnknownError, UntrustedError
from comity.ids import BatchId, MemberCode, record_id
from comity.registers.batch import FindWrong, parse_batch, verify_batch, verify_record_in_batch
from comity.registers.record import parse_record
from comity.signer import Frame
from tests.registers.statements import FR_KEY, XX_KEY, make_statements

BATCH = make_statements(5)


class Killed(Exception):  # noqa: N818 - what happens to the process, not an error of it
    pass


def path_of(folder: Path) -> Path:
    return folder / BATCH.id[:2] / f"{BATCH.id}.batch"


def judge(public: bytes = FR_KEY.public) -> FindWrong:
    """As a node judges that knows this key, and no other, as the source's."""

    def find_wrong(frame: Frame, _source: MemberCode) -> str:
        try:
            frame.verify(public)
        except UntrustedError as error:
            return error.message
        return ""

    return find_wrong


@pytest.fixture
def files(tmp_path: Path) -> BatchFiles:
    files = BatchFiles(tmp_path)
    files.put(BATCH)
    return files


def test_record_is_read_alone_and_counted(files: BatchFiles) -> None:
    assert parse_record(files.read_record(BATCH.id, 3).data).fields["number"] == "X0000003"
    assert files.reads == 1
    head, record = verify_record_in_batch(files.read_evidence(BATCH.id, 4), FR_KEY.public)
    assert (head, record.fields["number"]) == (BATCH.head, "X0000004")
    assert files.reads == 2
    assert files.read_evidence(BATCH.id, 4) == BATCH.evidence(4)


@pytest.mark.parametrize("offset", [-1, 5, 2**40])
def test_record_that_is_not_there_is_unknown(files: BatchFiles, offset: int) -> None:
    with pytest.raises(UnknownError):
        files.read_record(BATCH.id, offset)
    with pytest.raises(UnknownError):
        files.erase(BATCH.id, offset)
    assert not list(files.verify_all(judge()))


def test_batch_that_is_not_here_is_unknown(files: BatchFiles) -> None:
    missing = BatchId("0" * 64)
    assert not files.has(missing)
    with pytest.raises(UnknownError):
        files.read_record(missing, 0)
    with pytest.raises(UnknownError):
        files.read_batch(missing)


def test_changed_record_is_named_by_reading_and_by_verifying(files: BatchFiles, tmp_path: Path) -> None:
    path_of(tmp_path).write_bytes(BATCH.encode().replace(b"X0000002", b"X0000009"))
    with pytest.raises(CorruptError) as caught:
        files.read_record(BATCH.id, 2)
    assert caught.value.where == record_id(BATCH.id, 2)
    files.read_record(BATCH.id, 1)
    assert [finding.record for finding in files.verify_all(judge())] == [record_id(BATCH.id, 2)]


def test_torn_and_swapped_files_are_found(files: BatchFiles, tmp_path: Path) -> None:
    path_of(tmp_path).write_bytes(BATCH.encode()[:300])
    assert [finding.batch for finding in files.verify_all(judge())] == [BATCH.id]
    with pytest.raises(CorruptError):
        files.read_record(BATCH.id, 4)
    with pytest.raises(CorruptError):
        files.read_evidence(BATCH.id, 4)
    path_of(tmp_path).write_bytes(make_statements(4).encode())
    assert "another name" in next(files.verify_all(judge())).text
    with pytest.raises(CorruptError):
        files.read_evidence(BATCH.id, 0)


def test_signature_by_an_unknown_or_wrong_key_is_found(files: BatchFiles) -> None:
    [wrong] = files.verify_all(judge(XX_KEY.public))
    assert (wrong.batch, wrong.record) == (BATCH.id, None)


def test_erased_record_is_gone_from_the_disk_and_the_rest_verifies(files: BatchFiles, tmp_path: Path) -> None:
    salt = BATCH.records[1].salt
    assert salt in path_of(tmp_path).read_bytes()
    files.erase(BATCH.id, 1)
    files.erase(BATCH.id, 1)
    data = path_of(tmp_path).read_bytes()
    assert b"X0000001" not in data
    assert salt not in data
    assert verify_batch(parse_batch(data), FR_KEY.public)[1] is None
    assert list(files.verify_all(judge())) == []
    with pytest.raises(UnknownError):
        files.read_record(BATCH.id, 1)
    with pytest.raises(UnknownError):
        files.read_evidence(BATCH.id, 1)
    verify_record_in_batch(files.read_evidence(BATCH.id, 2), FR_KEY.public)


def test_putting_a_batch_again_does_not_bring_back_what_was_erased(files: BatchFiles) -> None:
    files.erase(BATCH.id, 1)
    files.put(BATCH)
    with pytest.raises(UnknownError):
        files.read_record(BATCH.id, 1)


def test_batch_whose_hashes_do_not_give_its_name_is_not_stored(tmp_path: Path) -> None:
    with pytest.raises(UntrustedError):
        BatchFiles(tmp_path).put(msgspec.structs.replace(BATCH, records=BATCH.records[::-1]))
    assert list(BatchFiles(tmp_path).list_batches()) == []


def put_and_erase(files: BatchFiles) -> None:
    files.put(BATCH)
    files.erase(BATCH.id, 1)


def steps_of(tmp_path: Path) -> list[str]:
    steps: list[str] = []
    files = BatchFiles(tmp_path / "dry", steps.append)
    put_and_erase(files)
    return steps


def test_killed_at_any_step_nothing_half_is_read_and_again_finishes(tmp_path: Path) -> None:
    steps = steps_of(tmp_path)
    assert len(steps) > 5
    for number in range(len(steps)):
        folder = tmp_path / str(number)
        passed = [0]

        def boundary(step: str, passed: list[int] = passed, last: int = number) -> None:
            if passed[0] == last:
                raise Killed(step)
            passed[0] += 1

        doomed = BatchFiles(folder, boundary)
        with pytest.raises(Killed):
            put_and_erase(doomed)
        after = BatchFiles(folder)
        for name in after.list_batches():
            assert parse_record(after.read_record(name, 0).data).fields["number"] == "X0000000"
        after.put(BATCH)
        after.erase(BATCH.id, 1)
        assert list(after.verify_all(judge())) == []
        with pytest.raises(UnknownError):
            after.read_record(BATCH.id, 1)
