"""Forms and answers that have a member for each thing that a question may say, made from what registers declare."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from comity.registers.registry import REGISTERS, TERMS, subjects
from comity.registers.terms import Subject, Term
from comity.texts import _

Form = TypeVar("Form", bound=msgspec.Struct)


def with_terms(kind: Any, *, forbid_unknown_fields: bool = False) -> Callable[[type[Form]], type[Form]]:
    """Give a struct a member of ``kind`` for each term, empty where it is not said."""

    def extended(form: type[Form]) -> type[Form]:
        made: Any = msgspec.defstruct(
            form.__name__,
            [(name, kind, "") for name in TERMS],
            bases=(form,),
            namespace={"__doc__": form.__doc__},
            module=form.__module__,
            frozen=True,
            kw_only=True,
            forbid_unknown_fields=forbid_unknown_fields,
        )
        return made  # type: ignore[no-any-return]

    return extended


def terms_of(form: msgspec.Struct) -> dict[str, str]:
    """What a form that has them says, by term."""
    return {name: getattr(form, name) for name in TERMS}


def said_by_subject(
    said: Mapping[str, str], word: Callable[[Term, str], str]
) -> list[tuple[Subject, list[tuple[Term, str]]]]:
    """What was said, by what it is about; ``word`` is a term's text as people read it. Nothing said is left out."""
    found = []
    for subject, terms in subjects().values():
        told = [(term, word(term, said[term.name])) for term in terms if said.get(term.name)]
        if told:
            found.append((subject, told))
    return found


def ways_word() -> str:
    """What registers are asked by: each way with all that it takes."""
    ways = dict.fromkeys(key.terms for register in REGISTERS.values() for key in register.keys)
    whole = [way for way in ways if not any(set(way) < set(other) for other in ways)]
    return "; ".join(_(" and ").join(_(TERMS[name].title) for name in way) for way in whole)
