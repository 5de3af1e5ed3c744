"""A node whose keys are locked: it says so, refuses clearly, loses nothing, and goes on once they are open."""

import pytest

from comity.act import Session
from comity.errors import UnavailableError
from comity.limits import SIGN_IN_FAILURES_MAX
from comity.testing import Network
from tests.peer.frames import frame_of, make_question

CAST = ("LT", "FR")


@pytest.fixture
def ruta(network: Network) -> Session:
    """Signed in at a node that was then restarted without anybody to give the passphrase."""
    session = network.officer("LT", "ruta", "inspector")
    network.stop("LT")
    network.start("LT", locked=True)
    network.settle()
    return session


def test_health_is_red_and_says_what_to_do(network: Network, ruta: Session) -> None:
    health = network.nodes["LT"].health()
    assert not health.is_ok
    assert [(problem.code, problem.next_step) for problem in health.problems] == [
        ("keys-locked", "Run: comity node unlock")
    ]
    assert network.nodes["LT"].officers.who(ruta).name == "ruta"


def test_what_needs_a_signature_is_refused_clearly_and_leaves_nothing(network: Network, ruta: Session) -> None:
    jonas = network.officer("LT", "jonas", "registrar")
    with pytest.raises(UnavailableError, match="locked"):
        network.check(ruta, "19AC45678", "FRA")
    with pytest.raises(UnavailableError, match="locked"):
        network.enter(jonas, "LT0000001", at="LT", country="LTU")
    node = network.nodes["LT"]
    assert not list(node._files.list_batches())
    assert node.condition.state().queued == 0


def test_a_wrong_passphrase_opens_nothing(network: Network, ruta: Session) -> None:
    with pytest.raises(UnavailableError):
        network.nodes["LT"].unlock("open sesame")
    assert network.nodes["LT"].keyring.is_locked
    del ruta


def test_officers_sign_in_while_locked_and_the_entries_follow(network: Network, ruta: Session) -> None:
    before = len(network.ledger("LT"))
    aud = network.officer("LT", "aud", "auditor")
    node = network.nodes["LT"]
    entry = node.ledger.verify(aud).entry
    assert len(network.ledger("LT")) == before, "nothing is placed without a signature"
    node.unlock(network.founding.passphrases["LT"])
    assert {row.kind for row in network.ledger("LT")[before:]} == {"officer.first", "session.open", "ledger.verify"}
    assert entry in {row.id for row in network.ledger("LT")}
    assert node.ledger.verify(aud).release.findings == ()
    assert node.health().is_ok
    assert network.check(ruta, "19AC45678", "FRA").registers[0].answer == "nothing"


def test_entries_made_while_locked_survive_a_crash(network: Network, ruta: Session) -> None:
    network.officer("LT", "aud", "auditor")
    network.stop("LT", gracefully=False)
    network.start("LT", locked=True)
    network.nodes["LT"].unlock(network.founding.passphrases["LT"])
    opened = [row.content.officer for row in network.ledger("LT", "session.open") if row.content]
    assert opened == ["ruta", "aud"]
    del ruta


def test_a_keeper_with_locked_keys_gives_no_answer_rather_than_an_unsigned_one(network: Network) -> None:
    ruta = network.officer("LT", "ruta", "inspector")
    network.stop("GS")
    network.start("GS", locked=True)
    checked = network.check(ruta, "19AC45678", "FRA")
    assert [each.answer for each in checked.registers] == ["no-answer"]
    assert checked.answer is None
    reply = network.carry("LT", "GS", frame_of(network, make_question(network)), 1.0)  # type: ignore[arg-type]
    assert reply == b"comity/1 complaint unavailable"
    network.nodes["GS"].unlock(network.founding.passphrases["GS"])
    assert network.check(ruta, "19AC45678", "FRA").registers[0].answer == "nothing"


def test_a_batch_waits_for_a_keeper_with_locked_keys(network: Network) -> None:
    claire = network.officer("FR", "claire", "registrar")
    network.stop("GS")
    network.start("GS", locked=True)
    entered = network.enter(claire, "19AC45678")
    assert entered.receipt is None
    network.nodes["GS"].unlock(network.founding.passphrases["GS"])
    network.turn(30)
    assert entered.batch is not None
    receipt = network.nodes["FR"].records.find(claire, entered.batch).receipt
    assert receipt is not None
    assert (receipt.step, receipt.position) == ("delivered", 1)
    assert network.check(network.officer("LT", "ruta", "inspector"), "19AC45678", "FRA").registers[0].answer == "hit"


def test_whoever_guesses_passphrases_has_to_wait(network: Network) -> None:
    network.stop("LT")
    node = network.start("LT", locked=True)
    for _ in range(SIGN_IN_FAILURES_MAX):
        with pytest.raises(UnavailableError, match="passphrase"):
            node.unlock("not this one")

    with pytest.raises(UnavailableError, match="Too many"):
        node.unlock(network.founding.passphrases["LT"])
    network.turn(61)
    node.unlock(network.founding.passphrases["LT"])

    assert not node.keyring.is_locked
