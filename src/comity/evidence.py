"""Evidence that travels: what somebody shows to others who have neither the node nor a reason to trust it.

A file of evidence has signed statements as they were signed, entries of a ledger with their proofs, and the directory
that says whose keys they are by. ``judge`` says in plain words what of it is proved and what is not.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from comity.bounded import Line, Name, Note
from comity.characters import show_line
from comity.errors import ComityError, InputError, UntrustedError
from comity.exchange.envelope import SALT_BYTES, commit, parse_envelope
from comity.exchange.forms import find_form
from comity.exchange.message import parse_text
from comity.exchange.receipt import Receipt
from comity.exchange.signed import Moment, parse_body
from comity.formats import Format
from comity.gate import EntryContent, parse_content
from comity.ids import MemberCode
from comity.ledger.checkpoint import Checkpoint, VerifierKey, origin_of, parse_note, verify_checkpoint
from comity.ledger.entry import entry_id, parse_leaf, verify_entry
from comity.ledger.proof import InclusionProof
from comity.limits import CHECKPOINT_BYTES, EVIDENCE_BYTES, EVIDENCE_ITEMS_MAX
from comity.members.directory import Directory
from comity.plug import RoomPart
from comity.registers.batch import Evidence, parse_head, verify_record_in_batch
from comity.registers.question import Answer, Detail, DetailQuestion, Question
from comity.registers.register import name_of
from comity.registers.registry import get_register
from comity.signer import Frame, parse_frame
from comity.texts import N_, _

_CONTEXT: Final = re.compile(rb"comity/1 ([a-z-]{1,40}) ")
_SHORT: Final = 16
_Items = msgspec.Meta(max_length=EVIDENCE_ITEMS_MAX)


class ProvedEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the exporting member's ledger. Without ``salt`` and ``content`` they were erased."""

    period: Name
    leaf: bytes
    salt: bytes | None
    content: bytes | None
    proof: InclusionProof


class ShownMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message: what its sender signed (``shell``), with the salt and text that it commits to."""

    shell: bytes
    salt: bytes
    text: bytes


class EvidenceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What ``member`` exported: JSON, bytes in base64.

    ``directory`` has the network's signed files by name as the node had verified them at ``verified_at``, with the
    network's first root in ``root``. ``checkpoints`` has the ledger's signed note of each period of ``entries``;
    ``frames`` are signed statements, ``records`` records with what shows that their source signed them. ``missing``
    names what was sought too and is damaged where it was exported, so that nobody takes the file for all there is.

    Evolution: not signed itself; ``v`` changes with any member. Version 1 had nothing ``missing``.
    """

    v: Literal[2]
    network: Name
    member: MemberCode
    exported_at: Moment
    verified_at: Moment
    root: bytes
    directory: Annotated[dict[Line, bytes], _Items]
    checkpoints: Annotated[dict[Name, Annotated[str, msgspec.Meta(max_length=CHECKPOINT_BYTES)]], _Items] = {}
    entries: Annotated[tuple[ProvedEntry, ...], _Items] = ()
    frames: Annotated[tuple[bytes, ...], _Items] = ()
    records: Annotated[tuple[Evidence, ...], _Items] = ()
    messages: Annotated[tuple[ShownMessage, ...], _Items] = ()
    missing: Annotated[tuple[Note, ...], _Items] = ()

    def encode(self) -> bytes:
        """The file."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1)


class EvidenceFileV1(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same in version 1, which did not say what was missing."""

    v: Literal[1]
    network: Name
    member: MemberCode
    exported_at: Moment
    verified_at: Moment
    root: bytes
    directory: Annotated[dict[Line, bytes], _Items]
    checkpoints: Annotated[dict[Name, Annotated[str, msgspec.Meta(max_length=CHECKPOINT_BYTES)]], _Items] = {}
    entries: Annotated[tuple[ProvedEntry, ...], _Items] = ()
    frames: Annotated[tuple[bytes, ...], _Items] = ()
    records: Annotated[tuple[Evidence, ...], _Items] = ()
    messages: Annotated[tuple[ShownMessage, ...], _Items] = ()

    def next(self) -> EvidenceFile:
        """The same in version 2."""
        return EvidenceFile(**(msgspec.structs.asdict(self) | {"v": 2}))


EVIDENCE: Final = Format[EvidenceFile](
    "evidence", {1: EvidenceFileV1, 2: EvidenceFile}, raised={1: EvidenceFileV1.next}
)


class Statement(NamedTuple):
    """One thing that is claimed: ``holds`` is None for what nobody can know from the file."""

    holds: bool | None
    text: str


def parse_evidence(data: bytes) -> EvidenceFile:
    """Read a file of evidence, judging nothing; MalformedError or TooLargeError if it is none."""
    return EVIDENCE.read(data, where="evidence", most=EVIDENCE_BYTES)


def judge(file: EvidenceFile, directory: Directory) -> tuple[Statement, ...]:
    """Everything that the file claims, and whether it holds by the keys of ``directory``."""
    return tuple(_Judge(file, directory).statements())


def judge_origin(file: EvidenceFile, directory: Directory) -> Statement:
    """What ``directory`` is, and whether the file belongs to it."""
    return _try(_Judge(file, directory).about_directory, _("What the file says of its origin"))


def not_proved(file: EvidenceFile, *, is_root_given: bool) -> tuple[Statement, ...]:
    """What nobody can know from the file, so that nobody takes it for proved."""
    texts = [
        _("Times are what the signer said at the time; nobody else measured them."),
        _("That {member} made this file, and verified the directory in it on {at}: the file says so, unsigned.").format(
            member=file.member, at=_when(file.verified_at)
        ),
        _("What officers wrote, and what a record says of somebody, is proved to be said, not to be true."),
    ]
    if file.entries:
        texts.append(
            _("That {member} shows everybody this same ledger: only its own key signed the checkpoint.").format(
                member=file.member
            )
        )
        texts.append(_("That these are all entries of their kind: others may have been left out of the file."))
    texts += [
        _("What was sought too and is damaged at {member}: {what}").format(member=file.member, what=each)
        for each in file.missing
    ]
    if not is_root_given:
        texts.insert(
            0,
            _("Whose keys these are: the network's root is the file's own. Give the root that you have: --root"),
        )
    return tuple(Statement(None, text) for text in texts)


class _Judge:
    def __init__(self, file: EvidenceFile, directory: Directory) -> None:
        self._file = file
        self._directory = directory
        self._checkpoints: dict[str, Checkpoint] = {}
        self._questions: dict[str, Question | DetailQuestion] = {}

    def statements(self) -> Iterator[Statement]:
        file = self._file
        for period, note in file.checkpoints.items():
            yield _try(partial(self._checkpoint, period, note), _("The checkpoint of {period}").format(period=period))
        for entry in file.entries:
            yield _try(partial(self._entry, entry), _entry_name(entry))
            for frame in _frames_in(entry):
                yield from self._statement(frame)
        for frame in file.frames:
            yield from self._statement(frame)
        for record in file.records:
            yield _try(partial(self._record, record), _("A record"))
        for message in file.messages:
            yield _try(partial(self._message, message), _("A message"))

    def about_directory(self) -> str:
        """The network's name and member are the file's own words: what they say has to be in what was signed."""
        directory = self._directory
        if self._file.network != directory.network:
            raise UntrustedError(_("The file names another network than its directory."), where="network")
        self._bureau(self._file.member)
        return _("The directory of {network} is signed as its root demands: {count} members.").format(
            network=directory.network, count=len(directory.listings)
        )

    def _checkpoint(self, period: str, note: str) -> str:
        bureau = self._bureau(self._file.member)
        key = VerifierKey.parse(bureau)
        found = verify_checkpoint(note.encode(), key, origin_of(self._file.network, self._file.member, period))
        self._checkpoints[period] = found
        others = len(parse_note(note.encode()).signatures) - 1
        text = _("{member} signed its ledger of {period}: {size} entries, root {root}.").format(
            member=self._file.member, period=period, size=found.size, root=found.root.hex()[:_SHORT]
        )
        return text + (" " + _("Other signatures, not judged here: {count}.").format(count=others) if others else "")

    def _entry(self, entry: ProvedEntry) -> str:
        checkpoint = self._checkpoints.get(entry.period)
        if checkpoint is None:
            raise UntrustedError(_("The file has no checkpoint of its period that holds."), where=entry.period)
        leaf = parse_leaf(entry.leaf)
        entry.proof.verify(entry.leaf, checkpoint)
        place = _("entry {entry} stands at place {index} of {member}'s ledger of {period}: {kind}, {at}").format(
            entry=entry_id(entry.leaf)[:_SHORT], index=entry.proof.index, member=self._file.member,
            period=entry.period, kind=leaf.kind, at=_when(leaf.at),
        )  # fmt: skip
        if entry.salt is None or entry.content is None:
            return place + ". " + _("Its content was erased; only its place is proved.")
        verify_entry(entry.leaf, entry.salt, entry.content)
        return place + _act_line(entry.content)

    def _statement(self, data: bytes) -> Iterator[Statement]:
        match = _CONTEXT.match(data)
        context = match[1].decode() if match else ""
        yield _try(lambda: self._frame(data, context), _FRAMES.get(context, N_("A signed statement")))

    def _frame(self, data: bytes, context: str) -> str:
        frame = parse_frame(data, context or "statement")
        signer = self._signer(frame)
        match context:
            case "query":
                question = parse_body(frame, Question, is_kept=True)
                return self._asked(frame, signer, question.asker, question) + "; ".join(
                    f"{name}: " + ", ".join(f"{field} {value}" for field, value in terms.items())
                    for name, terms in question.terms.items()
                )
            case "detail":
                detail = parse_body(frame, DetailQuestion, is_kept=True)
                return self._asked(frame, signer, detail.asker, detail) + _("record {record}").format(
                    record=detail.record
                )
            case "answer":
                answer = parse_body(frame, Answer, is_kept=True)
                words = "; ".join(f"{each.register}: {each.answer}" for each in answer.registers)
                return self._answered(signer, answer, words)
            case "shown":
                shown = parse_body(frame, Detail, is_kept=True)
                text = self._answered(signer, shown, shown.answer)
                return text + (" " + self._record(shown.evidence) if shown.evidence else "")
            case "receipt":
                return _receipt_line(signer, parse_body(frame, Receipt, is_kept=True))
            case _:
                text = _("{member} signed a statement of kind {kind}: {hash}")
                return text.format(member=signer, kind=frame.context, hash=hashlib.sha256(data).hexdigest()[:_SHORT])

    def _asked(self, frame: Frame, signer: MemberCode, asker: MemberCode, said: Any) -> str:
        _verify_author(signer, asker)
        self._questions[hashlib.sha256(frame.encode()).hexdigest()] = said
        return _("{asker} asked {keeper} on {at}, officer {officer}, for {purpose} ({reference}): ").format(
            asker=asker, keeper=said.keeper, at=_when(said.asked_at), officer=said.officer, purpose=said.purpose,
            reference=said.reference,
        )  # fmt: skip

    def _answered(self, signer: MemberCode, answer: Answer | Detail, words: str) -> str:
        _verify_author(signer, answer.keeper)
        said = _("{keeper} answered on {at}: {words}. Rules that spoke: {rules}.").format(
            keeper=answer.keeper, at=_when(answer.answered_at), words=words, rules=", ".join(answer.rules)
        )
        question = self._questions.get(answer.question)
        if question is None:
            return said + " " + _("The question that it answers is not in this file before it.")
        if question.id != answer.id or question.keeper != answer.keeper:
            raise UntrustedError(_("The answer is to another question."), where="answer")
        return said + " " + _("It answers the question above.")

    def _record(self, evidence: Evidence) -> str:
        frame, _head = parse_head(evidence.head)
        found = self._directory.find_former_key(frame.key_id)
        if found is None:
            raise UntrustedError(_("It is signed by a key that the directory does not know."), where="record")
        head, record = verify_record_in_batch(evidence, found[1])
        _verify_author(found[0], head.source)
        name = name_of(get_register(record.register), record.fields)
        text = _("{source} signed this record in {register} on {at}: {name}; kept until {until}, open to {audience}.")
        return text.format(
            source=record.source, register=record.register, at=_when(record.entered_at), name=name,
            until=_when(record.expires_at), audience=record.audience,
        )  # fmt: skip

    def _message(self, message: ShownMessage) -> str:
        envelope = parse_envelope(message.shell)
        head = envelope.read_head()
        _verify_author(self._signer(envelope.frame), head.sender)
        if len(message.salt) != SALT_BYTES or commit(message.salt, message.text) != head.commitment:
            raise UntrustedError(_("The text is not the one that the sender committed to."), where="message")
        return _("{sender} sent this to {to} on {at}: “{subject}”, message {id}. Its text is the one signed.").format(
            sender=head.sender, to=", ".join(each.member for each in head.recipients), at=_when(head.sent_at),
            subject=_subject_of(message.text), id=envelope.id[:_SHORT],
        )  # fmt: skip

    def _signer(self, frame: Frame) -> MemberCode:
        found = self._directory.find_former_key(frame.key_id)
        if found is None:
            raise UntrustedError(_("It is signed by a key that the directory does not know."), where=frame.context)
        frame.verify(found[1])
        return found[0]

    def _bureau(self, member: MemberCode) -> str:
        listing = self._directory.find_member(member)
        if listing is None or listing.bureau is None:
            raise UntrustedError(_("The directory knows no such member."), where=member)
        return listing.bureau.ledger


_FRAMES: Final = {
    "query": N_("A question"),
    "detail": N_("A question for a record"),
    "answer": N_("An answer"),
    "shown": N_("An answer with a record"),
    "receipt": N_("A receipt"),
}

_STEPS: Final = {
    "relayed": N_("keeps it for the recipient"),
    "delivered": N_("has it"),
    "opened": N_("opened it"),
    "entered": N_("took all of it into the register"),
    "turned-down": N_("took nothing of it"),
    "refused": N_("refused it"),
    "later": N_("could not take it then"),
}


def _try(claim: Callable[[], str], name: str) -> Statement:
    try:
        return Statement(holds=True, text=_capital(claim()))
    except ComityError as error:
        return Statement(holds=False, text=f"{_(name)}: {error.message} ({error.where})")


def _subject_of(data: bytes) -> str:
    """What a message is about: of a form its title and all that its fields say, as they were signed."""
    text = parse_text(data)
    if text.form is None:
        return text.subject
    form = find_form(text.form)
    said = ", ".join(f"{name} {show_line(value)}" for name, value in text.form.fields.items())
    return f"{_(form.title) if form else show_line(text.form.form)}: {said}"


def _verify_author(signer: MemberCode, author: MemberCode) -> None:
    if signer != author:
        raise UntrustedError(
            _("It says that it is by {author}, and {signer} signed it.").format(author=author, signer=signer),
            where="signature",
        )


def _receipt_line(signer: MemberCode, receipt: Receipt) -> str:
    _verify_author(signer, receipt.by)
    return _("{by} told {to} on {at} about {of}: {recipient} {step}.").format(
        by=receipt.by, to=receipt.to, at=_when(receipt.at), of=receipt.of[:_SHORT], recipient=receipt.recipient,
        step=_(_STEPS[receipt.step]),
    )  # fmt: skip


def _frames_in(entry: ProvedEntry) -> Iterator[bytes]:
    """Signed statements that an entry keeps."""
    content = _content(entry.content)
    said = content.detail.get("frame") if content else None
    if isinstance(said, str):
        yield said.encode()


def _act_line(data: bytes) -> str:
    content = _content(data)
    if content is None:
        return ""
    words = [content.verdict, *content.rules]
    by = content.officer or content.member
    of = ", ".join(filter(None, (by, content.purpose, content.reference, content.on[:72])))
    return f"; {of}; {' '.join(words)}"


def _content(data: bytes | None) -> EntryContent | None:
    try:
        return parse_content(data) if data else None
    except InputError:
        return None


def _entry_name(entry: ProvedEntry) -> str:
    return _("Entry {entry}").format(entry=entry_id(entry.leaf)[:_SHORT])


def _when(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


PART: Final = RoomPart(travelling=(EVIDENCE,))
