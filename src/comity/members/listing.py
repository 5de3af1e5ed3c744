"""Members as the directory lists them, and which of their bureaus' statements a node takes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from comity.errors import InputError, MalformedError
from comity.ids import MemberCode
from comity.limits import KNOWN_KEYS_MAX
from comity.members.key_use import Clash, KeyUse, find_clashes, uses_known, uses_of_bureau
from comity.members.member import Bureau, Member, parse_bureau
from comity.members.roles import bureau_path, succession_path
from comity.members.succession import Succession, parse_succession
from comity.texts import _

Known = Mapping[MemberCode, tuple[str, ...]]
"""The signing keys by which a node knows each member, in hexadecimal, the newest last; of those too that have left."""

NOTHING_KNOWN: Final[Known] = MappingProxyType({})


def join_known(*each: Known) -> Known:
    """All that several memories know, what the last one has as the newest."""
    found: dict[MemberCode, dict[str, None]] = {}
    for known in each:
        for code, keys in known.items():
            later = dict.fromkeys(keys)
            found[code] = {key: None for key in found.get(code, ()) if key not in later} | later
    return {code: tuple(keys)[-KNOWN_KEYS_MAX:] for code, keys in found.items()}


def uses_of_others(known: Known, members: Iterable[MemberCode], uses: Iterable[KeyUse]) -> Iterator[KeyUse]:
    """The signing keys of those that a node has known and that are not among the ``members``: they left.

    Their keys stay theirs: what they signed is kept under their name, and they may come back. Only a key that is named
    by ``uses``, which stood before anybody looked at who left, is not theirs alone any more: what stood stays.
    """
    named, present = {each.key for each in uses}, frozenset(members)
    for code in known.keys() - present:
        yield from (each for each in uses_known(code, known[code]) if each.key not in named)


@dataclass(frozen=True)
class Listing:
    """A member as listed, with its bureau; without one, ``absent`` says why, and it can neither ask nor answer.

    ``fault`` says why its newest statement was not taken: then ``bureau`` is of the last good one, if there was one.
    """

    member: Member
    bureau: Bureau | None
    absent: str
    expires_at: datetime | None
    succession: Succession | None = None
    fault: str = ""

    @property
    def shown(self) -> frozenset[str]:
        """The former keys that its succession shows, in hexadecimal."""
        return self.succession.shown(self.bureau.signing) if self.bureau and self.succession else frozenset()


def read_listing(
    network: str, member: Member, files: Mapping[str, bytes], expires_at: datetime | None, absent: str
) -> Listing:
    """A member as its files say; ``expires_at`` is when its role ends, None where there is none."""
    data = files.get(bureau_path(member.code))
    if expires_at is None or data is None:
        return Listing(member, None, absent or "Its bureau has not published its keys.", expires_at)
    try:
        bureau, succession = _statement(network, member.code, data, files.get(succession_path(member.code)))
    except InputError as error:
        fault = _("What its bureau published cannot be used: {message}").format(message=error.message)
        return Listing(member, None, fault, expires_at, fault=fault)
    return Listing(member, bureau, "", expires_at, succession)


def _statement(network: str, code: MemberCode, data: bytes, beside: bytes | None) -> tuple[Bureau, Succession | None]:
    bureau, succession = parse_bureau(data), parse_succession(beside) if beside else None
    for each in (bureau, *([succession] if succession is not None else ())):
        if (each.code, each.network) != (code, network):
            raise MalformedError(_("The bureau describes itself as another's."), where="bureau.json")
    return bureau, succession


def judge_listings(
    said: Mapping[MemberCode, Listing],
    before: Mapping[MemberCode, Listing],
    known: Known,
    others: Iterable[KeyUse],
) -> dict[MemberCode, Listing]:
    """What is taken of what the bureaus say now, beside ``others``: the keys of the network and its delegations.

    ``before`` is what this node held, ``known`` the signing keys by which it knows each member.

    1. A statement with a key that stands for something else, or is another's, gives way to the better claim. A key of a
       member that has left is that member's still.
    2. Whose statement gives way, or cannot be used, goes on with the last good one that this node held, unless that
       gives way too. A member whose delegation key was replaced has none.
    """
    good = {code: each for code in said if (each := _last_good(said[code], before)) is not None}
    held = [use for code in said for use in uses_known(code, known.get(code, ()))]
    held += [use for listing in good.values() for use in _uses(listing, known, is_held=True)]
    uses = [*others, *held, *uses_of_others(known, said, held)]
    uses += [use for listing in said.values() for use in _uses(listing, known)]
    clashes = [each for each in find_clashes(uses) if each.is_decided]
    listings = {}
    for code, each in said.items():
        fault = each.fault or _find_fault(each, clashes)
        if not fault:
            listings[code] = each
        elif code in good and not _find_fault(good[code], clashes):
            listings[code] = replace(good[code], fault=fault)
        else:
            listings[code] = Listing(each.member, None, fault, each.expires_at, fault=fault)
    return listings


def _uses(listing: Listing, known: Known, *, is_held: bool = False) -> tuple[KeyUse, ...]:
    if listing.bureau is None:
        return ()
    code = listing.member.code
    return tuple(uses_of_bureau(listing.bureau, shown=listing.shown, known=known.get(code, ()), is_held=is_held))


def _find_fault(listing: Listing, clashes: Iterable[Clash]) -> str:
    own = {use[:3] for use in _uses(listing, {})}
    return next((clash.text for clash in clashes if clash.yields[:3] in own), "")


def _last_good(said: Listing, before: Mapping[MemberCode, Listing]) -> Listing | None:
    """What this node held of a member, as long as the same delegation key speaks for it."""
    listing = before.get(said.member.code)
    if listing is None or listing.bureau is None or listing.member.delegation != said.member.delegation:
        return None
    return replace(listing, member=said.member, fault="")
