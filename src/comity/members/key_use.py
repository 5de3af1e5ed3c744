"""Which key is whose, and for what: none stands in two roles, or with two owners.

A claim to a key is worth what it rests on. So nobody takes a key from its owner by naming it: the claim that rests on
less gives way, and with it the whole statement that makes it.
"""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from tuf.api.metadata import Root, Targets  # type: ignore[attr-defined] # it exports them without saying so

from comity.errors import UntrustedError
from comity.ids import MemberCode
from comity.ledger.checkpoint import VerifierKey
from comity.members.keys import fingerprint
from comity.members.member import Bureau, MemberList
from comity.members.nkey import user_key
from comity.members.roles import ROOT, SNAPSHOT, STANDING, TARGETS, TIMESTAMP, raw_key
from comity.sealing import split_sealing_key
from comity.texts import N_, _

NETWORK: Final = "network"

HOLDER: Final = N_("holder")
ONLINE: Final = N_("online")
DELEGATION: Final = N_("delegation")
SIGNING: Final = N_("signing")
FORMER: Final = N_("former")
LEDGER: Final = N_("ledger")
BROKER: Final = N_("broker")
SEALING: Final = N_("sealing")

_IN_TURN: Final = frozenset((SIGNING, FORMER))  # a key is first the one, then the other


class Ground(IntEnum):
    """What a claim to a key rests on, the best first."""

    NETWORK = 0  # signed by the threshold of holders
    LISTED = 1  # a delegation key, which they list
    KNOWN = 2  # this node has held a directory in which it was this member's signing key
    CHAINED = 3  # the key signed its successor
    POSSESSED = 4  # the key signed the statement that names it
    HELD = 5  # nothing shows it, but it stood so in the directory before
    SAID = 6  # nothing shows it


class KeyUse(NamedTuple):
    """One key (by its fingerprint) that ``owner``, a member's code or the network, uses for something."""

    owner: str
    use: str
    key: str
    ground: Ground


class Clash(NamedTuple):
    """Two uses of one key. ``yields`` gives way to ``stays``; where neither rests on more, both stay undecided."""

    yields: KeyUse
    stays: KeyUse
    is_decided: bool = True

    @property
    def text(self) -> str:
        """What is wrong, for people."""
        use, other = _(self.yields.use), _(self.stays.use)
        if self.yields.owner == self.stays.owner:
            return _("It uses one key for two things: {use}, {other}.").format(use=use, other=other)
        text = _("It has a key that {owner} uses: {use} here, {other} there.")
        return text.format(owner=self.stays.owner, use=use, other=other)


def uses_of_root(root: Root) -> Iterator[KeyUse]:
    """The holders' keys and the online ones; UntrustedError for one that cannot be relied on."""
    for use, roles in ((HOLDER, (ROOT, TARGETS)), (ONLINE, (SNAPSHOT, TIMESTAMP))):
        for keyid in dict.fromkeys(each for role in roles for each in root.roles[role].keyids):
            if keyid not in root.keys:
                raise UntrustedError(_("The root names a key that it does not have."), where=ROOT)
            yield KeyUse(NETWORK, use, fingerprint(raw_key(root.keys[keyid])), Ground.NETWORK)


def uses_of_targets(targets: Targets) -> Iterator[KeyUse]:
    """The key of the online role that the targets delegate to; UntrustedError for one that cannot be relied on."""
    roles = (targets.delegations.roles if targets.delegations else None) or {}
    for keyid in roles[STANDING].keyids if STANDING in roles else ():
        yield KeyUse(NETWORK, ONLINE, fingerprint(raw_key(targets.get_key(keyid))), Ground.NETWORK)


def uses_of_list(listed: MemberList) -> Iterator[KeyUse]:
    """The delegation key of each member."""
    for member in listed.members:
        yield KeyUse(member.code, DELEGATION, member.delegation, Ground.LISTED)


def uses_of_bureau(
    bureau: Bureau, *, shown: frozenset[str], known: Iterable[str], is_held: bool = False
) -> Iterator[KeyUse]:
    """The keys of a bureau's statement.

    ``shown`` are the former keys that links show, ``known`` the signing keys of this member that this node has held;
    ``is_held`` says that the statement stood in the directory before.
    """
    known = frozenset(known)
    bare = Ground.HELD if is_held else Ground.SAID

    def use(name: str, public: bytes, ground: Ground) -> KeyUse:
        return KeyUse(bureau.code, name, fingerprint(public), ground)

    yield use(SIGNING, bureau.signing_key, Ground.KNOWN if bureau.signing in known else Ground.POSSESSED)
    for key in bureau.former:
        ground = Ground.KNOWN if key in known else Ground.CHAINED if key in shown else bare
        yield use(FORMER, bytes.fromhex(key), ground)
    yield use(LEDGER, VerifierKey.parse(bureau.ledger).public, bare)
    yield use(BROKER, user_key(bureau.broker), bare)
    if bureau.sealing_key is not None:
        for half in split_sealing_key(bureau.sealing_key):
            yield use(SEALING, half, bare)


def uses_known(code: MemberCode, known: Iterable[str]) -> Iterator[KeyUse]:
    """The signing keys of a member that this node has held."""
    for key in known:
        yield KeyUse(code, SIGNING, fingerprint(bytes.fromhex(key)), Ground.KNOWN)


def find_clashes(uses: Iterable[KeyUse]) -> list[Clash]:
    """Every use of a key that is another's or stands for something else, beside the use that it gives way to.

    Who signs for each of two claims on the same ground (two members that share a private key) gives way too. Claims
    that nothing shows, on the same ground, are undecided: naming another's key takes nothing from its owner.
    """
    by_key: dict[str, dict[tuple[str, str], KeyUse]] = {}
    for each in uses:
        held = by_key.setdefault(each.key, {})
        before = held.get((each.owner, each.use))
        if before is None or each.ground < before.ground:
            held[each.owner, each.use] = each
    return [clash for held in by_key.values() if len(held) > 1 for clash in _among(sorted(held.values(), key=_weight))]


def verify_apart(uses: Iterable[KeyUse], among: Iterable[KeyUse], where: str) -> None:
    """Raise UntrustedError where one of ``uses`` clashes with another of them or with those ``among`` which they come.

    What stands among them already is not judged again. What rests on less keeps no bureau's statement out; holders
    choose a key that nobody has named.
    """
    uses, among = tuple(uses), tuple(among)
    new = {each[:3] for each in uses} - {each[:3] for each in among}
    for clash in find_clashes((*among, *uses)):
        gives_way = clash.stays[:3] in new and (not clash.is_decided or clash.stays.ground <= Ground.LISTED)
        if clash.yields[:3] in new or gives_way:
            said = clash if clash.yields[:3] in new else Clash(clash.stays, clash.yields)
            raise UntrustedError(said.text, where=where, next_step=_("Make another key for one of the two."))


def _weight(use: KeyUse) -> tuple[int, str, str]:
    return use.ground, use.owner, use.use


def _among(held: list[KeyUse]) -> Iterator[Clash]:
    best = held[0]
    for each in held[1:]:
        if each.owner == best.owner and {each.use, best.use} <= _IN_TURN:
            continue
        if each.ground > best.ground or each.owner == best.owner:
            yield Clash(each, best)
        elif each.ground < Ground.HELD:  # both hold the private key
            yield Clash(each, best)
            yield Clash(best, each)
        else:
            yield Clash(each, best, is_decided=False)
            yield Clash(best, each, is_decided=False)
