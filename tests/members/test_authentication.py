from typing import Any

import pytest

from comity.act import Nobody, Own, Peer, Session
from comity.ids import MemberCode, OfficerId
from comity.members.authentication import find_signer
from comity.members.session import NewPassword
from comity.signer import Ed25519Signer, sign_frame
from comity.testing import Network
from tests.peer.frames import signer_of

LT, XX = MemberCode("LT"), MemberCode("XX")


def actor_of(network: Network, by: Session | Peer | Own | Nobody) -> tuple[str, str, bool]:
    node = network.nodes["GS"]
    actor = node._store.read(lambda unit: node.gate._authenticate(by, unit, network.now))
    return actor.member, actor.officer, actor.proven


def test_a_frame_is_its_signers_only_on_the_signers_own_line(network: Network) -> None:
    frame = sign_frame(signer_of(network, "LT"), "query", b"{}")
    assert actor_of(network, Peer(LT, frame)) == ("LT", "", True)
    assert actor_of(network, Peer(XX, frame)) == ("LT", "", False)


def test_a_strangers_frame_is_nobodys_proof(network: Network) -> None:
    frame = sign_frame(Ed25519Signer(b"\x09" * 32), "query", b"{}")
    assert actor_of(network, Peer(LT, frame)) == ("LT", "", False)


def test_a_frame_under_anothers_key_id_is_nobodys(network: Network) -> None:
    frame = sign_frame(signer_of(network, "XX"), "query", b"{}")
    theirs = sign_frame(signer_of(network, "LT"), "query", b"{}")
    forged = type(frame)(frame.context, theirs.key_id, frame.signature, frame.body)
    assert actor_of(network, Peer(LT, forged)) == ("LT", "", False)
    assert find_signer(forged, network.nodes["GS"].directory(), network.now) is None


def test_a_ledger_key_signs_no_requests(network: Network) -> None:
    frame = sign_frame(network.nodes["LT"].keyring.signer("ledger"), "query", b"{}")
    assert actor_of(network, Peer(LT, frame)) == ("LT", "", False)


def test_whoever_signs_in_has_proven_nothing_yet(network: Network) -> None:
    assert actor_of(network, Nobody(OfficerId("ruta"))) == ("GS", "ruta", False)


EMPTY: dict[str, Any] = {
    "ledger.verify": None, "officer.list": None, "session.close": "", "password.set": NewPassword(OfficerId("ada"), ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", EMPTY)
def test_whoever_is_signing_in_can_do_nothing_else(network: Network, kind: str) -> None:
    """Not even by the name of an administrator."""
    network.officer("GS", "ada", "administrator", "auditor")
    gate = network.nodes["GS"].gate
    outcome = gate.perform(gate.kinds[kind], Nobody(OfficerId("ada")), EMPTY[kind])
    assert (outcome.verdict.outcome, outcome.release) == ("refused", None)
