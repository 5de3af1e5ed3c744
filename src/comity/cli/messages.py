"""Messages: sent and followed, listed, opened, answered."""

import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from comity.api.message_wire import (
    Addressee,
    DeliveryShown,
    MessageList,
    MessageShown,
    ProgressAnswer,
    SentAnswer,
    ThreadAnswer,
)
from comity.cli.attached import save_files, send_files, verify_files
from comity.cli.caller import Caller, part
from comity.cli.exits import BROKEN, FINE, REFUSED, UNAVAILABLE
from comity.cli.folder import read_file, write_new
from comity.cli.message_lines import say_list, say_progress, say_sent, say_thread
from comity.cli.options import AsJson, Authority, Evidence, Node
from comity.cli.speech import say, say_json
from comity.errors import InputError, TooLargeError, UnavailableError, UnknownError
from comity.exchange.reading import PAGE_MAX, Box
from comity.limits import MESSAGE_CHARS, MESSAGES_SOUGHT_MAX
from comity.texts import _

app = typer.Typer(add_completion=False)

_NUMBER: Final = re.compile(r"[0-9a-f]{6,64}")
_WHOLE: Final = 64
_POLL_S: Final = 0.5
_CHAR_BYTES: Final = 4  # the longest character in UTF-8

Text = Annotated[str, typer.Option(help=_("The text itself."))]
TextFile = Annotated[str, typer.Option("--file", help=_('A file with the text; "-" for standard input.'))]
Urgency = Annotated[
    str, typer.Option(help=_("immediate (an answer within 1 hour), urgent (8 hours), routine (7 days)."))
]
Handling = Annotated[
    str, typer.Option(help=_("A level of the rulebook (comity rulebook show); else the one that protects least."))
]
Attach = Annotated[list[Path] | None, typer.Option(help=_("A file that goes along; as often as needed."))]
Wait = Annotated[
    float, typer.Option(min=0, help=_("Follow it for so many seconds, or until every recipient's node has it."))
]
Named = Annotated[str, typer.Argument(help=_("The message, by its number's first digits: at least six."))]


@app.command("send")
def send(  # noqa: PLR0913 - its options are the form's fields
    to: Annotated[
        list[str], typer.Argument(help=_('For whom: codes of members; "-" reads the text from standard input.'))
    ],
    *,
    subject: Annotated[str, typer.Option(help=_("One line."))] = "",
    text: Text = "",
    file: TextFile = "",
    urgency: Urgency = "routine",
    handling: Handling = "",
    attach: Attach = None,
    wait: Wait = 0,
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Send a message. With --wait it ends with 3 if a recipient refused it, with 5 if one does not have it yet."""
    codes = [code.upper() for code in to if code != "-"]
    if not subject.strip():
        raise InputError(_("A message has a subject of one line."), where="--subject")
    form = {
        "to": codes,
        "subject": subject,
        "text": _read_text(text, file, "-" if "-" in to else ""),
        "urgency": urgency,
        "handling": handling,
    }
    with Caller(node, ca) as caller:
        code = _send(caller, form, attach or [], wait, as_json=as_json)
    raise typer.Exit(code)


@app.command("inbox")
def inbox(
    *,
    sent: Annotated[bool, typer.Option("--sent", help=_("What was sent from here, and what became of it."))] = False,
    due: Annotated[bool, typer.Option("--due", help=_("What waits for an answer, the most pressing first."))] = False,
    sender: Annotated[str, typer.Option("--from", help=_("With --due: of this member alone."))] = "",
    most: Annotated[int, typer.Option(min=1, max=PAGE_MAX, help=_("How many."))] = 50,
    before: Annotated[int, typer.Option(min=0, help=_("Go on from here: what the list before ended with."))] = 0,
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """List messages, the newest first. Reading the list is an act and an entry too."""
    box: Box = "due" if due else "out" if sent else "in"
    with Caller(node, ca) as caller:
        found = caller.get("/v1/messages", MessageList, box=box, before=before, most=most, sender=sender)
    if as_json:
        say_json(found)
        return
    say_list(found, box)
    if found.older is not None:
        options = {"in": "", "out": " --sent", "due": f" --due --from {sender}"}[box]
        say(_("Older: comity inbox{box} --before {place}").format(box=options, place=found.older))


@app.command("open")
def open_message(
    message: Named,
    *,
    save: Annotated[
        Path | None, typer.Option(help=_("Save its attachments below this folder; no file there is overwritten."))
    ] = None,
    evidence: Evidence = None,
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Open a message with its thread: its sender hears of it. Ends with 5 if an attachment has not all come."""
    with Caller(node, ca) as caller:
        name = find_message(caller, message)
        found = caller.post(f"/v1/messages/{part(name)}/open", ThreadAnswer, {})
        if as_json:
            say_json(found)
        else:
            say_thread(found)
        if evidence is not None:
            write_new(evidence, caller.fetch(f"/v1/messages/{part(name)}/evidence", "POST"))
        code = FINE
        if save is not None:

            def tell(place: Path) -> None:
                say(_("Saved: {place}").format(place=place), is_aside=as_json)

            code = save_files(caller, _pick(found, name), save, tell)
    raise typer.Exit(code)


@app.command("reply")
def reply(  # noqa: PLR0913 - its options are the form's fields
    message: Named,
    *,
    text: Text = "",
    file: TextFile = "",
    attach: Attach = None,
    everybody: Annotated[
        bool, typer.Option("--all", help=_("To all that it went to, not to its sender only."))
    ] = False,
    subject: Annotated[str, typer.Option(help=_("Else that of the message."))] = "",
    urgency: Annotated[str, typer.Option(help=_("Else that of the message."))] = "",
    handling: Annotated[str, typer.Option(help=_("Else the highest in its thread."))] = "",
    wait: Wait = 0,
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Answer a message, which is opened first. An answer asks for no answer by a time of its own."""
    written = _read_text(text, file)
    verify_files(attach or [])
    with Caller(node, ca) as caller:
        name = find_message(caller, message)
        thread = caller.post(f"/v1/messages/{part(name)}/open", ThreadAnswer, {})
        answered = _pick(thread, name)
        if not as_json and any(each.was_unopened for each in thread.messages):
            say_thread(thread)  # its sender hears that it was opened, so it is shown
        form = {
            "to": _answerees(caller, answered, everybody=everybody),
            "subject": subject or answered.subject or answered.headline,
            "text": written,
            "urgency": urgency or answered.urgency,
            "handling": handling or thread.handling,
            "reply_to": name,
        }
        code = _send(caller, form, attach or [], wait, as_json=as_json)
    raise typer.Exit(code)


def find_message(caller: Caller, text: str) -> str:
    """The message whose number begins with ``text``, among the newest of both boxes; a whole number is taken as it is.

    InputError for what is no beginning of a number or of several messages; UnknownError where none begins so.
    """
    digits = text.strip().lower()
    if not _NUMBER.fullmatch(digits):
        raise InputError(
            _("A message is named by at least six digits of its number, 0 to 9 and a to f."),
            where=text[:_WHOLE],
            next_step=_("comity inbox, or comity inbox --sent, shows them."),
        )
    if len(digits) == _WHOLE:
        return digits
    return choose(digits, (name for box in ("in", "out") for name in _names(caller, box)))


def choose(digits: str, names: Iterable[str]) -> str:
    """The one of ``names`` that begins so; InputError where several do, UnknownError where none does."""
    found = sorted({name for name in names if name.startswith(digits)})
    if len(found) > 1:
        raise InputError(
            _("More than one message begins so: {names}.").format(names=", ".join(found)),
            where=digits,
            next_step=_("Give more digits."),
        )
    if not found:
        raise UnknownError(
            _("None of the newest {count} messages of either box begins so.").format(count=MESSAGES_SOUGHT_MAX),
            where=digits,
            next_step=_("Give the whole number, or look for it: comity inbox --before."),
        )
    return found[0]


def _names(caller: Caller, box: str) -> list[str]:
    names: list[str] = []
    before: int | None = 0
    while before is not None and len(names) < MESSAGES_SOUGHT_MAX:
        page = caller.get("/v1/messages", MessageList, box=box, before=before, most=PAGE_MAX)
        names += [each.id for each in page.messages]
        before = page.older
    return names


def _pick(thread: ThreadAnswer, name: str) -> MessageShown:
    for each in thread.messages:
        if each.id == name:
            return each
    raise UnknownError(_("The node showed the thread without this message."), where=name)


def _answerees(caller: Caller, message: MessageShown, *, everybody: bool) -> list[str]:
    if message.kind == "alert":
        asker = message.alert.asker if message.alert else ""
        raise InputError(
            _("Nobody reads an answer to an alert: the secretariat's node sends it by itself."),
            where=message.id,
            next_step=_("Write to who asked: comity send {code} --subject ...").format(code=asker) if asker else "",
        )
    if message.is_outgoing:
        return list(message.recipients)
    if not everybody:
        return [message.sender]
    known = {each.code for each in caller.get("/v1/addressees", list[Addressee])}  # all but this bureau
    return sorted({message.sender, *message.recipients} & known)


def _send(caller: Caller, form: dict[str, Any], files: list[Path], wait_s: float, *, as_json: bool) -> int:
    verify_files(files)
    sent = post_sent(caller, "/v1/messages", {**form, "attachments": send_files(caller, files)})
    return follow_sent(caller, sent, wait_s, as_json=as_json)


def post_sent(caller: Caller, path: str, body: dict[str, Any]) -> SentAnswer:
    """Have a message sent."""
    return caller.post(path, SentAnswer, body)


def follow_sent(caller: Caller, sent: SentAnswer, wait_s: float, *, as_json: bool) -> int:
    """Say what was sent, and what becomes of it for so many seconds; the exit code."""
    if not as_json:
        say_sent(sent)
    if wait_s:
        sent = _follow(caller, sent, wait_s, is_quiet=as_json)
    if as_json:
        say_json(sent)
    return _code(sent.deliveries) if wait_s else FINE


def _follow(caller: Caller, sent: SentAnswer, wait_s: float, *, is_quiet: bool) -> SentAnswer:
    """Ask what became of it until every recipient's node has it or will never have it, or the time is over."""
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        try:
            progress = caller.get(f"/v1/messages/{part(sent.id)}/progress", ProgressAnswer)
        except UnavailableError:  # the node is being started anew: the message is on its way all the same
            time.sleep(_POLL_S)
            continue
        before = {each.recipient: each for each in sent.deliveries}
        if not is_quiet:
            say_progress(each for each in progress.deliveries if before.get(each.recipient) != each)
        sent = msgspec.structs.replace(sent, deliveries=progress.deliveries)
        if not progress.is_underway:
            break
        time.sleep(min(_POLL_S, max(0.0, end - time.monotonic())))
    return sent


def _code(deliveries: tuple[DeliveryShown, ...]) -> int:
    states = {each.state for each in deliveries}
    if "unreadable" in states:
        return BROKEN
    if "refused" in states:
        return REFUSED
    return UNAVAILABLE if states & {"queued", "relayed", "expired", "withdrawn"} else FINE


def _read_text(text: str, *files: str) -> str:
    named = [file for file in files if file]
    if len(named) + bool(text) != 1:
        raise InputError(
            _("A message has a text, given once."), where="--text", next_step=_("Give --text, or --file, or -.")
        )
    if text:
        return text
    file = named[0]
    most = MESSAGE_CHARS * _CHAR_BYTES
    data = sys.stdin.buffer.read(most + 1) if file == "-" else read_file(Path(file), _("The file with the text"))
    if len(data) > most:
        raise TooLargeError(
            _("A text has at most {most} characters.").format(most=MESSAGE_CHARS),
            where=file,
            next_step=_("Attach it as a file: --attach."),
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InputError(
            _("The text is not UTF-8."), where=file, next_step=_("Attach it as a file: --attach.")
        ) from error
