"""In which language a page speaks, and which way it is read."""

from pathlib import Path
from typing import Any

from litestar import Request

import comity
from comity.texts import speak

_LOCALE = Path(comity.__file__).parent / "locale"
_RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")
_LANGUAGES_READ = 10  # of a browser's list


def languages() -> tuple[str, ...]:
    """English, and every language that has a catalogue."""
    found = sorted(path.parent.parent.name for path in _LOCALE.glob("*/LC_MESSAGES/comity.mo"))
    return ("en", *(language for language in found if language != "en"))


_SPOKEN = languages()


def language_of(request: Request[Any, Any, Any]) -> str:
    """The first language of the browser's list that is spoken here; English if none is."""
    wanted = request.headers.get("accept-language", "").split(",", _LANGUAGES_READ)
    codes = (part.split(";")[0].strip().split("-")[0].lower() for part in wanted)
    return next((code for code in codes if code in _SPOKEN), "en")


def direction_of(language: str) -> str:
    """``ltr`` or ``rtl``, as HTML has it."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


async def choose_language(request: Request[Any, Any, Any]) -> None:
    """Litestar's hook before each request."""
    speak(language_of(request))
