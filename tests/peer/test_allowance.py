"""The allowance: nobody uses up another's, and what is turned away uses up nothing."""

from hypothesis import given
from hypothesis import strategies as st

from comity.limits import ANSWERS_MAX, ANSWERS_MEMBER_MAX, ANSWERS_OWN_MAX
from comity.peer.allowance import Allowance

MEMBERS = ("BR", "XX", "DE", "IT")


@given(st.lists(st.tuples(st.sampled_from(MEMBERS), st.integers(1, 400)), max_size=12))
def test_whatever_others_ask_a_member_has_its_own_places(asked: list[tuple[str, int]]) -> None:
    allowance = Allowance()
    for member, count in asked:
        for _ in range(count):
            allowance.take(member)
    assert [allowance.take("LT") for _ in range(ANSWERS_OWN_MAX)] == [True] * ANSWERS_OWN_MAX


@given(st.lists(st.tuples(st.sampled_from(MEMBERS), st.booleans()), max_size=2_000))
def test_places_are_bounded_and_come_back(steps: list[tuple[str, bool]]) -> None:
    allowance, held = Allowance(), dict.fromkeys(MEMBERS, 0)
    for member, comes in steps:
        if comes:
            held[member] += allowance.take(member)
        elif held[member]:
            allowance.give_back(member)
            held[member] -= 1
        assert held[member] <= ANSWERS_MEMBER_MAX
    for member in MEMBERS:
        for _ in range(held[member]):
            allowance.give_back(member)
    assert [allowance.take("LT") for _ in range(ANSWERS_MEMBER_MAX + 1)] == [True] * ANSWERS_MEMBER_MAX + [False]


def test_a_question_that_is_turned_away_takes_no_place() -> None:
    allowance = Allowance()
    taken = [allowance.take("BR") for _ in range(10 * ANSWERS_MAX)]
    assert sum(taken) == ANSWERS_MEMBER_MAX
    allowance.give_back("BR")
    assert allowance.take("BR")
