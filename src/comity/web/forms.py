"""Forms as browsers send them, from our own pages only."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from litestar import Request
from litestar.exceptions import ClientException, PermissionDeniedException

from comity.errors import ComityError
from comity.limits import FORM_FIELDS_MAX


@dataclass(frozen=True)
class SentFile:
    """A file that came with a form: ``blob`` names it at the node; ``problem`` says why it was not kept."""

    name: str
    size: int
    blob: str = ""
    problem: ComityError | None = None


class Form:
    """The fields of one form; what is missing is empty."""

    def __init__(self, fields: dict[str, list[str]], files: tuple[SentFile, ...] = ()) -> None:
        self._fields = fields
        self.files = files

    def text(self, name: str) -> str:
        """The field's first value."""
        return self._fields.get(name, [""])[0]

    def texts(self, name: str) -> tuple[str, ...]:
        """All values of a field that can be chosen more than once."""
        return tuple(self._fields.get(name, ()))

    def has(self, name: str) -> bool:
        """Whether the field was sent."""
        return name in self._fields

    def typed(self) -> dict[str, str]:
        """What was typed, to fill the form again; several values of one field stand on lines of their own."""
        return {name: "\n".join(values) for name, values in self._fields.items()}


def verify_same_origin(request: Request[Any, Any, Any]) -> None:
    """Raise PermissionDeniedException unless our own page sent this (Fetch Metadata, else Origin; RFC 6454)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site == "same-origin":
            return
    else:
        origin = urlsplit(request.headers.get("origin", ""))
        if origin.netloc and origin.netloc == request.headers.get("host") and origin.scheme == request.url.scheme:
            return
    raise PermissionDeniedException("another site")


async def read_form(request: Request[Any, Any, Any]) -> Form:
    """The form that a page of ours sent, empty where none comes; ClientException if it is none.

    It is read once, by one dependency, since a body can be read once only; the request keeps it for the page that
    follows the end of a session.
    """
    if request.method != "POST":
        return Form({})
    verify_same_origin(request)
    body = await request.body()
    kind = request.headers.get("content-type", "").split(";")[0].strip()
    if body and kind != "application/x-www-form-urlencoded":
        raise ClientException("not a form")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX, errors="strict")
    except ValueError as error:
        raise ClientException("not a form") from error
    form = Form(fields)
    request.state.form = form
    return form
