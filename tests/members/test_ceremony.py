from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tuf.api.metadata import Metadata, Targets  # type: ignore[attr-defined] # see comity.members.roles

from comity.errors import InputError, MalformedError, TooLargeError, UnavailableError, UnknownError, UntrustedError
from comity.members import ceremony
from comity.members.ceremony import Draft, OnlineKeys, parse_draft
from comity.members.publication import Publication, accept, is_due, publish
from comity.members.roles import ROOT, STANDING, TARGETS, TIMESTAMP, bureau_path, member_role
from comity.members.standing import NOTHING
from comity.signer import LockedSigner
from tests.members.network import (
    HOLDERS,
    NETWORK,
    NOW,
    ONLINE,
    ONLINE_KEYS,
    RULEBOOK,
    SIGNERS,
    Secretariat,
    ask,
    bureau,
    code,
    key,
    member_draft,
    signed,
    small,
)

HOLDER_KEYS = [holder.public for holder in HOLDERS]
DAY = timedelta(days=1)


@pytest.fixture
def network(tmp_path: Path) -> Secretariat:
    return small(tmp_path)


def admission(network: Secretariat, member: str = "BR") -> Draft:
    return ceremony.admit(network.held.draft(TARGETS), ask(member), NOW)


def test_a_root_signed_by_one_of_two_needed_is_refused() -> None:
    draft = signed(ceremony.begin(HOLDER_KEYS, 2, ONLINE_KEYS, NOW), HOLDERS[:1])
    with pytest.raises(UntrustedError, match="signed by 1 of 2 needed"):
        accept(Publication(), draft, NOW)


def test_signing_twice_with_one_key_counts_once() -> None:
    draft = signed(ceremony.begin(HOLDER_KEYS, 2, ONLINE_KEYS, NOW), [HOLDERS[0], HOLDERS[0]])
    with pytest.raises(UntrustedError, match="1 of 2"):
        accept(Publication(), draft, NOW)


@pytest.mark.parametrize(
    ("holders", "threshold", "online"),
    [
        (HOLDER_KEYS, 1, ONLINE_KEYS),
        (HOLDER_KEYS, 4, ONLINE_KEYS),
        ([HOLDER_KEYS[0]] * 3, 2, ONLINE_KEYS),
        (HOLDER_KEYS, 2, OnlineKeys.one(HOLDER_KEYS[0])),
        ([key(f"{number}").public for number in range(21)], 2, ONLINE_KEYS),
    ],
)
def test_a_root_that_one_person_could_sign_is_not_made(
    holders: list[bytes], threshold: int, online: OnlineKeys
) -> None:
    with pytest.raises(InputError):
        ceremony.begin(holders, threshold, online, NOW)


def test_the_secretariat_alone_admits_nobody(network: Secretariat) -> None:
    with pytest.raises(UntrustedError, match="0 of 2"):
        accept(network.held, signed(admission(network), [ONLINE, key("FR delegation")]), NOW)


def test_a_member_is_admitted_once_and_to_its_network_only(network: Secretariat) -> None:
    listed = network.held.draft(TARGETS)
    with pytest.raises(InputError, match="listed already"):
        ceremony.admit(listed, ask("LT"), NOW)
    with pytest.raises(InputError, match="another network"):
        ceremony.admit(listed, ask("BR", network="other.example"), NOW)
    with pytest.raises(MalformedError, match="same delegation key"):
        ceremony.admit(listed, ask("BR", delegation="LT delegation"), NOW)


def test_who_is_no_member_is_neither_removed_nor_recovered(network: Secretariat) -> None:
    listed = network.held.draft(TARGETS)
    with pytest.raises(UnknownError):
        ceremony.remove(listed, code("XX"), NOW)
    with pytest.raises(UnknownError):
        ceremony.recover(listed, ask("XX"), NOW)


def test_nobody_but_the_member_signs_its_role(network: Secretariat) -> None:
    for by in ("FR delegation", "online", "holder 1"):
        with pytest.raises(UntrustedError, match="somebody else"):
            accept(network.held, member_draft("LT", 2, by=by), NOW)


def test_a_member_signs_no_other_role(network: Secretariat) -> None:
    forged = msgspec.structs.replace(member_draft("FR", 2), role=member_role(code("LT")))
    with pytest.raises(UntrustedError, match="somebody else"):
        accept(network.held, forged, NOW)


def test_the_role_of_an_outsider_is_unknown(network: Secretariat) -> None:
    with pytest.raises(UnknownError):
        accept(network.held, member_draft("XX"), NOW)


@pytest.mark.parametrize("version", [1, 2])
def test_versions_go_up(network: Secretariat, version: int) -> None:
    held = accept(network.held, member_draft("LT", 2, desk="first"), NOW)
    with pytest.raises(UntrustedError, match="not above 2"):
        accept(held, member_draft("LT", version, desk="second"), NOW)


def test_the_same_draft_again_changes_nothing(network: Secretariat) -> None:
    assert accept(network.held, member_draft("LT", 1), NOW) == network.held


def test_a_version_once_published_stays_used_after_removal(network: Secretariat) -> None:
    network.repository.accept(member_draft("LT", 5), NOW)
    network.publish()
    gone = ceremony.remove(network.held.draft(TARGETS), code("LT"), NOW)
    network.repository.accept(signed(gone), NOW)
    network.publish()
    network.admit("LT", speak=False)
    held = Publication(
        {role: data for role, data in network.held.roles.items() if role != "member-LT"}, network.held.files
    )
    with pytest.raises(UntrustedError, match="not above 5"):
        accept(held, member_draft("LT", 1), NOW)


def test_an_expired_draft_is_not_taken_in(network: Secretariat) -> None:
    with pytest.raises(UntrustedError, match="expired"):
        accept(network.held, member_draft("LT", 2), NOW + 366 * DAY)


def test_a_file_altered_after_signing_is_refused(network: Secretariat) -> None:
    draft = member_draft("LT", 2)
    other = Draft(draft.role, draft.metadata, {bureau_path(code("LT")): bureau("LT", desk="elsewhere").encode()})
    with pytest.raises(UntrustedError, match="altered"):
        accept(network.held, other, NOW)
    with pytest.raises(UntrustedError, match="missing"):
        accept(Publication(network.held.roles), Draft(draft.role, draft.metadata), NOW)


def test_a_bureau_that_uses_anothers_broker_key_is_refused(network: Secretariat) -> None:
    thief = msgspec.structs.replace(bureau("LT"), broker=bureau("FR").broker, possession="")
    proof = key("LT signing").sign(b"comity/bureau/v1\n" + thief.encode()).hex()
    draft = ceremony.describe_member(msgspec.structs.replace(thief, possession=proof), 2, key("LT delegation"), NOW)
    with pytest.raises(UntrustedError, match="a key that FR uses"):
        accept(network.held, draft, NOW)


def test_a_member_cannot_describe_itself_as_another(network: Secretariat) -> None:
    draft = ceremony.describe_member(bureau("FR"), 2, key("LT delegation"), NOW)
    with pytest.raises(UntrustedError):
        accept(network.held, msgspec.structs.replace(draft, role="member-LT"), NOW)


def test_a_list_that_differs_from_the_delegations_is_refused(network: Secretariat) -> None:
    draft = admission(network)
    metadata: Metadata[Targets] = Metadata.from_bytes(draft.metadata)
    assert metadata.signed.delegations is not None
    assert metadata.signed.delegations.roles is not None
    metadata.signed.delegations.roles["member-BR"].paths = ["members/LT/*"]
    with pytest.raises(UntrustedError, match="delegation"):
        accept(network.held, signed(Draft(TARGETS, metadata.to_bytes(), draft.files)), NOW)
    del metadata.signed.delegations.roles["member-BR"]
    metadata.signatures.clear()
    with pytest.raises(UntrustedError, match="differ"):
        accept(network.held, signed(Draft(TARGETS, metadata.to_bytes(), draft.files)), NOW)


def test_a_recovered_member_is_published_with_its_new_role_only(network: Secretariat) -> None:
    asked = ask("LT", delegation="LT new delegation")
    draft = ceremony.recover(network.held.draft(TARGETS), asked, NOW)
    held = accept(network.held, signed(draft), NOW)
    with pytest.raises(UntrustedError, match="somebody else"):
        publish(held, SIGNERS, NOW)
    held = accept(held, member_draft("LT", 2, by="LT new delegation"), NOW)
    assert publish(held, SIGNERS, NOW).version(TIMESTAMP) == 2


def test_a_root_is_followed_by_one_that_the_old_holders_sign_too(network: Secretariat) -> None:
    new = [key("new 1"), key("new 2"), key("new 3")]
    draft = ceremony.rotate_root(network.held.draft(ROOT), [each.public for each in new], 2, ONLINE_KEYS, NOW)
    for holders in (new[:2], HOLDERS[:2], [new[0], HOLDERS[0]]):
        with pytest.raises(UntrustedError, match="of 2 needed"):
            accept(network.held, signed(draft, holders), NOW)
    held = accept(network.held, signed(draft, [*new[:2], *HOLDERS[:2]]), NOW)
    with pytest.raises(UntrustedError, match="of 2 needed") as caught:
        publish(held, SIGNERS, NOW)  # the targets are the old holders'
    assert caught.value.where == TARGETS
    held = accept(held, signed(ceremony.renew_targets(held.draft(TARGETS), NOW), new[1:]), NOW)
    assert publish(held, SIGNERS, NOW).version(ROOT) == 2


def test_a_root_that_skips_a_version_is_refused(network: Secretariat) -> None:
    second = ceremony.rotate_root(network.held.draft(ROOT), HOLDER_KEYS, 2, ONLINE_KEYS, NOW)
    third = ceremony.rotate_root(second, HOLDER_KEYS, 2, ONLINE_KEYS, NOW)
    with pytest.raises(UntrustedError, match="next root is version 2"):
        accept(network.held, signed(third), NOW)


def test_a_new_online_key_signs_the_next_timestamp_at_once(network: Secretariat) -> None:
    fresh = key("online after a theft")
    online = OnlineKeys(ONLINE.public, fresh.public, fresh.public)
    draft = ceremony.rotate_root(network.held.draft(ROOT), HOLDER_KEYS, 2, online, NOW)
    held = accept(network.held, signed(draft), NOW)
    new = publish(held, {**SIGNERS, "snapshot": fresh, "timestamp": fresh}, NOW)
    assert new.version(TIMESTAMP) == held.version(TIMESTAMP) + 1


def test_a_locked_key_signs_nothing(network: Secretariat) -> None:
    locked = LockedSigner(ONLINE.public)
    with pytest.raises(UnavailableError, match="locked"):
        ceremony.set_standing(NOTHING, 9, locked, NOW)
    with pytest.raises(UnavailableError, match="locked"):
        publish(network.held, dict.fromkeys(SIGNERS, locked), NOW + DAY)


def test_online_roles_are_signed_again_after_half_of_their_period(network: Secretariat) -> None:
    assert publish(network.held, SIGNERS, NOW + timedelta(minutes=29)) == network.held
    later = publish(network.held, SIGNERS, NOW + timedelta(minutes=30))
    assert (later.version(TIMESTAMP), later.version("snapshot")) == (2, 1)
    assert is_due(later, STANDING, NOW + 4 * DAY)
    assert publish(later, SIGNERS, NOW + 4 * DAY).version(STANDING) == 2


def test_nothing_is_published_without_enough_signatures_or_standing() -> None:
    root = accept(Publication(), signed(ceremony.begin(HOLDER_KEYS, 2, ONLINE_KEYS, NOW)), NOW)
    with pytest.raises(UntrustedError, match="no targets"):
        publish(root, SIGNERS, NOW)
    targets = accept(root, signed(ceremony.begin_targets(NETWORK, RULEBOOK, ONLINE_KEYS, NOW)), NOW)
    with pytest.raises(UntrustedError, match="no standing"):
        publish(targets, SIGNERS, NOW)
    with pytest.raises(UntrustedError, match="no root"):
        accept(Publication(), signed(ceremony.begin_targets(NETWORK, RULEBOOK, ONLINE_KEYS, NOW)), NOW)


def test_snapshots_and_timestamps_are_not_taken_in(network: Secretariat) -> None:
    for role in ("snapshot", TIMESTAMP):
        with pytest.raises(MalformedError):
            accept(network.held, Draft(role, network.held.roles[role] + b"\n"), NOW)


def test_a_draft_travels_as_a_file_and_signatures_do_not_change_its_words(network: Secretariat) -> None:
    draft = admission(network)
    carried = parse_draft(signed(parse_draft(draft.encode())).encode())
    assert carried.words == draft.words
    assert carried.version == 4
    assert accept(network.held, carried, NOW).members().find(code("BR")) is not None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{"v":1,"kind":"comity-draft","role":"root","metadata":"e30=","files":{}}',
        b'{"v":2,"kind":"comity-draft","role":"root","draft":{"metadata":"e30=","files":{}},"before":null,"root":""}',
    ],
)
def test_other_bytes_are_no_draft(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_draft(data)


def test_a_full_network_admits_nobody(network: Secretariat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceremony, "MEMBERS_MAX", 2)
    with pytest.raises(TooLargeError):
        admission(network)
