"""Roles are the rulebook's: an officer is given those that it includes anything in, and before it no role is known."""

from pathlib import Path

import pytest

from comity.errors import MalformedError
from comity.limits import CODES_MAX
from comity.members.officer import verify_officer
from comity.testing import Network
from tests.scenarios.wildlife import WORDS, wildlife

KNOWN = tuple(role.code for role in WORDS.roles)


@pytest.mark.parametrize("roles", [(), ("inspector",), ("ranger", "inspector"), ("Ranger",), ("ranger",) * 65], ids=str)
def test_roles_that_the_rulebook_does_not_have_are_refused(roles: tuple[str, ...]) -> None:
    assert len(roles) < CODES_MAX or len(roles) == CODES_MAX + 1
    with pytest.raises(MalformedError, match="Roles are some of: ranger, dispatcher") as caught:
        verify_officer("Ana", roles, KNOWN)
    assert caught.value.where == "roles"


@pytest.mark.parametrize("role", ["Ranger", "two words", "", "r" * 41, "caçador"])
def test_before_the_first_rulebook_a_role_only_has_to_be_written_as_one(role: str) -> None:
    verify_officer("Ana", ("ranger",), ())
    with pytest.raises(MalformedError, match="small letters, digits and hyphens") as caught:
        verify_officer("Ana", ("ranger", role), ())
    assert "not its title" in caught.value.next_step


def test_the_folders_holder_gives_roles_of_the_rulebook_in_force_too(tmp_path: Path) -> None:
    network = Network(tmp_path, members=("LT",), rulebook=wildlife())
    network.officer("LT", "ana", "ranger")
    with pytest.raises(MalformedError, match="Roles are some of: ranger"):
        network.officer("LT", "rui", "inspector")
    network.close()
