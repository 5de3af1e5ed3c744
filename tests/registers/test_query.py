"""Asking about a document; most of all, what a member sees that may not see a record: what there is for none."""

from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest

from comity.act import Session
from comity.ids import MemberCode
from comity.registers.choosing import choose_shown
from comity.registers.question import Answer, Detail
from comity.rules import rulebook
from comity.testing import DOCUMENTS, Network
from tests.peer.frames import COMPLAINT, frame_of, make_detail, make_question, open_answer, open_detail, put

HIDDEN, OPEN, BOTH, ABSENT = "19AC45678", "19AC45679", "19AC45680", "19AC45681"
XX, GS = MemberCode("XX"), MemberCode("GS")


@pytest.fixture(scope="module")
def network(founded: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    found = Network(tmp_path_factory.mktemp("registers"), like=founded)
    claire = found.officer("FR", "claire", "registrar")
    found.enter(claire, HIDDEN, BOTH, audience="all but XX")
    found.enter(claire, OPEN, BOTH)
    yield found
    found.close()


@pytest.fixture(scope="module")
def outsider(network: Network) -> Session:
    return network.officer("XX", "igor", "inspector")


class Work:
    """What a keeper does from here on: rules asked, index lookups, audience tests, records read."""

    def __init__(self, network: Network, patch: pytest.MonkeyPatch) -> None:
        self._shelves = network.nodes["GS"]._shelves
        self.rules: Counter[str] = Counter()
        holds = rulebook._Test.holds

        def counted(test: rulebook._Test, facts: object) -> bool:
            self.rules[test.rule.number] += 1
            return holds(test, facts)  # type: ignore[arg-type]

        patch.setattr(rulebook._Test, "holds", counted)

    def done(self) -> tuple[object, ...]:
        reader = self._shelves._indexes[DOCUMENTS]._current.readers[XX]
        rules, self.rules = self.rules, Counter()
        state = (reader.lookups, reader.audience_tests, self._shelves.reads)
        before, self._before = getattr(self, "_before", (0, 0, 0)), state
        return (rules, *(now - then for now, then in zip(state, before, strict=True)))


def ask(network: Network, number: str, asker: str = "XX") -> tuple[Answer, int]:
    terms = {DOCUMENTS: {"number": number, "country": "FRA"}}
    frame = put(network, asker, frame_of(network, make_question(network, asker, terms=terms)))
    return open_answer(frame), len(frame)


def blank(answer: Answer | Detail) -> bytes:
    """The answer without what differs between any two answers: names, hashes."""
    return msgspec.json.encode(msgspec.structs.replace(answer, id="", question="", entry=""))


def test_a_hidden_record_is_answered_like_none_to_the_byte(network: Network) -> None:
    hidden, hidden_bytes = ask(network, HIDDEN)
    absent, absent_bytes = ask(network, ABSENT)
    assert hidden.registers[0].answer == "nothing"
    assert blank(hidden) == blank(absent)
    assert hidden_bytes == absent_bytes
    assert ask(network, HIDDEN, "LT")[0].registers[0].answer == "hit"


def test_a_hidden_record_costs_the_same_work_as_none(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(network, monkeypatch)
    ask(network, ABSENT)
    work.done()
    ask(network, ABSENT)
    absent = work.done()
    ask(network, HIDDEN)
    assert work.done() == absent
    assert absent[1:] == (1, 8, 0)
    assert absent[0]["RPD-58.1"] == 1  # type: ignore[index]


def test_of_an_open_and_a_hidden_record_under_one_key_the_hidden_one_does_not_show(network: Network) -> None:
    both, both_bytes = ask(network, BOTH)
    single, single_bytes = ask(network, OPEN)
    assert len(both.registers[0].hits) == len(single.registers[0].hits) == 1
    assert both_bytes == single_bytes
    assert both.rules == single.rules
    assert len(ask(network, BOTH, "BR")[0].registers[0].hits) == 2


def test_only_the_keepers_own_ledger_knows_that_something_was_hidden(network: Network) -> None:
    answers = [ask(network, number)[0].entry for number in (HIDDEN, ABSENT, BOTH)]
    rows = {row.id: row.content for row in network.ledger("GS", "query.answer")}
    details = [rows[entry] for entry in answers]
    assert [content and content.verdict for content in details] == ["masked", "allowed", "masked"]
    assert [content and content.detail["hidden_by"] for content in details] == [["RPD-58.1"], [], ["RPD-58.1"]]


def test_the_outsiders_own_node_tells_its_officer_no_more(network: Network, outsider: Session) -> None:
    hidden, absent = (network.check(outsider, number, "FRA", at="XX") for number in (HIDDEN, ABSENT))
    assert hidden.registers == absent.registers
    assert hidden.answer is not None
    assert absent.answer is not None
    assert blank(hidden.answer) == blank(absent.answer)


def test_the_outsider_reads_no_hidden_record_even_by_its_name(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    hit = ask(network, HIDDEN, "LT")[0].registers[0].hits[0].record
    frames, work = [], Work(network, monkeypatch)
    ask(network, ABSENT)
    work.done()
    costs = []
    for record in (hit, "0" * 64 + ".0", hit.removesuffix("0") + "7"):
        frames.append(put(network, "XX", frame_of(network, make_detail(network, record, "XX"))))
        costs.append(work.done())
    details = [open_detail(frame) for frame in frames]
    assert [detail.evidence for detail in details] == [None, None, None]
    assert blank(details[0]) == blank(details[1]) == blank(details[2])
    assert len(frames[0]) == len(frames[1]) == len(frames[2])
    assert costs[0] == costs[1] == costs[2]
    assert costs[0][3] == 1
    assert open_detail(put(network, "LT", frame_of(network, make_detail(network, hit)))).evidence is not None


def test_the_outsider_finds_nothing_over_its_own_line_with_anothers_frame(network: Network) -> None:
    terms = {DOCUMENTS: {"number": HIDDEN, "country": "FRA"}}
    question = make_question(network, "LT", terms=terms)
    frame = frame_of(network, question)
    for attempt in (
        frame,
        frame_of(network, question, signer="XX"),
        frame.replace(b'"asker":"LT"', b'"asker":"XX"'),
        frame.replace(HIDDEN.encode(), OPEN.encode()),
    ):
        answer = open_answer(put(network, "XX", attempt))
        assert answer.registers[0].answer == "refused"
        assert b"hits" not in msgspec.json.encode(answer).replace(b'"hits":[]', b"")


def test_a_position_counts_what_was_open_to_the_asker(network: Network) -> None:
    """Of two batches one was hidden from the outsider: to it there was one."""
    assert ask(network, HIDDEN)[0].registers[0].position == ask(network, ABSENT)[0].registers[0].position == 1
    assert ask(network, HIDDEN, "LT")[0].registers[0].position == 2


def test_the_secretariats_own_officers_are_held_to_the_audience_too(network: Network) -> None:
    network.enter(network.officer("FR", "aude", "registrar"), "19AC40001", audience="FR LT")
    for member, expected in (("LT", "hit"), ("BR", "nothing"), ("GS", "nothing"), ("XX", "nothing")):
        assert ask(network, "19AC40001", member)[0].registers[0].answer == expected


def test_what_a_source_keeps_to_itself_nobody_else_sees(network: Network) -> None:
    network.enter(network.officer("FR", "anne", "registrar"), "19AC40002", audience="FR")
    answers = {member: ask(network, "19AC40002", member)[0].registers[0].answer for member in ("FR", "LT", "BR", "XX")}
    assert answers == {"FR": "hit", "LT": "nothing", "BR": "nothing", "XX": "nothing"}


@pytest.mark.parametrize(
    ("purpose", "reference", "rule"),
    [("", "case 1", "RPD-10.1"), ("curiosity", "case 1", "RPD-10.1"), ("investigation", " ", "RPD-10.2")],
)
def test_an_officer_asks_for_a_purpose_and_with_a_reference(
    network: Network, outsider: Session, purpose: str, reference: str, rule: str
) -> None:
    heard: list[bytes] = []
    network.meddle = lambda _from, _to, data: (heard.append(data), data)[1]
    checked = network.check(outsider, OPEN, "FRA", at="XX", purpose=purpose, reference=reference)
    network.meddle = lambda _from, _to, data: data
    assert (checked.verdict.outcome, rule in checked.verdict.rules) == ("refused", True)
    assert [each.answer for each in checked.registers] == ["refused"]
    assert heard == [], "what is refused at home never leaves"


def test_an_officer_who_asks_too_often_waits(network: Network) -> None:
    hasty = network.officer("BR", "joana", "inspector")
    answers = [network.check(hasty, OPEN, "FRA", at="BR").verdict for _ in range(61)]
    assert [verdict.outcome for verdict in answers] == ["allowed"] * 60 + ["refused"]
    assert answers[-1].rules == ("RPD-127.2",)
    network.now = network.now.replace(minute=network.now.minute + 2)
    assert network.check(hasty, OPEN, "FRA", at="BR").verdict.is_allowed


def test_a_complaint_is_no_answer(network: Network, outsider: Session) -> None:
    network.meddle = lambda sender, _to, data: COMPLAINT + b"ours" if sender == "GS" else data
    checked = network.check(outsider, OPEN, "FRA", at="XX")
    network.meddle = lambda _from, _to, data: data
    assert [each.answer for each in checked.registers] == ["no-answer"]


def test_an_answer_shows_each_sources_newest_before_any_sources_second_newest() -> None:
    """Of more than have room; no source hides another's. Of the rest each source hears of its newest."""
    fr, br = MemberCode("FR"), MemberCode("BR")
    assert choose_shown([br, *[fr] * 5], 3) == ([0, 4, 5], [3])
    assert choose_shown([fr, br, fr, br], 8) == ([0, 1, 2, 3], [])
    assert choose_shown([], 8) == ([], [])
