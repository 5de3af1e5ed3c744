"""What nodes read, in the directory: the latest statement of each counts, if it is its own, and takes nobody else's."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from comity.errors import InputError
from comity.exchange.envelope import HEAD
from comity.members.directory import Directory, parse_directory, read_directory
from comity.members.member import Member, MemberList
from comity.members.reads import (
    READS_LIST,
    Reads,
    ReadsList,
    Told,
    encode_reads,
    find_reads,
    is_outdated,
    parse_reads,
    parse_told,
    sign_reads,
)
from comity.members.roles import READS_PATH
from comity.registers.question import Question
from tests.members.network import NOW, code, key
from tests.members.test_directory import directory, files

LT, FR, XX = code("LT"), code("FR"), code("XX")


def told(member: str = "LT", number: int = 1, *, by: str = "", **formats: int) -> Told:
    """A statement, by the member's signing key unless said else."""
    signer = key(by or f"{member} signing")
    return sign_reads(Reads(1, code(member), number, NOW, formats or {"envelope": 2}), signer)


def listed(*said: Told) -> bytes:
    return READS_LIST.write(ReadsList(1, tuple(each.frame.encode() for each in said)), 1)


def after(before: Directory | None, *said: Told, data: bytes | None = None, gone: str = "") -> Directory:
    """The directory with these statements, acquired by a node that held ``before``; without the member ``gone``."""
    given = files() | ({READS_PATH: listed(*said) if data is None else data} if said or data is not None else {})
    if gone:
        kept = tuple(each for each in directory().listings.values() if each.member.code != gone)
        members = tuple(Member(*msgspec.structs.astuple(each.member)) for each in kept)
        given["members.json"] = MemberList(1, "model.example", members).encode()
    roles = directory().roles
    return read_directory(given, roles, expires_at=NOW + timedelta(hours=1), verified_at=NOW, before=before)


def test_a_sender_writes_the_newest_that_all_its_readers_read() -> None:
    held = after(None, told("LT", envelope=2), told("FR", envelope=7))
    assert held.newest_for(HEAD, (LT, FR)) == held.newest_for(HEAD, (FR,)) == HEAD.newest == 2
    assert held.newest_for(HEAD, ()) == 2
    assert held.newest_for(HEAD, (LT, XX)) == 1, "who has said nothing reads the first"
    assert held.newest_for(Question.format, (LT, FR)) == 1, "and of what it does not name too"


def test_an_older_statement_brings_nothing_back() -> None:
    held = after(after(None, told(number=3)), told(number=2, envelope=1))
    assert held.find_told(LT) == told(number=3)
    assert after(held).find_told(LT) == told(number=3), "nor does leaving it out"
    assert after(held, told(number=4, envelope=1)).newest_for(HEAD, (LT,)) == 1


def test_another_of_the_same_number_brings_nothing_either() -> None:
    held = after(None, told(number=3))
    assert after(held, told(number=3, envelope=1)).find_told(LT) == told(number=3)


def test_of_two_in_one_list_the_later_counts_wherever_it_stands() -> None:
    for said in ((told(number=1), told(number=2)), (told(number=2), told(number=1))):
        assert after(None, *said).find_told(LT) == told(number=2)


@pytest.mark.parametrize("by", ["FR signing", "XX signing", "LT delegation", "online"])
def test_what_another_key_signed_is_nobodys(by: str) -> None:
    assert after(None, told("LT", by=by), told("FR")).find_told(LT) is None
    assert after(after(None, told()), told("LT", 9, by=by)).find_told(LT) == told()


def test_who_is_not_listed_says_nothing_and_who_is_removed_nothing_more() -> None:
    assert after(None, told("XX")).find_told(XX) is None
    held = after(None, told("LT"), told("FR"))
    assert after(held, gone="FR").find_told(FR) is None


@pytest.mark.parametrize("broken", [
    b"comity/1 reads 0123456789abcdef x\n{}", b"", b"\xff", told().frame.encode()[:-1],
    sign_reads(Reads(1, LT, 1, NOW, {"envelope": 0}), key("LT signing")).frame.encode(),
    told().frame.encode().replace(b'"number":1', b'"number":1,"more":1'),
], ids=lambda data: str(data[:20]))  # fmt: skip
def test_a_statement_that_cannot_be_read_takes_no_other_with_it(broken: bytes) -> None:
    with pytest.raises(InputError):
        parse_told(broken)
    data = READS_LIST.write(ReadsList(1, (broken, told("FR").frame.encode())), 1)
    assert set(parse_reads(data)) == {FR}
    held = after(None, data=data)
    assert (held.find_told(LT), held.find_told(FR)) == (None, told("FR"))


@pytest.mark.parametrize("data", [b"x", b"{}", b'{"v":2,"statements":[]}', b'{"v":1,"statements":[7]}'])
def test_a_list_that_cannot_be_read_says_nothing_and_breaks_nothing(data: bytes) -> None:
    with pytest.raises(InputError):
        parse_reads(data)
    assert find_reads(data) == find_reads(None) == {}
    assert after(after(None, told()), data=data).find_told(LT) == told()


def test_what_was_stored_says_the_same_and_stays_the_latest() -> None:
    held = parse_directory(after(after(None, told(number=3)), told(number=2)).encode())
    assert held.find_told(LT) == told(number=3)
    assert after(held, told(number=1)).find_told(LT) == told(number=3)


def test_two_nodes_see_the_same_network_whatever_of_it_they_have_heard() -> None:
    assert after(None, told()).hash == after(None).hash == directory().hash


def test_a_statement_is_outdated_by_a_later_one_and_not_by_itself() -> None:
    assert not is_outdated(told(), None)
    assert not is_outdated(told(), told())
    assert not is_outdated(told(number=2), told())
    assert is_outdated(told(), told(number=2))
    assert is_outdated(told(envelope=3), told())


def test_a_list_is_written_in_the_order_of_its_members() -> None:
    given: dict[Any, Told] = {LT: told("LT"), FR: told("FR")}
    assert list(parse_reads(encode_reads(given))) == [FR, LT]
