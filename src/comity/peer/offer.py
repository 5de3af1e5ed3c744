"""The offer: what is being acquired of the directory, and whether bytes can be what was asked for."""

import hashlib

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata
from tuf.api.serialization import DeserializationError
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet

from comity.members.roles import ROOT, SNAPSHOT, TIMESTAMP


class Offer:
    """Lets a line go on waiting where something else than what was asked for came first.

    ``trusted`` is python-tuf's set of what is verified so far, while something is acquired. Whatever fits is verified
    once more, in full, by its updater.
    """

    def __init__(self) -> None:
        self.trusted: TrustedMetadataSet | None = None

    def fits(self, name: str, data: bytes) -> bool:
        """Whether ``data`` can be the file ``name``, by what is trusted so far; "no such file" always can."""
        if not data or self.trusted is None:
            return True
        try:
            _verify(self.trusted, name, data)
        except (RepositoryError, DeserializationError, ValueError, KeyError):
            return False
        return True


def _verify(trusted: TrustedMetadataSet, name: str, data: bytes) -> None:
    """Raise unless it has the announced hash; for root and timestamp, unless the keys signed it and it is not old."""
    folder, _, last = name.partition("/")
    version, _, role = last.removesuffix(".json").rpartition(".")
    if folder == "targets":
        digest = last.rpartition("/")[2].partition(".")[0]
        if hashlib.sha256(data).hexdigest() != digest:
            raise ValueError(name)
    elif role in (ROOT, TIMESTAMP):
        metadata = Metadata.from_bytes(data)
        trusted.root.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
        least = int(version) if role == ROOT else trusted.timestamp.version if TIMESTAMP in trusted else 1
        if metadata.signed.version < least:
            raise ValueError(name)
    elif role == SNAPSHOT:
        trusted.timestamp.snapshot_meta.verify_length_and_hashes(data)
    else:
        trusted.snapshot.meta[f"{role}.json"].verify_length_and_hashes(data)
