"""How a signing key is followed by the next: the former one signs its successor, so that both are one member's."""

import re
from typing import Annotated, Final, Literal

import msgspec

from comity.bounded import Line, Note
from comity.errors import MalformedError, TooLargeError
from comity.formats import Format
from comity.ids import MemberCode, parse_member_code
from comity.limits import BUREAU_BYTES, FORMER_KEYS_MAX
from comity.plug import RoomPart
from comity.signer import Signer, is_signature, parse_public_key
from comity.texts import _

_WHERE: Final = "succession.json"
_SIGNATURE: Final = re.compile(r"[0-9a-f]{128}")


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``key`` (64 hexadecimal digits) says by its ``signature`` that ``successor`` follows it."""

    key: Line
    successor: Line
    signature: Line


class Succession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``members/<CODE>/succession.json``, beside ``bureau.json``: what shows that a member's former keys are its own.

    Each link is signed by the key that was followed, over ``comity/succession/v1``, a newline and the JSON of network,
    code, key and successor. A member that never replaced its signing key publishes none.

    Evolution: as for ``MemberList``. Readers from before this file count former keys without it.
    """

    v: Literal[1]
    network: Note
    code: MemberCode
    links: Annotated[tuple[Link, ...], msgspec.Meta(max_length=FORMER_KEYS_MAX)] = ()

    def encode(self) -> bytes:
        """The target's bytes: JSON."""
        return msgspec.json.encode(self)

    def shown(self, signing: str) -> frozenset[str]:
        """The keys from which links lead to ``signing``, in hexadecimal."""
        found, fresh = {signing}, {signing}
        while fresh:
            fresh = {link.key for link in self.links if link.successor in fresh} - found
            found |= fresh
        return frozenset(found - {signing})

    def followed_by(self, former: Signer, successor: bytes) -> "Succession":
        """The succession with ``former``'s word for ``successor``; the links from the longest ago give way."""
        key, following = former.public.hex(), successor.hex()
        signature = former.sign(_signed(self.network, self.code, key, following)).hex()
        links = (*self.links, Link(key, following, signature))[-FORMER_KEYS_MAX:]
        return msgspec.structs.replace(self, links=links)


SUCCESSION: Final = Format[Succession]("succession", {1: Succession})


def no_succession(network: str, code: MemberCode) -> Succession:
    """That of a member that never replaced its signing key."""
    return Succession(1, network, code)


def parse_succession(data: bytes) -> Succession:
    """Read ``succession.json`` and check each link's signature; MalformedError or TooLargeError otherwise."""
    found = SUCCESSION.read(data, where=_WHERE, most=BUREAU_BYTES)
    parse_member_code(found.code)
    if len(found.links) > FORMER_KEYS_MAX:
        raise TooLargeError(_("A member shows at most {most} former keys.").format(most=FORMER_KEYS_MAX), where=_WHERE)
    for link in found.links:
        _verify_link(found, link)
    return found


def _verify_link(found: Succession, link: Link) -> None:
    key = parse_public_key(link.key, _WHERE)
    parse_public_key(link.successor, _WHERE)
    text = _signed(found.network, found.code, link.key, link.successor)
    if not _SIGNATURE.fullmatch(link.signature) or not is_signature(key, bytes.fromhex(link.signature), text):
        raise MalformedError(
            _("The former key {key} has not signed its successor.").format(key=link.key[:16]), where=_WHERE
        )


def _signed(network: str, code: MemberCode, key: str, successor: str) -> bytes:
    said = {"network": network, "code": code, "key": key, "successor": successor}
    return b"comity/succession/v1\n" + msgspec.json.encode(said)


PART: Final = RoomPart(travelling=(SUCCESSION,))
