"""The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1): hashes, roots, proofs.

Proofs are made from a ``Node`` callback that gives the hash of complete subtrees, so that it does not matter where
hashes are kept; they are checked from bytes alone.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from comity.errors import UntrustedError
from comity.texts import _

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

Node = Callable[[int, int], bytes]
"""``node(height, index)`` is the hash over leaves ``index * 2**height`` up to ``(index + 1) * 2**height``."""


def hash_leaf(data: bytes) -> bytes:
    """The hash of a leaf's bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def hash_row(hashes: Sequence[bytes]) -> bytes:
    """The root over a row of neighbouring nodes of one height, of which there may be any number."""
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        above = [hash_children(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        if len(row) % 2:
            above.append(row[-1])
        row = above
    return row[0]


def _split(count: int) -> int:
    """The largest power of two below ``count``, which is at least 2."""
    return 1 << (count - 1).bit_length() - 1


def _hash_range(start: int, stop: int, node: Node) -> bytes:
    count = stop - start
    if count & (count - 1) == 0:
        height = count.bit_length() - 1
        return node(height, start >> height)
    middle = start + _split(count)
    return hash_children(_hash_range(start, middle, node), _hash_range(middle, stop, node))


def compute_root(size: int, node: Node) -> bytes:
    """The root of the tree of the first ``size`` leaves."""
    return _hash_range(0, size, node) if size else EMPTY_ROOT


def prove_inclusion(index: int, size: int, node: Node) -> tuple[bytes, ...]:
    """The hashes that lead from leaf ``index`` to the root at ``size``; ValueError unless ``index < size``."""
    if not 0 <= index < size:
        raise ValueError("no such leaf in a tree of this size")
    start, stop, path = 0, size, []
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(_hash_range(middle, stop, node))
            stop = middle
        else:
            path.append(_hash_range(start, middle, node))
            start = middle
    return tuple(reversed(path))


def prove_consistency(old_size: int, new_size: int, node: Node) -> tuple[bytes, ...]:
    """The hashes that show the tree at ``old_size`` in the one at ``new_size``; ValueError if it is larger."""
    if not 0 <= old_size <= new_size:
        raise ValueError("the older tree is larger than the newer one")
    if old_size in (0, new_size):
        return ()
    start, stop, path = 0, new_size, []
    while stop != old_size:
        middle = start + _split(stop - start)
        if old_size <= middle:
            path.append(_hash_range(middle, stop, node))
            stop = middle
        else:
            path.append(_hash_range(start, middle, node))
            start = middle
    if start:  # otherwise the old root itself is that hash, and the reader has it
        path.append(_hash_range(start, stop, node))
    return tuple(reversed(path))


def _climb(position: int, last: int, proof: Sequence[bytes], where: str) -> Iterator[tuple[bytes, bool]]:
    """Each sibling on the way from a node to the root, and whether it stands on the left."""
    for sibling in proof:
        if last == 0:
            raise UntrustedError(_("The proof is too long."), where=where)
        on_left = bool(position & 1) or position == last
        yield sibling, on_left
        if on_left:
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        position, last = position >> 1, last >> 1
    if last:
        raise UntrustedError(_("The proof is too short."), where=where)


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise UntrustedError unless ``proof`` leads from the leaf to ``root`` (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        raise UntrustedError(_("The proof is for a leaf that the tree does not have."), where="inclusion")
    computed = leaf_hash
    for sibling, on_left in _climb(index, size - 1, proof, "inclusion"):
        computed = hash_children(sibling, computed) if on_left else hash_children(computed, sibling)
    if computed != root:
        raise UntrustedError(_("The proof does not lead to the root."), where="inclusion")


def verify_consistency(old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raise UntrustedError unless the newer tree begins with the older one (RFC 9162 section 2.1.4.2)."""
    if not 0 <= old_size <= new_size:
        raise UntrustedError(_("The newer tree is smaller than the older one."), where="consistency")
    if old_size in (0, new_size):
        expected = new_root if old_size == new_size else EMPTY_ROOT
        if proof or old_root != expected or (not new_size and new_root != EMPTY_ROOT):
            raise UntrustedError(_("The newer tree does not begin with the older one."), where="consistency")
        return
    is_subtree = old_size & (old_size - 1) == 0  # then the old root itself is where the climb begins
    path = [old_root, *proof] if is_subtree else list(proof)
    if not path:
        raise UntrustedError(_("The proof is too short."), where="consistency")
    height = (old_size & -old_size).bit_length() - 1  # where old and new part
    old = new = path[0]
    for sibling, on_left in _climb((old_size - 1) >> height, (new_size - 1) >> height, path[1:], "consistency"):
        if on_left:
            old = hash_children(sibling, old)
        new = hash_children(sibling, new) if on_left else hash_children(new, sibling)
    if old != old_root or new != new_root:
        raise UntrustedError(_("The newer tree does not begin with the older one."), where="consistency")
