from datetime import timedelta

import pytest

from comity.errors import CorruptError, UntrustedError
from comity.ledger.checkpoint import VerifierKey, key_name_of
from comity.limits import DIRECTORY_GRACE_S
from comity.members.directory import Directory, Freshness, RoleState, parse_directory, read_directory
from comity.members.keys import fingerprint
from comity.members.member import Member, MemberList, describe_bureau
from comity.members.roles import bureau_path, member_role
from comity.members.standing import NOTHING, Channel, State, Statement, open_channels, state
from comity.signer import key_id
from tests.members.network import NETWORK, NOW, RULEBOOK, bureau, code, key

HOUR = timedelta(hours=1)
LT, FR, XX = code("LT"), code("FR"), code("XX")
COMMON = ("root", "targets", "standing", "snapshot", "timestamp")


def files() -> dict[str, bytes]:
    listed = tuple(Member(each, "Bureau", (), fingerprint(key(each).public)) for each in (FR, LT))
    standing = open_channels(open_channels(open_channels(NOTHING, LT, NOW), FR, NOW), XX, NOW)
    return {
        "members.json": MemberList(1, NETWORK, listed).encode(),
        "rulebook.json": RULEBOOK,
        "standing.json": standing.encode(),
        bureau_path(LT): bureau("LT").encode(),
        bureau_path(FR): bureau("FR").encode(),
    }


def directory(given: dict[str, bytes] | None = None, *, member_expires_in: timedelta = 365 * 24 * HOUR) -> Directory:
    roles = {role: RoleState(3, NOW + 365 * 24 * HOUR) for role in COMMON}
    roles |= {member_role(LT): RoleState(1, NOW + member_expires_in), member_role(FR): RoleState(2, NOW + 9000 * HOUR)}
    return read_directory(given or files(), roles, expires_at=NOW + HOUR, verified_at=NOW)


def test_who_is_listed_is_found_with_key_and_standing_and_nobody_else() -> None:
    found = directory()
    assert found.find_signing_key(key_id(key("LT signing").public), NOW) == (LT, key("LT signing").public)
    assert found.find_signing_key(key_id(key("XX signing").public), NOW) is None
    assert found.is_open(LT, Channel.QUERY, NOW)
    assert found.find_member(XX) is None
    assert not found.is_open(XX, Channel.QUERY, NOW), "a standing makes no member"


def test_a_directory_is_fresh_then_in_grace_then_stale() -> None:
    found = directory()
    grace = timedelta(seconds=DIRECTORY_GRACE_S)
    assert found.judge(NOW + HOUR - timedelta(seconds=1)) is Freshness.FRESH
    assert found.judge(NOW + HOUR) is Freshness.IN_GRACE
    assert found.judge(NOW + HOUR + grace) is Freshness.STALE
    assert found.judge(NOW + HOUR, grace_s=0) is Freshness.STALE


def test_a_clock_that_stands_before_the_verification_measures_nothing() -> None:
    assert directory().judge(NOW - HOUR) is Freshness.STALE


def test_a_role_that_expires_while_the_directory_is_held_closes_that_member_only() -> None:
    found = directory(member_expires_in=HOUR)
    assert found.is_open(LT, Channel.QUERY, NOW)
    assert not found.is_open(LT, Channel.QUERY, NOW + HOUR)
    assert found.find_signing_key(key_id(key("LT signing").public), NOW + HOUR) is None
    assert found.find_bureau(LT, NOW + HOUR) is None
    assert found.is_open(FR, Channel.QUERY, NOW + HOUR)


def test_roles_that_people_renew_are_shown_thirty_days_ahead() -> None:
    assert directory(member_expires_in=31 * 24 * HOUR).expiring(NOW) == ()
    assert directory(member_expires_in=30 * 24 * HOUR).expiring(NOW) == ("member-LT",)


@pytest.mark.parametrize("data", [b"{}", bureau("FR").encode(), b"\xff"])
def test_a_bureau_that_cannot_be_read_makes_its_member_absent_and_nobody_else(data: bytes) -> None:
    found = directory({**files(), bureau_path(LT): data})
    listing = found.find_member(LT)
    assert listing is not None
    assert listing.bureau is None
    assert listing.absent.startswith("What its bureau published cannot be used")
    assert not found.is_open(LT, Channel.QUERY, NOW)
    assert found.is_open(FR, Channel.QUERY, NOW)


def test_a_bureau_of_another_network_is_absent() -> None:
    ledger = str(VerifierKey(key_name_of("other.example", LT), key("LT ledger").public))
    other = describe_bureau(
        network="other.example", code=LT, signer=key("LT signing"), sealing=None, ledger=ledger,
        broker=bureau("LT").broker, desk="desk",
    )  # fmt: skip
    assert directory({**files(), bureau_path(LT): other.encode()}).find_bureau(LT, NOW) is None


def test_the_hash_changes_with_what_is_said_and_not_with_who_says_it_when() -> None:
    found, again = directory(), directory()
    renewed = {role: RoleState(9, NOW) for role in ("snapshot", "timestamp", "standing")}
    same = read_directory(files(), {**found.roles, **renewed}, expires_at=NOW, verified_at=NOW)
    suspended = state(found.standing, Statement(LT, Channel.QUERY, State.SUSPENDED, NOW, None, "why", "M-1"))
    assert found.hash == again.hash == same.hash
    assert directory({**files(), "standing.json": suspended.encode()}).hash != found.hash
    assert directory({**files(), "rulebook.json": b"{}"}).hash != found.hash


def test_a_stored_directory_is_read_again_as_it_was() -> None:
    found = directory({**files(), bureau_path(LT): b"{}"}, member_expires_in=HOUR)
    assert parse_directory(found.encode()) == found


def test_a_stored_directory_that_was_altered_is_corrupt() -> None:
    stored = directory().encode()
    for data in (stored[:-9], stored.replace(b'"v":1', b'"v":0'), stored.replace(b'"version":2', b'"version":7')):
        with pytest.raises(CorruptError):
            parse_directory(data)


@pytest.mark.parametrize("path", ["members.json", "rulebook.json", "standing.json"])
def test_a_directory_without_what_concerns_everybody_is_none(path: str) -> None:
    given = files()
    del given[path]
    with pytest.raises(UntrustedError, match="not complete"):
        directory(given)


def test_what_is_known_of_a_changed_bureau_is_not_kept() -> None:
    found = directory()
    given = {**files(), bureau_path(LT): bureau("LT", desk="moved").encode()}
    later = read_directory(given, found.roles, expires_at=NOW, verified_at=NOW, known=found)
    listing = later.listings[LT]
    assert listing.bureau is not None
    assert listing.bureau.desk == "moved"
    assert later.listings[FR] is found.listings[FR]
