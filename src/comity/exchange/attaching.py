"""Attaching: an officer's file becomes a blob, and other members' nodes are told of which chunks it is made."""

from typing import NamedTuple, Protocol

from comity.act import Act
from comity.exchange.blob import BlobKept, BlobQuestion, BlobView, Manifest, UploadKept
from comity.gate import Decision, GivesTo, Handler, UnitOfWork
from comity.ids import BlobId
from comity.members.home import Home
from comity.members.presence import facts_of
from comity.members.standing import Channel
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

    None where it is refused, or where the relay is still pulling it itself: the asker tries again.
    """

    changes = False
    gives_to: GivesTo = "asker"

    def __init__(self, home: Home) -> None:
        self._home = home

    def facts(self, act: Act, unit: BlobUnit) -> Facts:
        """Whose question it is, how old, and whether the blob was sent to that bureau."""
        question: BlobQuestion = act.body
        is_own = question.asker == act.actor.member and question.holder == self._home.member
        return facts_of(
            act,
            self._home.directory(),
            gives_to=(act.actor.member,),
            gives_on=Channel.MESSAGE,
            is_proven=act.actor.proven and is_own,
            skew_s=(question.asked_at - act.at).total_seconds(),
            is_addressee=unit.may_pull(BlobId(question.blob), act.actor.member),
        )

    def decide(self, act: Act, verdict: Verdict, unit: BlobUnit) -> Decision:
        """Show of which chunks it is made; whoever knows them may ask for each."""
        question: BlobQuestion = act.body
        manifest = unit.find_manifest(BlobId(question.blob)) if verdict.is_allowed else None
        return Decision(release=lambda _entry: manifest, detail={"blob": question.blob, "shown": manifest is not None})


def attaching_acts(home: Home) -> dict[str, Handler[BlobUnit]]:
    """What this file registers at the gate."""
    return {"attachment.add": AddAttachment(home), "blob.show": ShowBlob(home)}
