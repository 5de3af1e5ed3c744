"""Acts that wait: officers look at them, release and refuse them, and the node performs those whose time has come."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from threading import Lock
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from comity.act import Due, Session
from comity.aside import Aside
from comity.characters import show_line, verify_line
from comity.damage import DamagedError, Damages
from comity.errors import (
    ComityError,
    CorruptError,
    InputError,
    MalformedError,
    NewerError,
    UnavailableError,
    UnknownError,
)
from comity.gate import Gate, Outcome
from comity.holding import END, Holding
from comity.limits import DUE_ACTS_MAX, FIELD_CHARS, HELD_PAGE_MAX
from comity.members.held import LIST, REFUSE, RELEASE, SHOW, HeldPage, HeldShown, HeldWanted
from comity.store.due import list_due, which_are_due
from comity.store.held import find_names, list_held, list_words
from comity.store.store import Store
from comity.texts import _
from comity.waiting import OPEN, DueAct, HeldAct, HeldState, HeldWord, WaitingAct

NAME_DIGITS_MIN: Final = 8
"""How much of a held act's name is typed at least; the rest is found."""


class HeldDesk:
    """A node has one, as ``Node.held``.

    ``on_dropped`` hears which files an act spoke of that is not performed any more, ``on_performed`` of each that was.
    """

    def __init__(
        self, gate: Gate[Any], store: Store, holding: Holding, clock: Callable[[], datetime],
        damages: Damages, on_dropped: Callable[[Iterable[str]], None], on_performed: Callable[[], None],
    ) -> None:  # fmt: skip
        self._gate = gate
        self._store = store
        self._holding = holding
        self._clock = clock
        self._damages = damages
        self._on_dropped = on_dropped
        self._on_performed = on_performed
        self._round = Lock()  # officers who release, and the background, perform what is due one after the other
        self._gists: dict[str, str] = {}
        self._put_off: dict[str, str] = {}
        self.aside = Aside("waiting")

    # For officers

    def list(self, by: Session, wanted: HeldWanted) -> Outcome[HeldPage]:
        """The held acts that concern the officer, the newest first."""
        outcome = self._gate.perform(LIST, by, wanted)
        page = outcome.release
        if page is None:
            return outcome
        damaged = (*self._damages.of_lists_of_held(), *page.damaged)
        return msgspec.structs.replace(outcome, release=page._replace(damaged=damaged))

    def show(self, by: Session, name: str) -> Outcome[HeldShown]:
        """One of them, and what was said of it. UnknownError where there is none of that name."""
        found = self._find(name)
        return self._gate.perform(SHOW, by, found, on=found)

    def release(self, by: Session, name: str, reason: str) -> Outcome[int]:
        """Release an act of somebody else; with the last word that it takes it is performed before this returns.

        MalformedError without a reason: what is done for good has one on the record.
        """
        verify_line(reason, "reason")
        if not reason.strip():
            raise MalformedError(
                _("A release says why: what is done then cannot be undone."),
                where="reason",
                next_step=_("Write what you compared, and with what."),
            )
        found = self._find(name)
        self._verify_whole(found)
        outcome = self._gate.perform(RELEASE, by, HeldWord(found, reason), on=found)
        if outcome.release == 0:
            self.go_round()
        return outcome

    def refuse(self, by: Session, name: str, reason: str) -> Outcome[bool]:
        """Do not release an act, or take back an own one."""
        verify_line(reason, "reason")
        found = self._find(name)
        outcome = self._gate.perform(REFUSE, by, HeldWord(found, reason), on=found)
        self._put_off.pop(found, None)
        self._drop_if_over(found)
        return outcome

    def body_of(self, act: WaitingAct) -> Any:
        """What a held act is to be done with, for showing it to whoever may see it."""
        return self._holding.body_of(act, self._gate.kinds[act.kind])

    def why_put_off(self, name: str) -> str:
        """Why an act that was released is not done yet; empty where it is, and before it was tried here."""
        return self._put_off.get(name, "")

    def state_of(self, name: str) -> HeldState | None:
        """How a held act stands, for an officer who has just said a word on it."""
        whole = self._find(name)
        found = self._store.read(lambda unit: unit.find_held(whole))
        return None if found is None else found.state

    def _verify_whole(self, name: str) -> None:
        """Nothing is released that is known to be damaged, be it a word on it or a file that it is about."""
        for damage in self._damages.all():
            if (damage.kind, damage.name) == ("held", name):
                raise DamagedError(damage)

    def _find(self, name: str) -> str:
        """The whole name of a held act, of which the first digits are enough. This is no act: nothing is shown."""
        if len(name) >= NAME_DIGITS_MIN:
            found = self._store.read_rows(partial(find_names, begins=name))
            if len(found) == 1:
                return found[0]
        raise UnknownError(
            _("No act of that name is held here."), where="act", next_step=_("Look at the list of them.")
        )

    def waiting(self) -> tuple[HeldShown, ...]:
        """The acts that wait to be released, the longest first, for counting them. This is no act: nothing is shown.

        Those that are damaged, and all while keys are locked, are left out.
        """
        verify, is_waiting = self._holding.verify_held, lambda held: held.state is HeldState.WAITING

        def read(connection: Connection) -> tuple[HeldShown, ...]:
            found = list_held(
                connection, is_open=True, concerns=is_waiting, before=0, most=HELD_PAGE_MAX, verify=verify
            )
            held = [each for _row, each in reversed(found) if isinstance(each, HeldAct)]
            words = list_words(connection, {each.id for each in held})
            return tuple(HeldShown(each, tuple(word for word in words if word.of == each.id)) for each in held)

        try:
            return self._store.read_rows(read)
        except UnavailableError:
            return ()

    def gist(self, held: HeldAct, make: Callable[[str, Any], str]) -> str:
        """What ``make`` says of the body of a held act, in a line; empty where that cannot be read.

        It is kept: bodies are large, the same lists are looked at often, and a body never changes.
        """
        if held.id not in self._gists:
            try:
                found = self._store.read(lambda unit: unit.find_held(held.id))
                said = make(held.act.kind, self.body_of(found.act)) if found is not None else ""
            except CorruptError:
                return ""
            while len(self._gists) >= HELD_PAGE_MAX:
                self._gists.pop(next(iter(self._gists)), None)
            self._gists[held.id] = said
        return self._gists[held.id]

    # Background

    def go_round(self) -> None:
        """Perform what is due, the longest due first; what fails waits aside and takes up no place of those behind."""
        with self._round:
            self.aside.begin_round()
            now, waiting, verify = self._clock(), self._waiting_aside(), self._holding.verify_held
            due = self._store.read_rows(
                lambda connection: list_due(connection, now, DUE_ACTS_MAX, self.aside.put, waiting, verify=verify)
            )
            for each in due:
                self.aside.attempt(f"act {each.row}", partial(self._perform, each))
            self._forget_gone()

    def _forget_gone(self) -> None:
        """What was set aside and is not due any more, since it was refused or ran out, is tried no more."""
        named = {int(each.name.rpartition(" ")[2]): each.name for each in self.aside.held}
        still = self._store.read_rows(partial(which_are_due, rows=tuple(named))) if named else set()
        for row in named.keys() - still:
            self.aside.forget(named[row])

    def _waiting_aside(self) -> tuple[int, ...]:
        """The rows of what was set aside, as an act that failed or a row that cannot be read."""
        names = (each.name for each in self.aside.held if self.aside.is_waiting(each.name))
        return tuple(int(name.rpartition(" ")[2]) for name in names)

    def _perform(self, due: DueAct) -> None:
        try:
            self._perform_or_end(due)
        except ComityError as error:
            if due.held:
                self._put_off[due.held] = show_line(error.message)
            raise
        self._put_off.pop(due.held or due.act.on, None)

    def _perform_or_end(self, due: DueAct) -> None:
        """What could not be done before its time was over is not done any more, however long the node was off."""
        if due.ends_at is not None and due.ends_at <= self._clock():
            self._gate.perform(END, self._holding.node_at(due.row), due.held, on=due.held)
            self._drop_if_over(due.held)
            return
        act, kind = due.act, self._gate.kinds[due.act.kind]
        by = Due(due.row, act.actor, due.held, due.releases)
        body = self._holding.body_of(act, kind)
        try:
            self._gate.perform(kind, by, body, on=act.on, purpose=act.purpose, reference=act.reference)
        except InputError as error:
            if not due.held or isinstance(error, NewerError):  # a newer program will read it
                raise
            self._end_undoable(due, error)
        self._drop_if_over(due.held or act.on)
        self._on_performed()

    def _end_undoable(self, due: DueAct, error: InputError) -> None:
        """What it was to be done with can never be done: it is over, and why stands in the ledger."""
        why = show_line(f"{error.where}: {error}" if error.where else str(error))[:FIELD_CHARS]
        self._gate.perform(END, self._holding.node_at(due.row), due.held, on=due.held, reference=why or error.code)

    def _drop_if_over(self, name: str) -> None:
        """Where an act is not performed any more, nobody needs what it spoke of."""
        found = self._store.read(lambda unit: unit.find_held(name))
        if found is not None and found.state not in (*OPEN, HeldState.PERFORMED) and found.act.names:
            self._on_dropped(found.act.names)
