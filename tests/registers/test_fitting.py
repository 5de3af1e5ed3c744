"""What was said: each term goes into the question of every register that has it, or its answer says why it did not."""

from collections.abc import Callable
from functools import partial
from itertools import chain, combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.api.document import read_document
from comity.errors import MalformedError
from comity.ids import RegisterName
from comity.registers.fields import Field
from comity.registers.fitting import Questions, questions_for
from comity.registers.register import Key, Narrowing, Order, Register, ask_keys
from comity.registers.registry import REGISTERS, TERMS
from comity.registers.terms import Subject, Term

SAID = {
    "number": "19AC45678", "country": "FRA", "type": "passport", "name": "Otto Linden", "birth_date": "1965-03-01",
    "vin": "1M8GDM9AXKP042788", "plate": "AB-123-CD", "plate_country": "FRA", "chassis": "FR-77", "engine": "AXK 0042",
}  # fmt: skip
"""What can be said of each term."""
SUBSETS = tuple(chain.from_iterable(combinations(TERMS, count) for count in range(1, len(TERMS) + 1)))
FIREARM = Subject(name="firearm", title="Firearm", legend="or a firearm")


def firearm_term(name: str, **more: Any) -> Term:
    return Term(name=name, title=name.capitalize(), about=FIREARM, missing="It is missing.", step="Type it.", **more)


FIREARMS = Register(
    name=RegisterName("firearms"),
    title="Firearms",
    fields=(Field(name="serial", title="Serial number", required=True), Field(name="kind", title="Kind")),
    keys=(
        Key(
            name="serial",
            terms=("serial",),
            of_terms=lambda terms: (terms["serial"],),
            of_record=lambda fields, _groups: (fields["serial"],),
        ),
        Key(
            name="proof",
            terms=("maker", "proof_mark", "proof_year"),
            of_terms=lambda terms: ("\0".join((terms["maker"], terms["proof_mark"], terms["proof_year"])),),
            of_record=lambda _fields, _groups: (),
        ),
    ),
    asked_by=(
        *map(firearm_term, ("serial", "maker", "proof_mark", "proof_year")),
        firearm_term("firearm_kind", choices={"pistol": "Pistol", "hunting-rifle": "Rifle for hunting"}),
    ),
    narrowing=Narrowing(
        matches=lambda fields, _groups, terms: terms.get("firearm_kind", "") in ("", fields.get("kind", "")),
        room=lambda fields, _groups: fields.get("kind", ""),
        covers=lambda kind, other: kind == other,
    ),
    named_by=(("serial",),),
    entered_by="any-member",
    retention_years=5,
    postings_max=8,
    instructions={"seize": Order(title="Seize the firearm", headline="Hit: seize the firearm")},
)


def verify(said: dict[str, str], registers: tuple[Register, ...], ask: Callable[[], Questions]) -> None:
    if not any(all(map(said.get, key.terms)) for register in registers for key in register.keys):
        with pytest.raises(MalformedError) as refused:
            ask()
        assert refused.value.where not in said
        assert refused.value.next_step
        return
    found = ask()
    for register in registers:
        name = register.name
        assert (name in found.terms) is not (name in found.unasked)
        if name in found.unasked:  # as loud as it can be, wherever a term of its own was said
            assert found.unasked[name].was_meant or not {*said} & register.terms
            continue
        asked, left = found.terms[name], found.left_out.get(name, {})
        assert {*asked, *left} == {*said} & register.terms
        assert not {*asked} & {*left}
        whole = [{*key.terms} for key in register.keys if all(map(asked.get, key.terms))]
        of_keys = {term for key in register.keys for term in key.terms}
        assert all(term not in of_keys or any(term in key for key in whole) for term in asked)
        for term, problem in left.items():
            assert problem.where not in said, term
            assert (problem.message, problem.next_step) > ("", ""), term


def ask(said: dict[str, str]) -> Questions:
    return read_document(**said).questions


def test_there_is_something_to_say_of_each_term() -> None:
    assert SAID.keys() == TERMS.keys()


def test_whatever_is_said_together_each_term_is_asked_or_named() -> None:
    for subset in SUBSETS:
        said = {name: SAID[name] for name in subset}
        verify(said, tuple(REGISTERS.values()), partial(ask, said))


@given(
    st.lists(st.sampled_from(("serial", "maker", "proof_mark", "proof_year", "firearm_kind")), min_size=1, unique=True)
)
def test_so_it_is_in_a_register_with_keys_of_many_terms(names: list[str]) -> None:
    said = dict.fromkeys(names, "X1") | ({"firearm_kind": "pistol"} if "firearm_kind" in names else {})
    verify(said, (FIREARMS,), lambda: questions_for(said, (FIREARMS,)))


@pytest.mark.parametrize("beside", ["vin", "chassis", "engine"])
@pytest.mark.parametrize(("said", "missing"), [("plate", "plate_country"), ("plate_country", "plate")])
def test_half_a_plate_beside_another_number_is_not_asked_and_named(beside: str, said: str, missing: str) -> None:
    found = read_document(**{beside: SAID[beside], said: SAID[said]}).questions
    assert {*found.terms["vehicles"]} == {beside}
    assert {term: each.where for term, each in found.left_out["vehicles"].items()} == {said: missing}


@pytest.mark.parametrize("register", REGISTERS.values(), ids=lambda each: each.name)
def test_what_a_key_needs_says_what_to_do_where_it_is_missing(register: Register) -> None:
    for name in {name for key in register.keys for name in key.terms}:
        term = register.find_term(name)
        assert term.missing, name
        assert term.step, name


CHOSEN = [
    (register, term)
    for register in (*REGISTERS.values(), FIREARMS)
    for term in register.asked_by
    if term.choices
]  # fmt: skip


def complete(register: Register, term: Term, said: str) -> dict[str, str]:
    return {name: SAID.get(name, "X1") for name in register.keys[0].terms} | {term.name: said}


@pytest.mark.parametrize(("register", "term"), CHOSEN, ids=lambda each: each.name)
@given(data=st.data())
def test_of_a_choice_what_is_none_is_refused_by_asker_and_keeper(
    register: Register, term: Term, data: st.DataObject
) -> None:
    known = {*term.choices, *term.choices.values()}
    said = data.draw(st.sampled_from(["bazooka", "pasport", "-", "passports"]) | st.text("abcdefghik-", min_size=1))
    if term.choice_of(said) in term.choices:
        assert said in known
        return
    for judge in (lambda: questions_for(complete(register, term, said), (register,)),
                  lambda: ask_keys(register, complete(register, term, said))):  # fmt: skip
        with pytest.raises(MalformedError) as refused:
            judge()
        assert refused.value.where == term.name
        assert said in refused.value.message
        assert all(title in refused.value.next_step for title in term.choices.values())


@pytest.mark.parametrize(("register", "term"), CHOSEN, ids=lambda each: each.name)
def test_a_choice_is_said_by_its_name_or_its_title_in_any_capitals(register: Register, term: Term) -> None:
    for name, title in term.choices.items():
        for said in (name, name.upper(), name.replace("-", " "), title, title.upper(), f" {title.lower()} "):
            assert term.choice_of(said) == name
        assert ask_keys(register, complete(register, term, name))


def test_a_type_that_is_none_stops_its_register_alone() -> None:
    found = read_document(number="19AC45678", country="FRA", type="bazooka").questions
    assert {*found.terms} == {"persons"}
    assert found.unasked["travel-documents"].where == "type"
    assert "Passport" in found.unasked["travel-documents"].next_step
