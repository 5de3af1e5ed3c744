"""Commands whose options are made from what registers declare: by what they are asked, and what they are entered with.

Such a command is written with ``**more``; here its signature gets an option for each of those.
"""

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer

from comity.registers.register import Register
from comity.registers.registry import TERMS
from comity.texts import _


def with_terms(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each thing that a question may say."""
    return _with(command, ((name, term.called, _(term.help)) for name, term in TERMS.items()))


def with_fields(command: Callable[..., None], register: Register) -> Callable[..., None]:
    """Give a command an option for each field of a register whose records are one line."""
    fields = () if register.groups else register.fields
    return _with(command, ((field.name, _option_of(field.name), _help_of(field)) for field in fields))


def _option_of(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _help_of(field: Any) -> str:
    said = _(field.title)
    if field.choices:
        said = _("{title}: {choices}").format(title=said, choices=", ".join(field.choices))
    return _("{said}. Required.").format(said=said) if field.required else f"{said}."


def _with(command: Callable[..., None], options: Iterable[tuple[str, str, str]]) -> Callable[..., None]:
    signature = inspect.signature(command)
    own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    at = next((place for place, each in enumerate(own) if each.kind is inspect.Parameter.KEYWORD_ONLY), len(own))
    made = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default="",
            annotation=Annotated[str, typer.Option(called, help=said)],
        )
        for name, called, said in options
    ]
    command.__signature__ = signature.replace(parameters=[*own[:at], *made, *own[at:]])  # type: ignore[attr-defined]
    return command
