"""What a measurement prints: for people, or as JSON."""

import statistics
import sys
from collections.abc import Callable, Sequence
from typing import Any

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """One metric. ``reference`` and ``ratio`` (ours over reference) are None where there is nothing to compare with."""

    ours: float
    unit: str
    reference: float | None = None
    reference_is: str = ""
    ratio: float | None = None


class Report(msgspec.Struct, frozen=True):
    """One measurement's figures, and the setting that they were taken in."""

    bench: str
    setting: dict[str, Any]
    figures: dict[str, Figure]


def compare(ours: Sequence[float], reference: Sequence[float], unit: str, reference_is: str) -> Figure:
    """The medians of runs that were taken in turns, and their ratio; none over a reference of nothing."""
    mine, theirs = statistics.median(ours), statistics.median(reference)
    if not theirs:
        return Figure(mine, unit)
    return Figure(mine, unit, theirs, reference_is, mine / theirs)


def show(report: Report, *, as_json: bool) -> None:
    """Print a report on standard output."""
    if as_json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
        return
    lines = [f"bench {report.bench}", *(f"  {name}: {value}" for name, value in report.setting.items())]
    for name, figure in report.figures.items():
        lines.append(f"  {name}: {figure.ours:,.3g} {figure.unit}")
        if figure.ratio is not None:
            lines.append(f"    reference: {figure.reference:,.3g} {figure.unit} ({figure.reference_is})")
            lines.append(f"    ratio: {figure.ratio:.2f}")
    sys.stdout.write("\n".join(lines) + "\n")


Bench = Callable[[], Report]
