"""What a node knows of the network: the directory at hand, kept fresh; at the secretariat, published as well."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from comity.config import Config
from comity.damage import Damage
from comity.errors import ComityError, CorruptError, UnavailableError, UnknownError
from comity.exchange.signed import find_wrong_signature
from comity.ids import MemberCode, parse_member_code
from comity.keyring import Keyring
from comity.members.authentication import find_signer
from comity.members.directory import Directory
from comity.members.publication import Publication
from comity.peer.directory import DIRECTORY, DirectoryFollower
from comity.peer.exporting import Exporter
from comity.peer.kept_rulebook import KeptRulebook
from comity.peer.known_keys import KnownKeys
from comity.peer.line import Line, NoAnswer
from comity.peer.publisher import Publisher, parse_nudge
from comity.peer.repository import Repository
from comity.peer.republishing import restore
from comity.peer.trusted_root import TrustedRoot
from comity.rules.in_force import InForce, take_up
from comity.rules.model import FIRST_RULEBOOK
from comity.signer import Frame
from comity.store.opening import NODE_DB
from comity.store.store import Store
from comity.store.transactions import Boundary
from comity.texts import _

FETCH_S: Final = 5.0  # one file of the directory
_AGAIN_S: Final = 1.0  # after a refusal or a failure

_log = structlog.get_logger(__name__)

OnMembers = Callable[[Publication, datetime], None]


class Knowledge:
    """A node has one. ``go_round`` is called by one thread, the rest by any.

    ``on_members`` is told, at the secretariat, when members have changed.
    """

    def __init__(
        self,
        config: Config,
        keyring: Keyring,
        store: Store,
        line: Line,
        *,
        clock: Callable[[], datetime],
        boundary: Boundary,
        on_members: OnMembers,
    ) -> None:
        self._config = config
        self._keyring = keyring
        self._line = line
        self._clock = clock
        folder = config.path("data")
        self.damage: Damage | None = None  # of what is published, at the secretariat
        self.is_to_put_back = False  # whether the published files are to be looked at in the next round
        self._repository = self._open_repository(folder / "repository", boundary) if config.is_secretariat else None
        self._publisher = (
            Publisher(
                self._repository, store, keyring.signer("directory"), line.nudge, on_members,
                lambda: self._follower.known,
            )
            if self._repository is not None
            else None
        )  # fmt: skip
        history = folder / "directory" / "cache" / "root_history"
        self._root, self._memory = TrustedRoot(config.path(config.root), config.root, history), KnownKeys(store)
        self._follower = DirectoryFollower(folder / "directory", self._root.data, self._fetch, boundary, self._memory)
        self._offered: dict[str, bytes] = {}
        self._refresh_at = clock()
        self._kept = KeptRulebook(folder / "directory", boundary)
        if self._kept.damage:
            _log.warning("rulebook.damaged", what=self._kept.damage)
        self._rulebook: tuple[bytes, InForce] = (b"", InForce(FIRST_RULEBOOK))
        self._said = ""  # why a rulebook could not be applied, as diagnostics have it

    def _open_repository(self, folder: Path, boundary: Boundary) -> Repository | None:
        """What is published; a damaged one is named, and everything else goes on with the directory that is held."""
        try:
            if restored := restore(folder, folder.with_name("directory") / "cache"):
                _log.warning("directory.restored", names=restored)
            return Repository(folder, boundary)
        except CorruptError as error:
            self.damage = Damage("repository", "repository", error.message)
            return None

    @property
    def held(self) -> Directory | None:
        """The last good directory; None before the first."""
        return self._follower.held

    @property
    def refused(self) -> ComityError | None:
        """Why the last attempt to acquire one brought none."""
        return self._follower.refused

    def directory(self) -> Directory:
        """The last good directory; UnavailableError before the first."""
        held = self._follower.held
        if held is None:
            raise UnavailableError(
                _("This node has not acquired the directory yet: it knows no member."),
                where="directory",
                next_step=_("Look at the line to the secretariat; the node tries again by itself."),
            )
        return held

    def rulebook(self) -> InForce:
        """The rules that this node goes by: the directory's, or where it cannot apply them all, the last that it could.

        Before the first directory nothing but the first officer is let in.
        """
        held = self._follower.held
        data = held.rulebook if held else b""
        taken = self._rulebook  # read once: others may take up the next one meanwhile
        if data != taken[0]:
            last = taken[1].rulebook if taken[0] else self._kept.found or FIRST_RULEBOOK
            taken = self._rulebook = (data, take_up(data, last))
        return taken[1]

    def check_root(self) -> Damage | None:
        """What is wrong with the root that this node trusts, as it lies on the disk."""
        return self._root.look()

    def check_rulebook(self) -> Damage | None:
        """What is wrong with the rulebook that is kept on disk; the next round writes it again."""
        self._kept.check()
        return Damage("directory", "rulebook", self._kept.damage) if self._kept.damage else None

    def check_known(self) -> Damage | None:
        """Whether the database has lost by which keys this node has known members; what is held has it still."""
        self._memory.list_known()
        if not self._memory.lacks(known := self._follower.known):
            return None
        self._memory.remember(known)
        text = _("By which keys it has known members was changed in the database, and was written again.")
        return Damage("directory", NODE_DB, text)

    def key_of(self, source: MemberCode, key: str) -> bytes | None:
        """A source's public key by its id, as far as this node ever knew; None where it knows of no such."""
        return self.directory().find_held_key(source, key)

    def find_wrong(self, frame: Frame, member: MemberCode) -> str:
        """Why what is kept was not signed by that member; empty where it was."""
        return find_wrong_signature(frame, member, self.directory())

    def find_signer(self, frame: Frame) -> MemberCode | None:
        """The member whose current signing key signed this frame; None for nobody's, UnavailableError as above."""
        return find_signer(frame, self.directory(), self._clock())

    @property
    def title(self) -> str:
        """This node's member with its code; the code alone before a directory is known."""
        held, member = self.held, self._config.member
        listing = held.find_member(self._config.code) if held else None
        return f"{listing.member.title} ({member})" if listing else member

    def exporter(self) -> Exporter:
        """What makes files of evidence, each with the directory that is kept here."""
        config = self._config
        kept, follower = config.path("data") / "directory" / "cache", self._follower
        return Exporter(
            kept,
            lambda: self._root.data,
            config.network,
            config.code,
            self.directory,
            self._clock,
            lambda: follower.is_taking or follower.refused is not None,
        )

    def read_anew(self) -> None:
        """What is kept of it was changed: the next round reads all of it again, and asks for what is not whole."""
        self._follower.is_doubtful = True
        self._refresh_at = self._clock()

    def get_member(self, code: str) -> MemberCode:
        """The code of a member in the directory; UnknownError for none."""
        member = parse_member_code(code)
        if self.directory().find_member(member) is None:
            raise UnknownError(_("The directory knows no such member."), where="member")
        return member

    def verify(self, draft: bytes) -> None:
        """At the secretariat, raise what ``publication.accept`` raises for a draft that cannot be published."""
        if self._publisher is not None:
            self._publisher.verify(draft, self._clock())

    def published(self, name: str) -> bytes | None:
        """A file of the directory, for other nodes; None for none, and at a bureau."""
        return self._repository.read(name) if self._repository is not None else None

    def take_nudge(self, data: bytes) -> None:
        """There is something new: it is looked at in the next round."""
        self._offered = parse_nudge(data)
        self._refresh_at = self._clock()

    def go_round(self) -> None:
        """Publish what is due, and acquire what is new or was not looked at for a while; neither stops the other."""
        now = self._clock()
        self._keep_rulebook()
        self._put_back()
        try:
            is_new = self._publisher is not None and not self._keyring.is_locked and self._publisher.go_round(now)
        except Exception:
            self._acquire(now, is_new=False)
            raise
        self._acquire(now, is_new=is_new)

    def _keep_rulebook(self) -> None:
        """Keep the rulebook that is applied, before another one is acquired that may be too new for this program."""
        in_force = self.rulebook()
        if in_force.rulebook is not FIRST_RULEBOOK:
            self._kept.keep(in_force.rulebook)
        if in_force.why != self._said:
            self._said = in_force.why
            numbers = [rule.number for rule in in_force.unread]
            _log.warning("rulebook.unread", why=in_force.why, rules=numbers, goes_on_with=in_force.rulebook.hash)

    def _put_back(self) -> None:
        """At the secretariat, write again what of the published files was changed, where somebody asked for a look."""
        if self.is_to_put_back and self._repository is not None and (restored := self._repository.put_back()):
            _log.warning("directory.restored", names=restored)
        self.is_to_put_back = False

    def _acquire(self, now: datetime, *, is_new: bool) -> None:
        offered, self._offered = self._offered, {}
        if not (is_new or offered or now >= self._refresh_at):
            return
        try:
            if damage := self._root.look():
                self._follower.refused = CorruptError(damage.text, where=damage.name, next_step=damage.next_step)
            else:
                self._follower.root = self._root.data
                self._follower.refresh(now, offered or None)
        finally:
            refresh_s = self._config.refresh_s
            wait_s = refresh_s if self._follower.refused is None else min(_AGAIN_S, refresh_s)
            self._refresh_at = now + timedelta(seconds=wait_s)

    def _fetch(self, name: str) -> bytes | None:
        if self._repository is not None:
            return self._repository.read(name)
        if self._config.is_secretariat:
            raise UnavailableError(_("What is published here is damaged."), where="repository")
        unfit: list[bytes] = []

        def fits(data: bytes) -> bool:
            is_fit = self._follower.offer.fits(name, data)
            unfit[:] = () if is_fit else (data,)
            return is_fit

        reply = self._line.ask(self._config.secretariat_code, DIRECTORY + name.encode(), FETCH_S, fits)
        if unfit:  # nothing better came: the updater says what is wrong with it
            return unfit[0]
        if isinstance(reply, NoAnswer):
            raise UnavailableError(
                _("The secretariat does not answer: {why}.").format(why=reply.why.value), where="directory"
            )
        return reply or None
