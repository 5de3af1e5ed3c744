"""Nothing that a rule looks at says which member it is; exchanging members changes nothing."""

import itertools
from dataclasses import fields

from comity.act import Session
from comity.peer.messenger import MessageForm
from comity.registers.registry import REGISTERS
from comity.rules.facts import Facts
from comity.rules.model import MODEL_RULEBOOK
from comity.testing import CAST, Network

COUNTRY = {founder.code: founder.countries[0] for founder in CAST if founder.countries}


def test_facts_have_no_field_that_could_hold_a_name() -> None:
    allowed_texts = {"kind", "purpose"}
    for field in fields(Facts):
        assert not any(word in field.name for word in ("member", "country", "officer", "name", "code")), field.name
        if field.type is str:
            assert field.name in allowed_texts


def test_what_facts_say_of_a_records_status_is_a_word_of_its_registers_choice() -> None:
    """Whatever a source has written there: facts have no free text in which a name could stand."""
    for register in REGISTERS.values():
        field = register.find_field(register.status_field)
        assert field is not None
        assert {register.status_of({register.status_field: choice}) for choice in field.choices} == set(field.choices)
        assert register.status_of({register.status_field: "Ona Hidden"}) == register.status_of({}) == ""


def test_no_rule_names_a_member_or_a_country() -> None:
    text = MODEL_RULEBOOK.encode().decode()
    for founder in CAST:
        assert f'"{founder.code}"' not in text
        assert founder.title not in text
        assert all(country not in text for country in founder.countries)


def scenario(
    network: Network, people: dict[str, Session], number: str, asker: str, owner: str, outsider: str
) -> list[object]:
    """Owner enters what outsider may not see; all ask; asker tries to enter what is not its own, and writes to both."""
    seen: list[object] = []
    sizes: list[int] = []
    network.meddle = lambda _from, _to, data: (sizes.append(len(data)), data)[1]
    for at, country in ((owner, COUNTRY[owner]), (asker, COUNTRY[owner])):
        entered = network.enter(people[at], number, at=at, country=country, audience=f"all but {outsider}")
        assert entered.verdict is not None
        seen.append((entered.verdict.outcome, entered.verdict.rules))
    for at in (asker, outsider, owner):
        checked = network.check(people[at], number, COUNTRY[owner], at=at)
        assert checked.answer is not None
        seen.append((checked.verdict.outcome, checked.registers[0].answer, checked.answer.rules))
    form = MessageForm(to=(owner, outsider), subject="A passport", text="Is it in your hands?", urgency="urgent")
    sent = network.nodes[asker].messages.send(people[asker], form)
    network.settle()  # and the owner is told of the hits on its record
    for at in (owner, outsider):
        opened = network.nodes[at].messages.open(people[at], sent.release)
        seen.append((opened.verdict.outcome, opened.verdict.rules, len(opened.release)))
    network.settle()
    progress = network.nodes[asker].messages.progress(people[asker], sent.release)
    seen.append((sent.verdict.outcome, sent.verdict.rules, sorted(each.state for each in progress.deliveries)))
    network.meddle = lambda _from, _to, data: data
    return [*seen, sizes]


def test_exchanging_any_members_gives_the_same_verdicts_and_as_many_bytes(network: Network) -> None:
    people = {code: network.officer(code, "noor", "registrar") for code in COUNTRY}
    for code, country in COUNTRY.items():  # everybody's own positions have two digits from here on
        for number in range(10):
            network.enter(people[code], f"A{number:07}", at=code, country=country)
    base = ("LT", "FR", "XX", "BR")
    casts = [base, *(_exchanged(base, *pair) for pair in itertools.combinations(base, 2))]
    results = [scenario(network, people, f"B{index:07}", *cast[:3]) for index, cast in enumerate(casts)]
    assert len(results) == 7
    assert all(result == results[0] for result in results)
    assert [each[1] for each in results[0][2:5]] == ["hit", "nothing", "hit"]  # type: ignore[index]
    assert [each[0] for each in results[0][5:8]] == ["allowed"] * 3  # type: ignore[index]
    assert results[0][7][2] == ["opened", "opened"]  # type: ignore[index]


def _exchanged(cast: tuple[str, ...], one: str, other: str) -> tuple[str, ...]:
    return tuple({one: other, other: one}.get(each, each) for each in cast)
