"""A hit is confirmed: LT asks FR, FR answers; and what neither bureau may send or fill in is refused with its rule."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from comity.act import Session
from comity.api.faces import records_said_to
from comity.errors import InputError, RefusedError, UnknownError
from comity.evidence import judge
from comity.exchange.form import Filled
from comity.exchange.forms import FORMS, newest_form
from comity.exchange.forms.confirm_hit import CONFIRM_HIT
from comity.exchange.message import ANSWER_WITHIN
from comity.exchange.reading import MessagesWanted, OpenedMessage
from comity.ids import RecordId
from comity.office.forms import FormSent
from comity.peer.consigning import Change
from comity.peer.entering import EntryForm
from comity.peer.messenger import MessageForm
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.written import Retired
from comity.shown.threads import form_of_message
from comity.testing import DOCUMENTS, Network
from tests.exchange.envelopes import TEXT, forged, names_at, receipt_of
from tests.peer.frames import COMPLAINT, put
from tests.scenarios.desks import Desk, assert_ledgers, states
from tests.scenarios.standings import measure
from tests.scenarios.test_amended_rulebooks import draft_of, publish

NUMBER = "19AC45678"
REGISTER = "travel-documents"
IMMEDIATE = {"urgency": "immediate"}


class Border:
    """LT's desk, which had a hit on FR's record, and FR's."""

    def __init__(self, network: Network) -> None:
        self.network = network
        network.enter(network.officer("FR", "claire", "registrar"), NUMBER)
        hit = network.check(network.officer("LT", "ruta", "inspector"), NUMBER, "FRA")
        self.record: str = hit.registers[0].hits[0].record
        self.entry = hit.answer.entry if hit.answer else ""
        network.settle(4)

    def session(self, code: str) -> Session:
        return self.network.officer(code, "desk", "desk")

    def asked(self, **changed: str) -> dict[str, str]:
        return {"record": self.record, "register": "travel-documents", "entry": self.entry, **changed}

    def send(self, code: str, form: str, fields: dict[str, str], **more: str) -> str:
        sent = FormSent(form=form, fields=fields, **more)
        name: str = self.network.nodes[code].forms.send(self.session(code), sent).given
        self.network.settle(3)
        return name

    def ask(self, **more: str) -> str:
        return self.send("LT", "confirm-hit", self.asked(), to="FR", **more)

    def answer(self, question: str, **fields: str) -> str:
        return self.send("FR", "hit-answer", {"answer": "confirmed", **fields}, reply_to=question)

    def open(self, code: str, name: str) -> tuple[OpenedMessage, ...]:
        found: tuple[OpenedMessage, ...] = self.network.nodes[code].messages.open(self.session(code), name).given
        return found

    def shown(self, code: str, name: str) -> list[Any]:
        thread = self.open(code, name)
        wording = self.network.nodes[code].knowledge.rulebook().wording
        return [form_of_message(each, thread, self.network.now, code, wording) for each in thread]

    def named(self, code: str, name: str) -> str:
        """What the officer of a desk sees of the record that a message names."""
        node, thread = self.network.nodes[code], self.open(code, name)
        by = self.session(code)
        wording = node.knowledge.rulebook().wording
        shown = form_of_message(thread[0], thread, self.network.now, code, wording,
                                say_record=records_said_to(node, by))  # fmt: skip
        assert shown is not None
        return next(each.said for each in shown.lines if each.name == "record")

    def state(self, code: str, record: str) -> tuple[str, tuple[str, ...]]:
        found = self.network.nodes[code].forms.asked_about(self.session(code), record)[0].asked[0]
        return found.state.value, found.rules

    def about(self, code: str) -> list[tuple[str, str]]:
        found = self.network.nodes[code].forms.asked_about(self.session(code), self.record)[0]
        return [(each.state.value, each.said.fields["answer"] if each.said else "") for each in found.asked]


@pytest.fixture
def border(simulated: Network) -> Border:
    return Border(simulated)


def text_of(
    form: str, fields: dict[str, str], *, reply_to: str = "", thread: str = "", v: int = 1, **more: Any
) -> bytes:
    """A text of version 2 with a form, as any program could write it."""
    filled = {"form": form, "v": v, "fields": fields}
    text = {
        "v": 2,
        "subject": "",
        "text": "",
        "thread": thread,
        "reply_to": reply_to,
        "attachments": [],
        "form": filled,
    }
    return msgspec.json.encode(text | more)


def refused(network: Network, text: bytes, *, sender: str = "LT", to: str = "FR", **head: Any) -> tuple[str, ...]:
    """The rules by which ``to`` refuses, for good and with a receipt, what ``sender`` has signed."""
    before = names_at(network, to)
    data = forged(network, to, sender=sender, text=text, head=head)[to]
    receipt = receipt_of(network, data, line=sender, to=to)
    assert receipt.step == "refused"
    assert names_at(network, to) == before
    row = next(row for row in network.ledger(to, "message.deliver") if row.id == receipt.entry)
    assert row.content is not None
    assert row.content.verdict == "refused"
    return receipt.rules


# Asked and answered


def test_the_source_confirms_a_hit_and_both_threads_ledgers_and_records_say_so(border: Border) -> None:
    question = border.ask(within="10-minutes")
    [asked] = border.shown("FR", question)
    assert (asked.name, asked.state, asked.answer_with) == ("confirm-hit", "waiting", "hit-answer")
    assert asked.sentences == (
        "LT says that it has had a hit on a record of FR in Travel documents, and asks FR to confirm it.",
    )
    head = border.open("FR", question)[0].message.head
    assert head.answer_by is not None
    assert ((head.answer_by - head.sent_at).total_seconds(), head.urgency, head.kind) == (600, "immediate", "message")
    assert border.about("LT") == border.about("FR") == [("waiting", "")]
    border.network.turn(60)
    border.answer(question, instruction="hold", remark="Stolen at the works.")
    assert states(border.network, "LT", question) == {"FR": "answered"}
    assert border.about("FR") == [("answered", "confirmed")]
    found = border.network.nodes["LT"].forms.asked_about(border.session("LT"), border.record)[0].asked[0]
    assert found.is_unread
    assert found.said is not None
    assert set(found.said.fields) == {"answer", "instruction", "record", "register"}, (
        "what nobody has opened: no remark"
    )
    first, second = border.shown("LT", question)
    assert (first.state, first.word, first.answer_with) == ("answered", "Answered in time", "")
    assert second.headline == f"Hit: Confirmed (Travel documents: {border.record[:12]})"
    assert second.sentences == (
        "FR says of the hit in Travel documents: Confirmed.",
        "What to do: Hold the document.",
    )
    assert [(each.name, each.said) for each in second.lines] == [
        ("record", border.record), ("register", "Travel documents"),
        ("answer", "Confirmed"), ("instruction", "Hold the document"), ("remark", "Stolen at the works."),
    ]  # fmt: skip
    assert (second.late, second.tone) == ("", "stop")
    assert border.about("LT") == [("answered", "confirmed")]
    for code, kind in (("LT", "message.send"), ("FR", "message.deliver")):
        detail = border.network.ledger(code, kind)[-1].content.detail  # type: ignore[union-attr]
        assert (detail["form"], detail["record"]) == ("confirm-hit", border.record)
    detail = border.network.ledger("LT", "message.deliver")[-1].content.detail  # type: ignore[union-attr]
    assert (detail["form"], detail["chosen"]) == (
        "hit-answer",
        {
            "answer": "confirmed",
            "instruction": "hold",
            "register": "travel-documents",
        },
    )
    assert_ledgers(border.network)


def test_nothing_of_the_traveller_travels_that_its_asker_does_not_write(border: Border) -> None:
    filled = border.open("LT", border.ask())[0].text.form
    assert filled is not None
    assert filled.fields == border.asked()
    assert NUMBER not in str(filled)


def test_a_file_of_evidence_says_what_was_asked_and_answered(border: Border) -> None:
    question = border.ask()
    border.answer(question)
    node = border.network.nodes["LT"]
    found = node.messages.export(border.session("LT"), question)
    evidence = msgspec.structs.replace(node.evidence.empty(), messages=found.messages, frames=found.receipts)
    said = " ".join(each.text for each in judge(evidence, node.directory()))
    assert f"“Confirm a hit: record {border.record}" in said
    assert f"“Answer about a hit: record {border.record}, register travel-documents, answer confirmed”" in said


def test_both_ends_see_which_record_it_is_and_nothing_of_it_travels(border: Border) -> None:
    question = border.ask()
    for code in ("LT", "FR"):
        assert border.named(code, question) == "Passport 19AC45678 of FRA: Stolen blank"
    text = border.open("FR", question)[0].text
    assert NUMBER not in str(text)


def test_a_record_is_named_to_whoever_may_see_it_alone(border: Border) -> None:
    fields = {"number": "19AC45679", "country": "FRA", "type": "passport", "loss": "stolen-blank"}
    form = EntryForm(register=DOCUMENTS, records=[fields], is_lawful=True, audience="all", handling="confidential")
    border.network.nodes["FR"].records.enter(border.network.officer("FR", "claire", "registrar"), form)
    border.network.settle()
    ruta = border.network.officer("LT", "ruta", "desk")
    record = border.network.check(ruta, "19AC45679", "FRA").registers[0].hits[0].record
    border.network.settle(4)
    for code, role, is_seen in (("LT", "inspector", False), ("LT", "auditor", False), ("LT", "desk", True),
                                ("FR", "registrar", True), ("FR", "auditor", False), ("BR", "desk", False),
                                ("GS", "desk", False)):  # fmt: skip
        session = border.network.officer(code, f"{role}-one", role)
        found = border.network.nodes[code].faces.find(session, record)
        assert (found is not None) == is_seen, (code, role)


# What became of it


def test_a_question_that_was_refused_waits_for_nothing(border: Border) -> None:
    elsewhere = "c" * 64 + ".0"
    name = border.send("LT", "confirm-hit", border.asked(record=elsewhere), to="FR", within="10-minutes")
    assert states(border.network, "LT", name) == {"FR": "refused"}
    assert border.state("LT", elsewhere) == ("refused", ("CTY-4.15",))
    assert border.shown("LT", name)[0].word == "Refused: no answer will come"
    border.network.turn(601)
    assert border.state("LT", elsewhere) == ("refused", ("CTY-4.15",)), "late, and refused all the same"


def test_a_question_that_is_not_there_yet_says_so_and_then_waits(border: Border) -> None:
    border.network.stop("FR")
    name = border.ask(within="10-minutes")
    assert border.state("LT", border.record) == ("coming", ())
    assert border.shown("LT", name)[0].word == "On its way: not there yet"
    border.network.turn(601)
    assert border.state("LT", border.record) == ("unreached", ())


def test_only_the_source_of_a_record_is_asked_where_it_is_known(border: Border) -> None:
    with pytest.raises(InputError, match="The source of this record is FR") as refused_here:
        border.send("LT", "confirm-hit", border.asked(), to="BR")
    assert (refused_here.value.where, refused_here.value.next_step) == ("to", "Ask FR.")
    assert border.send("LT", "confirm-hit", border.asked()), "and needs no other word"


def test_an_answer_is_as_urgent_as_its_question(border: Border) -> None:
    border.answer(border.ask(within="10-minutes"))
    assert border.network.nodes["LT"].messages.unopened()[0].head.urgency == "immediate"


@pytest.mark.parametrize("role", ["inspector", "desk"])
def test_whoever_had_the_hit_hears_what_was_answered_and_no_remark(border: Border, role: str) -> None:
    border.answer(border.ask(), instruction="seize", remark="He is armed.")
    session = border.network.officer("LT", f"{role}-two", role)
    [found] = border.network.nodes["LT"].forms.asked_about(session, border.record)[0].asked
    assert found.said is not None
    assert found.said.fields["instruction"] == "seize"
    assert "armed" not in str(found.said)


def test_whoever_checks_nothing_hears_nothing(border: Border) -> None:
    border.ask()
    session = border.network.officer("LT", "audit-one", "auditor")
    with pytest.raises(RefusedError):
        border.network.nodes["LT"].forms.asked_about(session, border.record)


def test_a_late_answer_is_said_to_be_late_at_both_ends(border: Border) -> None:
    question = border.ask(within="10-minutes")
    border.network.turn(601)
    assert border.shown("LT", question)[0].state == "overdue"
    border.answer(question)
    for code in ("LT", "FR"):
        first, second = border.shown(code, question)
        assert (first.state, first.word) == ("answered-late", "Answered late")
        assert second.late == "This answer came after the time by which it was asked for."


def test_an_answer_that_is_given_again_stands_in_the_place_of_the_first(border: Border) -> None:
    question = border.ask(within="1-hour")
    border.answer(question)
    border.network.turn(30)
    border.answer(question, answer="denied")
    border.open("LT", question)
    assert border.about("LT") == [("answered", "denied")]


def test_a_free_message_from_the_source_leaves_the_question_waiting(border: Border) -> None:
    question = border.ask()
    desk = border.network.nodes["FR"].messages
    form = MessageForm(to=("LT",), subject="Hit", text="We look for the file.", reply_to=question)
    desk.send(border.session("FR"), form)
    border.network.settle(3)
    assert border.shown("LT", question)[0].state == "waiting"
    assert states(border.network, "LT", question)["FR"] != "answered"
    assert question not in desk.answered([question])


# What is refused at home, before anything leaves


@pytest.mark.parametrize(
    ("fields", "more", "where"),
    [
        ({"record": ""}, {}, "record"),
        ({"name": "Somebody"}, {}, "name"),
        ({"remark": "A" * 2_001}, {}, "remark"),
        ({}, {"within": "tomorrow"}, "within"),
        ({}, {"to": "ZZ"}, "to"),
        ({"record": "c" * 64 + ".0"}, {"to": ""}, "member"),
    ],
    ids=str,
)
def test_what_a_form_does_not_take_is_named_before_it_is_sent(
    border: Border, fields: dict[str, str], more: dict[str, str], where: str
) -> None:
    with pytest.raises(InputError if "to" not in more else (InputError, UnknownError)) as caught:
        border.send("LT", "confirm-hit", border.asked(**fields), **({"to": "FR"} | more))
    assert caught.value.where == where
    assert states(border.network, "LT", "") == {}


def test_no_officer_sends_the_secretariats_form(border: Border) -> None:
    for code in ("LT", "GS"):
        with pytest.raises(InputError, match="no officer's to send"):
            border.send(code, "hit-alert", {"record": border.record, "register": "travel-documents"}, to="FR")


def test_whoever_may_send_nothing_hears_of_nothing_else_that_is_wrong(border: Border) -> None:
    inspector = border.network.officer("LT", "ruta", "inspector")
    outcome = border.network.nodes["LT"].forms.send(inspector, FormSent(form="confirm-hit", fields={}, to="FR"))
    assert outcome.verdict.rules == ("RPD-21.1",)


def test_an_answer_is_to_a_question_that_is_here_and_by_who_was_asked(border: Border) -> None:
    question = border.ask()
    answer = border.answer(question)
    node = border.network.nodes["FR"]

    def rules(code: str, reply_to: str) -> tuple[str, ...]:
        sent = FormSent(form="hit-answer", fields={"answer": "denied"}, reply_to=reply_to)
        return border.network.nodes[code].forms.send(border.session(code), sent).verdict.rules

    assert "CTY-4.12" in rules("LT", question), "its own question"
    assert "CTY-4.14" in rules("LT", answer), "an answer to an answer"
    with pytest.raises(UnknownError):
        node.forms.send(border.session("FR"), FormSent(form="hit-answer", fields={}, reply_to="0" * 64))
    with pytest.raises(InputError, match="which"):
        node.forms.send(border.session("FR"), FormSent(form="hit-answer", fields={"answer": "denied"}))


def test_a_source_that_may_not_enter_is_not_asked_since_it_would_hear_who_had_the_hit(border: Border) -> None:
    measure(border.network, "FR", "enter")
    sent = FormSent(form="confirm-hit", fields=border.asked(), to="FR")
    outcome = border.network.nodes["LT"].forms.send(border.session("LT"), sent)
    assert (outcome.verdict.outcome, outcome.verdict.rules) == ("refused", ("CTY-4.16",))
    assert Desk(border.network, "LT").send("FR"), "a message in words still goes"


# What is refused where it arrives, with a receipt, so that its sender learns it


def test_a_bureau_that_sends_the_secretariats_form_is_told_by_which_rule_it_may_not(border: Border) -> None:
    hit = {"purpose": "border-control", "register": "travel-documents", "record": border.record}
    alert = text_of("hit-alert", hit | {"asker": "BR"})
    assert refused(border.network, alert, kind="alert") == ("CTY-4.12",)
    assert refused(border.network, alert) == ("CTY-4.3",), "in a head that hides what it is"


def test_a_bureaus_word_of_a_hit_ends_its_delivery_where_it_had_been_tried_for_a_month(border: Border) -> None:
    """The courier hears of it, and stops: see the receipts that a delivery takes."""
    first = {"v": 1, "subject": "", "text": "", "thread": "", "reply_to": "", "attachments": []}
    hit = {"record": border.record, "register": "travel-documents", "asker": "BR", "purpose": "locate", "entry": ""}
    assert refused(border.network, msgspec.json.encode(first | {"alert": hit}), kind="alert", **IMMEDIATE) == (
        "CTY-4.12",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"record": None}, {"more": "1"}, {"remark": "A" * 2_001}, {"register": "Not a register"}, {"reference": " a "},
        {"record": "not a record"},
    ],
    ids=str,
)  # fmt: skip
def test_a_form_with_a_missing_unknown_or_too_long_field_is_refused(border: Border, wrong: dict[str, Any]) -> None:
    fields = {name: value for name, value in (border.asked() | wrong).items() if value is not None}
    assert "CTY-4.13" in refused(border.network, text_of("confirm-hit", fields))


@pytest.mark.parametrize(
    ("within", "urgency"),
    [
        (0, "immediate"),
        (None, "routine"),
        (None, "immediate"),
        (600, "routine"),
        (601, "immediate"),
        (1_728_000, "urgent"),
    ],
)
def test_a_deadline_that_the_form_does_not_offer_is_refused(border: Border, within: int | None, urgency: str) -> None:
    """Else a sender's own program says what is most pressing at another's desk."""
    answer_by = None if within is None else border.network.now + timedelta(seconds=within)
    head = {"answer_by": answer_by, "urgency": urgency}
    assert refused(border.network, text_of("confirm-hit", border.asked()), **head) == ("CTY-4.13",)


@pytest.mark.parametrize("head", [{"within": 60}, {"within": 600} | IMMEDIATE, {"urgency": "urgent"}], ids=str)
def test_an_answer_asks_for_no_answer_by_a_time_of_its_own(border: Border, head: dict[str, Any]) -> None:
    answer = text_of("hit-answer", {"answer": "denied"}, reply_to=border.ask())
    at = {"answer_by": border.network.now + timedelta(seconds=head["within"])} if "within" in head else {}
    said = at | {name: value for name, value in head.items() if name != "within"}
    assert refused(border.network, answer, sender="FR", to="LT", **said) == ("CTY-4.13",)


@pytest.mark.parametrize(
    ("within", "urgency"), [(0, "immediate"), (3_600, "routine"), (8 * 3_600, "immediate"), (20 * 86_400, "routine")]
)
def test_a_free_message_asks_for_an_answer_by_one_of_its_deadlines(border: Border, within: int, urgency: str) -> None:
    head = {"answer_by": border.network.now + timedelta(seconds=within), "urgency": urgency}
    assert refused(border.network, TEXT, **head) == ("CTY-4.13",)


def test_every_deadline_that_is_declared_is_taken(border: Border) -> None:
    texts = {"message": TEXT, "confirm-hit": text_of("confirm-hit", border.asked())}
    for name, text in texts.items():
        for each in newest_form(name).deadlines:
            head = {"answer_by": border.network.now + each.within, "urgency": each.urgency}
            data = forged(border.network, "FR", text=text, head=head)["FR"]
            assert receipt_of(border.network, data).step == "delivered", each


# What is on record


@pytest.mark.parametrize("within", [each.code for each in CONFIRM_HIT.deadlines])
def test_what_entries_say_of_a_form_is_what_its_head_says(border: Border, within: str) -> None:
    question = border.ask(within=within)
    assert_on_record(border.network, question, "LT", "FR")
    assert_on_record(border.network, border.answer(question), "FR", "LT")


@pytest.mark.parametrize("urgency", list(ANSWER_WITHIN))
def test_what_entries_say_of_a_free_message_is_what_its_head_says(border: Border, urgency: str) -> None:
    form = MessageForm(to=("FR",), subject="Passport", text="Is it yours?", urgency=urgency)
    name = border.network.nodes["LT"].messages.send(border.session("LT"), form).given
    border.network.settle(3)
    assert_on_record(border.network, name, "LT", "FR")


def assert_on_record(network: Network, name: str, sender: str, recipient: str) -> None:
    """The entries of sending and of taking a message in say of it what travels in clear."""
    message = network.nodes[sender].messages.find(name)
    assert message is not None
    head = msgspec.to_builtins(message.head)
    for code, kind in ((sender, "message.send"), (recipient, "message.deliver")):
        details = [row.content.detail for row in network.ledger(code, kind) if row.content is not None]
        [detail] = [each for each in details if each.get("message") == name]
        for part in ("urgency", "answer_by", "handling"):
            assert detail[part] == head[part], (code, part)


def test_a_form_for_one_goes_to_one_and_has_nothing_beside_it(border: Border) -> None:
    whole = text_of("confirm-hit", border.asked())
    data = forged(border.network, "FR", "BR", text=whole)["FR"]
    assert receipt_of(border.network, data).rules == ("CTY-4.13",)
    assert refused(border.network, text_of("confirm-hit", border.asked(), subject="Wait")) == ("CTY-4.13",)
    assert refused(border.network, text_of("message", {"subject": "s", "text": "t"})) == ("CTY-4.3",)


def test_who_is_not_the_source_is_not_asked_to_confirm(border: Border) -> None:
    assert refused(border.network, text_of("confirm-hit", border.asked()), to="BR") == ("CTY-4.15",)
    elsewhere = "c" * 64 + ".0"
    assert refused(border.network, text_of("confirm-hit", border.asked(record=elsewhere))) == ("CTY-4.15",)


@pytest.mark.parametrize("wrong", [{"offset": "1"}, {"offset": "999"}, {"register": "persons"}, {"register": "ships"}])
def test_a_record_that_its_source_does_not_have_in_that_register_is_asked_of_nobody(
    border: Border, wrong: dict[str, str]
) -> None:
    batch, _, offset = border.record.rpartition(".")
    fields = border.asked(record=f"{batch}.{wrong.get('offset', offset)}", register=wrong.get("register", REGISTER))
    assert refused(border.network, text_of("confirm-hit", fields)) == ("CTY-4.15",)


def test_of_a_record_that_was_taken_out_its_source_is_still_asked_and_says_that_it_stands_no_more(
    border: Border,
) -> None:
    """Its asker had the hit before. Taken out or not, hidden or not: the receipt is the same."""
    registrar = border.network.officer("FR", "clara", "registrar")
    consignments = border.network.nodes["FR"].consignments
    packed = consignments.pack(TRAVEL_DOCUMENTS, ())
    change = Change(TRAVEL_DOCUMENTS, packed, (RecordId(border.record),), is_lawful=True)
    assert consignments.consign(registrar, change).verdict.is_allowed
    border.network.settle(6)
    question = border.ask()
    assert border.about("FR") == [("waiting", "")]
    border.answer(question, answer="denied")
    assert border.about("FR") == [("answered", "denied")]


def test_who_may_not_see_a_record_learns_of_what_it_was_told_the_name_of_only_that_it_came_in(border: Border) -> None:
    """Names come with hits alone, and cannot be guessed: who has had none can ask about nothing.

    Somebody who was told a name hears the same whether the record is hidden from it or not, stands or was taken out,
    and could count what came in together with it. Each such question is on record at the source, and open at its desk.
    """
    network = border.network
    network.enter(network.officer("FR", "clara", "registrar"), "19AC99999", audience="all but XX")
    network.settle(4)
    hit = network.check(network.officer("LT", "rita", "inspector"), "19AC99999", "FRA")
    hidden: str = hit.registers[0].hits[0].record

    def told(record: str) -> tuple[str, tuple[str, ...]]:
        data = forged(network, "FR", sender="XX", text=text_of("confirm-hit", border.asked(record=record)))["FR"]
        receipt = receipt_of(network, data, line="XX")
        return receipt.step, receipt.rules

    assert told(hidden) == told(border.record)
    assert told("c" * 64 + ".0") == told(hidden.rpartition(".")[0] + ".7") == ("refused", ("CTY-4.15",))


def test_a_choice_that_is_not_declared_is_refused(border: Border) -> None:
    question = border.ask()
    for fields in ({"answer": "perhaps"}, {"answer": "denied", "instruction": "hold"}, {}):
        answer = text_of("hit-answer", fields, reply_to=question, thread=question)
        assert refused(border.network, answer, sender="FR", to="LT") == ("CTY-4.13",)


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"instruction": "identify"}, "CTY-4.13"),  # vehicles have it
        ({"instruction": "detain"}, "CTY-4.13"),
        ({"register": "vehicles"}, "CTY-4.14"),
        ({"register": "vehicles", "instruction": "seize"}, "CTY-4.14"),
        ({"register": "fishing-boats"}, "CTY-4.14"),
        ({"record": "c" * 64 + ".0"}, "CTY-4.14"),
    ],
    ids=str,
)
def test_an_answer_is_about_the_record_and_by_the_words_of_the_register_that_were_asked_about(
    border: Border, said: dict[str, str], rule: str
) -> None:
    question = border.ask()
    fields = {"answer": "confirmed", "record": border.record, "register": "travel-documents"} | said
    order = ("record", "register", "answer", "instruction", "remark")
    fields = {name: fields[name] for name in order if name in fields}
    assert refused(border.network, text_of("hit-answer", fields, v=2, reply_to=question, thread=question),
                   sender="FR", to="LT") == (rule,)  # fmt: skip


def test_an_answer_by_somebody_who_is_not_the_source_is_refused_and_tells_it_nothing(border: Border) -> None:
    question = border.ask()
    answer = text_of("hit-answer", {"answer": "denied"}, reply_to=question, thread=question)
    nothing = text_of("hit-answer", {"answer": "denied"}, reply_to="0" * 64)
    told = refused(border.network, answer, sender="BR", to="LT")
    assert told == ("CTY-4.12", "CTY-4.14")
    assert refused(border.network, nothing, sender="BR", to="LT") == told, "as if there were no such question"
    assert border.shown("LT", question)[0].state == "waiting"


def test_an_answer_to_an_answer_or_to_a_free_message_is_refused(border: Border) -> None:
    answer = border.answer(border.ask())
    assert "CTY-4.14" in refused(border.network, text_of("hit-answer", {"answer": "denied"}, reply_to=answer))
    letter = Desk(border.network, "LT").send("FR")
    border.network.settle()
    told = refused(border.network, text_of("hit-answer", {"answer": "denied"}, reply_to=letter), sender="FR", to="LT")
    assert told == ("CTY-4.14",)


def test_a_form_of_a_newer_node_is_refused_as_what_cannot_be_read_and_never_unproven(border: Border) -> None:
    assert refused(border.network, text_of("case-file", {"a": "1"})) == ("CTY-4.3",)
    newer = msgspec.json.decode(text_of("confirm-hit", border.asked()))
    newer["form"]["v"] = 2
    assert refused(border.network, msgspec.json.encode(newer)) == ("CTY-4.3",)


# Nodes and rulebooks of before


@pytest.fixture
def unruled(border: Border) -> Border:
    """The same under a rulebook as it was before there were rules about forms."""
    gone = [rule for rule in MODEL_RULEBOOK.rules if rule.number in {f"CTY-4.{number}" for number in range(12, 17)}]
    retired = (
        *MODEL_RULEBOOK.retired,
        *(Retired(each.number, each.effect, each.test, each.kinds) for each in gone),
    )
    rules = tuple(rule for rule in MODEL_RULEBOOK.rules if rule not in gone)
    before = msgspec.structs.replace(MODEL_RULEBOOK, version="2026-10", rules=rules, retired=retired)
    publish(border.network, draft_of(border.network, before.encode()))
    border.network.turn(2)
    return border


def test_under_a_rulebook_of_before_word_of_a_hit_by_a_bureau_is_still_nobodys(unruled: Border) -> None:
    hit = {"purpose": "border-control", "register": "travel-documents", "record": unruled.record}
    data = forged(unruled.network, "FR", text=text_of("hit-alert", hit), head={"kind": "alert"})["FR"]
    assert put(unruled.network, "LT", data, to="FR") == COMPLAINT + b"untrusted"


def test_under_a_rulebook_of_before_no_further_form_is_sent_or_taken(unruled: Border) -> None:
    with pytest.raises(InputError, match="does not say yet who may send which form"):
        unruled.ask()
    assert refused(unruled.network, text_of("confirm-hit", unruled.asked())) == ("CTY-4.3",)


def test_a_form_is_not_sent_to_a_node_that_has_not_said_that_it_reads_it(border: Border) -> None:
    border.network.nodes["FR"]._stater._formats = lambda: {"text": 2}
    border.network.turn(3600)
    border.network.settle()
    with pytest.raises(InputError, match="Confirm a hit: this form cannot be read yet at: FR") as caught:
        border.ask()
    assert "Write a message instead" in caught.value.next_step


def test_what_was_kept_of_a_newer_form_is_called_newer_and_never_damaged(
    border: Border, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = border.ask()
    monkeypatch.delitem(FORMS, "confirm-hit")
    [shown] = border.shown("FR", question)
    assert shown.headline == "A form of a newer node"
    assert shown.sentences == ("Its form confirm-hit is newer than what this node reads. Update Comity at this node.",)
    page = border.network.nodes["FR"].messages.list(border.session("FR"), MessagesWanted("in")).given
    assert page.damaged == ()


def test_word_of_a_hit_is_written_in_the_version_that_its_source_reads(border: Border) -> None:
    network = border.network
    alert = next(each for each in network.nodes["FR"].messages.unopened() if each.head.kind == "alert")
    [opened] = border.open("FR", alert.id)
    assert opened.text.form is not None
    assert opened.text.form == Filled("hit-alert", 1, opened.text.form.fields)
    assert opened.text.alert is not None
    assert (opened.text.alert.record, opened.text.alert.asker) == (border.record, "LT")
