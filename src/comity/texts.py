"""Every text that a person sees, through gettext.

Catalogues lie in ``comity/locale``; English is the source language and needs none. ``_`` translates into the language
of the act at hand, which a face sets with ``speak`` for the request that it serves.
"""

import gettext
from contextvars import ContextVar
from functools import cache
from pathlib import Path

_LOCALE = Path(__file__).parent / "locale"
_language: ContextVar[str] = ContextVar("language", default="en")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("comity", _LOCALE, [language], fallback=True)


def speak(language: str) -> None:
    """Use ``language`` (ISO 639-1) for the texts of the running request or command."""
    _language.set(language)


def _(text: str) -> str:
    """``text`` in the language that is spoken now."""
    return _catalogue(_language.get()).gettext(text)


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a text that is marked here and translated where it is shown
    """``text`` itself, marked for the catalogue."""
    return text
