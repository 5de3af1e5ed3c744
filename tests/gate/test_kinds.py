"""Every kind of act is done with a plain value: whatever its body, it can be kept, read back and done later."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest

from comity.act import Actor, Credential, Due, Own, Peer
from comity.gate import Gate, Outcome
from comity.ids import MemberCode, RecordId
from comity.kind import Kind
from comity.members.held import HeldWanted
from comity.members.measure import PUBLISH
from comity.members.stating import STATE
from comity.office.own_record import AmendForm
from comity.peer.consigning import Change
from comity.registers.ending import EXPIRE, Ended, Ending
from comity.registers.own_record import OwnWanted
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.rules.catalogue import KINDS
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.testing import Network
from comity.tiles.reading import GrowthWanted, ListWanted
from tests.scenarios.desks import Desk
from tests.scenarios.questions import put_every_question
from tests.scenarios.standings import measure
from tests.scenarios.test_consignments import consign, found


class Played(NamedTuple):
    """What every kind of act was done with, at any node, and which facts its handler stated each time."""

    done: dict[str, tuple[Kind[Any, Any], list[Any]]]
    stated: dict[str, list[frozenset[str]]]
    officers: list[tuple[str, str]]  # those whose rows are not what the ledger says, once all was done


@pytest.fixture(scope="module")
def played(founded: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Every kind of act, done once for all tests here."""
    found = Played({}, {}, [])
    perform, judge, make = Gate.perform, Gate._judge, Facts.__init__

    def note(self: Gate[Any], kind: Kind[Any, Any], by: Credential, body: Any, **about: str) -> Outcome[Any]:
        found.done.setdefault(kind.name, (kind, []))[1].append(body)
        return perform(self, kind, by, body, **about)

    def keep(self: Facts, **facts: Any) -> None:
        make(self, **facts)
        object.__setattr__(self, "stated", frozenset(facts))

    def look(self: Gate[Any], facts: Any, due: Due | None, *, can_wait: bool) -> Verdict:
        found.stated.setdefault(facts.kind, []).append(facts.stated)
        return judge(self, facts, due, can_wait=can_wait)

    network = Network(tmp_path_factory.mktemp("played"), like=founded)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Gate, "perform", note)
        patch.setattr(Gate, "_judge", look)
        patch.setattr(Facts, "__init__", keep)
        play(network)
    for node in network.nodes.values():
        held = node._store.read_rows(node._roll.list_officers)
        found.officers.extend((each.name, each.damage) for each in held if each.damage)
    yield found
    network.close()


def test_the_body_of_each_kind_can_be_written_and_read_back(played: Played) -> None:
    assert set(KINDS) - set(played.done) == set()
    for name, (kind, bodies) in played.done.items():
        for body in bodies:
            written = msgspec.json.encode(body)
            again = msgspec.json.decode(written, type=kind.body)
            assert msgspec.json.encode(again) == written, name
            assert type(again) is type(body) or isinstance(body, str), name


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_states_the_facts_that_it_says(played: Played, kind: str) -> None:
    """Rules about it are made of these alone: a fact that only some such acts state would be judged where it is not."""
    said = KINDS[kind].states
    for stated in played.stated[kind]:
        assert (said - stated, stated - said) == (frozenset(), frozenset()), "said and not stated, stated and not said"


def test_whatever_changes_an_officer_is_on_the_roll(played: Played) -> None:
    """Else the row is not what the ledger says, and nobody is let in by it: ``members.session.ON_ROLL``."""
    assert played.officers == []


def play(network: Network) -> None:
    """Every kind of act."""
    claire, ruta = network.officer("FR", "claire", "registrar"), network.officer("LT", "ruta", "inspector", "desk")
    put_every_question(network, claire, ruta)
    measure(network, "XX", "message", "review")
    desk = Desk(network, "LT")
    blob = desk.attach(bytes(500))
    name = desk.send("FR", attachments=(blob,))
    network.settle(3)
    b"".join(network.nodes["FR"].messages.read_attachment(Desk(network, "FR").session(), name, blob)[1])
    desk.inbox()
    hold(network)
    change_own(network)
    administer(network)
    state_anew(network)
    audit(network)
    network.stop("FR")
    desk.send("FR")
    network.turn(31 * 86_400)
    network.turn(60)
    network.start("FR")
    network.turn(60)


def hold(network: Network) -> None:
    """A change that takes records out is held, looked at and released; another one runs out of time."""
    node = network.nodes["FR"]
    entered = [hit for number in ("19AC10001", "19AC10002", "19AC10003") for hit in found_after(network, number)]
    claire = network.officer("FR", "claire", "registrar")
    packed = node.consignments.pack(TRAVEL_DOCUMENTS, iter(()))
    name = node.consignments.consign(claire, Change(TRAVEL_DOCUMENTS, packed, tuple(entered), is_lawful=True)).held
    assert name
    henri = network.officer("FR", "henri", "registrar")
    node.held.list(henri, HeldWanted())
    node.held.show(henri, name)
    node.held.refuse(henri, name, "Not so.")
    node.held.release(henri, name, "Seen.")


def change_own(network: Network) -> None:
    """Own records are listed, looked at and changed."""
    own, claire = network.nodes["FR"].own_records, network.officer("FR", "claire", "registrar")
    network.settle(2)
    page = own.list(claire, OwnWanted(register=TRAVEL_DOCUMENTS.name)).given
    record = page.records[0].id
    own.view(claire, record)
    own.amend(claire, AmendForm(records=[record], verb="restrict", audience="all but XX", why="Asked by the court."))
    network.settle(4)
    ended = Ended(RecordId(record), network.now)
    network.nodes["FR"].gate.perform(
        EXPIRE, Own(Actor(MemberCode("FR"), proven=True)), Ending(TRAVEL_DOCUMENTS.name, MemberCode("FR"), (ended,))
    )


def found_after(network: Network, number: str) -> list[RecordId]:
    assert consign(network, number) is not None
    network.settle(4)
    return [RecordId(each) for each in found(network, number)]


def state_anew(network: Network) -> None:
    """The secretariat's node says once more what it reads."""
    told = network.nodes["GS"].directory().find_told(MemberCode("GS"))
    assert told is not None
    network.nodes["GS"].gate.perform(STATE, Peer(MemberCode("GS"), told.frame), told)


def administer(network: Network) -> None:
    node, ada = network.nodes["LT"], network.officer("LT", "ada", "administrator")
    node.officers.create(ada, "jonas", "J. P.", ("desk",))
    node.officers.reset(ada, "jonas")
    node.officers.disable(ada, "jonas")
    node.officers.list(ada)
    node.officers.sign_out(ada)
    duty = network.officer("GS", "olga", "duty")
    network.nodes["GS"].gate.perform(PUBLISH, duty, b"garbage")  # the node verifies before, what is published after


def audit(network: Network) -> None:
    node, auditor = network.nodes["LT"], network.officer("LT", "audra", "auditor")
    page = node.ledger.list(auditor, ListWanted()).given
    row = page.entries[-1]
    node.ledger.show(auditor, row.id)
    node.ledger.trace(auditor, f"{'0' * 64}.0")
    node.ledger.export(auditor, ListWanted(kind="query.ask"))
    node.ledger.prove_growth(auditor, GrowthWanted(row.period, 1))
    node.ledger.verify(auditor)
    node.officers.choose_password(auditor, "correct horse battery staple", "")
