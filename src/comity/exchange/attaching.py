"""Attaching: an officer's file becomes a blob, and other members' nodes are told of which chunks it is made."""

from typing import Any, NamedTuple, Protocol

from comity.act import Act
from comity.exchange.blob import BlobKept, BlobQuestion, BlobView, Manifest, UploadKept
from comity.exchange.mending import PartQuestion, ReadPart, ShownUnit, ShowPart, show_facts
from comity.gate import Decision, GivesTo, Handler, UnitOfWork
from comity.ids import BlobId
from comity.members.home import Home
from comity.members.presence import facts_of
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict


class BlobUnit(UnitOfWork, BlobView, Protocol):
    """A unit of work that knows the blobs."""


class Uploaded(NamedTuple):
    """The body of ``attachment.add``: chunks that are durable already, and the attachment under the storage key."""

    manifest: Manifest
    kept: bytes


class AddAttachment:
    """``attachment.add``: release is the blob's name, None where the rulebook refused."""

    changes = True
    gives_to: GivesTo = "officer"

    def __init__(self, home: Home) -> None:
        self._home = home

    def facts(self, act: Act, unit: BlobUnit) -> Facts:
        """The officer's role."""
        del unit
        return facts_of(act, self._home.directory())

    def decide(self, act: Act, verdict: Verdict, unit: BlobUnit) -> Decision:
        """Keep it for the officer's next message."""
        del unit
        uploaded: Uploaded = act.body
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


class ShowBlob:
    """``blob.show``: a bureau asks for the manifest of a blob that a message to it names. Release is the manifest.

    None where it is refused, or where the relay is still pulling it itself: the asker tries again. Parts of a batch
    that was damaged are asked for by the same act.
    """

    changes = False
    gives_to: GivesTo = "asker"

    def __init__(self, home: Home, parts: ShowPart) -> None:
        self._home = home
        self._parts = parts

    def facts(self, act: Act, unit: ShownUnit) -> Facts:
        """Whose question it is, how old, and whether the blob was sent to that bureau."""
        question: BlobQuestion | PartQuestion = act.body
        if isinstance(question, PartQuestion):
            return self._parts.facts(act, unit)
        is_addressee = unit.may_pull(BlobId(question.blob), act.actor.member)
        return show_facts(act, question, self._home, is_addressee=is_addressee)

    def decide(self, act: Act, verdict: Verdict, unit: ShownUnit) -> Decision:
        """Show of which chunks it is made; whoever knows them may ask for each."""
        question: BlobQuestion | PartQuestion = act.body
        if isinstance(question, PartQuestion):
            return self._parts.decide(act, verdict, unit)
        manifest = unit.find_manifest(BlobId(question.blob)) if verdict.is_allowed else None
        return Decision(release=lambda _entry: manifest, detail={"blob": question.blob, "shown": manifest is not None})


def attaching_acts(home: Home, read_part: ReadPart) -> dict[str, Handler[Any]]:
    """What this file registers at the gate."""
    return {"attachment.add": AddAttachment(home), "blob.show": ShowBlob(home, ShowPart(home, read_part))}
