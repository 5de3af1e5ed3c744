"""Messages between bureaus whose lines and nodes come and go: each arrives once, or its sender knows why not."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import msgspec
import pytest

from comity.exchange.delivery import DeliveryQueued, new_delivery
from comity.exchange.message import EXPIRY
from comity.exchange.receipt import Receipt, Step
from comity.exchange.signed import parse_signed, sign_body
from comity.ids import EntryId, MemberCode
from comity.limits import FRAME_BYTES
from comity.signer import sign_frame
from comity.testing import Network
from tests.exchange.envelopes import forged, names_at, receipt_of, text_of
from tests.peer.frames import COMPLAINT, put, signer_of
from tests.scenarios.desks import QUIET_S, Desk, assert_ledgers, assert_true, receipts, states, steps

DAY_S = 86_400
ALL = ("LT", "FR", "BR", "XX")


@pytest.fixture
def lt(network: Network) -> Desk:
    return Desk(network, "LT")


@pytest.fixture
def fr(network: Network) -> Desk:
    return Desk(network, "FR")


@pytest.fixture
def br(network: Network) -> Desk:
    return Desk(network, "BR")


# Who is not there


def test_a_recipient_who_is_down_delays_only_itself(network: Network, lt: Desk, br: Desk) -> None:
    network.stop("FR")
    names = [lt.send("FR", "BR", text=f"Number {number}.") for number in range(8)]
    started = network.now
    network.settle(1)
    assert [lt.states(name)["BR"] for name in names] == ["delivered"] * 8
    assert [lt.states(name)["FR"] for name in names] == ["relayed"] * 8
    assert br.inbox() == names
    assert network.now == started, "nobody waited"


def test_a_recipient_who_is_slow_costs_one_deadline_a_round_whatever_waits_for_it(
    network: Network, lt: Desk, br: Desk
) -> None:
    """Every question to FR is lost, its line seems up."""
    network.meddle = lambda _from, to, data: None if to == "FR" else data
    names = [lt.send("FR", "BR") for _number in range(8)]
    started = network.now
    network.nodes["LT"].tick()
    assert network.now - started == timedelta(seconds=10)
    assert br.inbox() == names


def test_two_who_are_never_up_together_reach_each_other_through_the_relay_and_back(
    network: Network, lt: Desk, fr: Desk
) -> None:
    network.cut("FR")
    name = lt.send("FR")
    network.settle(3)
    assert lt.states(name) == {"FR": "relayed"}
    network.cut("LT")
    network.mend("FR")
    network.settle(3)
    assert fr.inbox() == [name]
    assert [each.text.text for each in fr.open(name)] == ["Do you know it?"]
    answer = fr.send("LT", text="No.", reply_to=name)
    network.settle(3)
    assert fr.states(answer) == {"LT": "relayed"}
    network.cut("FR")
    network.mend("LT")
    network.settle(3)
    assert lt.states(name) == {"FR": "answered"}
    assert lt.inbox() == [answer]
    assert set(steps(network, "LT", name)) <= {"relayed", "delivered", "opened"}
    network.cut("LT")
    network.mend("FR")
    network.settle(3)
    assert fr.states(answer) == {"LT": "delivered"}
    assert_true(network, "LT", "FR")
    assert states(network, "GS", name) == {"FR": "delivered"}


def test_receipts_of_delivery_and_of_opening_come_back_through_the_relay(network: Network, lt: Desk, fr: Desk) -> None:
    network.cut("FR")
    name = lt.send("FR")
    network.settle(3)
    network.cut("LT")
    network.mend("FR")
    network.settle(3)
    network.cut("FR")
    network.mend("LT")
    network.settle(3)
    assert lt.states(name) == {"FR": "delivered"}
    network.cut("LT")
    network.mend("FR")
    fr.open(name)
    network.settle(3)
    network.cut("FR")
    network.mend("LT")
    network.settle(3)
    assert lt.states(name) == {"FR": "opened"}
    said = receipts(network, "LT", name)
    assert [(each.step, each.by) for each in said] == [("relayed", "GS"), ("delivered", "FR"), ("opened", "FR")]
    for each in said:
        assert any(row.id == each.entry for row in network.ledger(each.by))


def test_a_relay_that_loses_what_it_took_costs_time_and_no_message(network: Network, lt: Desk, fr: Desk) -> None:
    network.cut("FR")
    name = lt.send("FR")
    network.settle()
    network.stop("GS")
    network.mend("FR")
    assert lt.states(name) == {"FR": "relayed"}
    network.turn(QUIET_S)
    assert lt.states(name) == {"FR": "delivered"}
    assert fr.inbox() == [name]


def test_the_relay_takes_nothing_on_for_nobody_from_nobody_or_for_itself(network: Network) -> None:
    good = forged(network, "FR")["FR"]
    assert put(network, "LT", good, to="GS").startswith(b"comity/1 receipt ")
    refused = {
        "not its sender's": forged(network, "FR", signer="XX")["FR"],
        "expired": forged(network, "FR", head={"expires_at": network.now})["FR"],
        "for too long": forged(network, "FR", head={"expires_at": network.now + timedelta(days=32)})["FR"],
    }
    for name, data in refused.items():
        assert put(network, "LT", data, to="GS") == COMPLAINT + b"untrusted", name
    assert put(network, "LT", forged(network, "FR", head={"recall": 1})["FR"], to="GS") == COMPLAINT + b"malformed"
    altered = good[:-1] + bytes((good[-1] ^ 1,))
    assert put(network, "LT", altered, to="GS") == COMPLAINT + b"untrusted"
    network.settle()
    assert len(names_at(network, "FR")) == 1


# Receipts


def say(
    network: Network, of: str, step: Step, *, by: str = "FR", signer: str = "", line: str = "", **more: str
) -> bytes:
    """What LT answers to a receipt made by hand that is pushed to it."""
    receipt = Receipt(
        v=1, of=of, recipient=MemberCode(more.get("recipient", by)), to=MemberCode("LT"), by=MemberCode(by), step=step,
        position=0, at=network.now, rules=(), rulebook="", entry=EntryId(""),
    )  # fmt: skip
    data = sign_body(receipt, signer_of(network, signer or by)).encode()
    return put(network, line or by, data, to="LT")


def is_believed(answer: bytes) -> bool:
    """Whether LT says that it has the receipt; it complains of what proves nothing, refuses what is about nothing."""
    if answer == COMPLAINT + b"untrusted":
        return False
    receipt = parse_signed(answer, Receipt)[1]
    assert (receipt.by, receipt.recipient) == ("LT", "LT")
    assert (receipt.step, receipt.rules) == ("refused", ("CTY-4.6",)) or receipt.step == "delivered"
    return receipt.step == "delivered"


def test_a_receipt_counts_only_where_its_signer_can_know_and_was_asked(network: Network, lt: Desk) -> None:
    network.stop("FR")
    name = lt.send("FR")
    network.start("FR")
    wrong = {
        "in FR's name by BR": say(network, name, "delivered", signer="BR", line="FR"),
        "in FR's name by the secretariat": say(network, name, "delivered", signer="GS"),
        "the secretariat says that FR has it": say(network, name, "delivered", by="GS", recipient="FR"),
        "the secretariat says that FR refused": say(network, name, "refused", by="GS", recipient="FR"),
        "FR says that it is relayed": say(network, name, "relayed"),
        "BR says that it is relayed": say(network, name, "relayed", by="BR", recipient="FR"),
        "BR, who was not sent it": say(network, name, "delivered", by="BR"),
        "of nothing": say(network, "0" * 64, "delivered"),
    }
    assert {case: is_believed(answer) for case, answer in wrong.items()} == dict.fromkeys(wrong, False)
    assert lt.states(name) == {"FR": "queued"}
    assert receipts(network, "LT", name) == []
    network.turn(QUIET_S)
    assert lt.states(name) == {"FR": "delivered"}


def test_a_receipt_about_nothing_sent_from_here_is_refused_once_and_brought_no_more(
    network: Network, lt: Desk, fr: Desk
) -> None:
    """LT has lost its outbox; what FR has to say about a message of LT's waits nowhere for a month."""
    name = lt.send("FR")
    network.settle()
    with closing(sqlite3.connect(network.founding.config("LT").path("data") / "node.db")) as rows, rows:
        rows.execute("delete from delivery")
    network.cut("LT")
    fr.open(name)
    network.settle()
    network.mend("LT")
    network.turn(QUIET_S)
    network.turn(QUIET_S)
    for code in ("FR", "GS"):
        assert not network.nodes[code]._store.read(lambda unit: unit.due_deliveries(network.now + EXPIRY, 9)), code
    refused = [row.content.rules for row in network.ledger("LT", "receipt.take") if row.content and row.content.rules]
    assert refused.count(("CTY-4.6",)) in (1, 2), "once by FR, once by the relay"


def test_a_receipt_for_another_message_ends_nothing(network: Network, lt: Desk) -> None:
    """FR's signed answer to the message before, handed to LT in the place of the one to this."""
    seen: list[bytes] = []

    def watch(sender: str, to: str, data: bytes) -> bytes:
        if (sender, to) == ("FR", "LT"):
            seen.append(data)
        return data

    network.meddle = watch
    first = lt.send("FR")
    network.settle()
    network.meddle = lambda sender, to, data: seen[0] if (sender, to) == ("FR", "LT") else data
    second = lt.send("FR")
    network.settle()
    assert (lt.states(first), lt.states(second)) == ({"FR": "delivered"}, {"FR": "relayed"})
    assert parse_signed(seen[0], Receipt)[1].of == first
    network.meddle = lambda _from, _to, data: data
    network.turn(QUIET_S)
    assert lt.states(second) == {"FR": "delivered"}
    assert_true(network, "LT", "FR")


def test_a_receipt_that_is_repeated_is_kept_once_and_acknowledged_each_time(network: Network, lt: Desk) -> None:
    name = lt.send("FR")
    network.settle()
    assert all(is_believed(say(network, name, step)) for step in ("delivered", "opened", "opened", "delivered"))
    assert steps(network, "LT", name) == ["delivered", "opened"]
    assert lt.states(name) == {"FR": "opened"}


def test_receipts_that_overtake_each_other_say_the_most_that_is_known(network: Network, lt: Desk) -> None:
    """The answer to the delivery is lost, "opened" comes first, then the rest, then what is no more so."""
    network.meddle = lambda sender, to, data: None if (sender, to) == ("FR", "LT") else data
    name = lt.send("FR")
    network.nodes["LT"].tick()
    network.meddle = lambda _from, _to, data: data
    assert lt.states(name)["FR"] in ("queued", "relayed")
    for step in ("opened", "delivered"):
        assert is_believed(say(network, name, step))
    assert lt.states(name) == {"FR": "opened"}
    for late in ("later", "refused"):
        say(network, name, late)
    assert is_believed(say(network, name, "relayed", by="GS", recipient="FR"))
    assert lt.states(name) == {"FR": "opened"}
    assert steps(network, "LT", name).count("refused") == 0
    network.turn(QUIET_S)
    assert lt.states(name) == {"FR": "opened"}


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("to", ["LT", "BR"])
def test_a_receipt_from_the_ends_of_time_is_complained_about_and_breaks_no_list(
    network: Network, lt: Desk, at: str, to: str
) -> None:
    """To LT itself, or for the relay to pass on."""
    name = lt.send("FR")
    network.settle()
    receipt = Receipt(
        1, name, MemberCode("FR"), MemberCode(to), MemberCode("FR"), "opened", 0, network.now, (), "", EntryId("")
    )
    body = msgspec.json.encode(msgspec.to_builtins(receipt) | {"at": at})
    data = sign_frame(signer_of(network, "FR"), "receipt", body).encode()
    assert put(network, "FR", data, to="LT" if to == "LT" else "GS") == COMPLAINT + b"malformed"
    assert steps(network, "LT", name) == ["delivered"]


# Measures


def set_message_standing(network: Network, code: str, state: str) -> None:
    olga = network.officer("GS", "olga", "duty")
    until_at = None if state == "open" else network.now + timedelta(days=60)
    outcome = network.nodes["GS"].measures.set_standing(
        olga, code, "message", state, reason="Doubtful messages.", reference="EC 7", until_at=until_at
    )
    assert outcome.verdict.is_allowed
    network.turn(1)


def test_a_suspended_member_writes_nothing_and_keeps_what_was_delivered_before(
    network: Network, lt: Desk, fr: Desk
) -> None:
    before = lt.send("FR")
    network.settle()
    network.stop("FR")
    waiting = lt.send("FR")
    data = forged(network, "BR")["BR"]
    set_message_standing(network, "LT", "suspended")
    refused = lt.try_send("FR")
    assert (refused.release, refused.verdict.rules) == (None, ("RPD-131.1",))
    receipt = receipt_of(network, data, to="BR")
    assert (receipt.step, receipt.rules) == ("refused", ("RPD-131.1",))
    network.start("FR").tick()  # the first thing that it hears of is the measure
    network.turn(QUIET_S)
    assert lt.states(before) == {"FR": "delivered"}
    assert lt.states(waiting) == {"FR": "refused"}
    assert next(each for each in receipts(network, "LT", waiting) if each.step == "refused").rules == ("RPD-131.1",)
    assert fr.inbox() == [before]
    again = forged(network, "FR", text=text_of(text="Again"))["FR"]
    assert put(network, "LT", again, to="GS") == COMPLAINT + b"untrusted", "the relay takes nothing on either"
    assert_true(network, *ALL)


def test_a_suspended_member_still_gets_messages_and_gives_receipts(network: Network, lt: Desk, fr: Desk) -> None:
    """A measure stops what it was taken against and nothing else."""
    set_message_standing(network, "FR", "suspended")
    name = lt.send("FR")
    network.settle()
    fr.open(name)
    network.settle()
    assert lt.states(name) == {"FR": "opened"}
    assert fr.try_send("LT", reply_to=name).verdict.rules == ("RPD-131.1",)


def test_what_was_taken_before_a_measure_is_not_refused_when_a_copy_comes_again(network: Network) -> None:
    data = forged(network, "FR")["FR"]
    assert receipt_of(network, data).step == "delivered"
    set_message_standing(network, "LT", "suspended")
    assert receipt_of(network, data).step == "delivered"


def test_a_measure_that_was_lifted_lets_messages_through_again(network: Network, lt: Desk) -> None:
    set_message_standing(network, "LT", "suspended")
    set_message_standing(network, "LT", "open")
    name = lt.send("FR")
    network.settle()
    assert lt.states(name) == {"FR": "delivered"}


# Time


def test_after_thirty_days_a_message_is_delivered_no_more_and_its_sender_knows(
    network: Network, lt: Desk, br: Desk
) -> None:
    network.stop("FR")
    name = lt.send("FR", "BR")
    network.settle()
    network.turn(29 * DAY_S)
    assert lt.states(name) == {"BR": "delivered", "FR": "relayed"}
    network.turn(DAY_S)
    network.turn(QUIET_S)
    assert lt.states(name) == {"BR": "delivered", "FR": "expired"}
    assert states(network, "GS", name) == {"FR": "expired"}
    network.start("FR")
    network.turn(QUIET_S)
    assert names_at(network, "FR") == []
    assert br.inbox() == [name]
    kinds = [row.content.on for row in network.ledger("LT", "delivery.expire") if row.content]
    assert kinds == [name]
    assert_true(network, *ALL)


def test_a_receipt_that_comes_after_the_message_has_expired_still_says_what_is_so(
    network: Network, lt: Desk, fr: Desk
) -> None:
    """FR has it and says so, and nothing that FR says arrives for a month."""
    network.meddle = lambda sender, _to, data: None if sender == "FR" and data.startswith(b"comity/1 rec") else data
    name = lt.send("FR")
    network.settle()
    network.turn(31 * DAY_S)
    assert lt.states(name) == {"FR": "expired"}
    assert fr.inbox() == [name]
    network.meddle = lambda _from, _to, data: data
    assert is_believed(say(network, name, "delivered"))
    assert lt.states(name) == {"FR": "delivered"}
    fr.open(name)
    network.turn(QUIET_S)
    assert lt.states(name) == {"FR": "opened"}
    assert_true(network, "LT", "FR")


# What cannot be read


def test_what_cannot_be_sent_or_read_blocks_nothing_behind_it(network: Network, lt: Desk, fr: Desk) -> None:
    """In LT's own outbox: garbage, an envelope cut short, one too large for the line; behind them messages."""
    good = forged(network, "FR")["FR"]
    bad = {"a" * 64: b"garbage", "b" * 64: good[:-40], "c" * 64: b"comity/1 envelope " + bytes(FRAME_BYTES)}
    for name, body in bad.items():
        new = new_delivery(
            name, "envelope", body, sender=MemberCode("LT"), to=MemberCode("FR"), now=network.now,
            expires_at=network.now + EXPIRY,
        )  # fmt: skip
        network.nodes["LT"]._store.change(lambda unit, new=new: unit.apply(DeliveryQueued(new)))  # type: ignore[misc]
    names = [lt.send("FR") for _number in range(3)]
    network.settle()
    assert [lt.states(name) for name in names] == [{"FR": "delivered"}] * 3
    assert fr.inbox() == names
    assert [lt.states(name)["FR"] for name in bad] == ["queued"] * 3
    network.turn(31 * DAY_S)
    network.turn(QUIET_S)
    assert [lt.states(name)["FR"] for name in bad] == ["expired"] * 3


def test_a_malformed_envelope_from_elsewhere_blocks_nothing_behind_it(network: Network, lt: Desk, fr: Desk) -> None:
    good = forged(network, "FR")["FR"]
    for data in (good[:-1], good.replace(b"FR ", b"FR x", 1), b"comity/1 envelope ", good[:200]):
        assert put(network, "LT", data, to="FR").startswith(COMPLAINT)
        name = lt.send("FR")
        network.settle()
        assert fr.inbox()[-1] == name


# Answers


def test_an_answer_counts_for_the_one_who_gave_it(network: Network, lt: Desk, fr: Desk, br: Desk) -> None:
    name = lt.send("FR", "BR")
    network.settle()
    fr.send("LT", "BR", reply_to=name)
    network.settle()
    assert lt.states(name) == {"FR": "answered", "BR": "delivered"}
    br.open(name)
    network.settle()
    assert lt.states(name) == {"FR": "answered", "BR": "opened"}
    assert len(br.open(name)) == 2, "FR's answer is in BR's thread"


def test_only_those_who_were_asked_answer(network: Network, lt: Desk) -> None:
    """XX has heard the name of a message to FR, and writes as if it answered it."""
    name = lt.send("FR")
    network.settle()
    data = forged(network, "LT", sender="XX", text=text_of(reply_to=name, thread=name))["LT"]
    assert receipt_of(network, data, line="XX", to="LT").step == "delivered"
    assert lt.states(name) == {"FR": "delivered"}


def test_an_answer_to_what_is_not_here_is_not_written(fr: Desk, lt: Desk) -> None:
    refused = fr.try_send("LT", reply_to="0" * 64)
    assert (refused.release, refused.verdict.rules) == (None, ("CTY-4.6",))
    assert lt.inbox() == []


def test_an_answer_that_overtakes_every_receipt_is_an_answer(network: Network, lt: Desk, fr: Desk) -> None:
    network.meddle = lambda sender, to, data: (
        None if (sender, to) == ("FR", "LT") and data.startswith(b"comity/1 receipt ") else data
    )
    network.stop("GS")
    name = lt.send("FR")
    network.nodes["LT"].tick()
    fr.send("LT", reply_to=name)
    network.nodes["FR"].tick()
    assert lt.states(name) == {"FR": "answered"}
    network.meddle = lambda _from, _to, data: data
    network.turn(QUIET_S)
    assert lt.states(name) == {"FR": "answered"}
    assert_ledgers(network)
