"""Signing in and out, and what administrators do, on a running node."""

import pytest

from comity.act import Session
from comity.errors import InputError, MalformedError, UnauthenticatedError
from comity.gate import Outcome
from comity.limits import SIGN_IN_FAILURES_MAX, SIGN_IN_PAUSE_S
from comity.testing import Network
from comity.tiles.reading import ListWanted

GOOD = "the herring gulls of Klaipėda"


def sign_in(network: Network, name: str, password: str, at: str = "LT") -> Outcome:
    return network.nodes[at].officers.sign_in(name, password)


@pytest.fixture
def ruta(network: Network) -> Session:
    """An inspector with a password of her own."""
    session = network.officer("LT", "ruta", "inspector")
    network.nodes["LT"].officers.choose_password(session, GOOD)
    return session


def test_a_session_alone_changes_nobodys_password(network: Network, ruta: Session) -> None:
    desk = network.nodes["LT"].officers
    with pytest.raises(MalformedError, match="present password"):
        desk.choose_password(ruta, "another sentence of hers")
    refused = desk.choose_password(ruta, "another sentence of hers", "a guess at the first one")
    assert refused.verdict.rules == ("CTY-3.2",)
    assert sign_in(network, "ruta", GOOD).release
    assert desk.choose_password(ruta, "another sentence of hers", GOOD).verdict.is_allowed
    assert sign_in(network, "ruta", "another sentence of hers").release


def test_guessing_the_present_password_ends_after_five_tries(network: Network, ruta: Session) -> None:
    desk = network.nodes["LT"].officers
    for _ in range(SIGN_IN_FAILURES_MAX):
        desk.choose_password(ruta, "another sentence of hers", "a guess at the first one")
    assert "CTY-3.1" in desk.choose_password(ruta, "another sentence of hers", GOOD).verdict.rules
    network.turn(SIGN_IN_PAUSE_S + 1)
    assert desk.choose_password(ruta, "another sentence of hers", GOOD).verdict.is_allowed


def test_a_one_time_password_is_good_for_one_session(network: Network) -> None:
    password = network.nodes["LT"].officers.give("ruta", "Rūta", ("inspector",))
    session = Session(sign_in(network, "ruta", password).release)
    assert network.nodes["LT"].officers.must_choose_password(session)
    again = sign_in(network, "ruta", password)
    assert (again.release, again.verdict.rules) == (None, ("RPD-107.1",))
    network.nodes["LT"].officers.choose_password(session, GOOD)
    assert not network.nodes["LT"].officers.must_choose_password(session)
    assert sign_in(network, "ruta", GOOD).release


@pytest.mark.usefixtures("ruta")
def test_wrong_passwords_are_counted_and_then_even_the_right_one_waits(network: Network) -> None:
    for _ in range(5):
        assert sign_in(network, "ruta", "wrong password here").verdict.rules == ("RPD-107.1",)
    paused = sign_in(network, "ruta", GOOD)
    assert (paused.release, paused.verdict.rules) == (None, ("CTY-3.1",))
    network.turn(59)
    assert sign_in(network, "ruta", GOOD).release is None
    network.turn(2)
    assert sign_in(network, "ruta", GOOD).release


@pytest.mark.usefixtures("ruta")
def test_trying_on_does_not_lock_an_officer_out_for_good(network: Network) -> None:
    for _ in range(20):
        sign_in(network, "ruta", "wrong password here")
    network.turn(61)
    assert sign_in(network, "ruta", GOOD).release


@pytest.mark.usefixtures("ruta")
def test_a_right_password_forgets_the_wrong_ones(network: Network) -> None:
    for _ in range(3):
        for _ in range(4):
            sign_in(network, "ruta", "wrong password here")
        assert sign_in(network, "ruta", GOOD).release


def test_an_unknown_officer_is_refused_in_the_same_words(network: Network, ruta: Session) -> None:
    del ruta
    wrong, unknown = sign_in(network, "ruta", "wrong password here"), sign_in(network, "nobody", GOOD)
    assert wrong.verdict == unknown.verdict
    assert wrong.release is unknown.release is None


@pytest.mark.parametrize("password", ["", "x" * 1_001, "x" * 10_000_000, "\x00", "\ud800"])
def test_no_password_breaks_the_comparison(network: Network, ruta: Session, password: str) -> None:
    del ruta
    assert sign_in(network, "ruta", password).release is None


@pytest.mark.parametrize("name", ["", "Ruta", "ruta\x00", "x" * 10_000_000, "'; drop table officer; --"])
def test_a_name_that_is_none_is_refused_before_it_is_looked_for(network: Network, name: str) -> None:
    with pytest.raises(InputError):
        sign_in(network, name, GOOD)


def test_each_try_stands_in_the_ledger(network: Network, ruta: Session) -> None:
    del ruta
    sign_in(network, "ruta", "wrong password here")
    sign_in(network, "nobody", GOOD)
    tried = [(row.content.officer, row.content.verdict) for row in network.ledger("LT", "session.open") if row.content]
    assert tried == [("ruta", "allowed"), ("ruta", "refused"), ("nobody", "refused")]


def test_no_password_or_token_stands_in_the_ledger_or_the_database(network: Network, ruta: Session) -> None:
    network.settle()
    network.stop("LT")
    for path in (network.founding.folder / "LT").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert GOOD.encode() not in data
            assert ruta.token.encode() not in data


def test_a_session_ends_when_signed_out(network: Network, ruta: Session) -> None:
    network.nodes["LT"].officers.sign_out(ruta)
    with pytest.raises(UnauthenticatedError):
        network.check(ruta, "19AC45678", "FRA")


def test_a_session_ends_by_idleness_and_is_kept_by_use(network: Network, ruta: Session) -> None:
    for _ in range(3):
        network.turn(20 * 60)
        assert network.check(ruta, "19AC45678", "FRA").verdict.is_allowed
        network.settle()
    network.turn(30 * 60)
    with pytest.raises(UnauthenticatedError):
        network.check(ruta, "19AC45678", "FRA")


def test_a_session_ends_after_a_long_shift_however_busy(network: Network, ruta: Session) -> None:
    for _ in range(24):
        network.turn(29 * 60 - 1)
        assert network.check(ruta, "19AC45678", "FRA").verdict.is_allowed
        network.settle()
    network.turn(25 * 60)
    with pytest.raises(UnauthenticatedError):
        network.nodes["LT"].officers.who(ruta)


def test_a_session_outlives_a_restart_and_is_no_session_at_another_node(network: Network, ruta: Session) -> None:
    network.stop("LT", gracefully=False)
    network.start("LT")
    assert network.nodes["LT"].officers.who(ruta).name == "ruta"
    for other in ("FR", "GS", "XX"):
        with pytest.raises(UnauthenticatedError):
            network.nodes[other].officers.who(ruta)
        with pytest.raises(UnauthenticatedError):
            network.check(ruta, "19AC45678", "FRA", at=other)


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000_000, "\x00"])
def test_no_token_is_guessed(network: Network, token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        network.nodes["LT"].ledger.list(Session(token), ListWanted())


def test_acts_outside_an_officers_roles_are_refused_and_recorded(network: Network, ruta: Session) -> None:
    node = network.nodes["LT"]
    outcomes = (
        node.ledger.list(ruta, ListWanted()),
        node.ledger.show(ruta, "0" * 64),
        node.ledger.verify(ruta),
        node.officers.list(ruta),
        node.officers.create(ruta, "eva", "Eva", ("administrator",))[0],
        node.officers.reset(ruta, "ruta")[0],
        node.officers.disable(ruta, "ruta"),
        node.measures.set_standing(ruta, "FR", "query", "suspended", reason="r", reference="", until_at=None),
    )
    for outcome in outcomes:
        assert outcome.verdict.outcome == "refused"
        assert "RPD-21.1" in outcome.verdict.rules or outcome.verdict.rules[0].startswith("RPD-131")
        assert not outcome.release
    assert {outcome.entry for outcome in outcomes} <= {row.id for row in network.ledger("LT")}
    assert node.officers.who(ruta).disabled_at is None


def test_an_administrator_creates_resets_and_disables(network: Network) -> None:
    node, admin = network.nodes["LT"], network.officer("LT", "ada", "administrator")
    created, first = node.officers.create(admin, "eva", "Eva", ("inspector",))
    assert created.release
    session = Session(sign_in(network, "eva", first).release)
    taken, _ = node.officers.create(admin, "eva", "Another Eva", ("administrator",))
    assert taken.release is False
    reset, second = node.officers.reset(admin, "eva")
    assert reset.release
    assert sign_in(network, "eva", first).release is None
    assert sign_in(network, "eva", second).release
    assert node.officers.disable(admin, "eva").release
    with pytest.raises(UnauthenticatedError):
        node.officers.who(session)
    _, third = node.officers.reset(admin, "eva")
    assert sign_in(network, "eva", third).release is None
    assert node.officers.create(admin, "eva", "Eva", ("inspector",))[0].release is False, "a name is never used again"


def test_an_administrator_does_not_do_what_it_administers(network: Network) -> None:
    admin = network.officer("LT", "ada", "administrator")
    assert network.check(admin, "19AC45678", "FRA").verdict.rules == ("RPD-21.1",)


def test_nobody_is_reset_or_disabled_who_is_not_there(network: Network) -> None:
    node, admin = network.nodes["LT"], network.officer("LT", "ada", "administrator")
    assert node.officers.reset(admin, "nobody")[0].release is False
    assert node.officers.disable(admin, "nobody").release is False
