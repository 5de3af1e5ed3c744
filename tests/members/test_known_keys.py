"""By which keys a node knows members: whoever leaves, comes back, changes keys, or takes those of one that left."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import CorruptError, NewerError, UntrustedError
from comity.ids import MemberCode
from comity.limits import KNOWN_KEYS_MAX
from comity.members.directory import Directory, RoleState, parse_directory, read_directory
from comity.members.key_use import uses_known
from comity.members.keys import fingerprint
from comity.members.listing import NOTHING_KNOWN, Known, join_known, uses_of_others
from comity.members.member import Bureau, Member, MemberList
from comity.members.publication import accept
from comity.members.roles import bureau_path, member_role
from comity.members.standing import NOTHING, open_channels
from comity.signer import key_id
from comity.store.members import list_known, remember
from comity.store.store import Store
from tests.members.network import NETWORK, NOW, RULEBOOK, Secretariat, code, key, small
from tests.members.test_key_use import COMMON, HOUR, draft_of, states

FR, LT, XX = code("FR"), code("LT"), code("XX")
KEYS = [key(f"FR signing {number}") for number in range(3)]


def directory(said: Iterable[Bureau], before: Directory | None = None, known: Known = NOTHING_KNOWN) -> Directory:
    """A directory of those who say something, as a node reads it that has held ``before`` and remembers ``known``."""
    bureaus = {each.code: each for each in said}
    listed = tuple(Member(each, "Bureau", (), fingerprint(key(f"{each} delegation").public)) for each in bureaus)
    files = {
        "members.json": MemberList(1, NETWORK, listed).encode(),
        "rulebook.json": RULEBOOK,
        "standing.json": open_channels(NOTHING, LT, NOW).encode(),
        **{bureau_path(each): bureau.encode() for each, bureau in bureaus.items()},
    }
    roles = {role: RoleState(3, NOW + 9000 * HOUR) for role in (*COMMON, *map(member_role, bureaus))}
    return read_directory(files, roles, expires_at=NOW + HOUR, verified_at=NOW, before=before, remembered=known)


CLAIMS = {
    "nothing": lambda _each: {},
    "signing": lambda each: {"signer": each},
    "former": lambda each: {"former": (each.public,)},
    "ledger": lambda each: {"ledger": each.public},
}
EVENTS = st.tuples(
    st.sampled_from(["FR leaves", "FR is there", "all is forgotten but what the memory has"]),
    st.integers(0, 2),
    st.sampled_from(sorted(CLAIMS)),
    st.integers(0, 2),
)


@given(st.lists(EVENTS, max_size=8))
def test_nobody_gets_a_key_that_was_known_as_anothers_nor_takes_it_whoever_leaves(
    events: list[tuple[str, int, str, int]],
) -> None:
    found, memory = directory([states("FR", signer=KEYS[0]), states("LT"), states("XX")]), NOTHING_KNOWN
    was = {KEYS[0].public}
    for event, own, claim, claimed in events:
        memory = join_known(memory, found.known)
        fr = [states("FR", signer=KEYS[own])] if event == "FR is there" else []
        wanted = KEYS[claimed] if KEYS[claimed].public in was else KEYS[0]
        said = [*fr, states("LT"), states("XX", **CLAIMS[claim](wanted))]
        found = directory(sorted(said, key=lambda each: each.code), None if "forgotten" in event else found, memory)
        was |= {KEYS[own].public} if fr else set()
        assert set(found.faults) == ({XX} if claim != "nothing" else set())
        for raw in was:
            name = key_id(raw)
            assert found.find_held_key(FR, name) == raw
            assert found.find_held_key(XX, name) is None
            assert (found.find_former_key(name) or (FR, raw))[0] == FR


def test_a_key_that_stood_with_two_before_anybody_looked_stays_with_the_one_that_is_there() -> None:
    known = {FR: (KEYS[0].public.hex(),), XX: (KEYS[0].public.hex(),)}
    found = directory([states("LT"), states("XX", signer=KEYS[0])], known=known)
    assert found.faults == {}
    name = key_id(KEYS[0].public)
    assert found.find_held_key(FR, name) == found.find_held_key(XX, name) == KEYS[0].public


def test_of_those_that_left_the_keys_are_theirs_unless_one_that_is_there_names_them_already() -> None:
    first, second = (each.public.hex() for each in KEYS[:2])
    known = {FR: (first, second), LT: (key("LT signing").public.hex(),)}
    named = tuple(uses_known(XX, (second,)))
    assert [each.key for each in uses_of_others(known, (LT, XX), named)] == [fingerprint(KEYS[0].public)]
    assert not list(uses_of_others(known, (FR, LT), ()))


@pytest.fixture
def network(tmp_path: Path) -> Secretariat:
    return small(tmp_path / "gs")


@pytest.mark.parametrize("claim", ["signing", "former", "ledger"])
def test_a_key_of_who_left_or_of_who_names_it_no_more_is_not_published_as_anothers(
    network: Secretariat, claim: str
) -> None:
    draft = draft_of(states("LT", **CLAIMS[claim](KEYS[0])), 2)
    assert accept(network.held, draft, NOW).version("member-LT") == 2
    for owner in ("FR", "ZZ"):
        with pytest.raises(UntrustedError, match=f"a key that {owner} uses"):
            accept(network.held, draft, NOW, {MemberCode(owner): (KEYS[0].public.hex(),)})


def test_a_member_may_sign_again_with_a_key_by_which_it_was_known(network: Secretariat) -> None:
    draft = draft_of(states("LT", signer=KEYS[0]), 2)
    assert accept(network.held, draft, NOW, {LT: (KEYS[0].public.hex(),)}).version("member-LT") == 2


def test_memories_are_joined_and_the_last_one_has_the_newest() -> None:
    known = join_known({FR: ("a", "b"), LT: ("c",)}, {FR: ("d", "a")})
    assert known == {FR: ("b", "d", "a"), LT: ("c",)}
    many = tuple(map(str, range(KNOWN_KEYS_MAX + 3)))
    assert join_known({FR: many}) == {FR: many[3:]}


def test_no_byte_of_a_stored_directory_can_be_changed_unseen() -> None:
    stored = directory([states("FR"), states("LT")]).encode()
    for at in range(0, len(stored), 7):
        with pytest.raises((CorruptError, NewerError)):
            parse_directory(stored[:at] + bytes((stored[at] ^ 1,)) + stored[at + 1 :])


def test_the_database_remembers_each_key_once_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    store = Store(tmp_path, own_thread=False)
    wanted: Mapping[MemberCode, tuple[str, ...]] = {FR: ("aa" * 32, "bb" * 32)}
    for known in (wanted, wanted, {FR: ("bb" * 32, "aa" * 32, "cc" * 32), LT: ("aa" * 32,)}):
        store.write_rows(lambda connection, known=known: remember(connection, known))
    assert store.read_rows(list_known) == {FR: ("aa" * 32, "bb" * 32, "cc" * 32), LT: ("aa" * 32,)}
    store.write_rows(lambda connection: connection.exec_driver_sql("update known_key set member = 'XX' where row = 2"))
    store.write_rows(lambda connection: connection.exec_driver_sql("update known_key set key = 5 where row = 3"))
    assert store.read_rows(list_known) == {FR: ("aa" * 32,), LT: ("aa" * 32,)}
    store.write_rows(lambda connection: remember(connection, wanted))
    assert store.read_rows(list_known)[FR] == ("aa" * 32, "bb" * 32)
    store.close()
