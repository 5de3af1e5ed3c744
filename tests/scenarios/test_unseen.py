"""A member counts nothing that is hidden from it: its whole view is as if that did not exist."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from comity.audience import Audience
from comity.exchange.message import AlertedHit
from comity.ids import MemberCode, RecordId, RegisterName
from comity.index.comparing import Comparison
from comity.limits import KEY_ANSWERS_MAX, NAME_POSTINGS_MAX, POSTINGS_MAX
from comity.peer.consigning import Change
from comity.peer.entering import Entered, EntryForm
from comity.registers.question import RegisterAnswer
from comity.registers.record import make_record
from comity.registers.registry import get_register
from comity.testing import DOCUMENTS, Network
from tests.scenarios.desks import Desk, held
from tests.scenarios.releasing import consigned
from tests.scenarios.soak import often

PERSONS: Final = RegisterName("persons")
XX: Final = MemberCode("XX")
COUNTRIES: Final = {"FR": "FRA", "BR": "BRA", "XX": "XXA"}
AUDIENCES: Final = ("all", "all", "all but XX", "FR LT", "BR LT", "LT XX", "all but BR", "BR FR XX", "BR FR")
NAMES: Final = ("Ona Hidden", "Petras Seen")
NUMBER: Final = "19AC45678"
BORN: Final = ("1950-01-01", "1980-01-01")
OF_NUMBER: Final = (1, 1, 3, POSTINGS_MAX + 2, KEY_ANSWERS_MAX * POSTINGS_MAX + 2)
OF_NAME: Final = (1, 2, NAME_POSTINGS_MAX + 6, KEY_ANSWERS_MAX * NAME_POSTINGS_MAX + 4)
"""How many are entered together: more than are shown, and more than a key keeps."""
STEPS: Final = 26


class Step(NamedTuple):
    """Something that a member does; ``label`` names what it enters, ``on`` what it takes out or looks at."""

    kind: str
    by: str
    label: str = ""
    register: RegisterName = DOCUMENTS
    audience: str = ""
    name: str = ""
    count: int = 1
    on: str = ""
    born: str = ""


def script(seed: int) -> list[Step]:
    """Any sequence of acts by everybody."""
    chance = random.Random(seed)  # noqa: S311 - that it can be repeated is the point
    steps: list[Step] = []
    entered: list[Step] = []
    for number in range(STEPS):
        kind = chance.choice(("enter", "enter", "file", "out", "restrict", "check", "check", "check", "read", "send"))
        by = chance.choice(("FR", "BR", "XX"))
        if kind in ("out", "restrict"):
            mine = [each for each in entered if each.by == by]
            kind, on = (kind, chance.choice(mine)) if mine else ("check", None)
            if on is not None:
                new = on._replace(kind=kind, label=f"e{number}", audience=audience_for(by, chance), on=on.label)
                entered.remove(on)
                entered += [new] if kind == "restrict" else []
                steps.append(new)
                continue
        if kind in ("enter", "file"):
            register = chance.choice((DOCUMENTS, PERSONS))
            count = chance.choice(OF_NUMBER if register == DOCUMENTS else OF_NAME)
            name, born = chance.choice(NAMES), chance.choice(BORN)
            step = Step(kind, by, f"e{number}", register, audience_for(by, chance), name, count, born=born)
            entered.append(step)
            steps.append(step)
        elif kind == "send":
            steps.append(Step("send", by, on=chance.choice(tuple({"FR", "BR", "XX"} - {by}))))
        else:
            asker = chance.choice(("LT", "XX", "XX"))
            steps.append(Step(kind, asker, register=chance.choice((DOCUMENTS, PERSONS)), name=chance.choice(NAMES),
                              on=chance.choice(entered).label if entered else "",
                              born=chance.choice(("", *BORN))))  # fmt: skip
    # At the end XX looks at everything.
    steps += [Step("check", "XX", on="FRA"), Step("check", "XX", on="BRA"), Step("check", "XX", on="XXA")]
    steps += [Step("check", "XX", register=PERSONS, name=name, born=born) for name in NAMES for born in ("", *BORN)]
    return steps


def audience_for(by: str, chance: random.Random) -> str:
    """A source is in the audience of its own records."""
    return chance.choice([each for each in AUDIENCES if Audience.parse(each).includes(MemberCode(by))])


def is_hidden(step: Step) -> bool:
    """Whether XX may not know of it: what others enter, and take out, that it may not see."""
    return step.by != XX and step.kind in ("enter", "file", "out", "restrict")


class Played:
    """A network on which a script was played, and all that XX saw of it."""

    def __init__(self, network: Network, *, without_hidden: bool) -> None:
        self.network = network
        self.view: list[Any] = []
        self._without_hidden = without_hidden
        self._batches: dict[str, list[RecordId]] = {}  # by the label of what was entered
        self._labels: dict[str, str] = {}
        self._audiences: dict[str, str] = {}
        self._alerts = 0

    def play(self, steps: list[Step]) -> list[Any]:
        for step in steps:
            before = self._audiences.get(step.on, "none")
            is_open = {
                "out": self._is_open(before), "restrict": self._is_open(before) or self._is_open(step.audience),
            }.get(step.kind, self._is_open(step.audience))  # fmt: skip
            done = step
            if self._without_hidden and is_hidden(step) and not self._is_open(before) and step.kind == "restrict":
                done = step._replace(kind="file")  # what it was restricted from never was
            if (
                self._without_hidden
                and is_hidden(step)
                and not self._is_open(step.audience)
                and step.kind == "restrict"
            ):
                done = step._replace(kind="out")  # what it was restricted to does not exist
            if not (self._without_hidden and is_hidden(step) and not is_open):
                getattr(self, f"_{done.kind}")(done)
            if step.kind in ("enter", "file", "restrict"):
                self._audiences[step.label] = step.audience
            self.network.turn(60)
            self.network.settle(3)
            self._hear()
        self._verify_indexes()
        return self.view

    def _verify_indexes(self) -> None:
        """Whatever was entered, restricted and taken out: an index is what catalogue and batches say."""
        shelves = self.network.nodes["GS"]._shelves
        assert not shelves.troubles
        for register, kept in shelves._indexes.items():
            assert not list(Comparison(register, shelves._contents).go_round(kept._current.exact))

    def _is_open(self, audience: str) -> bool:
        return Audience.parse(audience or "none").includes(XX)

    def _fields(self, step: Step) -> list[dict[str, Any]]:
        about = [{"reference": f"{step.label}.{place}"} for place in range(step.count)]
        if step.register == DOCUMENTS:
            more = {"number": NUMBER, "country": COUNTRIES[step.by], "type": "passport", "loss": "stolen-blank"}
            return [more | {"national_reference": each["reference"]} for each in about]
        births = [{"from": step.born}]
        return [each | {"status": "wanted", "names": [{"whole": step.name}], "births": births} for each in about]

    def _note(self, step: Step, batches: list[str], count: int) -> None:
        names = [RecordId(f"{batch}.{place}") for batch in batches for place in range(count)]
        self._batches[step.label] = names
        self._labels |= {name: f"{step.label}.{place}" for place, name in enumerate(names)}

    def _enter(self, step: Step) -> None:
        node = self.network.nodes[step.by]
        who = self.network.officer(step.by, "clerk", "registrar")
        form = EntryForm(
            register=step.register, records=self._fields(step), is_lawful=True, audience=step.audience
        )  # fmt: skip
        entered: Entered = node.records.enter(who, form)
        assert entered.batch is not None
        self._note(step, [entered.batch], step.count)
        if step.by == XX:
            receipt = entered.receipt
            assert receipt is not None
            self.view.append((step, receipt.step, receipt.position, receipt.rules))

    def _file(self, step: Step) -> None:
        self._consign(step, comes=True, goes=False)

    def _out(self, step: Step) -> None:
        self._consign(step, comes=False, goes=True)

    def _restrict(self, step: Step) -> None:
        self._consign(step, comes=True, goes=True)

    def _consign(self, step: Step, *, comes: bool, goes: bool) -> None:
        node = self.network.nodes[step.by]
        who = self.network.officer(step.by, "clerk", "registrar")
        register, now = get_register(step.register), self.network.now
        audience = Audience.parse(step.audience)
        records = [
            make_record(register, MemberCode(step.by), fields, audience, now=now).encode()
            for fields in (self._fields(step) if comes else ())
        ]
        packed = node.consignments.pack(register, iter(records))
        removed = tuple(self._batches[step.on]) if goes else ()
        outcome = node.consignments.consign(who, Change(register, packed, removed, is_lawful=True))
        name = consigned(self.network, step.by, outcome)
        self.network.settle(4)
        found = node.consignments.find(name)
        if comes:
            [lot] = found.content.lots
            self._note(step, [lot.batch], step.count)
        if step.by == XX:
            receipt = found.receipt
            assert receipt is not None
            self.view.append((step, found.consignment.state, receipt.step, receipt.position, receipt.rules))

    def _check(self, step: Step) -> None:
        country = step.on if step.on in COUNTRIES.values() else "FRA"
        person = {"name": step.name} | ({"birth_date": step.born} if step.born else {})
        terms = {"number": NUMBER, "country": country} if step.register == DOCUMENTS else person
        who = self.network.officer(step.by, "ruta", "inspector")
        checked = self.network.nodes[step.by].asker.check(
            who, {step.register: terms}, purpose="warn", reference="a case"
        )
        if step.by == XX:
            rules = checked.answer.rules if checked.answer else None
            self.view.append((step, checked.why, rules, *map(self._seen, checked.registers)))

    def _seen(self, answer: RegisterAnswer) -> tuple[Any, ...]:
        hits = [
            (self._labels[hit.record], hit.source, hit.instruction, hit.handling, hit.shown, hit.entered_at)
            for hit in answer.hits
        ]
        return answer.register, answer.answer, answer.is_crowded, answer.position, answer.as_of, hits

    def _read(self, step: Step) -> None:
        record = self._batches.get(step.on, ["0" * 64 + ".0"])[0]
        who = self.network.officer(step.by, "ruta", "inspector")
        read = self.network.nodes[step.by].asker.read(who, record, purpose="warn", reference="a case")
        if step.by == XX and read.shown is not None:
            detail = read.shown.detail
            assert detail is not None
            fields = read.shown.record.fields if read.shown.record else None
            self.view.append((step, detail.answer, fields, detail.rules))

    def _send(self, step: Step) -> None:
        Desk(self.network, step.by).send(step.on)

    def _hear(self) -> None:
        """What came to XX since, alerts too."""
        texts = [each.text for each in held(self.network, "XX")]
        alerts = [self._heard(text.alert) for text in texts[self._alerts :] if text.alert is not None]
        self.view.append((len(texts), sorted(alerts)))
        self._alerts = len(texts)

    def _heard(self, alert: AlertedHit) -> tuple[str, ...]:
        return self._labels[alert.record], alert.register, alert.asker, alert.purpose, str(alert.at)


@pytest.fixture
def both(founded: Network, tmp_path: Path) -> Callable[[int], tuple[list[Any], list[Any]]]:
    """Plays a script on two networks, on one of them without what is hidden from XX: both views of XX."""

    def play(seed: int) -> tuple[list[Any], list[Any]]:
        views = []
        for name in ("with", "without"):
            network = Network(tmp_path / f"{name}-{seed}", like=founded)
            try:
                views.append(Played(network, without_hidden=name == "without").play(script(seed)))
            finally:
                network.close()
        return views[0], views[1]

    return play


@pytest.mark.parametrize("seed", often([1, 3], list(range(1, 12))))
def test_a_members_whole_view_is_as_if_what_is_hidden_from_it_did_not_exist(
    both: Callable[[int], tuple[list[Any], list[Any]]], seed: int
) -> None:
    """Answers, hits and their order, positions, receipts, alerts and reports, over any sequence of everybody's acts."""
    with_hidden, without = both(seed)
    for seen, expected in zip(with_hidden, without, strict=True):
        assert seen == expected
