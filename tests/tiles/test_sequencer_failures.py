"""Whatever fails between two steps of the sequencer: each entry stands in the tree once, and the list agrees."""

import errno
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from comity.damage import Damage
from comity.errors import ComityError, CorruptError
from comity.ledger.entry import Entry
from comity.tiles import contents, durable, segments
from comity.tiles.segments import Segment
from comity.tiles.sequencer import Through
from tests.tiles.cast import PERIOD, Store, entries, entry
from tests.tiles.test_sequencer import NOVEMBER, Node, assert_whole

CALLS = (io, "open"), (os, "open"), (os, "replace"), (os, "unlink"), (os, "mkdir"), (os, "listdir")
SYNCS = (durable, "sync_data"), (contents, "sync_data"), (segments, "sync_data"), (os, "fsync")


class Machine:
    """It refuses this thread some of its calls, from the ``first`` on; other threads are refused nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._thread = threading.current_thread()
        self._left = self._times = 0
        self.count = 0
        for module, name in (*CALLS, *SYNCS):
            monkeypatch.setattr(module, name, self._wrap(getattr(module, name)))

    def _wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def refusing(*args: Any, **named: Any) -> Any:
            self.boundary("")
            return call(*args, **named)

        return refusing

    def boundary(self, _name: str) -> None:
        """A boundary of the program, or a call of the machine."""
        if threading.current_thread() is not self._thread:
            return
        self.count += 1
        if not self._times:
            return
        self._left -= 1
        if self._left < 0:
            self._times -= 1
            raise OSError(errno.EMFILE, "Too many open files")

    @contextmanager
    def refusing(self, first: int, times: int) -> Iterator[None]:
        """As many calls are refused, behind the ``first``; a step that fails is left behind."""
        self._left, self._times = first, times
        with suppress(ComityError, OSError):
            yield
        self._times = 0


class Readers:
    """A second thread, whose reads come to the segment all the while."""

    def __init__(self, segment: Segment) -> None:
        self.acknowledged = list[Entry]()
        self._segment = segment
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._append)
        self._thread.start()

    def _append(self) -> None:
        number = 100_000
        while not self._is_ending.wait(0.001):
            new = entries(number, number + 2)
            self._segment.append(new)
            self.acknowledged += new
            number += 2

    def end(self) -> None:
        """Nothing more comes."""
        self._is_ending.set()
        self._thread.join()


@pytest.mark.parametrize("times", [1, 2, 3, 5, 30])
def test_whatever_a_machine_refuses_each_entry_stands_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    machine, store = Machine(monkeypatch), Store()
    node = Node(tmp_path, store, machine.boundary)
    readers = Readers(node.segment)
    node.sequencer.step(NOVEMBER)
    before, calls, first = machine.count, 60, 0
    while first < calls:
        store.add(entry(first))
        with machine.refusing(first, times):
            node.sequencer.step(NOVEMBER)
        with machine.refusing(0, times // 2):
            node.sequencer.step(NOVEMBER)
        before = machine.count
        node.sequencer.step(NOVEMBER)
        calls, first = max(calls, machine.count - before), first + 1
    readers.end()
    node.sequencer.step(NOVEMBER)
    assert_whole(node, wanted=[*entries(0, first), *readers.acknowledged])


def test_a_file_of_the_segment_that_could_not_be_begun_hides_nothing_behind_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(monkeypatch)
    node = Node(tmp_path, Store(), machine.boundary)
    node.segment.append([entry(0)])
    with machine.refusing(1, 1):  # the new file is there, its folder was not synced
        node.segment.drop_through(0)
    node.segment.append([entry(1)])
    again = Node(tmp_path, node.store)
    again.sequencer.step(NOVEMBER)
    assert_whole(again, wanted=entries(0, 2))


MARKS = (
    Through("3026-11", 4, 0), Through("2026-11", 68, 0), Through("2025-11", 4, 0), Through("2026-11", 0, 0),
    Through("", 0, 0), Through("2026-1\ufffd", 4, 0),
)  # fmt: skip


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("away", [-64, 0, 64, 2**40])
def test_a_mark_that_was_changed_goes_back_and_each_entry_stands_once(tmp_path: Path, mark: Through, away: int) -> None:
    node = Node(tmp_path, Store())
    node.store.add(entry(0))
    node.segment.append(entries(1, 3))
    node.sequencer.step(NOVEMBER)
    node.segment.append(entries(3, 5))
    position = node.store.through.segment_position
    node.store.through = mark._replace(segment_position=position + away)
    again = Node(tmp_path, node.store)
    again.segment.append([entry(5)])
    again.sequencer.step(NOVEMBER)
    assert_whole(again, wanted=entries(0, 6))
    assert again.segment.set_aside == ()


@pytest.mark.parametrize(("mark", "is_ahead"), [
    (Through("2026-11", 68, 0), True), (Through("3026-11", 4, 0), True), (Through("2026-11", 2, 0), False),
    (Through("2026-11", 2, 2**40), True),
])  # fmt: skip
def test_a_mark_ahead_of_what_it_counts_is_named(tmp_path: Path, mark: Through, is_ahead: bool) -> None:  # noqa: FBT001
    node, heard = Node(tmp_path, Store()), list[Damage]()
    node.store.add(entry(0))
    node.sequencer.step(NOVEMBER)
    node.store.through = mark
    again = Node(tmp_path, node.store, on_damage=heard.append)
    again.sequencer.step(NOVEMBER)
    assert [(each.kind, each.name) for each in heard] == [("database", "sequenced")] * is_ahead
    assert node.store.through.log_size == 2


def test_a_ledger_shorter_than_mark_and_list_know_it_is_an_error_not_a_fresh_start(tmp_path: Path) -> None:
    node = Node(tmp_path, Store())
    node.store.add(entry(0))
    node.sequencer.step(NOVEMBER)
    node.store.through = Through(PERIOD, 5, node.store.through.segment_position)
    last = node.store.placed[-1]
    node.store.placed.append(type(last)(entry(9).id, PERIOD, 4, last.kind, last.at, None))
    with pytest.raises(CorruptError):
        Node(tmp_path, node.store).sequencer.step(NOVEMBER)
