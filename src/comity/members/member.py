"""Members and their bureaus, as the directory states them, and the request by which a bureau asks to be admitted."""

import base64
import hashlib
import re
from typing import Annotated, Final, Literal

import msgspec

from comity.bounded import Line, Name, Note
from comity.characters import is_one_line
from comity.errors import MalformedError, TooLargeError
from comity.formats import Format
from comity.ids import CountryCode, MemberCode, parse_country_code, parse_member_code
from comity.ledger.checkpoint import VerifierKey, key_name_of
from comity.limits import (
    BUREAU_BYTES,
    FIELD_CHARS,
    FORMER_KEYS_MAX,
    MEMBER_COUNTRIES_MAX,
    MEMBERS_MAX,
    POSTS_MAX,
    TARGET_BYTES,
)
from comity.members.keys import fingerprint
from comity.members.nkey import user_key
from comity.plug import RoomPart
from comity.sealing import split_sealing_key, verify_sealing_key
from comity.signer import Signer, is_signature, parse_public_key
from comity.texts import _

_NETWORK = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_FINGERPRINT = re.compile(r"[0-9a-f]{4}( [0-9a-f]{4}){9}")
_POST = re.compile(r"[a-z][a-z0-9-]{0,39}")


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A country or organisation in the network: its code, its title, the issuing states (ICAO 9303-3) that it answers
    for, and the fingerprint of the delegation key by which its bureau speaks for itself.
    """  # noqa: D205 - one sentence

    code: MemberCode
    title: Line
    countries: Annotated[tuple[CountryCode, ...], msgspec.Meta(max_length=MEMBER_COUNTRIES_MAX)]
    delegation: Line


class MemberList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``members.json``: who is in the network; a target of the threshold-signed role. Who is not listed is removed.

    Evolution: ``v`` changes when the meaning of a field does; readers refuse versions and fields that they do not know,
    so an addition is a target of its own beside this one until every node reads it.
    """

    v: Literal[1]
    network: Name
    members: Annotated[tuple[Member, ...], msgspec.Meta(max_length=MEMBERS_MAX)]

    def find(self, code: MemberCode) -> Member | None:
        """The member called ``code``, or None."""
        return next((member for member in self.members if member.code == code), None)

    def encode(self) -> bytes:
        """The target's bytes: JSON, members in the order of their codes."""
        return msgspec.json.encode(
            msgspec.structs.replace(self, members=tuple(sorted(self.members, key=lambda each: each.code)))
        )


MEMBERS: Final = Format[MemberList]("members", {1: MemberList})


class Post(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A remote place under a bureau."""

    name: Name
    title: Line


class Bureau(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``members/<CODE>/bureau.json``: what a member's bureau says about itself, signed by its own delegation key.

    ``signing`` is a raw Ed25519 public key (64 hexadecimal digits), ``former`` those it used before, for what they
    signed: they count where ``succession.json`` shows them, or a node held them as this member's ``signing``;
    ``sealing`` the public key (ML-KEM-768 and X25519, base64) that messages to it are sealed to, empty where
    nothing is addressed to it: the secretariat's node, whose duty desk is a bureau of its own; ``ledger`` a C2SP
    verifier key; ``broker`` a NATS user key; ``desk`` where people reach the duty officer. ``possession`` is a
    signature by ``signing`` over all the rest, so that no member presents another's key as its own.

    Evolution: as for ``MemberList``.
    """

    v: Literal[1]
    network: Name
    code: MemberCode
    signing: Line
    sealing: Note
    ledger: Note
    broker: Line
    desk: Line
    posts: Annotated[tuple[Post, ...], msgspec.Meta(max_length=POSTS_MAX)]
    former: Annotated[tuple[Line, ...], msgspec.Meta(max_length=FORMER_KEYS_MAX)]
    possession: Line

    @property
    def signing_key(self) -> bytes:
        """The raw Ed25519 public key, 32 bytes."""
        return bytes.fromhex(self.signing)

    @property
    def sealing_key(self) -> bytes | None:
        """The raw sealing key, 1216 bytes; None where nothing is addressed to this bureau."""
        return base64.b64decode(self.sealing) if self.sealing else None

    def encode(self) -> bytes:
        """The target's bytes: JSON."""
        return msgspec.json.encode(self)


BUREAU: Final = Format[Bureau]("bureau", {1: Bureau})


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bureau sends to be admitted: ``delegation`` is the raw public half of its offline key, in hexadecimal.

    It carries no signature: the key holders compare ``words`` with the bureau by another way before they sign.

    Evolution: as for ``MemberList``.
    """

    v: Literal[1]
    network: Name
    code: MemberCode
    title: Line
    countries: Annotated[tuple[CountryCode, ...], msgspec.Meta(max_length=MEMBER_COUNTRIES_MAX)]
    delegation: Line

    @property
    def delegation_key(self) -> bytes:
        """The raw Ed25519 public key, 32 bytes."""
        return bytes.fromhex(self.delegation)

    @property
    def words(self) -> str:
        """The key's fingerprint and, after a dash, that of the whole request: to be compared out of band."""
        whole = hashlib.sha256(self.encode()).hexdigest()[:8]
        return f"{fingerprint(self.delegation_key)} - {whole[:4]} {whole[4:]}"

    def encode(self) -> bytes:
        """The request's bytes: JSON, one line."""
        return msgspec.json.encode(self) + b"\n"


REQUEST: Final = Format[Request]("request", {1: Request})


def request(*, network: str, code: str, title: str, countries: tuple[str, ...], delegation: bytes) -> Request:
    """A bureau's request to be admitted; MalformedError or TooLargeError for what it may not say."""
    made = Request(
        1, network, parse_member_code(code), title.strip(), tuple(map(parse_country_code, countries)),
        delegation.hex(),
    )  # fmt: skip
    return parse_request(made.encode())


def describe_bureau(
    *,
    network: str,
    code: MemberCode,
    signer: Signer,
    sealing: bytes | None,
    ledger: str,
    broker: str,
    desk: str,
    posts: tuple[Post, ...] = (),
    former: tuple[bytes, ...] = (),
) -> Bureau:
    """What a bureau says about itself, with ``signer`` (its signing key) to show that the key is its own."""
    bare = Bureau(
        1, network, code, signer.public.hex(), base64.b64encode(sealing or b"").decode(), ledger, broker, desk, posts,
        tuple(key.hex() for key in former), "",
    )  # fmt: skip
    made = msgspec.structs.replace(bare, possession=signer.sign(_possession(bare)).hex())
    return parse_bureau(made.encode())


def parse_members(data: bytes) -> MemberList:
    """Read ``members.json``; MalformedError or TooLargeError if it is none."""
    found = MEMBERS.read(data, where="members.json", most=TARGET_BYTES)
    if len(found.members) > MEMBERS_MAX:
        raise TooLargeError(_("A network has at most {most} members.").format(most=MEMBERS_MAX), where="members.json")
    codes = [member.code for member in found.members]
    if codes != sorted(set(codes)):
        raise MalformedError(_("Members are listed once each, in the order of their codes."), where="members.json")
    if len({member.delegation for member in found.members}) != len(codes):
        raise MalformedError(_("Two members have the same delegation key."), where="members.json")
    _check(_NETWORK, found.network, "members.json: network")
    for member in found.members:
        _check_member(member.code, member.title, member.countries, "members.json")
        _check(_FINGERPRINT, member.delegation, "members.json: delegation")
    return found


def parse_request(data: bytes) -> Request:
    """Read a request for admission; MalformedError or TooLargeError if it is none."""
    found = REQUEST.read(data, where="request", most=BUREAU_BYTES)
    _check(_NETWORK, found.network, "request: network")
    parse_public_key(found.delegation, "request: delegation")
    _check_member(found.code, found.title, found.countries, "request")
    return found


def parse_bureau(data: bytes) -> Bureau:
    """Read ``bureau.json`` and check that its signing key is its own; MalformedError or TooLargeError otherwise."""
    found = BUREAU.read(data, where="bureau.json", most=BUREAU_BYTES)
    parse_member_code(found.code)
    _check(_NETWORK, found.network, "bureau.json: network")
    _check(_SIGNATURE, found.possession, "bureau.json: possession")
    _check_text(found.desk, "bureau.json: desk")
    if len(found.posts) > POSTS_MAX or len(found.former) > FORMER_KEYS_MAX:
        raise TooLargeError(_("A bureau names fewer posts and former keys."), where="bureau.json")
    _check_keys(found)
    for post in found.posts:
        _check(_POST, post.name, "bureau.json: post")
        _check_text(post.title, "bureau.json: post")
    if len({post.name for post in found.posts}) != len(found.posts):
        raise MalformedError(_("A bureau names each post once."), where="bureau.json: post")
    if not is_signature(found.signing_key, bytes.fromhex(found.possession), _possession(found)):
        raise MalformedError(_("The bureau does not show that its signing key is its own."), where="bureau.json")
    _check_ledger_name(found)
    return found


def _check_keys(bureau: Bureau) -> None:
    _check_sealing(bureau.sealing)
    keys = [parse_public_key(key, "bureau.json: signing") for key in (bureau.signing, *bureau.former)]
    keys += [VerifierKey.parse(bureau.ledger).public, user_key(bureau.broker)]
    keys += split_sealing_key(bureau.sealing_key) if bureau.sealing_key is not None else ()
    if len(set(keys)) != len(keys):
        raise MalformedError(
            _("A bureau uses each of its keys for one thing."), where="bureau.json", next_step=_("Make another key.")
        )


def _check_ledger_name(bureau: Bureau) -> None:
    name = key_name_of(bureau.network, bureau.code)
    if VerifierKey.parse(bureau.ledger).name != name:
        raise MalformedError(
            _("The ledger's key bears another name than the bureau."), where="bureau.json: ledger",
            next_step=_("Name it {name}.").format(name=name),
        )  # fmt: skip


def _check_sealing(text: str) -> None:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise MalformedError(_("A sealing key is base64."), where="bureau.json: sealing") from error
    if base64.b64encode(key).decode() != text:
        raise MalformedError(_("A sealing key is written in one way."), where="bureau.json: sealing")
    if text:
        verify_sealing_key(key)


def _possession(bureau: Bureau) -> bytes:
    return b"comity/bureau/v1\n" + msgspec.structs.replace(bureau, possession="").encode()


def _check_member(code: str, title: str, countries: tuple[CountryCode, ...], where: str) -> None:
    parse_member_code(code)
    _check_text(title, f"{where}: title")
    if len(countries) > MEMBER_COUNTRIES_MAX or len(set(countries)) != len(countries):
        raise TooLargeError(
            _("A member answers for at most {most} issuing states, each named once.").format(most=MEMBER_COUNTRIES_MAX),
            where=where,
        )
    if any(parse_country_code(country) != country for country in countries):
        raise MalformedError(_("An issuing country is one to three capital letters."), where=where)


def _check(pattern: re.Pattern[str], text: str, where: str) -> None:
    if not pattern.fullmatch(text):
        raise MalformedError(_("A field does not have the form that it should have."), where=where)


def _check_text(text: str, where: str) -> None:
    if not text or text != text.strip() or not is_one_line(text):
        raise MalformedError(_("A text of printable characters is needed."), where=where)
    if len(text) > FIELD_CHARS:
        raise TooLargeError(_("A text has at most {most} characters.").format(most=FIELD_CHARS), where=where)


PART: Final = RoomPart(travelling=(MEMBERS, BUREAU, REQUEST))
