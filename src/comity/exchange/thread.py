"""Threads: which messages belong together, and which of them answer which.

What a message refers to is its writer's word. It counts where the writer was a party of what it refers to, by what this
node holds itself; so nobody who was never addressed joins, answers or ends what others say to each other.
"""

from comity.damage import DamagedError
from comity.exchange.envelope import Head
from comity.exchange.message import Message, MessageView, Text
from comity.ids import EnvelopeId, MemberCode
from comity.limits import THREAD_MAX


def is_party(member: MemberCode, head: Head) -> bool:
    """Whether ``member`` wrote the message with that head, or was addressed by it."""
    return head.sender == member or any(each.member == member for each in head.recipients)


def find_referred(text: Text, head: Head, view: MessageView) -> Message | None:
    """The message that a text refers to; None where it is not here, or where the text's writer is no party of it."""
    found = _find(text.reply_to, view)
    return found if found is not None and is_party(head.sender, found.head) else None


def thread_of(name: EnvelopeId, text: Text, head: Head, view: MessageView) -> str:
    """The thread of a message that comes in.

    That of the message that it refers to; else the one that it names, by its first message; else one of its own.
    """
    referred = find_referred(text, head, view)
    if referred is not None:
        return referred.thread
    first = _find(text.thread, view)
    if first is not None and first.thread == first.id and is_party(head.sender, first.head):
        return first.id
    return name


def may_be_filed(message: Message, text: Text, view: MessageView) -> bool:
    """Whether a message that is kept lies in a thread in which ``thread_of`` may have filed it when it came.

    Where what it refers to is not here any more, nobody can tell.
    """
    if message.thread in {message.id, text.thread} or (text.reply_to and _find(text.reply_to, view) is None):
        return True
    referred = find_referred(text, message.head, view)
    return referred is not None and message.thread == referred.thread


def is_answer(reply_to: str, head: Head, asked: Message) -> bool:
    """Whether a message with this head, which refers to ``reply_to``, answers ``asked``.

    Both ends ask this one question, of what both hold: it refers to that very message, its writer was asked, and it
    goes to who asked.
    """
    own = asked.head
    was_asked = any(each.member == head.sender for each in own.recipients)
    return reply_to == asked.id and was_asked and any(each.member == own.sender for each in head.recipients)


def _find(name: str, view: MessageView) -> Message | None:
    """The message of that name; one that is damaged here keeps no other from being filed or read."""
    try:
        return view.find_message(name) if name else None
    except DamagedError:
        return None


def list_opened(name: str, view: MessageView) -> list[Message]:
    """What is opened with a message, the oldest first: it, and the newest of its thread; nothing if it is not here."""
    message = view.find_message(name)
    if message is None:
        return []
    thread = view.list_thread(message.thread, THREAD_MAX)
    return thread if any(each.id == message.id for each in thread) else [message, *thread]
