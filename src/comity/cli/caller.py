"""Calls to a node's API, and the sessions that an officer has at nodes, kept in a file of the officer's own."""

import base64
import ipaddress
import os
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Final, Self, TypeVar
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from comity.api.wire import Done, Problem, SignedIn
from comity.bounded import Note
from comity.cli.speech import HeldThereError, RefusedThereError
from comity.errors import (
    ComityError,
    ConfigError,
    CorruptError,
    InputError,
    OursError,
    UnauthenticatedError,
    UnavailableError,
    UnknownError,
    UntrustedError,
)
from comity.limits import BATCH_FILE_BYTES, BODY_BYTES, DESKS_MAX, EVIDENCE_BYTES, FIELD_CHARS
from comity.parsing import decode
from comity.texts import _

_TIMEOUT_S: Final = 60.0  # a long ledger takes a while to verify; a query's own deadline is five seconds
_CONNECT_S: Final = 5.0
_ANSWER_BYTES: Final = BATCH_FILE_BYTES  # a page of 200 entries with the longest contents does not come near


class CheckDigitsThereError(InputError):
    """The node says that a zone's check digits do not hold."""


_ERRORS: Final[dict[str, type[ComityError]]] = {
    "input": InputError,
    "malformed": InputError,
    "too-large": InputError,
    "check-digits": CheckDigitsThereError,
    "untrusted": UntrustedError,
    "unknown": UnknownError,
    "unauthenticated": UnauthenticatedError,
    "unavailable": UnavailableError,
    "corrupt": CorruptError,
    "config": ConfigError,
}

Form = TypeVar("Form")


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sessions by node, and the node of the last one."""

    node: Note = ""
    tokens: Annotated[dict[Note, Note], msgspec.Meta(max_length=DESKS_MAX)] = {}


class Sessions:
    """The file of an officer's sessions: ``$COMITY_SESSION``, else ``comity/session.json`` in the user's settings."""

    def __init__(self) -> None:
        settings = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        self._path = Path(os.environ.get("COMITY_SESSION") or settings / "comity" / "session.json")

    def find(self, node: str) -> str:
        """The token for a node; empty if there is none."""
        return self._read().tokens.get(node, "")

    @property
    def last(self) -> str:
        """The node that somebody last signed in at; empty if there is none."""
        return self._read().node

    def keep(self, node: str, token: str) -> None:
        """Keep a token; an empty one is forgotten. The file is this account's alone."""
        tokens = {**self._read().tokens, node: token}
        kept = _Kept(node, {each: held for each, held in tokens.items() if held})
        draft = self._path.with_name(f"{self._path.name}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(msgspec.json.encode(kept))
            draft.replace(self._path)
        except OSError as error:
            raise UnavailableError(
                _("The session cannot be kept: {why}.").format(why=error.strerror),
                where=str(self._path),
                next_step=_("Name another file: COMITY_SESSION."),
            ) from error

    def _read(self) -> _Kept:
        try:
            return decode(self._path.read_bytes(), _Kept, where=self._path.name, most=BODY_BYTES)
        except (OSError, InputError):
            return _Kept()


class Caller:
    """One node's API. Errors that it answers are raised as the same errors here."""

    def __init__(self, node: str, ca: str = "") -> None:
        """``node`` is its address, empty for the one last signed in at; ``ca`` a file with the authority's certificate.

        InputError for an address to which no secret may be sent.
        """
        self._sessions = Sessions()
        self.node = (node or self._sessions.last).rstrip("/")
        _verify_address(self.node)
        try:
            verify = ssl.create_default_context(cafile=ca) if ca else ssl.create_default_context()
        except OSError as error:
            raise InputError(_("The authority's certificate cannot be read."), where=ca) from error
        self._client = httpx.Client(
            base_url=self.node,
            verify=verify,
            timeout=httpx.Timeout(_TIMEOUT_S, connect=_CONNECT_S),
            trust_env=False,  # a token goes to the node and through nobody's proxy
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def get(self, path: str, form: type[Form], **query: str | int) -> Form:
        """Ask for something."""
        return _read(self._send("GET", path, query=query), form)

    def post(self, path: str, form: type[Form], body: dict[str, Any] | None = None) -> Form:
        """Have something done."""
        return _read(self._send("POST", path, body=body), form)

    def upload(self, path: str, form: type[Form], parts: Iterable[bytes], *, size: int, media: str, name: str) -> Form:
        """Send a file of ``size`` bytes part by part; no more than a part of it is in memory."""
        headers = {"Content-Type": media, "Content-Length": str(size)}
        status, data = self._exchange("POST", path, query={"name": name}, content=parts, more=headers)
        return _read(self._judge(status, data), form)

    def fetch(self, path: str, method: str = "GET", **query: str | int) -> bytes:
        """A file that the node makes."""
        return self._send(method, path, query=query)

    def append(self, path: str, form: type[Form], data: bytes, *, offset: int) -> Form:
        """Add to a file that is sent in parts."""
        more = {"Content-Type": "application/octet-stream", "Content-Length": str(len(data))}
        status, answer = self._exchange("PATCH", path, query={"offset": offset}, content=[data], more=more)
        return _read(self._judge(status, answer), form)

    def delete(self, path: str) -> None:
        """Have something forgotten."""
        self._send("DELETE", path)

    @contextmanager
    def download(self, path: str) -> Iterator[Iterator[bytes]]:
        """The parts of a file; UnavailableError from them where the line is cut before all have come."""
        try:
            with self._client.stream("GET", path, headers=self._headers()) as answer:
                if answer.status_code >= httpx.codes.BAD_REQUEST:
                    self._judge(answer.status_code, self._take(answer))
                yield answer.iter_bytes()
        except httpx.HTTPError as error:
            raise self._unanswered(error) from error

    def sign_in(self, officer: str, password: str) -> SignedIn:
        """Open a session and keep it."""
        found = self.post("/v1/sessions", SignedIn, {"officer": officer, "password": password})
        self._sessions.keep(self.node, found.token)
        return found

    def sign_out(self) -> None:
        """End the session, here even if the node cannot be reached; where it goes on there, it is kept."""
        is_over = True
        try:
            self._send("DELETE", "/v1/sessions")
        except (RefusedThereError, HeldThereError):
            is_over = False
            raise
        finally:
            if is_over:
                self._sessions.keep(self.node, "")

    def publish(self, draft: bytes) -> str:
        """Publish a signed draft at the secretariat; the entry on record."""
        return self.post("/v1/directory", Done, {"draft": base64.b64encode(draft).decode()}).entry

    def health(self, form: type[Form]) -> Form:
        """How the node is; red or not, that is an answer."""
        _status, data = self._exchange("GET", "/health")
        return _read(data, form)

    def unlock(self, passphrase: str) -> None:
        """Open the node's keys."""
        self._send("POST", "/v1/unlock", body={"passphrase": passphrase})

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: dict[str, Any] | None = None,
        query: dict[str, str | int] | None = None,
    ) -> bytes:
        status, data = self._exchange(method, path, body=body, query=query)
        return self._judge(status, data)

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        body: dict[str, Any] | None = None,
        query: dict[str, str | int] | None = None,
        content: Iterable[bytes] | None = None,
        more: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        headers = {**self._headers(), **(more or {})}
        try:
            with self._client.stream(method, path, json=body, content=content, params=query, headers=headers) as answer:
                return answer.status_code, self._take(answer)
        except httpx.HTTPError as error:
            raise self._unanswered(error) from error

    def _headers(self) -> dict[str, str]:
        token = self._sessions.find(self.node)
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _take(self, answer: httpx.Response) -> bytes:
        data = b""
        for each in answer.iter_bytes():
            data += each
            if len(data) > _ANSWER_BYTES:
                raise OursError(_("The node's answer has no end."), where=self.node)
        return data

    def _judge(self, status: int, data: bytes) -> bytes:
        if status >= httpx.codes.BAD_REQUEST or status == httpx.codes.ACCEPTED:
            raise _error_of(data, status)
        return data

    def _unanswered(self, error: httpx.HTTPError) -> UnavailableError:
        return UnavailableError(
            _("The node does not answer: {why}.").format(why=type(error).__name__),
            where=self.node,
            next_step=_("Is it running (comity node run), and is this its address (--node)?"),
        )


def part(text: str) -> str:
    """``text`` as one part of a path; InputError if it cannot be one."""
    if not text or len(text) > FIELD_CHARS:
        raise InputError(_("This names nothing."), where=text[:FIELD_CHARS])
    return quote(text, safe="")


def _verify_address(node: str) -> None:
    if not node:
        raise InputError(
            _("No node is named."),
            where="--node",
            next_step=_("Name it: --node http://127.0.0.1:PORT, or COMITY_NODE."),
        )
    address = urlsplit(node)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise InputError(_("A node's address begins with http:// or https://."), where=node)
    if address.scheme == "http" and not _is_this_machine(address.hostname):
        raise InputError(
            _("Secrets go to another machine by https:// only."), where=node, next_step=_("Give an https:// address.")
        )


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read(data: bytes, form: type[Form]) -> Form:
    try:
        return decode(data, form, where="answer", most=EVIDENCE_BYTES)
    except InputError as error:
        raise OursError(
            _("The answer cannot be read: what answers there is no node, or one of another version."),
            next_step=_("Compare the versions: comity --version"),
        ) from error


def _error_of(data: bytes, status: int) -> ComityError:
    problem = _read(data, Problem)
    if problem.code == "refused":
        spoke = [(rule.number, rule.sentence) for rule in problem.rules]
        return RefusedThereError(problem.message, spoke, entry=problem.entry, next_step=problem.next_step)
    if problem.code == "held":
        return HeldThereError(problem.message, problem.rules, held=problem.held, next_step=problem.next_step)
    fallback = UnavailableError if status == httpx.codes.SERVICE_UNAVAILABLE else OursError
    next_step = problem.next_step
    if problem.code == "unauthenticated" and not next_step.startswith(_("Type")):
        next_step = _("Sign in: comity sign-in OFFICER")
    return _ERRORS.get(problem.code, fallback)(problem.message, where=problem.where, next_step=next_step)
