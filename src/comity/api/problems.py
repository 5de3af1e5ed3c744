"""Errors become HTTP here, and only here: a status, and a problem in JSON that says what to do next."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec

from comity.api.doubts import describe_digit
from comity.api.wire import Digit, Problem, RuleSpoke
from comity.errors import (
    ComityError,
    HeldError,
    InputError,
    MalformedError,
    RefusedError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
    UnknownError,
    UntrustedError,
)
from comity.gate import Outcome, held_error
from comity.kind import Release
from comity.limits import BODY_BYTES
from comity.node import Node
from comity.registers.readings import CheckDigit
from comity.rules.verdict import Verdict
from comity.shown.wording import next_step
from comity.texts import N_, _

_log = structlog.get_logger(__name__)

_TEXTS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("malformed", N_("The request cannot be read.")),
    404: ("unknown", N_("There is nothing of this name here.")),
    405: ("method", N_("This cannot be done here.")),
    413: ("too-large", N_("A request has at most {most} bytes.")),
    415: ("malformed", N_("The request's body is of a kind that is not read here.")),
}


class CheckDigitsError(MalformedError):
    """The zone's check digits do not hold, and nobody said to go on all the same."""

    code = "check-digits"

    def __init__(self, failing: tuple[CheckDigit, ...]) -> None:
        super().__init__(
            " ".join(describe_digit(digit) for digit in failing),
            where="mrz",
            next_step=_("Compare with the document and correct it, or check all the same."),
        )
        self.failing = failing


class BodyTooLargeError(TooLargeError):
    """What is too large is the request's body itself, not a field in it."""


class UnreadableBodyError(MalformedError):
    """The request's body is no JSON that can be read, before any field of it is looked at."""


_STATUSES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (UnauthenticatedError, 401),
    (HeldError, 202),
    (RefusedError, 403),
    (UntrustedError, 403),
    (UnknownError, 404),
    (BodyTooLargeError, 413),
    (UnreadableBodyError, 400),
    (InputError, 422),
    (UnavailableError, 503),
    (ValidationException, 422),
)


def status_of(error: Exception) -> int:
    """The HTTP status of an error; 500 for what nobody foresaw."""
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            return status
    return error.status_code if isinstance(error, HTTPException) else 500


def speak_rules(node: Node, rules: tuple[str, ...]) -> tuple[RuleSpoke, ...]:
    """Rules with their sentences."""
    return tuple(RuleSpoke(number, node.sentence(number)) for number in rules)


def refuse(verdict: Verdict, entry: str, held: str = "") -> ComityError:
    """The edge's form of what was not done: a refusal; or what an act is called that others are to release first."""
    if verdict.hold is not None:
        return held_error(verdict.hold, verdict.rules, held or entry)
    return RefusedError(_("Refused by the rulebook."), rules=verdict.rules, entry=entry)


def released(outcome: Outcome[Release]) -> Release:
    """What an allowed act released; RefusedError if it was refused: ``problem_of`` says what to do next."""
    verify_done(outcome)
    return outcome.given


def verify_done(outcome: Outcome[Any]) -> None:
    """Raise RefusedError where an act was refused, and HeldError where others are to release it first."""
    if not outcome.verdict.is_allowed:
        raise refuse(outcome.verdict, outcome.entry, outcome.held)


def is_silent(error: Exception, node: Node) -> bool:
    """Whether a refusal must not tell whether what it is about is there: then it is said not to be here."""
    return isinstance(error, RefusedError) and not node.knowledge.rulebook().reveals(error.rules)


def problem_of(error: Exception, node: Node) -> Problem:
    """What to say about an error; of one that is ours, only that it is."""
    match error:
        case CheckDigitsError():
            digits = tuple(Digit(d.name, d.line, d.column, d.found, d.expected) for d in error.failing)
            return _plain(error, digits=digits)
        case RefusedError() | HeldError():
            return _of_rules(error, node)
        case ComityError():
            return _plain(error)
        case ValidationException():
            return _of_form(error)
        case HTTPException():
            code, message = _TEXTS.get(error.status_code, ("http", N_("The request cannot be served.")))
            return Problem(
                code=code,
                message=_(message).format(most=BODY_BYTES),
                next_step=described() if code == "malformed" else "",
            )
        case _:
            return Problem(
                code="ours",
                message=_("Something went wrong on this node."),
                next_step=_("Try again; if it stays, call the node's operator with the time."),
            )


def _of_rules(error: RefusedError | HeldError, node: Node) -> Problem:
    spoke = speak_rules(node, error.rules)
    if isinstance(error, HeldError):
        return Problem(
            code=error.code, message=error.message, next_step=error.next_step, rules=spoke, entry=error.held,
            held=error.held,
        )  # fmt: skip
    steps = error.next_step or next_step(node.knowledge.rulebook(), error.rules)
    if is_silent(error, node):
        return Problem(code=UnknownError.code, message=_(_TEXTS[404][1]), next_step=steps)
    return Problem(code=error.code, message=error.message, next_step=steps, rules=spoke, entry=error.entry)


def _plain(error: ComityError, digits: tuple[Digit, ...] = ()) -> Problem:
    return Problem(code=error.code, message=error.message, where=error.where, next_step=error.next_step, digits=digits)


_NO_BODY: Final = ("data", "'data'")
"""How Litestar says that there is none."""


def _of_form(error: ValidationException) -> Problem:
    found = [each for each in (error.extra or []) if isinstance(each, Mapping)] if error.extra else []
    where = ", ".join(str(each.get("key", "")) for each in found if each.get("key"))
    message = " ".join(str(each.get("message", "")) for each in found)
    if (where, message) == _NO_BODY:
        where, message = "body", _("The request has no body.")
    return Problem(
        code="malformed",
        message=message or _("The request does not have the form that it should have."),
        where=where,
        next_step=described(),
    )


def described() -> str:
    """Where to read how requests are written."""
    return _("What each request has is described here: /v1/openapi.json")


def note(error: Exception, path: str) -> None:
    """Tell the diagnostics of an error that is ours; its text may carry personal data and is not told."""
    if status_of(error) >= 500:  # noqa: PLR2004 - HTTP's server errors
        _log.error("request failed", path=path, error=type(error).__name__, exc_info=not isinstance(error, ComityError))


def answer_problem(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Litestar's exception handler for the API."""
    node: Node = request.app.state.node
    status = 404 if is_silent(error, node) else status_of(error)
    note(error, path_of(request))
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}  # noqa: PLR2004 - RFC 9110, 11.6.1
    if isinstance(error, HTTPException) and error.headers:
        headers.update(error.headers)
    return Response(problem_of(error, node), status_code=status, headers=headers, media_type="application/json")


def path_of(request: Request[Any, Any, Any]) -> str:
    """The route's template, which names no record and nobody."""
    return str(request.scope.get("path_template", ""))


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Documentation of a route's problems."""
    texts = {
        202: "The rulebook holds the act: it is done once others have released it.",
        400: "The request cannot be read.",
        401: "Nobody is signed in.",
        403: "The rulebook refused; the refusal is on record.",
        404: "Not here, or not for this reader.",
        413: "The request is too large.",
        422: "What was sent cannot be used; where and why.",
        503: "This node cannot do it now.",
    }
    return {status: ResponseSpec(Problem, generate_examples=False, description=texts[status]) for status in statuses}


MAY_BE_HELD: Final = (202, 400, 401, 403, 413, 422, 503)
"""What can become of an act of a signed-in officer that changes something."""

SIGNED_IN: Final = (400, 401, 403, 413, 422, 503)
"""What can become of any act of a signed-in officer."""


def to_builtins(value: msgspec.Struct) -> dict[str, Any]:
    """A struct as JSON would have it."""
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found
