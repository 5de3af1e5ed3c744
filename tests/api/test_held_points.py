"""What whoever releases an act sees of it: enough to judge it by, and nothing that is nobody's to see."""

import inspect
from typing import Any

import msgspec
import pytest

from comity.act import Session
from comity.api.held import shown_of
from comity.members.held import HeldWanted
from comity.peer.entering import EntryForm
from comity.rules.rule import Rule
from comity.shown.held import HeldActShown, points_by_kind
from comity.shown.points import FieldPoints
from comity.testing import DOCUMENTS, Network
from tests.scenarios.test_amended_rulebooks import draft_of, plus, publish

SECRETS = {"password", "kept", "compared_with", "matches", "token_hash", "token", "key", "salt"}
TEXTS_SHOWN = {"officer.disable"}
"""Kinds whose body is one text, and which may show it: an officer's name."""
MADE_BY_HAND = {"record.enter", "record.consign", "record.amend"}
"""Kinds whose points are not fields as they stand: tests here and in ``test_held.py`` say what they show."""
HELD = ("officer.create", "officer.reset", "password.set", "record.enter", "message.send")


@pytest.fixture
def held(network: Network) -> Network:
    """A network by whose rules such acts wait."""
    values = {"releases": 1.0, "days": 7.0}
    publish(network, draft_of(network, plus(Rule("X-1", "X 1", "It waits.", "hold", HELD, "is_node", values)).encode()))
    network.turn(2)
    return network


def points_of(network: Network, by: Session, name: str) -> dict[str, str]:
    shown: HeldActShown = shown_of(network.nodes["FR"], network.nodes["FR"].held.show(by, name))
    return {each.title: each.text for each in shown.points}


def test_no_kind_shows_a_secret_of_its_body(network: Network) -> None:
    fields = {name: points.titles for name, points in points_by_kind().items() if isinstance(points, FieldPoints)}
    assert set(points_by_kind()) - set(fields) == MADE_BY_HAND
    for name, kind in network.nodes["GS"].gate.kinds.items():
        points = set(fields.get(name, ()))
        if kind.body in (str, bytes, None):
            assert not points or name in TEXTS_SHOWN, name
            continue
        assert points <= set(fields_of(kind.body)), name
        assert not points & SECRETS, name
    assert set(points_by_kind()) <= set(network.nodes["GS"].gate.kinds)


def fields_of(body: Any) -> tuple[str, ...]:
    if inspect.isclass(body) and issubclass(body, msgspec.Struct):
        return body.__struct_fields__
    return tuple(getattr(body, "_fields", ()))


def test_of_a_password_nobody_else_sees_its_hash_nor_that_of_a_session(network: Network) -> None:
    node = network.nodes["FR"]
    given = node.officers.give("henri", "Henri", ("registrar",))
    signed_in = Session(node.officers.sign_in("henri", given).given)
    denise, ada = network.officer("FR", "denise", "desk"), network.officer("FR", "ada", "administrator")
    adam = network.officer("FR", "adam", "administrator")
    values = {"releases": 1.0, "days": 7.0}
    publish(network, draft_of(network, plus(Rule("X-1", "X 1", "It waits.", "hold", HELD, "is_node", values)).encode()))
    network.turn(2)
    chosen = node.officers.choose_password(signed_in, "a first long password of henri", given)
    assert points_of(network, denise, chosen.held) == {"Officer": "henri"}
    reset, _password = node.officers.reset(ada, "henri")
    assert points_of(network, adam, reset.held) == {"Officer": "henri"}


def test_of_records_to_be_entered_the_second_officer_sees_which_and_for_whom(held: Network) -> None:
    claire, henri = held.officer("FR", "claire", "registrar"), held.officer("FR", "henri", "registrar")
    record = {"number": "19AC45678", "country": "FRA", "type": "passport", "loss": "stolen"}
    form = EntryForm(register=DOCUMENTS, records=[record], is_lawful=True, audience="FR LT")
    held.nodes["FR"].records.enter(claire, form)
    [waiting] = held.nodes["FR"].held.list(henri, HeldWanted()).given.acts
    shown = points_of(held, henri, waiting.held.id)
    assert shown["Coming in"] == "1"
    assert shown["Who may see them"] == "FR LT"
    assert (shown["Source"], shown["Confidentiality"]) == ("FR", "official-use")
    [said] = [text for title, text in shown.items() if "19AC45678" in title]
    assert {"19AC45678", "FRA", "passport", "stolen"} <= set(said.split(", "))
