"""The index: nothing is silently replaced, nobody sees what is not for them, and not seeing costs the same."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.audience import Audience
from comity.errors import CorruptError, InputError, UnavailableError
from comity.ids import BatchId, MemberCode, RegisterName
from comity.index.checked import seal, unseal
from comity.index.exact import Index
from comity.index.posting import Entry, Padded, Removal, Taken, pack, unpack
from comity.index.reader import Reader
from comity.limits import KEY_ANSWERS_MAX, KEY_AUDIENCES_MAX, POSTINGS_MAX

REGISTER = RegisterName("travel-documents")
FR, LT, BR, XX = (MemberCode(code) for code in ("FR", "LT", "BR", "XX"))
ONE, TWO = BatchId("11" * 32), BatchId("22" * 32)
KEPT_MAX = KEY_ANSWERS_MAX * POSTINGS_MAX


def key(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()[:16]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Index(tmp_path / "travel-documents.lmdb", REGISTER, map_bytes=1 << 20)
    yield index
    index.close()


def test_record_is_found_by_those_who_may_see_it_and_nobody_else(index: Index) -> None:
    index.apply(
        1, FR, [Entry(key(1), "BR FR", ONE, 4), Entry(key(2), "all but XX", ONE, 5), Entry(key(3), "none", ONE, 6)]
    )
    seen = {member: [Reader(index, member).find(key(n)) for n in (1, 2, 3, 4)] for member in (FR, BR, LT, XX)}
    assert seen[FR] == seen[BR] == [((ONE, 4),), ((ONE, 5),), (), ()]
    assert seen[LT] == [(), ((ONE, 5),), (), ()]
    assert seen[XX] == [(), (), (), ()]


def test_second_record_under_a_key_does_not_replace_the_first(index: Index) -> None:
    index.apply(1, FR, [Entry(key(1), "all", ONE, 0)])
    index.apply(2, FR, [Entry(key(1), "FR", TWO, 0), Entry(key(1), "all", TWO, 1)])
    assert Reader(index, FR).find(key(1)) == ((ONE, 0), (TWO, 0), (TWO, 1))
    assert Reader(index, LT).find(key(1)) == ((ONE, 0), (TWO, 1))


def test_masked_lookup_does_what_a_miss_does(index: Index) -> None:
    index.apply(1, FR, [Entry(key(1), "all but XX", ONE, 0), Entry(key(1), "FR", ONE, 1), Entry(key(2), "FR", TWO, 2)])
    counts = []
    for asked in (key(1), key(2), key(99)):
        reader = Reader(index, XX)
        assert reader.find(asked) == ()
        counts.append((reader.lookups, reader.audience_tests))
    assert counts == [(1, POSTINGS_MAX)] * 3


def test_hit_costs_as_many_audience_tests_as_a_miss(index: Index) -> None:
    index.apply(1, FR, [Entry(key(1), "all", ONE, offset) for offset in range(3)])
    reader = Reader(index, FR)
    assert len(reader.find(key(1))) == 3
    assert reader.audience_tests == POSTINGS_MAX


def test_crowded_key_keeps_the_newest_and_reports_the_rest(index: Index) -> None:
    entries = [Entry(key(1), "all", ONE, offset) for offset in range(KEPT_MAX + 2)]
    applied = index.apply(1, FR, entries)
    assert applied.crowded == (Removal(key(1), ONE, 0), Removal(key(1), ONE, 1))
    assert [posting.offset for posting in Reader(index, FR).find(key(1))] == list(range(2, KEPT_MAX + 2))
    assert index.apply(2, FR, [Entry(key(1), "all", TWO, 0)]).crowded == (Removal(key(1), ONE, 2),)


def test_who_crowds_a_key_pushes_out_its_own_records_only(index: Index) -> None:
    index.apply(1, FR, [Entry(key(1), "all", ONE, offset) for offset in range(KEPT_MAX)])
    flood = [Entry(key(1), "all", TWO, offset) for offset in range(3 * KEPT_MAX)]
    applied = index.apply(2, XX, flood)
    found = Reader(index, LT).find(key(1))
    assert [each for each in found if each.batch == ONE] == [(ONE, offset) for offset in range(KEPT_MAX)]
    assert len(found) == 2 * KEPT_MAX
    assert {removal.batch for removal in applied.crowded} == {TWO}


def test_what_a_member_may_not_see_pushes_out_nothing_that_it_may_see(index: Index) -> None:
    """Of one and the same source too."""
    index.apply(1, FR, [Entry(key(1), "all", ONE, offset) for offset in range(KEPT_MAX)])
    index.apply(2, FR, [Entry(key(1), "all but XX", TWO, offset) for offset in range(3 * KEPT_MAX)])
    assert Reader(index, XX).find(key(1)) == tuple((ONE, offset) for offset in range(KEPT_MAX))


def test_a_reader_sees_of_each_source_the_newest_that_are_open_to_it(index: Index) -> None:
    index.apply(1, FR, [Entry(key(1), "all", ONE, offset) for offset in range(KEPT_MAX)])
    index.apply(2, FR, [Entry(key(1), "all but XX", TWO, offset) for offset in range(3)])
    expected = [(ONE, offset) for offset in range(3, KEPT_MAX)] + [(TWO, offset) for offset in range(3)]
    assert Reader(index, LT).find(key(1)) == tuple(expected)


def test_a_source_that_uses_many_audiences_under_a_key_loses_the_oldest_of_its_own(index: Index) -> None:
    index.apply(1, BR, [Entry(key(1), "all", TWO, 0)])
    codes = [f"M{number}" for number in range(KEY_AUDIENCES_MAX + 1)]
    applied = index.apply(2, FR, [Entry(key(1), f"{code} LT", ONE, at) for at, code in enumerate(codes)])
    assert applied.crowded == (Removal(key(1), ONE, 0),)
    assert len(Reader(index, LT).find(key(1))) == 1 + KEY_AUDIENCES_MAX
    assert Reader(index, MemberCode("M0")).find(key(1)) == ((TWO, 0),)
    assert Reader(index, MemberCode("M1")).find(key(1)) == ((TWO, 0), (ONE, 1))


def look(index: Index, member: MemberCode, *numbers: int) -> tuple[int, bool]:
    """How many records are looked at, and whether there is, or was, more that is open to the reader."""
    reader = Reader(index, member)
    found = reader.look_for_any([key(number) for number in numbers]) if numbers[1:] else reader.look(key(numbers[0]))
    return len(found.postings), found.is_crowded


def test_who_could_see_what_was_pushed_out_knows_that_its_key_is_crowded_and_nobody_else(index: Index) -> None:
    index.apply(1, FR, [Entry(key(1), "all but XX", ONE, offset) for offset in range(KEPT_MAX)])
    assert look(index, LT, 1) == (KEPT_MAX, False)
    index.apply(2, FR, [Entry(key(1), "all but XX", TWO, 0)])
    assert look(index, LT, 1) == (KEPT_MAX, True)
    assert look(index, LT, 9, 1) == (KEPT_MAX, True)
    assert look(index, XX, 1) == (0, False) == look(index, XX, 9)


def test_a_key_stays_crowded_when_what_was_kept_under_it_is_taken_out(index: Index) -> None:
    """Not even the last one makes it a key of which "nothing" may be said."""
    index.apply(1, FR, [Entry(key(1), "all but XX", ONE, offset) for offset in range(KEPT_MAX + 1)])
    index.apply(2, FR, [], [Removal(key(1), ONE, offset) for offset in range(1, KEPT_MAX + 1)])
    assert look(index, LT, 1) == (0, True)
    assert look(index, XX, 1) == (0, False)
    index.apply(3, FR, [Entry(key(1), "all", TWO, 0)])
    assert look(index, LT, 1) == (1, True)
    assert look(index, XX, 1) == (1, False)


def test_who_was_in_an_audience_that_went_as_a_whole_knows_it_and_nobody_else(index: Index) -> None:
    codes = [f"M{number}" for number in range(KEY_AUDIENCES_MAX + 2)]
    index.apply(1, FR, [Entry(key(1), f"{code} LT", ONE, at) for at, code in enumerate(codes[:-1])])
    index.apply(2, FR, [Entry(key(1), codes[-1], TWO, 0)])
    crowded = [code for code in (*codes, "LT", "XX") if look(index, MemberCode(code), 1)[1]]
    assert crowded == ["M0", "M1", "LT"]


def test_more_of_one_source_than_is_read_under_a_key_is_said_to_be_more(index: Index) -> None:
    index.apply(1, FR, [Entry(key(1), "all", ONE, offset) for offset in range(KEPT_MAX)])
    index.apply(2, BR, [Entry(key(1), "all", TWO, 0)])
    assert look(index, LT, 1) == (KEPT_MAX + 1, False)
    index.apply(3, FR, [Entry(key(1), "FR LT", BatchId("33" * 32), 0)])
    assert look(index, LT, 1) == (KEPT_MAX + 1, True)
    assert look(index, XX, 1) == (KEPT_MAX + 1, False)


def test_a_key_is_not_crowded_out_by_another_that_is_asked_beside_it(index: Index) -> None:
    index.apply(1, FR, [Entry(key(2), "all", ONE, 0)])
    index.apply(2, FR, [Entry(key(1), "all", TWO, offset) for offset in range(2 * KEPT_MAX)])
    found = Reader(index, LT).look_for_any([key(1), key(2)])
    assert found.postings[0] == (ONE, 0)
    assert len(found.postings) == KEPT_MAX + 1


def test_a_flood_of_one_name_is_taken_in_at_once(index: Index) -> None:
    count = 50_000
    applied = index.apply(1, XX, [Entry(key(1), "all", TWO, offset) for offset in range(count)])
    assert len(applied.crowded) == count - KEPT_MAX
    assert Reader(index, LT).find(key(1))[-1] == (TWO, count - 1)


def test_whose_a_batch_is_stays_known_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "register.lmdb"
    index = Index(path, REGISTER)
    index.apply(1, FR, [Entry(key(1), "all", ONE, offset) for offset in range(KEPT_MAX)])
    index.close()
    index = Index(path, REGISTER)
    index.apply(2, XX, [Entry(key(1), "all", TWO, offset) for offset in range(KEPT_MAX)])
    assert len(Reader(index, LT).find(key(1))) == 2 * KEPT_MAX
    index.close()


def test_restricting_a_record_takes_it_from_those_who_saw_it(index: Index) -> None:
    index.apply(1, FR, [Entry(key(1), "all", ONE, 0)])
    reader = Reader(index, XX)
    assert reader.find(key(1)) == ((ONE, 0),)
    index.apply(2, FR, [Entry(key(1), "all but XX", ONE, 0)])
    assert reader.find(key(1)) == ()
    assert Reader(index, FR).find(key(1)) == ((ONE, 0),)


def test_answer_tells_its_keeper_what_it_hid(index: Index) -> None:
    reader = Reader(index, XX)
    assert reader.look(key(1))[:3] == (0, (), False)
    index.apply(5, FR, [Entry(key(1), "FR", ONE, 0), Entry(key(2), "all", ONE, 1), Entry(key(2), "FR", ONE, 2)])
    assert reader.look(key(1))[:3] == (1, (), True)
    assert reader.look(key(2))[:3] == (1, ((ONE, 1),), True)
    assert reader.look(key(3))[:3] == (1, (), False)
    assert Reader(index, FR).look(key(2))[:3] == (1, ((ONE, 1), (ONE, 2)), False)


def test_a_position_counts_the_changes_that_had_something_open_to_the_reader(index: Index) -> None:
    """What was taken out counts for those who could see it; what was hidden counts for nobody from whom it was."""
    readers = {member: Reader(index, member) for member in (FR, LT, XX)}

    def positions() -> tuple[int, ...]:
        return tuple(reader.look(key(9)).position for reader in readers.values())

    index.apply(1, FR, [Entry(key(1), "all but XX", ONE, 0)])
    assert positions() == (1, 1, 0)
    index.apply(2, FR, [Entry(key(2), "FR", ONE, 1), Entry(key(3), "FR XX", ONE, 2)])
    assert positions() == (2, 1, 1)
    index.apply(3, FR, [], [Removal(key(1), ONE, 0, "all but XX")])
    assert positions() == (3, 2, 1)
    index.take([Taken(4, BR, [Entry(key(4), "all", TWO, 0)]), Taken(5, BR, [Entry(key(5), "BR LT", TWO, 1)])])
    assert positions() == (4, 4, 2)
    assert tuple(Reader(index, member).look(key(9)).position for member in (FR, LT, XX)) == positions()


def test_reader_learns_audiences_that_came_after_it(index: Index) -> None:
    reader = Reader(index, LT)
    assert reader.find(key(1)) == ()
    index.apply(1, FR, [Entry(key(1), "FR LT", ONE, 0)])
    assert reader.find(key(1)) == ((ONE, 0),)


def test_removal_takes_one_record_and_leaves_its_neighbours(index: Index) -> None:
    index.apply(1, FR, [Entry(key(1), "all", ONE, 0), Entry(key(1), "all", TWO, 0), Entry(key(2), "all", ONE, 1)])
    gone = [
        Removal(key(1), ONE, 0),
        Removal(key(2), ONE, 1),
        Removal(key(3), ONE, 1),
        Removal(key(1), BatchId("33" * 32), 0),
    ]
    assert index.apply(2, FR, [], gone).removed == 2
    assert [Reader(index, FR).find(key(number)) for number in (1, 2)] == [((TWO, 0),), ()]


def test_replayed_change_does_nothing(index: Index) -> None:
    index.apply(3, FR, [Entry(key(1), "all", ONE, 0)])
    index.apply(4, FR, [], [Removal(key(1), ONE, 0)])
    assert index.apply(3, FR, [Entry(key(1), "all", ONE, 0)]).added == 0
    assert Reader(index, FR).find(key(1)) == ()
    assert index.position == 4


def test_change_is_taken_in_as_a_whole_or_not_at_all(index: Index) -> None:
    with pytest.raises(InputError):
        index.apply(1, FR, [Entry(key(1), "all", ONE, 0), Entry(key(2), "everybody", ONE, 1)])
    with pytest.raises(UnavailableError):
        index.apply(1, FR, [Entry(key(1), "all", ONE, 0), Entry(b"", "all", ONE, 1), Entry(b"", "all", ONE, 2)])
    assert index.position == 0
    assert Reader(index, FR).find(key(1)) == ()


def test_killed_around_the_commit_leaves_the_change_whole_or_absent(tmp_path: Path) -> None:
    class Killed(Exception):  # noqa: N818 - what happens to the process
        pass

    def boundary(step: str) -> None:
        if step in kill_at:
            raise Killed(step)

    kill_at = {"index.apply"}
    index = Index(tmp_path / "x.lmdb", REGISTER, boundary=boundary)
    with pytest.raises(Killed):
        index.apply(1, FR, [Entry(key(1), "all", ONE, 0)])
    assert index.position == 0
    kill_at = {"index.applied"}
    with pytest.raises(Killed):
        index.apply(2, FR, [Entry(key(1), "all", ONE, 0)])
    assert index.position == 2
    index.close()
    again = Index(tmp_path / "x.lmdb", REGISTER)
    assert (again.position, Reader(again, FR).find(key(1))) == (2, ((ONE, 0),))
    again.close()


def test_index_of_another_register_or_of_no_index_is_refused(tmp_path: Path) -> None:
    Index(tmp_path / "x.lmdb", REGISTER).close()
    with pytest.raises(CorruptError):
        Index(tmp_path / "x.lmdb", RegisterName("vehicles"))
    (tmp_path / "y.lmdb").write_bytes(b"no index" * 4096)
    with pytest.raises(CorruptError):
        Index(tmp_path / "y.lmdb", REGISTER)
    with pytest.raises(UnavailableError):
        Index(tmp_path / "missing.lmdb", REGISTER, readonly=True)


def test_value_that_the_index_never_wrote_is_not_guessed_at(index: Index) -> None:
    index.apply(1, FR, [Entry(key(1), "all", ONE, 0), Entry(key(2), "all", ONE, 1)])
    whole = index.look_up(key(1))[0]
    for value in (b"x", b"", bytes(16), index.look_up(key(2))[0], whole[:-5] + b"\1" + whole[-4:]):
        with index.environment.begin(write=True) as txn:
            txn.put(key(1), value, db=index._tables.postings)
        with pytest.raises(CorruptError):
            Reader(index, FR).find(key(1))


def test_a_key_that_only_one_of_two_trees_knows_is_damage_and_not_nothing(index: Index) -> None:
    index.apply(1, FR, [Entry(key(number), "all", ONE, number) for number in range(3)])
    with index.environment.begin(write=True) as txn:
        txn.delete(key(0), db=index._tables.postings)
        txn.delete(key(1), db=index._tables.keys)
    for number in (0, 1):
        with pytest.raises(CorruptError):
            Reader(index, FR).find(key(number))
        with pytest.raises(CorruptError):
            Reader(index, XX).look_for_any([key(number), key(9)])
    assert Reader(index, FR).find(key(2)) == ((ONE, 2),)


def test_long_audience_is_one_audience(index: Index) -> None:
    text = str(Audience.only(*(MemberCode(f"M{n:07}") for n in range(256))))
    index.apply(1, FR, [Entry(key(1), text, ONE, 0), Entry(key(2), " ".join(reversed(text.split())), ONE, 1)])
    assert Reader(index, MemberCode("M0000255")).find(key(1)) == ((ONE, 0),)
    assert Reader(index, MemberCode("M0000000")).find(key(2)) == ((ONE, 1),)
    assert Reader(index, LT).find(key(1)) == ()


def test_full_map_grows_while_readers_go_on(index: Index) -> None:
    index.apply(1, FR, [Entry(key(0), "all", ONE, 0)])
    errors: list[str] = []
    done = Event()

    def ask(member: MemberCode) -> None:
        reader = Reader(index, member)
        while not done.is_set():
            if reader.find(key(0)) != ((ONE, 0),) or reader.find(b"\xff" * 16):
                errors.append("wrong answer")
            done.wait(0.0001)  # lets the writer in

    threads = [Thread(target=ask, args=(member,), daemon=True) for member in (FR, LT, BR)]
    for thread in threads:
        thread.start()
    before = index._env.info()["map_size"]
    try:
        for position in range(2, 12):
            index.apply(position, FR, [Entry(key(position * 10_000 + n), "all", ONE, n) for n in range(3_000)])
    finally:
        done.set()
        for thread in threads:
            thread.join(10)
    assert index._env.info()["map_size"] > before
    assert not errors
    assert not any(thread.is_alive() for thread in threads)
    assert index.position == 11


OTHER_PROCESS = """
import sys
from pathlib import Path
from comity.index.exact import Index
from comity.index.reader import Reader
reader = Reader(Index(Path(sys.argv[1]), "travel-documents", readonly=True, map_bytes=1 << 20), "FR")
for line in sys.stdin:
    print(len(reader.find(bytes.fromhex(line))), flush=True)
"""


def test_other_process_sees_what_is_written_and_follows_a_grown_map(tmp_path: Path) -> None:
    path = tmp_path / "x.lmdb"
    index = Index(path, REGISTER, map_bytes=1 << 20)
    index.apply(1, FR, [Entry(key(1), "FR", ONE, 0)])
    command = [sys.executable, "-c", OTHER_PROCESS, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None

        def ask(number: int) -> int:
            assert other.stdin is not None
            assert other.stdout is not None
            other.stdin.write(key(number).hex() + "\n")
            other.stdin.flush()
            return int(other.stdout.readline())

        assert (ask(1), ask(2)) == (1, 0)
        index.apply(2, FR, [Entry(key(n), "all", TWO, n) for n in range(2, 50_000)])
        assert (ask(1), ask(2), ask(49_999), ask(50_000)) == (1, 1, 1, 0)
        other.stdin.close()
        assert other.wait(10) == 0
    index.close()


NUMBERS = st.integers(0, 2**32 - 1)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), max_size=3 * POSTINGS_MAX))
def test_packed_postings_come_back_and_are_padded_with_nobodys(postings: list[tuple[int, int, int]]) -> None:
    assert unpack(pack(postings)) == postings
    audiences = Padded(POSTINGS_MAX).audiences(seal(b"key", pack(postings)))
    assert len(audiences) % POSTINGS_MAX == 0
    assert len(audiences) == max(POSTINGS_MAX, -(-len(postings) // POSTINGS_MAX) * POSTINGS_MAX)
    assert audiences[: len(postings)] == tuple(audience for audience, _, _ in postings)
    assert set(audiences[len(postings) :]) <= {0}


@given(st.binary(max_size=40), st.binary(min_size=1, max_size=60), st.data())
def test_a_changed_byte_of_key_or_value_is_found(name: bytes, value: bytes, data: st.DataObject) -> None:
    stored = name + seal(name, value)
    place, other = data.draw(st.integers(0, len(stored) - 1)), data.draw(st.integers(1, 255))
    changed = stored[:place] + bytes([stored[place] ^ other]) + stored[place + 1 :]
    assert unseal(name, stored[len(name) :]) == value
    with pytest.raises(CorruptError):
        unseal(changed[: len(name)], changed[len(name) :])


def test_new_keys_beside_known_ones_are_all_found(index: Index) -> None:
    index.apply(1, FR, [Entry(key(number), "all", ONE, number) for number in range(0, 50, 7)])
    index.apply(2, XX, [Entry(key(number), "all", TWO, number) for number in range(50)])
    reader = Reader(index, LT)
    for number in range(50):
        expected = ((ONE, number), (TWO, number)) if number % 7 == 0 else ((TWO, number),)
        assert reader.find(key(number)) == expected
