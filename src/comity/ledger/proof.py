"""Proofs as values that travel: that an entry is in a tree, and that one tree begins with another."""

from typing import Annotated

import msgspec

from comity.errors import UntrustedError
from comity.ledger.checkpoint import Checkpoint
from comity.ledger.merkle import HASH_BYTES, hash_leaf, verify_consistency, verify_inclusion
from comity.limits import PROOF_HASHES_MAX
from comity.texts import _

_Size = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Hash = Annotated[bytes, msgspec.Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]
_Hashes = Annotated[tuple[_Hash, ...], msgspec.Meta(max_length=PROOF_HASHES_MAX)]


class InclusionProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That leaf ``index`` is in the tree of ``size`` leaves; hashes from the leaf upwards. JSON, hashes in base64.

    Evolution: not signed, so fields may be added with a default; readers of version N-1 then ask for the older form.
    """

    index: _Size
    size: _Size
    hashes: _Hashes

    def verify(self, leaf: bytes, checkpoint: Checkpoint) -> None:
        """Raise UntrustedError unless ``leaf`` stands at ``index`` of the tree that ``checkpoint`` names."""
        if self.size != checkpoint.size:
            raise UntrustedError(_("The proof is for another tree."), where="inclusion")
        verify_inclusion(hash_leaf(leaf), self.index, checkpoint.size, self.hashes, checkpoint.root)


class ConsistencyProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That the tree of ``new_size`` leaves begins with that of ``old_size``. JSON, hashes in base64.

    Evolution: as for ``InclusionProof``.
    """

    old_size: _Size
    new_size: _Size
    hashes: _Hashes

    def verify(self, old: Checkpoint, new: Checkpoint) -> None:
        """Raise UntrustedError unless ``new`` only adds to ``old``."""
        if (self.old_size, self.new_size) != (old.size, new.size):
            raise UntrustedError(_("The proof is for other trees."), where="consistency")
        verify_consistency(old.size, new.size, old.root, new.root, self.hashes)
