"""Whose a key is: nobody takes one from its owner by naming it, and none stands for two things."""

import base64
import itertools
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import ComityError, MalformedError, UntrustedError
from comity.ids import MemberCode
from comity.ledger.checkpoint import VerifierKey, key_name_of
from comity.members import ceremony
from comity.members.directory import Directory, RoleState, parse_directory, read_directory
from comity.members.keys import fingerprint
from comity.members.member import Bureau, Member, MemberList, describe_bureau, parse_bureau
from comity.members.nkey import user_name
from comity.members.publication import Publication, accept
from comity.members.roles import TARGETS, bureau_path, member_role, succession_path
from comity.members.standing import NOTHING, open_channels
from comity.members.succession import Link, Succession, no_succession, parse_succession
from comity.peer.directory import DirectoryFollower
from comity.signer import Ed25519Signer, key_id
from tests.members.network import (
    HOLDERS,
    NETWORK,
    NOW,
    ONLINE,
    ONLINE_KEYS,
    RULEBOOK,
    Secretariat,
    ask,
    code,
    key,
    sealing_key,
    signed,
    small,
)

LT, FR, XX = code("LT"), code("FR"), code("XX")
COMMON = ("root", "targets", "standing", "snapshot", "timestamp")
HOUR = timedelta(hours=1)


def states(member: str, **fields: object) -> Bureau:
    """What ``member`` says, with other ``fields``: signer, sealing, ledger, broker, former (raw keys)."""
    said: dict[str, object] = {
        "signer": key(f"{member} signing"),
        "sealing": sealing_key(member).public,
        "ledger": key(f"{member} ledger").public,
        "broker": key(f"{member} broker").public,
        "former": (),
    } | fields
    said["ledger"] = str(VerifierKey(key_name_of(NETWORK, code(member)), said["ledger"]))  # type: ignore[arg-type]
    said["broker"] = user_name(said["broker"])  # type: ignore[arg-type]
    return describe_bureau(network=NETWORK, code=code(member), desk="desk", **said)  # type: ignore[arg-type]


def followed(member: str, former: Ed25519Signer, successor: Ed25519Signer) -> Succession:
    return no_succession(NETWORK, code(member)).followed_by(former, successor.public)


def directory(
    *said: Bureau, before: Directory | None = None, beside: Mapping[MemberCode, Succession] | None = None
) -> Directory:
    """A directory of three members; who says nothing here says what is usual."""
    members = (FR, LT, XX)
    listed = tuple(Member(each, "Bureau", (), fingerprint(key(f"{each} delegation").public)) for each in members)
    files = {
        "members.json": MemberList(1, NETWORK, listed).encode(),
        "rulebook.json": RULEBOOK,
        "standing.json": open_channels(NOTHING, LT, NOW).encode(),
        **{bureau_path(each): states(each).encode() for each in members},
        **{bureau_path(each.code): each.encode() for each in said},
        **{succession_path(each): shown.encode() for each, shown in (beside or {}).items()},
    }
    roles = {role: RoleState(3, NOW + 9000 * HOUR) for role in (*COMMON, *map(member_role, members))}
    return read_directory(files, roles, expires_at=NOW + HOUR, verified_at=NOW, before=before)


def owner_of(found: Directory, signer: Ed25519Signer) -> MemberCode | None:
    held = found.find_former_key(key_id(signer.public))
    return held[0] if held else None


FR_OLD, FR_NEW = key("FR signing"), key("FR signing 2")


def test_a_former_key_that_signed_its_successor_verifies_the_past_and_signs_nothing_new() -> None:
    said = states("FR", signer=FR_NEW, former=(FR_OLD.public,))
    found = directory(said, beside={FR: followed("FR", FR_OLD, FR_NEW)})
    assert owner_of(found, FR_OLD) == FR
    assert found.find_signing_key(key_id(FR_OLD.public), NOW) is None
    assert owner_of(found, FR_NEW) == FR


def test_a_chain_of_former_keys_holds_as_far_as_it_leads_to_the_present_one() -> None:
    keys = [key(f"FR signing {number}") for number in range(4)]
    shown = no_succession(NETWORK, FR)
    for former, successor in itertools.pairwise(keys):
        shown = shown.followed_by(former, successor.public)
    said = states("FR", signer=keys[3], former=tuple(each.public for each in keys[:3]))
    assert [owner_of(directory(said, beside={FR: shown}), each) for each in keys] == [FR] * 4
    broken = msgspec.structs.replace(shown, links=shown.links[:1] + shown.links[2:])
    assert [owner_of(directory(said, beside={FR: broken}), each) for each in keys] == [None, None, FR, FR]


def test_a_former_key_without_its_word_counts_where_this_node_has_held_it_and_nowhere_else() -> None:
    said = states("FR", signer=FR_NEW, former=(FR_OLD.public,))
    assert owner_of(directory(said), FR_OLD) is None
    found = directory(said, before=directory())
    assert owner_of(found, FR_OLD) == FR
    again = directory(said, before=parse_directory(found.encode()))
    assert owner_of(again, FR_OLD) == FR, "what a node knew is stored"


def test_a_directory_that_was_stored_before_this_was_known_is_read_and_knows_its_present_keys() -> None:
    stored = msgspec.json.decode(directory().encode())
    for name in ("faults", "kept", "known", "check"):
        del stored[name]
    found = parse_directory(msgspec.json.encode(stored))
    said = states("FR", signer=FR_NEW, former=(FR_OLD.public,))
    assert owner_of(directory(said, before=found), FR_OLD) == FR


SHOWN_OR_KNOWN = {
    "shown": lambda: directory(
        states("FR", signer=FR_NEW, former=(FR_OLD.public,)), beside={FR: followed("FR", FR_OLD, FR_NEW)}
    ),
    "known": lambda: directory(states("FR", signer=FR_NEW, former=(FR_OLD.public,)), before=directory()),
}


@pytest.mark.parametrize("make", SHOWN_OR_KNOWN.values(), ids=SHOWN_OR_KNOWN)
def test_who_lists_anothers_former_key_gets_nothing_by_it_and_takes_nothing(make: object) -> None:
    before = make()  # type: ignore[operator]
    said = states("FR", signer=FR_NEW, former=(FR_OLD.public,))
    beside = {FR: followed("FR", FR_OLD, FR_NEW)} if succession_path(FR) in before.files else {}
    found = directory(said, states("XX", former=(FR_OLD.public,)), before=before, beside=beside)
    assert owner_of(found, FR_OLD) == FR
    assert XX in found.faults
    assert owner_of(found, key("XX signing")) == XX, "its last good statement stays"


def test_a_thief_of_a_key_that_was_replaced_cannot_make_it_its_own() -> None:
    said, beside = states("FR", signer=FR_NEW, former=(FR_OLD.public,)), {FR: followed("FR", FR_OLD, FR_NEW)}
    for before in (None, directory()):
        found = directory(said, states("XX", signer=FR_OLD), before=before, beside=beside)
        assert owner_of(found, FR_OLD) == FR
        assert XX in found.faults


@pytest.mark.parametrize(
    "changed",
    [
        Link(FR_OLD.public.hex(), FR_NEW.public.hex(), key("XX signing").sign(b"").hex()),
        Link(FR_OLD.public.hex(), FR_NEW.public.hex(), ""),
        Link("01" + "00" * 31, FR_NEW.public.hex(), "01" + "00" * 63),
        Link(FR_OLD.public.hex(), "00" * 32, "00" * 64),
    ],
)
def test_a_link_that_its_former_key_did_not_sign_is_refused(changed: Link) -> None:
    with pytest.raises(MalformedError):
        parse_succession(Succession(1, NETWORK, FR, (changed,)).encode())


def test_a_former_keys_word_for_one_member_is_none_for_another() -> None:
    word = followed("FR", FR_OLD, FR_NEW)
    with pytest.raises(MalformedError):
        parse_succession(msgspec.structs.replace(word, code=XX).encode())
    with pytest.raises(MalformedError):
        parse_succession(msgspec.structs.replace(word, network="other.example").encode())
    said = states("XX", signer=key("XX 2"), former=(FR_OLD.public,))
    assert owner_of(directory(said, beside={XX: word}), FR_OLD) == FR


def test_succession_json_has_these_bytes() -> None:
    assert followed("FR", key("one"), key("two")).encode() == GOLDEN
    assert parse_succession(GOLDEN).shown(key("two").public.hex()) == {key("one").public.hex()}


GOLDEN = (
    b'{"v":1,"network":"model.example","code":"FR","links":[{"key":"2dcf6bed87f97e75c99188ed84f0'
    b'9073187e0741eaf2715ac5df7d33cd1a7939","successor":"d79995da20eaa0e65efe40d3aa2c8b263c69bba'
    b'535815b36d915d123d01bba5b","signature":"60fe90c6634c73175583864f9f44ca03af50481e1fb355b6f5'
    b'c5da537615affefbdd313681a5d2116a2dd919051a6e60fd8f3b2c1a4504e4947e3cd08850d00e"}]}'
)

MALICE = {"former": lambda each: (each.public,), "ledger": lambda each: each.public, "broker": lambda each: each.public}
FRS = {name: key(f"FR {name}") for name in ("signing", "ledger", "broker", "delegation", "old")}


@given(
    claims=st.dictionaries(st.sampled_from(sorted(MALICE)), st.sampled_from(sorted(FRS)), max_size=3),
    is_shown=st.booleans(),
    is_known=st.booleans(),
)
def test_no_claim_of_one_member_changes_a_verdict_about_anothers_signatures(
    claims: dict[str, str], *, is_shown: bool, is_known: bool
) -> None:
    said = states("FR", former=(FRS["old"].public,))
    beside = {FR: followed("FR", FRS["old"], FRS["signing"])} if is_shown else {}
    before = directory(said, before=directory(states("FR", signer=FRS["old"]))) if is_known else None
    quiet = directory(said, before=before, beside=beside)
    try:
        claimed = states("XX", **{use: MALICE[use](FRS[name]) for use, name in claims.items()})
    except ComityError:
        return  # one key for two things is refused before anybody reads it
    found = directory(said, claimed, before=before, beside=beside)
    for signer in FRS.values():
        assert owner_of(found, signer) == owner_of(quiet, signer)
        name = key_id(signer.public)
        assert found.find_signing_key(name, NOW) == quiet.find_signing_key(name, NOW)
    assert found.listings[FR] == quiet.listings[FR]
    assert found.find_bureau(LT, NOW) == quiet.find_bureau(LT, NOW)


STOLEN = {
    "delegation as ledger": {"ledger": key("FR delegation").public},
    "delegation as broker": {"broker": key("FR delegation").public},
    "delegation as former": {"former": (key("FR delegation").public,)},
    "signing as ledger": {"ledger": key("FR signing").public},
    "signing as former": {"former": (key("FR signing").public,)},
    "ledger": {"ledger": key("FR ledger").public},
    "ledger as broker": {"broker": key("FR ledger").public},
    "broker as ledger": {"ledger": key("FR broker").public},
    "sealing": {"sealing": sealing_key("FR").public},
    "half of sealing": {"sealing": sealing_key("LT").public[:1184] + sealing_key("FR").public[1184:]},
    "the other half": {"sealing": sealing_key("FR").public[:1184] + sealing_key("LT").public[1184:]},
    "holder": {"ledger": HOLDERS[0].public},
    "online": {"broker": ONLINE.public},
    "own delegation as signing": {"signer": key("LT delegation")},
    "own delegation as ledger": {"ledger": key("LT delegation").public},
}


@pytest.fixture
def network(tmp_path: Path) -> Secretariat:
    return small(tmp_path / "gs")


@pytest.mark.parametrize("fields", STOLEN.values(), ids=STOLEN)
def test_a_statement_with_a_key_that_is_taken_is_not_published(network: Secretariat, fields: dict[str, object]) -> None:
    draft = draft_of(states("LT", **fields), 2)
    with pytest.raises(UntrustedError, match=r"a key that|one key for two"):
        accept(network.held, draft, NOW)


def draft_of(said: Bureau, version: int) -> ceremony.Draft:
    """As ``describe_member`` makes it for whoever asks nobody."""
    files = {bureau_path(said.code): said.encode()}
    made = ceremony._file_draft(member_role(said.code), version, files, NOW)
    return ceremony.sign(made, key(f"{said.code} delegation"))


@pytest.mark.parametrize("fields", STOLEN.values(), ids=STOLEN)
def test_a_directory_with_such_a_statement_is_acquired_and_the_last_good_one_stays(
    network: Secretariat, tmp_path: Path, fields: dict[str, object]
) -> None:
    follower = DirectoryFollower(tmp_path / "fr", network.root, network.repository.read)
    before = follower.refresh(NOW)
    publish_unasked(network, draft_of(states("LT", **fields), 2))
    found = follower.refresh(NOW)
    assert found.versions["member-LT"] == 2
    assert found.find_bureau(LT, NOW) == before.find_bureau(LT, NOW) != None  # noqa: E711 - all three at once
    assert set(found.faults) == {LT}
    assert found.find_bureau(FR, NOW) == before.find_bureau(FR, NOW)
    assert parse_directory(found.encode()) == found
    assert follower.refresh(NOW + HOUR / 2).faults == found.faults
    publish_unasked(network, draft_of(states("LT", signer=key("LT good")), 3))
    assert follower.refresh(NOW).faults == {}


def publish_unasked(network: Secretariat, draft: ceremony.Draft) -> None:
    """As a secretariat does that asks nothing."""
    held = network.held
    network.repository._publication = Publication(
        {**held.roles, draft.role: draft.metadata}, {**held.files, **draft.files}, held.is_whole
    )
    network.publish()


def test_a_newcomer_takes_no_statement_that_names_a_key_which_another_shows_to_be_its_own(
    network: Secretariat, tmp_path: Path
) -> None:
    publish_unasked(network, draft_of(states("LT", ledger=key("FR signing").public), 2))
    found = DirectoryFollower(tmp_path / "xx", network.root, network.repository.read).refresh(NOW)
    assert found.find_bureau(LT, NOW) is None
    assert "a key that FR uses" in found.listings[LT].absent
    assert found.find_bureau(FR, NOW) is not None


@pytest.mark.parametrize(
    "fields",
    [
        {"ledger": key("LT signing").public},
        {"broker": key("LT signing").public},
        {"broker": key("LT ledger").public},
        {"former": (key("LT signing").public,)},
        {"former": (key("LT old").public,) * 2},
        {"former": (key("LT broker").public,)},
    ],
)
def test_a_bureau_uses_each_of_its_keys_for_one_thing(fields: dict[str, object]) -> None:
    with pytest.raises(MalformedError, match="for one thing"):
        states("LT", **fields)
    assert parse_bureau(states("LT").encode()) == states("LT")


def test_a_delegation_key_that_lies_on_the_node_is_refused_before_it_signs() -> None:
    for fields in (STOLEN["own delegation as signing"], STOLEN["own delegation as ledger"]):
        with pytest.raises(UntrustedError, match="one key for two things"):
            ceremony.describe_member(states("LT", **fields), 1, key("LT delegation"), NOW)


@pytest.mark.parametrize("delegation", ["holder 1", "online", "FR delegation"])
def test_a_request_with_a_key_that_is_taken_is_not_drafted(network: Secretariat, delegation: str) -> None:
    with pytest.raises(ComityError):
        ceremony.admit(network.held.draft(TARGETS), ask("BR", delegation=delegation), NOW)


@pytest.mark.parametrize("delegation", ["FR signing", "FR ledger", "FR broker"])
def test_a_list_with_a_delegation_key_that_a_bureau_uses_is_not_published(
    network: Secretariat, delegation: str
) -> None:
    draft = ceremony.admit(network.held.draft(TARGETS), ask("BR", delegation=delegation), NOW)
    with pytest.raises(UntrustedError, match="a key that"):
        accept(network.held, signed(draft), NOW)


@pytest.mark.parametrize("holder", ["LT delegation", "FR signing", "LT ledger"])
def test_a_root_with_a_holder_whose_key_a_member_uses_is_not_published(network: Secretariat, holder: str) -> None:
    holders = [*(each.public for each in HOLDERS), key(holder).public]
    draft = ceremony.rotate_root(network.held.draft("root"), holders, 2, ONLINE_KEYS, NOW)
    with pytest.raises(UntrustedError, match="a key that"):
        accept(network.held, signed(draft), NOW)


def test_a_key_that_its_holder_shows_is_not_kept_out_by_who_only_named_it(network: Secretariat) -> None:
    named = accept(network.held, draft_of(states("LT", ledger=key("FR next").public), 2), NOW)
    taken = accept(named, draft_of(states("FR", signer=key("FR next")), 2), NOW)
    assert taken.version("member-FR") == 2
    found = directory(states("LT", ledger=key("FR next").public), states("FR", signer=key("FR next")))
    assert set(found.faults) == {LT}


def test_a_statement_by_a_delegation_key_that_was_replaced_does_not_stay() -> None:
    before = directory()
    listed = before.listings[LT]
    other = Member(LT, "Bureau", (), fingerprint(key("LT delegation 2").public))
    files = dict(before.files)
    files["members.json"] = MemberList(1, NETWORK, (before.listings[FR].member, other)).encode()
    files[bureau_path(LT)] = b"{}"
    found = read_directory(files, before.roles, expires_at=NOW, verified_at=NOW, before=before)
    assert listed.bureau is not None
    assert found.find_bureau(LT, NOW) is None


def test_a_last_good_statement_ends_when_its_role_would_have() -> None:
    before = directory()
    given = {**before.files, bureau_path(LT): b"{}"}
    roles = {**before.roles, member_role(LT): RoleState(4, NOW + 20_000 * HOUR)}
    found = read_directory(given, roles, expires_at=NOW, verified_at=NOW, before=before)
    assert found.find_bureau(LT, NOW) == before.find_bureau(LT, NOW)
    assert found.find_bureau(LT, NOW + 9000 * HOUR) is None
    assert base64.b64encode(b"{}").decode() in found.encode().decode(), "what was published is what the hash names"
