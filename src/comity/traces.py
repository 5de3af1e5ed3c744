"""Where an error came from, for the diagnostics: places in the program, never what was in its hands."""

import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from comity.limits import TRACE_CAUSES_MAX, TRACE_PLACES_MAX

_PACKAGES: Final = ("site-packages", "src", "lib")


def trace_places(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: ``exc_info`` becomes ``trace``, a list of errors' kinds with file, line and function.

    Texts of errors, and values, may carry personal data and secrets: none of them is told.
    """
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["trace"] = describe(error)
    return event


def describe(error: BaseException) -> list[str]:
    """An error and what caused it, the cause last: its kind, then places, the innermost first."""
    told: list[str] = []
    seen: BaseException | None = error
    for _number in range(TRACE_CAUSES_MAX):
        if seen is None:
            break
        told += [type(seen).__name__, *_places(seen.__traceback__)]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return told


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-TRACE_PLACES_MAX:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in reversed(frames)]


def _short(path: str) -> str:
    """A file below its package's folder: where this program is installed is nobody's business."""
    parts = Path(path).parts
    starts = [place for place, part in enumerate(parts) if part in _PACKAGES]
    return "/".join(parts[starts[-1] + 1 :]) if starts else Path(path).name
