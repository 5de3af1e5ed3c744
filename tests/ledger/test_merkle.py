"""Roots and proofs of RFC 6962, made here and checked, and checked as others made them."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import UntrustedError
from comity.ledger.merkle import (
    EMPTY_ROOT,
    compute_root,
    hash_children,
    hash_leaf,
    hash_row,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "ledger"
LEAVES = [hash_leaf(bytes((i,))) for i in range(80)]


def node(height: int, index: int) -> bytes:
    row = LEAVES[index << height : (index + 1) << height]
    assert len(row) == 1 << height
    return hash_row(row)


def rows(name: str) -> list[dict[str, object]]:
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    return [json.loads(line) for line in path.read_text().splitlines()]


def unpack(value: object) -> bytes:
    return base64.b64decode(str(value))


def unpack_all(value: object) -> list[bytes]:
    return [unpack(one) for one in value] if isinstance(value, list) else []


def test_inclusion_proofs_made_elsewhere_verify_and_no_other_leaf_does() -> None:
    for row in rows("inclusion_proofs.jsonl"):
        index, size = int(str(row["leafIdx"])), int(str(row["treeSize"]))
        proof, root, leaf = unpack_all(row["proof"]), unpack(row["root"]), unpack(row["leafHash"])
        verify_inclusion(leaf, index, size, proof, root)
        with pytest.raises(UntrustedError):
            verify_inclusion(hash_leaf(b"another"), index, size, proof, root)


def test_consistency_proofs_made_elsewhere_verify_and_no_other_root_does() -> None:
    for row in rows("consistency_proofs.jsonl"):
        old, new = int(str(row["size1"])), int(str(row["size2"]))
        proof, old_root, new_root = unpack_all(row["proof"]), unpack(row["root1"]), unpack(row["root2"])
        verify_consistency(old, new, old_root, new_root, proof)
        with pytest.raises(UntrustedError):
            verify_consistency(old, new, hash_leaf(b"another"), new_root, proof)
        with pytest.raises(UntrustedError):
            verify_consistency(old, new, old_root, hash_leaf(b"another"), proof)


def test_roots_are_those_of_the_rfc() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert hash_leaf(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    a, b, c = LEAVES[:3]
    assert hash_row([a, b, c]) == hash_children(hash_children(a, b), c)
    assert all(compute_root(size, node) == hash_row(LEAVES[:size]) for size in range(len(LEAVES) + 1))


@given(st.data())
def test_every_leaf_of_every_tree_is_proved_at_its_place_only(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 80))
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(-1, size))
    proof, root = prove_inclusion(index, size, node), hash_row(LEAVES[:size])
    verify_inclusion(LEAVES[index], index, size, proof, root)
    for wrong in (proof[:-1], (*proof, root), (*proof[:-1], root)):
        if wrong != proof and not (size == 1 and not wrong):
            with pytest.raises(UntrustedError):
                verify_inclusion(LEAVES[index], index, size, wrong, root)
    if other != index:
        with pytest.raises(UntrustedError):
            verify_inclusion(LEAVES[index], other, size, proof, root)


@given(st.data())
def test_a_tree_that_dropped_or_changed_a_leaf_does_not_follow(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 80))
    old = data.draw(st.integers(1, new - 1))
    changed = data.draw(st.integers(0, old - 1))
    proof = prove_consistency(old, new, node)
    old_root, new_root = hash_row(LEAVES[:old]), hash_row(LEAVES[:new])
    verify_consistency(old, new, old_root, new_root, proof)
    forged = hash_row([*LEAVES[:changed], hash_leaf(b"forged"), *LEAVES[changed + 1 : old]])
    with pytest.raises(UntrustedError):
        verify_consistency(old, new, forged, new_root, proof)
    for wrong in (proof[:-1], (*proof, new_root)):
        with pytest.raises(UntrustedError):
            verify_consistency(old, new, old_root, new_root, wrong)


def test_trees_of_no_and_of_equal_size_need_no_proof_and_take_none() -> None:
    root = hash_row(LEAVES[:5])
    verify_consistency(0, 5, EMPTY_ROOT, root, [])
    verify_consistency(5, 5, root, root, [])
    for old, new, old_root, new_root, proof in (
        (0, 5, root, root, []),
        (5, 5, root, EMPTY_ROOT, []),
        (5, 5, root, root, [root]),
        (0, 0, EMPTY_ROOT, root, []),
        (6, 5, root, root, []),
        (3, 5, root, root, []),
    ):
        with pytest.raises(UntrustedError):
            verify_consistency(old, new, old_root, new_root, list(proof))


def test_no_proof_is_made_of_what_a_tree_does_not_have() -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        prove_inclusion(5, 5, node)
    with pytest.raises(ValueError, match="larger"):
        prove_consistency(6, 5, node)
