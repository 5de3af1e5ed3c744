"""Files of records on their way in: brought part by part, read and packed, looked at, and entered by one act.

A file that was brought is read by itself, line by line, into lots that nothing names. What it would do is shown, and
one act enters it. Until then nothing has happened, whatever is cut or killed: it is read again after a start.
"""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

import msgspec

from comity.act import Session
from comity.aside import Aside
from comity.blobs.brought_files import BroughtFiles
from comity.characters import verify_line
from comity.damage import DamagedError
from comity.errors import ComityError, InputError, TooLargeError, UnavailableError, UnknownError
from comity.gate import Outcome, held_error
from comity.ids import MemberCode, OfficerId, RecordId
from comity.limits import (
    BODY_BYTES,
    FILE_BYTES,
    FILE_KEPT_S,
    FILES_MAX,
    FILES_OFFICER_MAX,
)
from comity.members.directory import Directory
from comity.members.officer import Officer
from comity.peer.brought import FILE_NOTE, FILE_REPORT, BroughtFile, FileForm, FileReport, FileStage, FileState
from comity.peer.comparing import Comparison, Difference
from comity.peer.consigning import Change, Consigner
from comity.peer.entering import parse_audience
from comity.peer.file_layouts import RecordReader, is_compared, is_whole, reader_of
from comity.peer.packing import Packed
from comity.registers.lines import RefusedFileError
from comity.registers.record import RecordForm, end_of_day
from comity.registers.register import Register
from comity.registers.registry import get_register
from comity.registers.spread import Spread
from comity.rules.verdict import Hold
from comity.signer import Entropy
from comity.store.store import Store
from comity.texts import _
from comity.waiting import OPEN, HeldAct

FILE_ID_BYTES: Final = 16
_ID: Final = re.compile(r"[0-9a-f]{32}")
_FORM: Final = "form"
_REPORT: Final = "report"
_HELD: Final = "held"  # what the act is called that is to enter it, and waits for others


class _StoppedError(Exception):
    """The file was dropped, or the node ends, while it was read."""


class _Reading:
    """One file that is being read."""

    def __init__(self) -> None:
        self.read = 0
        self.records = 0
        self.is_stopped = False

    def has_read(self, count: int) -> None:
        self.read += count
        if self.is_stopped:
            raise _StoppedError

    def has_packed(self, count: int) -> None:
        self.records = count


class _Read(NamedTuple):
    """One file that was read. ``position`` is the register's when it was compared; None where it was not."""

    packed: Packed
    removed: tuple[RecordId, ...]
    difference: Difference | None
    origin: str
    position: int | None
    notes: tuple[str, ...]


class Filing:
    """Files that officers have brought to this node. ``on_whole`` hears that one is there to be read."""

    def __init__(
        self,
        store: Store,
        files: BroughtFiles,
        consigner: Consigner,
        directory: Callable[[], Directory],
        member: MemberCode,
        who: Callable[[Session], Officer],
        *,
        clock: Callable[[], datetime],
        entropy: Entropy,
        on_whole: Callable[[], None],
        spread: Spread = map,
    ) -> None:
        self._store = store
        self._files = files
        self._consigner = consigner
        self._directory = directory
        self._member = member
        self._who = who
        self._clock = clock
        self._entropy = entropy
        self._on_whole = on_whole
        self._spread = spread
        self._reading: dict[str, _Reading] = {}
        self._read: dict[str, _Read] = {}
        self._unforeseen: set[str] = set()  # files over which the program failed: each is tried again, as what is aside
        self._lock = threading.RLock()
        self._entering = threading.Lock()
        self._appending: set[str] = set()
        self._is_ending = False
        self.aside = Aside("files")
        self._sweep()

    # Bringing

    def begin(self, by: Session, form: FileForm) -> FileState:
        """Announce a file. The same one again goes on where it was cut, or is read anew where it could not be entered.

        InputError names what cannot be.
        """
        officer = self._who(by)
        verify_line(form.name, "name")
        _verify_size(form.size)
        self._reader_of(form)
        with self._lock:
            brought = [file for name in self._files.names() if (file := self._find(name)) is not None]
            own = [file for file in brought if file.officer == officer.name]
            for file in own:
                if file.form == form and self._is_over(file):
                    self._drop(file.id)
                elif file.form == form:
                    return self._state(file)
            # Whoever has none here has a place, however many others have brought.
            if len(own) >= FILES_OFFICER_MAX or (own and len(brought) >= FILES_MAX):
                self._make_room(own)
            if self._store.free_bytes < (form.size or 0):
                raise UnavailableError(_("The node's disk has no room for this file."), where="file")
            file = BroughtFile(
                id=self._entropy(FILE_ID_BYTES).hex(), officer=officer.name, form=form, begun_at=self._clock()
            )
            self._files.note(file.id, _FORM, msgspec.json.encode(file))
        return self._state(file)

    def _make_room(self, own: list[BroughtFile]) -> None:
        """Let go of the officer's oldest file that cannot be entered; TooLargeError where all can."""
        over = [file for file in own if self._is_over(file)]
        if not over:
            raise TooLargeError(
                _("At most {most} files of one officer, and {all} of all, wait to be entered.").format(
                    most=FILES_OFFICER_MAX, all=FILES_MAX
                ),
                where="file",
                next_step=_("Enter one of yours or drop it."),
            )
        self._drop(min(over, key=lambda file: file.begun_at).id)

    def append(self, by: Session, name: str, offset: int, parts: Iterator[bytes]) -> FileState:
        """Add what comes at ``offset``, the end of what is here. Once all is there it is read by itself."""
        file = self._own(by, name)
        with self._lock:
            if name in self._appending:
                raise UnavailableError(
                    _("Another line is bringing this file."), where="file", next_step=_("Try again.")
                )
            self._appending.add(name)
        try:
            if self._files.append(name, offset, parts, file.form.size or FILE_BYTES) == file.form.size:
                self._on_whole()
        finally:
            self._appending.discard(name)
        return self._state(file)

    def complete(self, by: Session, name: str) -> FileState:
        """All of a file whose size nobody knew has come; InputError where that is nothing."""
        file = self._own(by, name)
        if file.form.size is None:
            received = self._files.size(name)
            _verify_size(received)
            file = msgspec.structs.replace(file, form=msgspec.structs.replace(file.form, size=received))
            self._files.note(name, _FORM, msgspec.json.encode(file))
            self._on_whole()
        return self._state(file)

    def find(self, by: Session, name: str) -> FileState:
        """How far one's file has come; UnknownError where one has brought none of that name."""
        self._who(by)
        consigned = self._consigner.find_by_file(name) if _ID.fullmatch(name) else None
        if consigned is None:
            return self._state(self._own(by, name))
        form = FileForm(register=consigned.content.register, name=name, size=1)
        file = self._find(name) or BroughtFile(
            id=name, officer=OfficerId(consigned.consignment.officer), form=form, begun_at=self._clock()
        )
        return FileState(file, FileStage.ENTERED, records=consigned.content.count, consigned=consigned)

    def list(self, by: Session) -> tuple[FileState, ...]:
        """One's files that are not entered yet, the oldest first."""
        officer = self._who(by)
        found = (file for name in self._files.names() if (file := self._find(name)) is not None)
        own = sorted((file for file in found if file.officer == officer.name), key=lambda file: file.begun_at)
        return tuple(self._state(file) for file in own)

    def drop(self, by: Session, name: str) -> None:
        """Forget a file that is not to be entered."""
        self._drop(self._own(by, name).id)

    # Entering

    def enter(self, by: Session, name: str, *, is_lawful: bool, going_out: int = 0) -> Outcome[str] | None:
        """Enter a file that was read; None where it is entered already. Release as for ``Consigner.consign``.

        UnavailableError while it is not read; HeldError where others are to release it; InputError where there is
        nothing to enter, or so much would go out that the officer has to say how many records, and has said another
        number with ``going_out``.
        """
        with self._entering:
            if _ID.fullmatch(name) and self._consigner.find_by_file(name) is not None:
                self._who(by)
                return None
            file = self._own(by, name)
            if (held := self._find_held(file)) is not None and held.state in OPEN:
                raise held_error(Hold(held.releases, 0.0), held.rules, held.id)
            read = self._verify_ready(file)
            _verify_meant(read.difference, going_out)
            change = Change(
                get_register(file.form.register), read.packed, read.removed, is_lawful, read.origin, file.id,
                read.difference.changed - read.difference.hidden if read.difference is not None else 0,
            )  # fmt: skip
            outcome = self._consigner.consign(by, change)
            if outcome.held:
                self._files.note(name, _HELD, outcome.held.encode())
                self._files.empty(name)  # the held act has what was read
            if outcome.release is not None or outcome.held:
                self._read.pop(name, None)
            if outcome.release is not None:
                self._files.remove(name)
            return outcome

    def _verify_ready(self, file: BroughtFile) -> _Read:
        state, read = self._state(file), self._read.get(file.id)
        if state.stage is FileStage.UNUSABLE and state.report:
            raise InputError(state.report.message, where=state.report.where, next_step=state.report.next_step)
        if read is None:
            raise UnavailableError(_("The file is not read yet."), where="file", next_step=_("Wait until it is."))
        if read.difference is not None and read.difference.is_empty:
            raise InputError(_("Nothing has changed: there is nothing to enter."), where="file")
        if read.position is not None and self._consigner.list_underway(get_register(file.form.register)):
            raise UnavailableError(
                _("Another change of yours is on its way to the register's keeper."), where="file",
                next_step=_("Wait until it is there: then the file is compared again."),
            )  # fmt: skip
        if read.position is not None and read.position != self._position(file):
            self._forget(file.id)
            self._on_whole()
            raise UnavailableError(
                _("The register has changed since the file was compared with it."), where="file",
                next_step=_("The file is compared again: look at the differences and enter it then."),
            )  # fmt: skip
        return read

    # Background

    def go_round(self) -> None:
        """Read what is there, one after another; drop what is too old or was entered."""
        self.aside.begin_round()
        for name in self._files.names():
            self.aside.attempt(name, partial(self._go_on, name))

    def _go_on(self, name: str) -> None:
        with self._lock:  # not in the middle of a beginning
            file = self._find(name)
            if file is not None and self._is_waiting(file):
                return
            is_entered = self._consigner.find_by_file(name) is not None
            if file is None or is_entered or self._clock() >= file.begun_at + timedelta(seconds=FILE_KEPT_S):
                self._drop(name)
                return
        if name in self._unforeseen or self._state(file).stage is FileStage.READING:
            self._take_up(file)

    def end(self) -> None:
        """Stop reading."""
        self._is_ending = True
        for reading in self._reading.values():
            reading.is_stopped = True

    def _take_up(self, file: BroughtFile) -> None:
        reading = self._reading[file.id] = _Reading()
        reading.is_stopped = self._is_ending
        try:
            read = self._read_file(file, reading)
        except _StoppedError:
            return
        except RefusedFileError as error:
            self._report(file, FileReport(error.message, error.next_step, error.where, error.refusals, error.count))
        except InputError as error:
            next_step = error.next_step or "Nothing was entered. Correct the file and enter it again."
            self._report(file, FileReport(error.message, next_step, error.where))
        except (ComityError, OSError):
            raise  # the node's trouble, which passes: the file is read again by itself
        except Exception:
            self._unforeseen.add(file.id)
            raise
        else:
            self._unforeseen.discard(file.id)
            with self._lock:
                if reading.is_stopped:
                    self._consigner.discard(read.packed)
                else:
                    self._read[file.id] = read
        finally:
            self._reading.pop(file.id, None)

    def _read_file(self, file: BroughtFile, reading: _Reading) -> _Read:
        register = get_register(file.form.register)
        reader = self._reader_of(file.form)
        comparison, position = self._compare(file, register) if is_whole(file.form) else (None, None)
        with self._files.open(file.id) as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        with self._files.open(file.id, reading.has_read) as opened:
            records = reader.read(opened)
            wanted = records if comparison is None else comparison.changing(records)
            doubles = self._consigner.doubles(register)
            packed = self._consigner.pack(
                register, wanted, reading.has_packed, doubles.look if comparison is None else lambda _known: None
            )
        origin = f"{file.form.name} sha256:{digest}"
        if comparison is None:
            notes = (*reader.notes, *self._entered_before(register, origin), *doubles.notes())
            return _Read(packed, (), None, origin, None, notes)
        return _Read(packed, comparison.removed(), comparison.difference(), origin, position, reader.notes)

    def _entered_before(self, register: Register, origin: str) -> Iterator[str]:
        """That a file was entered already, whose records would stand there twice: the very same, or of its name."""
        name, _space, digest = origin.rpartition(" ")
        earlier = self._consigner.list_origins(register)
        same = next((at for at, each in earlier if each.endswith(digest)), None)
        named = next((at for at, each in earlier if each.startswith(f"{name} sha256:")), None)
        if same is not None:
            text = _("This very file was entered on {time}: its records would stand there twice.")
        else:
            text = _("A file of this name was entered on {time}: what is in both would stand there twice.")
        if found := same or named:
            yield text.format(time=f"{found:%Y-%m-%d %H:%M} UTC")

    def _compare(self, file: BroughtFile, register: Register) -> tuple[Comparison, int]:
        position = self._position(file)
        return self._consigner.compare(register, partial(is_compared, file.form)), position

    def _reader_of(self, form: FileForm) -> RecordReader:
        """What reads such a file; InputError where what was said of it cannot be."""
        register, member = get_register(form.register), self._member
        audience = parse_audience(form.audience, self._directory())
        filled_in = RecordForm(
            register, member, audience, now=self._clock(), instruction=form.instruction,
            handling=form.handling, expires_at=end_of_day(form.expires_on),
        )  # fmt: skip
        listing = self._directory().find_member(member)
        countries = listing.member.countries if listing else ()
        return reader_of(form, filled_in, countries, self._spread)

    # What there is

    def _state(self, file: BroughtFile) -> FileState:
        name, received = file.id, self._files.size(file.id)
        if (held := self._find_held(file)) is not None:
            stage = FileStage.HELD if held.state in OPEN else FileStage.NOT_RELEASED
            size = file.form.size or 0
            return FileState(file, stage, size, size, held=held.id)
        reading, read = self._reading.get(name), self._read.get(name)
        if read is not None:
            count = read.packed.summary.count
            return FileState(file, FileStage.READ, received, received, count, read.difference, notes=read.notes)
        if reading is not None:
            return FileState(file, FileStage.READING, received, reading.read, reading.records)
        if data := self._files.find_note(name, _REPORT):
            report = FILE_REPORT.read(data, where="file", most=BODY_BYTES)
            return FileState(file, FileStage.UNUSABLE, received, received, report=report)
        if name in self._unforeseen:
            return FileState(file, FileStage.UNUSABLE, received, received, report=_unforeseen())
        stage = FileStage.READING if received == file.form.size else FileStage.COMING
        return FileState(file, stage, received)

    def _own(self, by: Session, name: str) -> BroughtFile:
        officer = self._who(by)
        file = self._find(name) if _ID.fullmatch(name) else None
        if file is None or file.officer != officer.name:
            raise UnknownError(_("You have brought no such file, or not any more."), where="file")
        return file

    def _find(self, name: str) -> BroughtFile | None:
        data = self._files.find_note(name, _FORM)
        try:
            return FILE_NOTE.read(data, where="file", most=BODY_BYTES) if data else None
        except InputError:  # of another version of this program
            return None

    def _find_held(self, file: BroughtFile) -> HeldAct | None:
        """The act that is to enter it, or was not released; DamagedError where nobody knows any more."""
        data = self._files.find_note(file.id, _HELD)
        return self._store.read(lambda unit: unit.find_held(data.decode())) if data else None

    def _is_waiting(self, file: BroughtFile) -> bool:
        """Whether others may still release it: what cannot be read any more is not given up."""
        try:
            held = self._find_held(file)
        except DamagedError:
            return True
        return held is not None and held.state in OPEN

    def _is_over(self, file: BroughtFile) -> bool:
        """Whether nothing can come of it any more."""
        return self._state(file).stage in (FileStage.UNUSABLE, FileStage.NOT_RELEASED)

    def _position(self, file: BroughtFile) -> int:
        return self._store.read(lambda unit: unit.position(get_register(file.form.register).name))

    def _report(self, file: BroughtFile, report: FileReport) -> None:
        self._files.note(file.id, _REPORT, msgspec.json.encode(report))

    def _forget(self, name: str) -> None:
        with self._lock:
            if reading := self._reading.get(name):
                reading.is_stopped = True
            if read := self._read.pop(name, None):
                self._consigner.discard(read.packed)

    def _sweep(self) -> None:
        """Remove what was entered just before the node was killed."""
        for name in self._files.names():
            if self._consigner.find_by_file(name) is not None:
                self._files.remove(name)

    def _drop(self, name: str) -> None:
        self._forget(name)
        self._unforeseen.discard(name)
        self.aside.forget(name)
        self._files.remove(name)


def _verify_size(size: int | None) -> None:
    """Refuse a file of nothing, and one that is too large, before anything of it comes."""
    if size == 0:
        raise InputError(_("The file is empty."), where="file", next_step=_("Choose another file."))
    if size is not None and size > FILE_BYTES:
        raise TooLargeError(
            _("A file has at most {most} MB.").format(most=FILE_BYTES // 1_000_000), where="file",
            next_step=_("Split it."),
        )  # fmt: skip


def _unforeseen() -> FileReport:
    """What an officer is told of a file over which the program failed; health tells those who run the node."""
    return FileReport(
        _("The program failed while it read this file: that is a mistake of the program, and nothing was entered."),
        _("Tell those who run the node, who find it in its health. It is tried again by itself, until you drop it."),
        "file",
    )


def _verify_meant(difference: Difference | None, going_out: int) -> None:
    if difference is not None and difference.is_drastic and going_out != difference.going_out:
        raise InputError(
            _("{count} records would go out, of {held} that you have there.").format(
                count=difference.going_out, held=difference.held
            ),
            where="going_out",
            next_step=_("Is the list whole? If they should go, say their number: {count}.").format(
                count=difference.going_out
            ),
        )
