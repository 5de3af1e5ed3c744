"""Attaching: an officer's file becomes a blob, and other members' nodes are told of which chunks it is made."""

from typing import Final, NamedTuple, Protocol

import msgspec

from comity.act import Act
from comity.exchange.blob import BlobKept, BlobQuestion, Manifest, UploadKept
from comity.exchange.mending import PartQuestion, ReadPart, ShownUnit, ShowPart, ShowSeen
from comity.gate import Decision, Done, GivesTo, NothingToSee, done
from comity.ids import BlobId
from comity.kind import Kind
from comity.members.home import Home, Partners
from comity.members.presence import facts_of
from comity.members.standing import Channel
from comity.plug import RoomPart
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.texts import N_


class Uploaded(NamedTuple):
    """The body of ``attachment.add``: chunks that are durable already, and the attachment under the storage key."""

    manifest: Manifest
    kept: bytes


ADD: Final = Kind[Uploaded, BlobId]("attachment.add", Uploaded, title=N_("Adding an attachment"))
"""An officer brings a file for the next message; release is the blob's name."""


class AddAttachment(NothingToSee):
    """What is done for ``ADD``."""

    changes = True
    gives_to: GivesTo = "officer"

    def __init__(self, home: Home) -> None:
        self._home = home

    def facts(self, act: Act[Uploaded], seen: None) -> Facts:
        """The officer's role."""
        del seen
        return facts_of(act, self._home.directory())

    def decide(self, act: Act[Uploaded], verdict: Verdict, seen: None) -> Decision[BlobId]:
        """Keep it for the officer's next message."""
        del seen
        uploaded = act.body
        manifest = uploaded.manifest
        name = manifest.id
        detail = {"blob": name, "size": manifest.size}
        if not verdict.is_allowed:
            return Decision(detail=detail)
        return Decision(
            release=lambda _entry: name,
            changes=(
                BlobKept(name, manifest.encode()),
                UploadKept(name, act.actor.officer, uploaded.kept, act.at),
            ),
            detail=detail,
        )


class ShowAsked(msgspec.Struct, frozen=True):
    """The body of ``blob.show``: one of two questions."""

    blob: BlobQuestion | None = None
    part: PartQuestion | None = None

    @property
    def question(self) -> BlobQuestion | PartQuestion:
        """The one that is asked; TypeError for none."""
        found = self.blob or self.part
        if found is None:
            raise TypeError("One of two questions is asked.")
        return found


SHOW: Final = Kind[ShowAsked, bytes]("blob.show", ShowAsked, title=N_("Handing an attachment or file on"))
"""A bureau asks for the manifest of a blob that a message to it names, or for a part of a batch that was damaged.

Release is that; None where it is refused, or where the relay is still pulling it itself: the asker tries again.
"""


class ShowBlob:
    """What is done for ``SHOW``."""

    changes = False
    gives_to: GivesTo = "asker"

    def __init__(self, home: Home, parts: ShowPart) -> None:
        self._home = home
        self._parts = parts

    def look(self, act: Act[ShowAsked], unit: ShownUnit) -> ShowSeen:
        """Whether it was sent to that bureau, or is a batch that it has too; and how to get at it."""
        question, asker = act.body.question, act.actor.member
        if isinstance(question, PartQuestion):
            return self._parts.look(question, asker, unit)
        name = BlobId(question.blob)
        return ShowSeen(unit.may_pull(name, asker), lambda: unit.find_manifest(name))

    def facts(self, act: Act[ShowAsked], seen: ShowSeen) -> Facts:
        """Whose question it is, how old, and whether what it names is for that member."""
        question = act.body.question
        is_own = question.asker == act.actor.member and question.holder == self._home.member
        return facts_of(
            act,
            self._home.directory(),
            gives_to=(act.actor.member,),
            gives_on=Channel.MESSAGE,
            is_proven=act.actor.proven and is_own,
            skew_s=(question.asked_at - act.at).total_seconds(),
            is_addressee=seen.is_addressee,
        )

    def decide(self, act: Act[ShowAsked], verdict: Verdict, seen: ShowSeen) -> Decision[bytes]:
        """Show of which chunks it is made, whoever knows them may ask for each; or the part."""
        question, shown = act.body.question, seen.read() if verdict.is_allowed else None
        of = (
            {"batch": question.batch, "part": question.number}
            if isinstance(question, PartQuestion)
            else {"blob": question.blob}
        )
        return Decision(release=lambda _entry: shown, detail={**of, "shown": shown is not None})


class Parting(Partners, Protocol):
    """Partners of acts that show parts of files."""

    @property
    def read_part(self) -> ReadPart:
        """Reads a part of a batch's file."""


def _acts(partners: Parting) -> tuple[Done, ...]:
    home = partners.home
    return done(ADD, AddAttachment(home)), done(SHOW, ShowBlob(home, ShowPart(home, partners.read_part)))


PART: Final = RoomPart((ADD, SHOW), _acts)
