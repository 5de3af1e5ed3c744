"""A rulebook is amended while nodes run: they follow, and a node that cannot apply it says so and stays careful."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from comity.act import Session
from comity.errors import MalformedError, UntrustedError
from comity.founding import holders_of
from comity.members import ceremony, publication
from comity.members.ceremony import Draft
from comity.members.roles import TARGETS
from comity.rules import amending
from comity.rules.model import FIRST_RULEBOOK, MODEL_RULEBOOK
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook
from comity.rules.taking_over import take_over
from comity.rules.written import Retired
from comity.testing import Crash, Network
from tests.rules.before import BEFORE

CAST = ("LT", "FR")
CLOSED = Rule("T-1", "test", "Nobody enters records here.", "condition", ("record.enter",), "is_bureau")
UNKNOWN = msgspec.structs.replace(CLOSED, number="T-2", test="is_friend")
GONE = Retired("T-2", "condition", "is_friend", ("record.enter",))


def plus(*rules: Rule, retired: tuple[Retired, ...] = ()) -> Rulebook:
    found, gone = (*MODEL_RULEBOOK.rules, *rules), (*MODEL_RULEBOOK.retired, *retired)
    return msgspec.structs.replace(MODEL_RULEBOOK, name="test", version="2027-01", rules=found, retired=gone)


def draft_of(network: Network, rulebook: bytes, signatures: int = 2) -> Draft:
    held = network.nodes["GS"].knowledge._repository.publication  # type: ignore[union-attr]
    draft = ceremony.amend(held.draft(TARGETS), rulebook, network.now)
    for holder in holders_of(network.founding.offline)[:signatures]:
        draft = ceremony.sign(draft, holder)
    return draft


def publish(network: Network, draft: Draft) -> None:
    duty = network.officer("GS", f"duty-{len(network.ledger('GS'))}", "duty")
    assert network.nodes["GS"].measures.publish(duty, draft.encode()).verdict.is_allowed
    network.settle(1)


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From here on whoever drafts and publishes has a newer program, which knows the rules that this one does not."""

    def begin() -> None:
        monkeypatch.setattr(amending, "amend", lambda _old, _new: None)
        monkeypatch.setattr(publication, "amend", lambda _old, _new: None)

    return begin


@pytest.fixture
def unread(network: Network, newer: Callable[[], None]) -> Network:
    """A network whose rulebook has a rule that this program cannot apply, about entering records."""
    newer()
    publish(network, draft_of(network, plus(UNKNOWN).encode()))
    network.turn(2)
    return network


def codes(network: Network, member: str) -> set[str]:
    return {problem.code for problem in network.nodes[member].health().problems}


def entered(network: Network, by: Session, number: str) -> tuple[str, ...]:
    verdict = network.enter(by, number).verdict
    assert verdict is not None
    return verdict.rules if not verdict.is_allowed else ()


def test_a_bureau_refuses_by_a_new_rule_within_a_round_and_without_a_restart(network: Network) -> None:
    claire = network.officer("FR", "claire", "registrar")
    assert entered(network, claire, "19AC00001") == ()
    publish(network, draft_of(network, plus(CLOSED).encode()))
    assert entered(network, claire, "19AC00002") == ("T-1",)
    in_force = network.nodes["FR"].knowledge.rulebook()
    assert (in_force.rulebook.hash, in_force.why) == (plus(CLOSED).hash, "")
    assert network.nodes["FR"].sentence("T-1") == "Nobody enters records here."
    assert network.nodes["FR"].health().is_ok


def test_a_network_of_form_1_is_amended_to_form_3_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:  # a program founded it that knew fewer acts, so that all had grounds
        for at in ("comity.enrolment.amend_rulebook", "comity.members.publication.amend"):
            patch.setattr(at, lambda _old, _new: None)
        network = Network(tmp_path, members=("LT", "FR"), rulebook=BEFORE)
    ona, claire = network.officer("LT", "ona", "inspector"), network.officer("FR", "claire", "registrar")
    assert network.nodes["LT"].knowledge.rulebook().wording == BEFORE.wording
    publish(network, draft_of(network, take_over(BEFORE, MODEL_RULEBOOK).encode()))
    assert network.nodes["LT"].knowledge.rulebook().rulebook == MODEL_RULEBOOK
    assert entered(network, claire, "19AC00001") == ()
    assert network.check(ona, "19AC00001", "FRA").registers[0].answer == "hit"
    assert network.nodes["LT"].health().is_ok
    network.close()


def test_a_rule_goes_and_is_remembered(network: Network) -> None:
    publish(network, draft_of(network, plus(CLOSED).encode()))
    claire = network.officer("FR", "claire", "registrar")
    assert entered(network, claire, "19AC00001") == ("T-1",)
    retired = Retired("T-1", "condition", "is_bureau", ("record.enter",))
    publish(network, draft_of(network, plus(retired=(retired,)).encode()))
    assert entered(network, claire, "19AC00002") == ()


def test_one_holder_alone_amends_nothing(network: Network) -> None:
    draft = draft_of(network, plus(CLOSED).encode(), signatures=1)
    with pytest.raises(UntrustedError, match="1 of 2"):
        network.nodes["GS"].measures.publish(network.officer("GS", "olga", "duty"), draft.encode())


def test_an_amendment_made_after_an_older_state_is_refused(network: Network) -> None:
    late = draft_of(network, plus(CLOSED).encode())
    publish(network, draft_of(network, plus(msgspec.structs.replace(CLOSED, number="T-3")).encode()))
    with pytest.raises(UntrustedError, match="is not above"):
        network.nodes["GS"].measures.publish(network.officer("GS", "olga", "duty"), late.encode())


def test_what_holders_signed_by_mistake_is_published_by_nobody(network: Network, newer: Callable[[], None]) -> None:
    """The publisher looks again: its own program knows what may change."""
    real = publication.amend  # type: ignore[attr-defined]
    newer()
    other = msgspec.structs.replace(MODEL_RULEBOOK.rules[0], effect="condition")
    drafts = [
        draft_of(network, rulebook.encode())
        for rulebook in (
            plus(UNKNOWN), msgspec.structs.replace(MODEL_RULEBOOK, rules=MODEL_RULEBOOK.rules[1:]),
            msgspec.structs.replace(MODEL_RULEBOOK, rules=(other, *MODEL_RULEBOOK.rules[1:])),
        )
    ]  # fmt: skip
    publication.amend = real  # type: ignore[attr-defined]
    olga = network.officer("GS", "olga", "duty")
    for draft in drafts:
        with pytest.raises(MalformedError):
            network.nodes["GS"].measures.publish(olga, draft.encode())
    network.turn(2)
    assert network.nodes["FR"].knowledge.rulebook().rulebook == MODEL_RULEBOOK


# A rule that this program cannot apply


def test_exactly_what_the_unread_rule_is_about_is_refused_and_says_so(unread: Network) -> None:
    claire = unread.officer("FR", "claire", "registrar")
    assert entered(unread, claire, "19AC00001") == ("T-2",)
    assert "cannot apply this rule" in unread.nodes["FR"].sentence("T-2")
    checked = unread.check(unread.officer("LT", "ruta", "inspector"), "19AC00001", "FRA")
    assert (checked.verdict.outcome, checked.verdict.rulebook) == ("allowed", MODEL_RULEBOOK.hash)
    assert checked.registers[0].answer == "nothing"


def test_the_node_is_red_and_names_the_rule_and_what_to_do(unread: Network) -> None:
    problem = next(each for each in unread.nodes["FR"].health().problems if each.code == "rulebook-unread")
    assert problem.is_red
    assert "T-2 needs the test is_friend" in problem.message
    assert f"goes on under the rulebook {MODEL_RULEBOOK.name} {MODEL_RULEBOOK.version}" in problem.message
    assert problem.next_step.startswith("Update Comity at this node")


def test_after_a_restart_the_last_rulebook_that_could_be_applied_is_in_force(unread: Network) -> None:
    unread.stop("FR")
    unread.cut("FR")
    unread.start("FR")
    claire = unread.officer("FR", "claire", "registrar")
    assert entered(unread, claire, "19AC00001") == ("T-2",)
    assert unread.nodes["FR"].gate.may_do("record.consign", ["registrar"])
    assert unread.nodes["FR"].knowledge.rulebook().rulebook == MODEL_RULEBOOK
    assert "rulebook-unread" in codes(unread, "FR")


def test_once_the_rule_is_gone_everything_is_as_before(unread: Network) -> None:
    publish(unread, draft_of(unread, plus(retired=(GONE,)).encode()))
    claire = unread.officer("FR", "claire", "registrar")
    assert entered(unread, claire, "19AC00001") == ()
    assert unread.nodes["FR"].health().is_ok


def kept(network: Network, member: str) -> Path:
    return network.founding.config(member).path("data") / "directory" / "rulebook"


@pytest.mark.parametrize("harm", ["flip", "gone", "short"])
def test_where_the_kept_rulebook_is_damaged_hardly_anything_is_allowed_and_health_says_why(
    unread: Network, harm: str
) -> None:
    unread.stop("FR")
    path = kept(unread, "FR")
    data = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(data[:-40] if harm == "short" else data.replace(b"60.0", b"99.0"))
    unread.cut("FR")
    node = unread.start("FR")
    outcome = node.officers.sign_in("claire", node.officers.give("claire", "Claire", ["registrar"]))
    assert (outcome.verdict.outcome, outcome.verdict.rulebook) == ("refused", FIRST_RULEBOOK.hash)
    problem = next(each for each in node.health().problems if each.code == "rulebook-unread")
    assert "No rulebook is kept here" in problem.message


def test_a_damaged_kept_rulebook_is_written_again_from_the_directory(network: Network) -> None:
    path = kept(network, "FR")
    data = path.read_bytes()
    path.write_bytes(data[:100])
    network.nodes["FR"].caretaker.check_all()
    network.turn(2)
    assert path.read_bytes() == data
    network.stop("FR")
    path.write_bytes(data[:100])
    network.start("FR")
    network.turn(2)
    assert path.read_bytes() == data
    assert network.nodes["FR"].health().is_ok


@pytest.mark.parametrize("step", ["before", "after"])
def test_a_power_cut_while_it_is_kept_loses_no_rulebook(network: Network, step: str) -> None:
    def boundary(name: str) -> None:
        if name == f"rulebook.kept.{step}":
            raise Crash

    network.boundaries["FR"] = boundary
    publish(network, draft_of(network, plus(CLOSED).encode()))
    network.turn(2)
    assert "FR" not in network.nodes
    network.boundaries.clear()
    network.start("FR")
    network.turn(2)
    assert network.nodes["FR"].knowledge.rulebook().rulebook == plus(CLOSED)
    assert network.nodes["FR"].health().is_ok
    assert plus(CLOSED).encode() in kept(network, "FR").read_bytes()
