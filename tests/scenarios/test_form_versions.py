"""A form gets a second version while networks run: each node is sent what it reads; what was kept stays readable."""

import msgspec
import pytest

from comity.errors import InputError
from comity.exchange.form import FormField
from comity.exchange.forms import FORMS, by_name
from comity.exchange.forms.confirm_hit import CONFIRM_HIT
from comity.testing import Network
from tests.scenarios.test_forms import Border

NEWER = msgspec.structs.replace(
    CONFIRM_HIT, version=2, fields=(*CONFIRM_HIT.fields, FormField(name="seen-at", title="Seen at"))
)


@pytest.fixture
def border(simulated: Network) -> Border:
    return Border(simulated)


@pytest.fixture
def asked_before(border: Border) -> str:
    """A question of the first version, from before there was a second."""
    return border.ask()


@pytest.fixture(autouse=True)
def newer(border: Border, asked_before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every node reads the second version, but FR's, which says that it reads the first alone."""
    del asked_before
    monkeypatch.setitem(FORMS, "confirm-hit", by_name((NEWER, CONFIRM_HIT))["confirm-hit"])
    stater = border.network.nodes["FR"]._stater
    formats = dict(stater._formats())
    stater._formats = lambda: formats | {"form.confirm-hit": 1}
    border.network.turn(3600)
    border.network.settle()


def version_at(border: Border, code: str, name: str) -> tuple[int, dict[str, str]]:
    form = border.open(code, name)[-1].text.form
    assert form is not None
    return form.v, form.fields


def test_whoever_reads_the_first_version_is_sent_that(border: Border) -> None:
    name = border.send("LT", "confirm-hit", border.asked(), to="FR")
    assert version_at(border, "FR", name)[0] == 1


def test_whoever_reads_the_newest_is_sent_the_newest(border: Border) -> None:
    fields = border.asked(**{"seen-at": "Pier 4"})
    del fields["entry"]
    lucas = border.network.officer("BR", "lucas", "registrar")
    entered = border.network.enter(lucas, "77BR11111", at="BR", country="BRA")
    del entered
    found = border.network.check(border.network.officer("LT", "ruta", "inspector"), "77BR11111", "BRA")
    fields["record"] = found.registers[0].hits[0].record
    name = border.send("LT", "confirm-hit", fields, to="BR")
    version, said = version_at(border, "BR", name)
    assert (version, said["seen-at"]) == (2, "Pier 4")


def test_what_a_recipient_cannot_read_yet_is_refused_by_name(border: Border) -> None:
    with pytest.raises(InputError, match="seen-at: the node of FR cannot read this yet") as refused:
        border.send("LT", "confirm-hit", border.asked(**{"seen-at": "Pier 4"}), to="FR")
    assert refused.value.where == "seen-at"
    assert "Leave it empty" in refused.value.next_step


def test_what_was_kept_in_the_first_version_is_shown_and_answered(border: Border, asked_before: str) -> None:
    assert [each.name for each in border.shown("LT", asked_before)] == ["confirm-hit"]
    assert version_at(border, "LT", asked_before)[0] == 1
    border.answer(asked_before)
    [(state, _said)] = border.about("LT")
    assert state == "answered-late", "an hour has passed"


@pytest.fixture
def lt_reads_the_first_answers(border: Border) -> None:
    stater = border.network.nodes["LT"]._stater
    formats = dict(stater._formats())
    stater._formats = lambda: formats | {"form.hit-answer": 1}
    border.network.turn(3600)
    border.network.settle()


@pytest.mark.usefixtures("lt_reads_the_first_answers")
def test_an_instruction_goes_to_a_node_of_before_where_it_reads_the_same_words(border: Border) -> None:
    question = border.ask()
    border.answer(question, instruction="hold")
    form = border.open("LT", question)[-1].text.form
    assert form is not None
    assert (form.v, form.fields) == (1, {"answer": "confirmed", "instruction": "hold"})


@pytest.mark.usefixtures("lt_reads_the_first_answers")
def test_an_instruction_that_a_node_of_before_would_read_in_other_words_does_not_go_there(border: Border) -> None:
    question = border.ask()
    with pytest.raises(InputError, match="instruction: the node of LT") as refused:
        border.answer(question, instruction="inform")
    assert refused.value.where == "instruction"
    border.answer(question)
