import pytest

from comity.errors import MalformedError
from tests.cli.conftest import Served, Terminal


def test_only_an_administrator_creates_officers(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ruta", "inspector")
    assert comity("officer", "create", "jonas", "--title", "Jonas", "--role", "inspector") == 3
    assert comity("officer", "list") == 3


def test_an_officer_is_created_reset_and_disabled(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "admin", "administrator")
    comity.does("officer", "create", "jonas", "--title", "Jonas", "--role", "inspector")
    first = comity.found(r"password +(\S+)")
    assert comity("officer", "create", "jonas", "--title", "Jonas", "--role", "inspector") == 2
    assert comity("officer", "create", "king", "--title", "King", "--role", "king") == 2
    assert comity("officer", "reset", "nobody") == 2
    comity.does("officer", "reset", "jonas")
    assert comity.found(r"password +(\S+)") != first
    node = ("--node", served.urls["LT"])
    jonas = {"COMITY_SESSION": "jonas.json"}
    assert comity("sign-in", "jonas", "--password-stdin", *node, typed=f"{first}\n", **jonas) == 3
    comity.does("officer", "disable", "jonas")
    assert "disabled" in comity.does("officer", "list")


def test_what_a_name_shows_cannot_move_the_terminal(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "admin-2", "administrator")
    with pytest.raises(MalformedError):
        served.network.nodes["LT"].officers.give("sly", "\x1b[2JSly", ("inspector",))
    served.network.nodes["LT"].officers.give("sly", "Sly [bold]", ("inspector",))
    assert "Sly [bold]" in comity.does("officer", "list")
