"""The directory's TUF roles: their names, periods and keys, and who has to sign them.

The formats and the checking of signatures are python-tuf's and securesystemslib's (TUF specification 1.0); here stand
only the names and numbers that are this network's.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn, TypeVar, cast

from securesystemslib.signer import (  # type: ignore[attr-defined] # it exports them without saying so
    Key,
    SecretsHandler,
    Signature,
    SSlibKey,
)
from securesystemslib.signer import (  # type: ignore[attr-defined] # it exports them without saying so
    Signer as TufSigner,
)
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (  # type: ignore[attr-defined] # it exports them without saying so
    Metadata,
    Root,
    Snapshot,
    Targets,
    Timestamp,
)
from tuf.api.serialization import DeserializationError

from comity.errors import ComityError, MalformedError, UnknownError, UntrustedError
from comity.ids import MemberCode, parse_member_code
from comity.limits import BUREAU_BYTES, ROOT_BYTES, SNAPSHOT_BYTES, TARGETS_BYTES, TIMESTAMP_BYTES
from comity.parsing import verify_json
from comity.signer import Signer, load_public_key, parse_public_key
from comity.texts import _

ROOT: Final = "root"
TARGETS: Final = "targets"
SNAPSHOT: Final = "snapshot"
TIMESTAMP: Final = "timestamp"
STANDING: Final = "standing"
_MEMBER: Final = "member-"

MEMBERS_PATH: Final = "members.json"
RULEBOOK_PATH: Final = "rulebook.json"
STANDING_PATH: Final = "standing.json"
READS_PATH: Final = "reads.json"
"""Beside ``standing.json`` in the same role, which delegates its own name alone: who reads it asks that role for it."""

PERIODS: Final[Mapping[str, timedelta]] = {
    ROOT: timedelta(days=365),  # holders meet at least at each year's assembly
    TARGETS: timedelta(days=365),
    STANDING: timedelta(days=7),  # online: the secretariat may be down for a long weekend
    SNAPSHOT: timedelta(days=1),
    TIMESTAMP: timedelta(hours=1),  # how long a suspension can be withheld before it shows
}
MEMBER_PERIOD: Final = timedelta(days=365)  # a bureau takes its offline key from the safe once a year
WARNING: Final = timedelta(days=30)  # how long before its end a role that people renew is shown

_FORMS: Final[Mapping[str, type[Any]]] = {ROOT: Root, SNAPSHOT: Snapshot, TIMESTAMP: Timestamp}
_BYTES: Final[Mapping[str, int]] = {ROOT: ROOT_BYTES, SNAPSHOT: SNAPSHOT_BYTES, TIMESTAMP: TIMESTAMP_BYTES}

Delegator = Root | Targets
Signed = TypeVar("Signed", Root, Targets, Snapshot, Timestamp)


def member_role(code: MemberCode) -> str:
    """The role that a member signs with its own delegation key: ``member-LT``."""
    return f"{_MEMBER}{code}"


def bureau_path(code: MemberCode) -> str:
    """Where a member's bureau is described: ``members/LT/bureau.json``."""
    return f"members/{code}/bureau.json"


def succession_path(code: MemberCode) -> str:
    """Where it is shown that a member's former keys are its own: ``members/LT/succession.json``."""
    return f"members/{code}/succession.json"


def member_of_role(role: str) -> MemberCode | None:
    """The member who signs ``role``, or None for the network's own roles; MalformedError for a name that is no role."""
    if role in PERIODS:
        return None
    if not role.startswith(_MEMBER):
        raise MalformedError(
            _("A role is root, targets, snapshot, timestamp, standing or member-<CODE>."), where="role"
        )
    return parse_member_code(role.removeprefix(_MEMBER))


def role_bytes_max(role: str) -> int:
    """How long the signed metadata of ``role`` may be."""
    return BUREAU_BYTES if role.startswith(_MEMBER) else _BYTES.get(role, TARGETS_BYTES)


def expiry(role: str, now: datetime) -> datetime:
    """When metadata of ``role`` that is signed at ``now`` expires."""
    return now.replace(microsecond=0) + PERIODS.get(role, MEMBER_PERIOD)


def tuf_key(public: bytes) -> SSlibKey:
    """A raw Ed25519 public key in TUF's form, with the key id that securesystemslib gives it.

    MalformedError as ``signer.verify_public_key``.
    """
    return SSlibKey.from_crypto(load_public_key(public, "directory"))


def raw_key(key: Key) -> bytes:
    """The raw public key in TUF's form of it; UntrustedError if it is no Ed25519 key that can be relied on."""
    text = key.keyval.get("public", "")
    if (key.keytype, key.scheme) != ("ed25519", "ed25519") or not isinstance(text, str):
        raise UntrustedError(_("The directory's keys are Ed25519 keys."), where="directory")
    try:
        return parse_public_key(text, "directory")
    except MalformedError as error:
        raise UntrustedError(error.message, where="directory", next_step=error.next_step) from error


def parse_role(role: str, data: bytes, form: type[Signed]) -> Metadata[Signed]:
    """Read signed metadata of ``role`` without judging it; MalformedError or TooLargeError if it is none."""
    verify_json(data, where=role, most=role_bytes_max(role))
    try:
        found: Metadata[Any] = Metadata.from_bytes(data)
    except DeserializationError as error:
        raise MalformedError(_("This is not signed metadata of the directory."), where=role) from error
    if not isinstance(found.signed, form):
        raise MalformedError(_("Metadata of kind {kind} was expected.").format(kind=form.__name__.lower()), where=role)
    return cast("Metadata[Signed]", found)


def form_of(role: str) -> type[Any]:
    """python-tuf's class for ``role``."""
    return _FORMS.get(role, Targets)


class _RoleSigner(TufSigner):
    """One of our signers (a key file, later a token) as python-tuf asks for one."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._key = tuf_key(signer.public)

    @property
    def public_key(self) -> Key:
        return self._key

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> NoReturn:
        """Keys are opened from key files only."""
        raise NotImplementedError(priv_key_uri, public_key, secrets_handler)

    def sign(self, payload: bytes) -> Signature:
        return Signature(self._key.keyid, self._signer.sign(payload).hex())


def sign_metadata(metadata: Metadata[Any], signer: Signer) -> bytes:
    """The metadata's bytes with the signature of ``signer`` added; UnavailableError while its key is locked."""
    try:
        metadata.sign(_RoleSigner(signer), append=True)
    except RepositoryError as error:
        if isinstance(error.__context__, ComityError):
            raise error.__context__ from error
        raise
    return metadata.to_bytes()


def count_signatures(delegator: Delegator, role: str, metadata: Metadata[Any]) -> tuple[int, int]:
    """How many of the keys that ``delegator`` names for ``role`` signed, and how many are needed.

    UnknownError if it names no such role. A key counts once, under however many names it is listed.
    """
    try:
        result = delegator.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
    except ValueError as error:
        raise UnknownError(_("The directory has no such role."), where=role) from error
    return len({key.keyval["public"] for key in result.signed.values()}), result.threshold


def verify_signed(delegator: Delegator, role: str, metadata: Metadata[Any]) -> None:
    """Raise UntrustedError unless enough of the keys that ``delegator`` names signed; UnknownError for no such role."""
    have, need = count_signatures(delegator, role, metadata)
    if have >= need:
        return
    if need == 1 and metadata.signatures:
        raise UntrustedError(_("It is signed by somebody else than the key that the directory names."), where=role)
    raise UntrustedError(
        _("It is signed by {have} of {need} needed.").format(have=have, need=need),
        where=role,
        next_step=_("Have another key holder sign it."),
    )
