"""Envelopes that arrive at a node: what is refused is told with its rule, what proves nothing gets no receipt."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from comity.act import Session
from comity.exchange.reading import MessagesWanted
from comity.limits import FRAME_BYTES
from comity.signer import Ed25519Signer
from comity.testing import Network
from tests.exchange.envelopes import TEXT, forge, forged, names_at, public_keys, receipt_of, repack, text_of, unpack
from tests.peer.frames import COMPLAINT, put


@pytest.fixture(scope="module")
def network(founded: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """One for all: every test looks at what it brings itself, and time goes on."""
    found = Network(tmp_path_factory.mktemp("arriving"), like=founded)
    yield found
    found.close()


@pytest.fixture(scope="module")
def jean(network: Network) -> Session:
    return network.officer("FR", "jean", "desk")


@pytest.fixture(autouse=True)
def new_time(network: Network) -> None:
    network.turn(1)


def assert_refused(network: Network, data: bytes, *rules: str, line: str = "LT") -> None:
    """Refused for good by these rules, on the record, and not kept."""
    before = names_at(network, "FR")
    receipt = receipt_of(network, data, line=line)
    assert (receipt.step, receipt.by, receipt.recipient, receipt.to) == ("refused", "FR", "FR", line)
    assert receipt.rules == rules
    row = next(row for row in network.ledger("FR", "message.deliver") if row.id == receipt.entry)
    assert row.content is not None
    assert (row.content.verdict, row.content.member, row.content.on) == ("refused", line, receipt.of)
    assert names_at(network, "FR") == before


def assert_unproven(network: Network, data: bytes, *, line: str = "LT") -> None:
    """No receipt: what cannot be shown to be its sender's is nobody's."""
    before = names_at(network, "FR")
    assert put(network, line, data, to="FR") == COMPLAINT + b"untrusted"
    assert names_at(network, "FR") == before


def assert_taken(network: Network, data: bytes) -> str:
    receipt = receipt_of(network, data)
    assert receipt.step == "delivered"
    assert names_at(network, "FR").count(receipt.of) == 1
    return receipt.of


def test_what_is_made_right_by_hand_is_taken_and_read(network: Network, jean: Session) -> None:
    name = assert_taken(network, forged(network, "FR", "BR")["FR"])
    opened = network.nodes["FR"].messages.open(jean, name).release
    assert [each.text.subject for each in opened] == ["Vehicle"]


def test_a_copy_that_comes_again_is_the_same_message_and_gets_the_same_answer(network: Network) -> None:
    data = forged(network, "FR")["FR"]
    first, again = receipt_of(network, data), receipt_of(network, data)
    assert (first.step, first.of) == (again.step, again.of) == ("delivered", names_at(network, "FR")[-1])
    assert first.entry != again.entry


def test_a_copy_that_comes_after_it_has_expired_is_not_refused_where_it_was_taken(simulated: Network) -> None:
    data = forged(simulated, "FR")["FR"]
    first = receipt_of(simulated, data)
    simulated.turn(40 * 86_400)
    late = receipt_of(simulated, data)
    assert (late.step, late.of) == (first.step, first.of) == ("delivered", names_at(simulated, "FR")[0])
    assert len(names_at(simulated, "FR")) == 1


def test_a_copy_over_anothers_line_is_still_its_signers(network: Network) -> None:
    """The relay brings it so; the outsider may too, and changes nothing by it."""
    data = forged(network, "FR")["FR"]
    receipt = receipt_of(network, data, line="XX")
    assert (receipt.step, receipt.to) == ("delivered", "LT")


@pytest.mark.parametrize("changed", [{"recall": True}, {"v": 3}, {"sent_at": "0001-01-01T00:00:00+14:00"}], ids=str)
def test_a_head_with_something_unknown_is_refused_with_the_rule(network: Network, changed: dict[str, Any]) -> None:
    assert_refused(network, forged(network, "FR", head=changed)["FR"], "CTY-4.3")


def test_seals_or_a_text_with_something_unknown_are_refused_with_the_rule(network: Network) -> None:
    assert_refused(network, forged(network, "FR", seals={"more": 1})["FR"], "CTY-4.3")
    assert_refused(network, forged(network, "FR", text=text_of(more=1))["FR"], "CTY-4.3")
    assert_refused(network, forged(network, "FR", text=b"")["FR"], "CTY-4.3")


def test_no_member_tells_of_hits_and_the_secretariat_tells_of_nothing_else_as_one(network: Network) -> None:
    hit = {"record": "r", "register": "travel-documents", "asker": "BR", "purpose": "border-control", "entry": "e"}
    assert_refused(
        network, forged(network, "FR", head={"kind": "alert"}, text=text_of(alert=hit))["FR"], "CTY-4.3", "CTY-4.12"
    )
    assert_refused(network, forged(network, "FR", text=text_of(alert=hit))["FR"], "CTY-4.3")
    bare = forged(network, "FR", sender="GS", head={"kind": "alert"})["FR"]
    assert_refused(network, bare, "CTY-4.3", line="GS")


def test_a_text_other_than_the_one_committed_to_is_refused(network: Network) -> None:
    assert_refused(network, forged(network, "FR", "BR", sealed=text_of(text="Other."))["FR"], "CTY-4.4")


def test_of_two_bodies_under_one_head_only_the_one_committed_to_is_taken(network: Network) -> None:
    told = forged(network, "FR", "BR")["BR"]
    other = forged(network, "FR", "BR", sealed=text_of(text="Other."))["FR"]
    assert receipt_of(network, told, to="BR").step == "delivered"
    assert_refused(network, other, "CTY-4.4")


def test_a_key_of_its_own_for_one_recipient_is_refused_there(network: Network) -> None:
    copies = forged(network, "FR", "BR", wrapped={"FR": bytes(32)})
    assert receipt_of(network, copies["BR"], to="BR").step == "delivered"
    assert_refused(network, copies["FR"], "CTY-4.4")


def test_a_copy_for_somebody_who_is_not_in_the_head_is_refused(network: Network) -> None:
    recipients = [{"member": "BR", "key": "a" * 16}]
    assert_refused(network, forged(network, "FR", "BR", head={"recipients": recipients})["FR"], "CTY-4.2", "CTY-4.4")


def test_another_members_copy_is_neither_taken_nor_carried_on_by_a_bureau(network: Network) -> None:
    data = forged(network, "BR", "FR")["BR"]
    assert put(network, "LT", data, to="FR") == COMPLAINT + b"untrusted"
    first, _to, parts = unpack(data)
    assert put(network, "LT", repack(first, "FR", parts), to="FR") == COMPLAINT + b"untrusted"


def test_an_envelope_is_in_time_until_it_expires_and_no_longer_than_a_month(network: Network) -> None:
    def lasting(**days: float) -> bytes:
        return forged(network, "FR", head={"expires_at": network.now + timedelta(**days)})["FR"]

    assert_taken(network, lasting(days=31))
    assert_taken(network, lasting(seconds=1))
    assert_refused(network, lasting(seconds=0), "CTY-4.5")
    assert_refused(network, lasting(days=-1), "CTY-4.5")
    assert_refused(network, lasting(days=31, seconds=1), "CTY-4.5")
    assert_refused(network, lasting(days=300_000), "CTY-4.5")


def test_an_envelope_that_is_too_large_is_complained_about(network: Network) -> None:
    data = forged(network, "FR", text=text_of(text="A" * FRAME_BYTES))["FR"]
    assert put(network, "LT", data, to="FR") == COMPLAINT + b"too-large"


def test_in_another_members_name_there_is_no_receipt(network: Network) -> None:
    """XX writes as LT, signs over its own line or LT's; LT signs in the name of BR."""
    for sender, signer in (("LT", "XX"), ("BR", "LT")):
        data = forged(network, "FR", sender=sender, signer=signer)["FR"]
        for line in ("XX", "LT", "GS"):
            assert_unproven(network, data, line=line)


def test_with_a_key_that_the_directory_does_not_name_for_signing_there_is_no_receipt(network: Network) -> None:
    """LT's own ledger key, and a key of nobody."""
    for signer in (network.nodes["LT"].keyring.signer("ledger"), Ed25519Signer(bytes(32))):
        assert_unproven(network, forge(signer, public_keys(network, "FR"), network.now)["FR"])


def test_an_altered_copy_gets_no_receipt_and_may_come_again(network: Network) -> None:
    data = forged(network, "FR")["FR"]
    for at in (len(data) - 1, len(data) - len(TEXT) - 100, 30):
        changed = bytearray(data)
        changed[at] ^= 1
        assert put(network, "LT", bytes(changed), to="FR").startswith(COMPLAINT)
    assert_taken(network, data)


def test_a_head_that_nobody_signed_is_not_told_about(network: Network) -> None:
    """An unknown field does not make a stranger's envelope worth a receipt."""
    assert_unproven(network, forged(network, "FR", signer="XX", head={"recall": True})["FR"])


def test_what_was_refused_hides_nothing_behind_it(network: Network, jean: Session) -> None:
    """Lists and threads are read as before, and what comes next is taken."""
    for wrong in ({"head": {"sent_at": "9999-12-31T23:59:59-14:00"}}, {"text": text_of(subject="a\nb")}):
        assert_refused(network, forged(network, "FR", **wrong)["FR"], "CTY-4.3")
    name = assert_taken(network, forged(network, "FR")["FR"])
    page = network.nodes["FR"].messages.list(jean, MessagesWanted("in")).release
    assert page.lines[0].message.id == name
