"""Proofs as they travel."""

import msgspec
import pytest

from comity.errors import MalformedError, TooLargeError, UntrustedError
from comity.ledger.checkpoint import Checkpoint
from comity.ledger.merkle import hash_leaf, hash_row, prove_consistency, prove_inclusion
from comity.ledger.proof import ConsistencyProof, InclusionProof
from comity.limits import PROOF_HASHES_MAX
from comity.parsing import decode

MOST = 8_000
LEAVES = [bytes((i,)) for i in range(9)]
HASHES = [hash_leaf(leaf) for leaf in LEAVES]


def node(height: int, index: int) -> bytes:
    return hash_row(HASHES[index << height : (index + 1) << height])


def head(size: int) -> Checkpoint:
    return Checkpoint("model.example/LT/2026-11", size, hash_row(HASHES[:size]))


def test_an_inclusion_proof_holds_for_its_leaf_and_checkpoint_only() -> None:
    proof = InclusionProof(4, 9, prove_inclusion(4, 9, node))
    proof.verify(LEAVES[4], head(9))
    with pytest.raises(UntrustedError):
        proof.verify(LEAVES[5], head(9))
    with pytest.raises(UntrustedError):
        proof.verify(LEAVES[4], head(8))


def test_a_consistency_proof_holds_for_its_checkpoints_only() -> None:
    proof = ConsistencyProof(3, 9, prove_consistency(3, 9, node))
    proof.verify(head(3), head(9))
    with pytest.raises(UntrustedError):
        proof.verify(head(4), head(9))


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b'{"index":-1,"size":1,"hashes":[]}', b'{"index":0,"size":1,"hashes":["AAAA"]}', b"\xff"],
)
def test_what_is_no_proof_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        decode(data, InclusionProof, where="proof", most=MOST)


def test_a_proof_is_bounded() -> None:
    long = msgspec.json.encode(InclusionProof(0, 1, (bytes(32),) * (PROOF_HASHES_MAX + 1)))
    with pytest.raises(TooLargeError):
        decode(long, InclusionProof, where="proof", most=MOST)
