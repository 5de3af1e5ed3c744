"""Processor time of this process and everything that it started: what a unit costs, however busy the machine is."""

import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final

_PROCESSES: Final = Path("/proc")
_PARENT, _FIRST_TIME, _TIMES = 1, 11, 4  # fields of a process's stat behind its name, and how many times follow


def processor_s() -> float | None:
    """Seconds of processor that this process, its children and theirs have used, ended ones included.

    None where the system does not tell of other processes as Linux does.
    """
    if not (_PROCESSES / "self" / "stat").exists():
        return None
    children: dict[int, list[int]] = defaultdict(list)
    used: dict[int, int] = {}
    for folder in _PROCESSES.iterdir():
        if folder.name.isdigit() and (fields := _fields(folder)):
            children[int(fields[_PARENT])].append(int(folder.name))
            used[int(folder.name)] = sum(map(int, fields[_FIRST_TIME : _FIRST_TIME + _TIMES]))
    ticks, ours = 0, [os.getpid()]
    while ours:
        process = ours.pop()
        ticks += used.get(process, 0)
        ours += children[process]
    return ticks / os.sysconf("SC_CLK_TCK")


def processor_of(act: Callable[[], object]) -> float:
    """Seconds of processor that ``act`` took, here and in all processes that this one started; 0 where unknown."""
    before = processor_s()
    act()
    after = processor_s()
    return 0.0 if before is None or after is None else after - before


def _fields(folder: Path) -> list[str]:
    try:
        return (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:  # it has ended
        return []
