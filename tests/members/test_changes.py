from pathlib import Path

import msgspec
import pytest
from tuf.api.metadata import Metadata, Role, Root, TargetFile, Targets  # type: ignore[attr-defined] # see comity.members.roles

from comity.errors import MalformedError, UntrustedError
from comity.members import ceremony
from comity.members.ceremony import Draft
from comity.members.changes import Change, Holders, Listed, describe
from comity.members.keys import fingerprint
from comity.members.member import Bureau
from comity.members.publication import Publication, accept
from comity.members.roles import MEMBERS_PATH, ROOT, RULEBOOK_PATH, TARGETS, tuf_key
from comity.rules.model import FIRST_RULEBOOK, MODEL_RULEBOOK
from comity.rules.rule import Rule
from tests.members.network import (
    HOLDERS,
    NOW,
    ONLINE,
    ONLINE_KEYS,
    Secretariat,
    ask,
    code,
    key,
    member_draft,
    signed,
    small,
)


@pytest.fixture
def network(tmp_path: Path) -> Secretariat:
    return small(tmp_path)


def changes(draft: Draft) -> dict[str, Change]:
    said = describe(draft)
    assert isinstance(said, Listed)
    return {line.member.code: line.change for line in said.members}


def root_with(draft: Draft, role: str, said: Role) -> Draft:
    """A root that gives ``role`` to somebody else: what a secretariat in bad faith might carry to the holders."""
    metadata: Metadata[Root] = Metadata.from_bytes(draft.metadata)
    metadata.signed.keys |= {keyid: tuf_key(key("nobody's").public) for keyid in said.keyids}
    metadata.signed.roles[role] = said
    return msgspec.structs.replace(draft, metadata=metadata.to_bytes())


def test_who_is_admitted_comes_first_with_the_words_that_its_bureau_reads(network: Secretariat) -> None:
    said = describe(ceremony.admit(network.held.draft(TARGETS), ask("BR"), NOW))
    assert isinstance(said, Listed)
    assert [(line.change, line.member.code) for line in said.members] == [
        (Change.NEW, "BR"),
        (Change.SAME, "FR"),
        (Change.SAME, "LT"),
    ]
    assert said.members[0].words == ask("BR").words
    assert said.rulebook.change is Change.SAME


def test_who_is_removed_is_named(network: Secretariat) -> None:
    draft = ceremony.remove(network.held.draft(TARGETS), code("FR"), NOW)
    assert changes(draft) == {"FR": Change.GONE, "LT": Change.SAME}


def test_another_key_of_a_member_is_a_change(network: Secretariat) -> None:
    asked = ask("LT", delegation="LT new delegation")
    said = describe(ceremony.recover(network.held.draft(TARGETS), asked, NOW))
    assert isinstance(said, Listed)
    assert (said.members[0].change, said.members[0].words) == (Change.CHANGED, asked.words)


ADDED = Rule("T-1", "test", "At most ten bureaus.", "condition", ("message.send",), "count_is_bounded", {"most": 10.0})
AMENDED = msgspec.structs.replace(MODEL_RULEBOOK, rules=(*MODEL_RULEBOOK.rules, ADDED))


def with_rulebook(draft: Draft, rulebook: bytes) -> Draft:
    """A draft that nobody looked at: what a secretariat in bad faith might carry to the holders."""
    metadata: Metadata[Targets] = Metadata.from_bytes(draft.metadata)
    metadata.signed.targets[RULEBOOK_PATH] = TargetFile.from_data(RULEBOOK_PATH, rulebook, ["sha256"])
    files = {**draft.files, RULEBOOK_PATH: rulebook}
    return msgspec.structs.replace(draft, metadata=metadata.to_bytes(), files=files)


def test_who_signs_reads_which_rules_come_beside_the_fingerprints_of_both_rulebooks(network: Secretariat) -> None:
    before = network.held.draft(TARGETS)
    said = describe(ceremony.amend(before, AMENDED.encode(), NOW))
    assert isinstance(said, Listed)
    assert said.amendment is not None
    assert (said.amendment.comes, said.amendment.goes, said.amendment.changes) == ((ADDED,), (), ())
    assert said.rulebook == (Change.CHANGED, fingerprint(AMENDED.encode()))
    assert said.rulebook_before == fingerprint(MODEL_RULEBOOK.encode())
    assert {line.change for line in said.members} == {Change.SAME}


def test_where_the_rulebook_stays_no_amendment_is_told(network: Secretariat) -> None:
    said = describe(ceremony.renew_targets(network.held.draft(TARGETS), NOW))
    assert isinstance(said, Listed)
    assert (said.amendment, said.rulebook_before) == (None, "")


BROKEN = {
    "another meaning": msgspec.structs.replace(
        MODEL_RULEBOOK,
        rules=(msgspec.structs.replace(MODEL_RULEBOOK.rules[0], test="is_node"), *MODEL_RULEBOOK.rules[1:]),
    ).encode(),
    "a rule gone": msgspec.structs.replace(MODEL_RULEBOOK, rules=MODEL_RULEBOOK.rules[1:]).encode(),
    "an unknown test": msgspec.structs.replace(
        AMENDED, rules=(*AMENDED.rules[:-1], msgspec.structs.replace(ADDED, test="is_friend"))
    ).encode(),
    "no rulebook": b"{}",
}


@pytest.mark.parametrize("rulebook", BROKEN.values(), ids=BROKEN)
def test_a_rulebook_that_may_not_follow_is_drafted_told_and_taken_in_by_nobody(
    network: Secretariat, rulebook: bytes
) -> None:
    before = network.held.draft(TARGETS)
    with pytest.raises(MalformedError):
        ceremony.amend(before, rulebook, NOW)
    draft = signed(with_rulebook(ceremony.renew_targets(before, NOW), rulebook))
    with pytest.raises(MalformedError):
        describe(draft)
    with pytest.raises(MalformedError):
        accept(network.held, draft, NOW)


def test_a_networks_first_rulebook_is_one_that_can_be_applied() -> None:
    root = signed(ceremony.begin([each.public for each in HOLDERS], 2, ONLINE_KEYS, NOW))
    held = accept(Publication(), root, NOW)
    for rulebook in (b"{}", FIRST_RULEBOOK.encode()):
        with pytest.raises(MalformedError):
            accept(held, signed(ceremony.begin_targets("model.example", rulebook, ONLINE_KEYS, NOW)), NOW)


def test_a_rulebook_whose_file_is_not_the_one_signed_is_not_told(network: Secretariat) -> None:
    before = network.held.draft(TARGETS)
    after = ceremony.renew_targets(msgspec.structs.replace(before, files={**before.files, RULEBOOK_PATH: b"{}"}), NOW)
    with pytest.raises(UntrustedError, match="altered"):
        describe(after)


def test_without_a_version_before_all_is_new(network: Secretariat) -> None:
    assert set(changes(network.held.draft(TARGETS)).values()) == {Change.NEW}


def test_a_false_version_before_hides_nobody(network: Secretariat) -> None:
    """Who made the draft lists an intruder in the version before as well: it still stands there, and in other words."""
    honest = network.held.draft(TARGETS)
    false = ceremony.admit(honest, ask("XX"), NOW)
    draft = ceremony.admit(false, ask("BR"), NOW)
    assert changes(draft)["XX"] is Change.SAME
    assert draft.before is not None
    assert draft.before.words != honest.words


def test_a_list_with_another_key_than_is_signed_is_not_told(network: Secretariat) -> None:
    draft = ceremony.admit(network.held.draft(TARGETS), ask("BR"), NOW)
    other = ceremony.admit(network.held.draft(TARGETS), ask("BR", delegation="GS in disguise"), NOW)
    with pytest.raises(UntrustedError, match="altered"):
        describe(msgspec.structs.replace(draft, files=other.files))
    with pytest.raises(UntrustedError, match="missing"):
        describe(msgspec.structs.replace(draft, files={MEMBERS_PATH: draft.files[MEMBERS_PATH]}))


def test_a_version_before_that_is_not_before_is_refused(network: Secretariat) -> None:
    draft = ceremony.admit(network.held.draft(TARGETS), ask("BR"), NOW)
    for before in (msgspec.structs.replace(draft, before=None), network.held.draft(ROOT)):
        with pytest.raises(MalformedError, match="not before"):
            describe(msgspec.structs.replace(draft, before=before))


def test_holders_and_their_number_are_told(network: Secretariat) -> None:
    holders = [HOLDERS[0], HOLDERS[2], key("fourth"), key("fifth")]
    said = describe(
        ceremony.rotate_root(network.held.draft(ROOT), [each.public for each in holders], 3, ONLINE_KEYS, NOW)
    )
    assert isinstance(said, Holders)
    assert (said.threshold, said.threshold_before) == (3, 2)
    told = {(line.change, line.words) for line in said.holders}
    assert told == {
        (Change.NEW, fingerprint(key("fourth").public)),
        (Change.NEW, fingerprint(key("fifth").public)),
        (Change.GONE, fingerprint(HOLDERS[1].public)),
        (Change.SAME, fingerprint(HOLDERS[0].public)),
        (Change.SAME, fingerprint(HOLDERS[2].public)),
    }
    assert said.online == ((Change.SAME, fingerprint(ONLINE.public)),)


@pytest.mark.parametrize(
    ("role", "said", "reason"),
    [
        (TARGETS, Role(["ab" * 32], 1), "Others than the key holders"),
        (ROOT, Role(["ab" * 32], 1), "Others than the key holders"),
    ],
)
def test_a_root_by_which_somebody_else_lists_members_is_refused(
    network: Secretariat, role: str, said: Role, reason: str
) -> None:
    draft = root_with(
        ceremony.rotate_root(network.held.draft(ROOT), [each.public for each in HOLDERS], 2, ONLINE_KEYS, NOW),
        role,
        said,
    )
    with pytest.raises(UntrustedError, match=reason):
        describe(draft)
    with pytest.raises(UntrustedError):
        accept(network.held, signed(draft), NOW)


def test_a_root_that_one_holder_or_an_online_key_signs_is_refused() -> None:
    draft = ceremony.begin([each.public for each in HOLDERS], 2, ONLINE_KEYS, NOW)
    metadata: Metadata[Root] = Metadata.from_bytes(draft.metadata)
    for role in (ROOT, TARGETS):
        metadata.signed.roles[role].threshold = 1
    alone = msgspec.structs.replace(draft, metadata=metadata.to_bytes())
    for judge in (describe, lambda each: accept(Publication(), signed(each), NOW)):
        with pytest.raises(UntrustedError, match="One holder alone"):
            judge(alone)
    for role in (ROOT, TARGETS):
        metadata.signed.roles[role].threshold = 2
        metadata.signed.add_key(tuf_key(ONLINE.public), role)
    with pytest.raises(UntrustedError, match="online key"):
        describe(msgspec.structs.replace(draft, metadata=metadata.to_bytes()))


def test_a_bureau_is_told_by_its_own_description() -> None:
    said = describe(member_draft("LT", desk="+370 1"))
    assert isinstance(said, Bureau)
    assert (said.code, said.desk) == ("LT", "+370 1")


def test_what_the_running_secretariat_signs_is_not_told_at_a_ceremony(network: Secretariat) -> None:
    draft = ceremony.set_standing(network.standing, 9, ONLINE, NOW)
    with pytest.raises(MalformedError, match="not a ceremony"):
        describe(draft)


def test_the_version_before_travels_with_the_draft(network: Secretariat) -> None:
    draft = ceremony.admit(network.held.draft(TARGETS), ask("BR"), NOW)
    carried = ceremony.parse_draft(draft.encode())
    assert carried == draft
    assert carried.before == msgspec.structs.replace(network.held.draft(TARGETS), root=b"")
    assert carried.root == network.root
