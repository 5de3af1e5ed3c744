"""Forms: what there is to fill in, and a route for each, whose body is made from its declaration."""

from typing import Annotated, Any, Final

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_201_CREATED

from comity.api.given import AtNode, BySession
from comity.api.message_wire import SentAnswer
from comity.api.messages import sent_answer
from comity.api.problems import MAY_BE_HELD, SIGNED_IN, problems, released
from comity.api.wire import Text
from comity.exchange.form import FormDeclaration, FormField
from comity.exchange.forms import forms_by_hand, newest_form
from comity.limits import BODY_BYTES
from comity.office.forms import FormSent
from comity.plug import FacePart
from comity.shown.forms import FormDescribed, choices_described, describe

_Typed = Annotated[str, msgspec.Meta(max_length=BODY_BYTES)]
"""How long a field may be is said by the answer that refuses it."""
_AROUND: Final = ("to", "reply_to", "within", "handling")
"""What a body has beside the form's fields."""


@get("/forms", responses=problems(*SIGNED_IN), opt={"kind": "form.list", "needs": ()}, sync_to_thread=True)
def list_forms(node: AtNode, session: BySession) -> list[FormDescribed]:
    """The forms that officers fill in: fields, choices and deadlines of each, to be sent to ``/v1/forms/<name>``."""
    del node, session
    return [describe(newest_form(name)) for name in forms_by_hand()]


def body_of(form: FormDeclaration) -> type[msgspec.Struct]:
    """What the route of a form takes: its fields by name, and to whom it goes or what it answers."""
    fields: list[tuple[str, type[Any], Any]] = [(each.name, _Typed, "") for each in form.typed]
    around: list[tuple[str, type[Any], Any]] = [("handling", Text, "")]
    if form.sent_by == "whoever-was-asked":
        around.append(("reply_to", Text, ""))
    else:
        around.append(("to", Text, ""))
    if form.deadlines:
        around.append(("within", Text, ""))
    name = "".join(part.title() for part in form.name.split("-"))
    body = msgspec.defstruct(
        f"{name}Body", [*around, *fields], kw_only=True, frozen=True, forbid_unknown_fields=True,
        module=__name__,
    )  # fmt: skip
    body.__doc__ = "\n\n".join(filter(None, (form.title, form.about, *map(_line_of, form.typed), _deadlines(form))))
    return body


def routes() -> tuple[HTTPRouteHandler, ...]:
    """The route of each form that officers fill in."""
    return tuple(_route(newest_form(name)) for name in forms_by_hand())


def _route(form: FormDeclaration) -> HTTPRouteHandler:
    name, body = form.name, body_of(form)

    def send(data: Any, node: Any, session: Any) -> SentAnswer:
        said = msgspec.structs.asdict(data)
        around = {each: said.pop(each) for each in _AROUND if each in said}
        outcome = node.forms.send(session, FormSent(form=name, fields=said, **around))
        return sent_answer(node, session, outcome, released(outcome))

    given: Any = JSONBody  # its form is made at run time
    send.__annotations__ |= {"data": given[body], "node": AtNode, "session": BySession}
    send.__doc__ = f"{form.title}. What is not filled in is left out or empty."
    send.__name__ = f"send_{name.replace('-', '_')}"
    made: HTTPRouteHandler = post(
        f"/forms/{name}", status_code=HTTP_201_CREATED, responses=problems(*MAY_BE_HELD, 404),
        opt={"kind": "message.send"}, sync_to_thread=True,
    )(send)  # fmt: skip
    return made


def _line_of(field: FormField) -> str:
    choices = ", ".join(dict.fromkeys(each.code for each in choices_described(field)))
    needed = "needed" if field.required else "may be left out"
    of = ", those of the record's register" if field.choices_of_register else ""
    return f"``{field.name}``: {field.title}, {needed}" + (f"; one of {choices}{of}" if choices else "")


def _deadlines(form: FormDeclaration) -> str:
    return f"``within``: one of {', '.join(each.code for each in form.deadlines)}" if form.deadlines else ""


PART: Final = FacePart((list_forms,), declared=routes)
