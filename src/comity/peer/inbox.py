"""What officers look at of what came in: what one member sends pushes nobody else's waiting question out of sight."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from comity.act import Session
from comity.exchange.message import Message
from comity.exchange.reading import LIST, PAGE_MAX, MessagePage, MessagesWanted, MoreFrom
from comity.gate import Outcome
from comity.ids import MemberCode
from comity.limits import PRESSING_SHOWN_MAX, WAITING_SHOWN_MAX
from comity.peer.messenger import Messenger, Officers
from comity.store.sharing import list_of_sender, list_shared
from comity.store.store import Store

PRESSING: Final = timedelta(days=1)
"""How long after its time a message is still said beside a page that does not have it."""


class Unanswered(NamedTuple):
    """What of one sender, or of several keys of one, waits for an answer, the most pressing first."""

    messages: tuple[Message, ...]
    is_cut: bool


class Inbox:
    """A node has one, as ``Node.inbox``."""

    def __init__(self, messages: Messenger, store: Store, officers: Officers, clock: Callable[[], datetime]) -> None:
        self._messages = messages
        self._store = store
        self._officers = officers
        self._clock = clock

    def list(self, by: Session, wanted: MessagesWanted) -> Outcome[MessagePage]:
        """A page of one box, with what waits for an answer and would be out of sight."""
        refused: Outcome[Any] | None = self._officers.find_refusal(by, LIST.name, on=wanted.box)
        if refused is not None:
            return refused
        if wanted.box == "due":
            return self._list_of_sender(by, wanted) if wanted.sender else self._list_due(by, wanted)
        if wanted.box == "out" or wanted.before:
            return self._messages.list(by, wanted)
        since = self._clock() - PRESSING
        pressing = (
            each
            for waiting in self._waiting().values()
            for each in waiting.messages[:PRESSING_SHOWN_MAX]
            if _deadline(each)[0] > since
        )
        return self._messages.list(by, wanted._replace(names=_names(pressing)))

    def _list_due(self, by: Session, wanted: MessagesWanted) -> Outcome[MessagePage]:
        """What waits for an answer, the most pressing first: of each sender so many at most."""
        shares = self._waiting()
        shown = [each for waiting in shares.values() for each in waiting.messages[:WAITING_SHOWN_MAX]]
        more = tuple(
            MoreFrom(sender, max(0, len(waiting.messages) - WAITING_SHOWN_MAX), waiting.is_cut)
            for sender, waiting in sorted(shares.items())
            if waiting.is_cut or len(waiting.messages) > WAITING_SHOWN_MAX
        )
        return _with(self._messages.list(by, wanted._replace(names=_names(shown))), more=more)

    def _list_of_sender(self, by: Session, wanted: MessagesWanted) -> Outcome[MessagePage]:
        """What waits for an answer of one sender, among a part of what that one sent."""
        rows = self._store.read_rows(
            lambda connection: list_of_sender(connection, wanted.sender, wanted.before, PAGE_MAX + 1)
        )
        found = self._unanswered(each for _row, each in rows[:PAGE_MAX] if isinstance(each, Message))
        older = rows[PAGE_MAX - 1][0] if len(rows) > PAGE_MAX else None
        return _with(self._messages.list(by, wanted._replace(names=_names(found))), older=older)

    def _waiting(self) -> dict[MemberCode, Unanswered]:
        """By sender, among its share of the newest that came in."""
        found: dict[MemberCode, Unanswered] = {}
        for share in self._store.read_rows(lambda connection: list_shared(connection, PAGE_MAX)):
            waiting = self._unanswered(share.messages)
            for sender in {each.head.sender for each in share.messages}:
                before = found.get(sender, Unanswered((), is_cut=False))
                merged = (*before.messages, *(each for each in waiting if each.head.sender == sender))
                found[sender] = Unanswered(tuple(sorted(merged, key=_deadline)), before.is_cut or share.is_cut)
        return found

    def _unanswered(self, came: Iterable[Message]) -> tuple[Message, ...]:
        asking = [each for each in came if each.head.answer_by is not None]
        answered = self._messages.answered([each.id for each in asking])
        return tuple(each for each in asking if each.id not in answered)


def _deadline(message: Message) -> tuple[datetime, datetime]:
    return message.head.answer_by or message.head.expires_at, message.kept_at


def _names(found: Iterable[Message]) -> tuple[str, ...]:
    return tuple(each.id for each in sorted(found, key=_deadline))


def _with(outcome: Outcome[MessagePage], **changed: Any) -> Outcome[MessagePage]:
    if outcome.release is None:
        return outcome
    return msgspec.structs.replace(outcome, release=outcome.release._replace(**changed))
