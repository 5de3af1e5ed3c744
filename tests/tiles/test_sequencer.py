"""The sequencer: everything acknowledged comes to stand in the tree, once."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.damage import Damage
from comity.errors import UnavailableError
from comity.ledger.checkpoint import PeriodOpened, origin_of, verify_checkpoint
from comity.ledger.entry import Entry, parse_leaf
from comity.limits import SEQUENCE_ENTRIES_MAX
from comity.signer import Ed25519Signer, Entropy, LockedSigner, Signer
from comity.tiles import sequencer
from comity.tiles.durable import Boundary, no_boundary
from comity.tiles.log import TileLog
from comity.tiles.segments import Segment
from comity.tiles.sequencer import Sequencer, Through
from comity.tiles.verify import verify_log
from tests.tiles.cast import AT, KEY, LT, NETWORK, ORIGIN, PERIOD, SIGNER, KilledError, Store, entries, entry, kill_at

NOVEMBER = AT + timedelta(hours=1)
DECEMBER = datetime(2026, 12, 1, 0, 0, 1, tzinfo=UTC)


@pytest.fixture(autouse=True, scope="module")
def _all_closed() -> Iterator[None]:
    yield
    Node.close_all()


class Node:
    """A node's ledger in one folder; opening it again is a restart."""

    running: ClassVar[list[Segment]] = []

    @classmethod
    def close_all(cls) -> None:
        while cls.running:
            cls.running.pop().close()

    def __init__(
        self, folder: Path, store: Store, boundary: Boundary = no_boundary, signer: Signer = SIGNER,
        on_damage: Callable[[Damage], None] = lambda _damage: None,
    ) -> None:  # fmt: skip
        self.close_all()
        store.boundary = boundary
        self.store = store
        self.folder = folder / "ledger"
        through = store.through.segment_position
        self.segment = Segment(folder / "segment", boundary, sequenced_through=through)
        self.running.append(self.segment)
        entropy: Entropy = bytes
        self.sequencer = Sequencer(
            self.folder, NETWORK, LT, signer, store, self.segment, boundary, entropy=entropy, on_damage=on_damage
        )

    def in_tree(self) -> list[Entry]:
        """Every entry of every period except those that open one."""
        found = []
        for period in self.sequencer.periods():
            log = TileLog(self.folder / period)
            found += [one for one in log.entries(0, log.size) if isinstance(one, Entry)]
        return [one for one in found if parse_leaf(one.leaf).kind != "period.opened"]


def assert_whole(node: Node, *, wanted: list[Entry]) -> None:
    """Each entry stands in the tree once, and the store knows where each stands."""
    assert Counter(one.id for one in node.in_tree()) == Counter(one.id for one in wanted)
    places = [(placed.period, placed.index) for placed in node.store.placed]
    expected = [
        (period, index) for period in node.sequencer.periods() for index in range(TileLog(node.folder / period).size)
    ]
    assert sorted(places) == expected
    logs = {period: TileLog(node.folder / period) for period in node.sequencer.periods()}
    for placed in node.store.placed:
        leaf = logs[placed.period].leaf(placed.index)
        assert (parse_leaf(leaf).kind, parse_leaf(leaf).at) == (placed.kind, placed.at)
    assert node.store.rows == {}
    assert node.segment.read_from(node.store.through.segment_position, 10)[0] == []
    for period in node.sequencer.periods():
        assert list(verify_log(node.folder / period, KEY, origin_of(NETWORK, LT, period))) == []


def test_rows_and_reads_come_to_stand_in_the_tree_and_idle_signs_nothing(tmp_path: Path) -> None:
    node = Node(tmp_path, Store())
    assert node.sequencer.step(NOVEMBER) == 0
    assert node.sequencer.periods() == []
    node.store.add(*entries(0, 3))
    node.segment.append(entries(3, 5))
    assert node.sequencer.step(NOVEMBER) == 5
    assert_whole(node, wanted=entries(0, 5))
    log = node.sequencer.log
    assert log is not None
    note = log.checkpoint()
    assert note is not None
    assert verify_checkpoint(note, KEY, ORIGIN).size == 6
    assert node.sequencer.step(NOVEMBER) == 0
    assert log.checkpoint() == note
    assert [placed.pending for placed in node.store.placed] == [None, 1, 2, 3, None, None]


BURST = 2 * SEQUENCE_ENTRIES_MAX


def test_in_a_burst_every_checkpoint_comes_before_the_store_is_told(tmp_path: Path) -> None:
    steps: list[str] = []
    node = Node(tmp_path, Store(), steps.append)
    node.store.add(*entries(0, BURST))
    assert node.sequencer.step(NOVEMBER) == BURST
    checkpoints = [number for number, step in enumerate(steps) if step == "sequence.published"]
    assert len(checkpoints) == BURST // (SEQUENCE_ENTRIES_MAX // 2)
    assert max(checkpoints) < steps.index("sequence.record")
    assert_whole(node, wanted=entries(0, BURST))


def test_no_more_checkpoints_than_the_bound_are_ahead_of_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "UNTOLD_CHECKPOINTS_MAX", 2)
    steps: list[str] = []
    node = Node(tmp_path, Store(), steps.append)
    node.store.add(*entries(0, BURST))
    node.sequencer.step(NOVEMBER)
    ahead = [Counter(steps[:number]) for number in range(len(steps) + 1)]
    assert max(seen["sequence.published"] - seen["sequence.recorded"] for seen in ahead) == 2
    assert_whole(node, wanted=entries(0, BURST))


@pytest.mark.parametrize("told", range(2))
def test_a_kill_behind_a_bursts_checkpoints_loses_and_doubles_nothing(tmp_path: Path, told: int) -> None:
    seen: Counter[str] = Counter()

    def boundary(name: str) -> None:
        seen[name] += 1
        if name == "sequence.record" and seen[name] > told:
            raise KilledError(name)

    node = Node(tmp_path, Store(), boundary)
    node.store.add(*entries(0, BURST // 2))
    node.segment.append(entries(BURST // 2, BURST // 2 + 9))
    with pytest.raises(KilledError):
        node.sequencer.step(NOVEMBER)
    again = Node(tmp_path, node.store)
    again.sequencer.step(NOVEMBER)
    assert_whole(again, wanted=entries(0, BURST // 2 + 9))


def test_a_new_month_is_a_new_tree_that_begins_with_the_last_ones_checkpoint(tmp_path: Path) -> None:
    node = Node(tmp_path, Store())
    node.store.add(entry(0))
    node.sequencer.step(NOVEMBER)
    final = TileLog(node.folder / PERIOD).checkpoint()
    assert final is not None
    assert node.sequencer.step(DECEMBER) == 0
    assert node.sequencer.periods() == [PERIOD]
    node.store.add(entry(1))
    assert node.sequencer.step(DECEMBER) == 1
    assert node.sequencer.periods() == [PERIOD, "2026-12"]
    opening = TileLog(node.folder / "2026-12").entry(0)
    assert isinstance(opening, Entry)
    assert msgspec.json.decode(opening.content, type=PeriodOpened) == PeriodOpened(1, final.decode())
    first = TileLog(node.folder / PERIOD).entry(0)
    assert isinstance(first, Entry)
    assert msgspec.json.decode(first.content, type=PeriodOpened) == PeriodOpened(1, None)
    assert TileLog(node.folder / PERIOD).checkpoint() == final
    assert_whole(node, wanted=entries(0, 2))


def test_a_clock_put_back_opens_no_closed_month(tmp_path: Path) -> None:
    node = Node(tmp_path, Store())
    node.store.add(entry(0))
    node.sequencer.step(DECEMBER)
    node.store.add(entry(1))
    node.sequencer.step(NOVEMBER)
    assert node.sequencer.periods() == ["2026-12"]
    assert_whole(node, wanted=entries(0, 2))


class LockableSigner:
    def __init__(self) -> None:
        self.inner: Signer = LockedSigner(SIGNER.public)

    @property
    def public(self) -> bytes:
        return SIGNER.public

    def sign(self, data: bytes) -> bytes:
        return self.inner.sign(data)


def test_with_locked_keys_everything_waits_and_nothing_is_lost(tmp_path: Path) -> None:
    signer = LockableSigner()
    node = Node(tmp_path, Store(), signer=signer)
    node.store.add(*entries(0, 2))
    node.segment.append(entries(2, 3))
    assert node.sequencer.step(NOVEMBER) == 0
    signer.inner = Ed25519Signer(b"LT" * 16)
    assert node.sequencer.step(NOVEMBER) == 3
    signer.inner = LockedSigner(SIGNER.public)
    node.store.add(entry(3))
    for _ in range(2):
        assert node.sequencer.step(NOVEMBER) == 0
    assert len(node.store.rows) == 1
    signer.inner = SIGNER
    assert node.sequencer.step(NOVEMBER) == 1
    assert_whole(node, wanted=entries(0, 4))


@settings(max_examples=80, deadline=None)
@given(
    step=st.integers(0, 45),
    again=st.integers(0, 30),
    counts=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 40)), min_size=1, max_size=2),
    new_month=st.booleans(),
)
def test_a_kill_anywhere_loses_nothing_and_does_nothing_twice(
    tmp_path_factory: pytest.TempPathFactory,
    step: int,
    again: int,
    counts: list[tuple[int, int]],
    new_month: bool,  # noqa: FBT001 - hypothesis names its arguments
) -> None:
    folder, store, wanted, number = tmp_path_factory.mktemp("node"), Store(), [], 0
    for turn, (rows, reads) in enumerate(counts):
        now = DECEMBER if new_month and turn else NOVEMBER
        node = Node(folder, store)
        store.add(*entries(number, number + rows))
        for one in entries(number + rows, number + rows + reads):
            node.segment.append([one])
        wanted += entries(number, number + rows + reads)
        number += rows + reads
        for kill in (step, again):
            try:
                node = Node(folder, store, kill_at(kill))
                node.sequencer.step(now)
            except KilledError:
                pass
    node = Node(folder, store)
    node.sequencer.step(DECEMBER)
    node.sequencer.step(DECEMBER)
    assert_whole(node, wanted=wanted)


@pytest.mark.parametrize("name", ["append.bundles", "replace.rename", "replace.renamed", "publish.checkpoint"])
def test_a_full_disk_is_said_and_nothing_is_lost_or_done_twice(tmp_path: Path, name: str) -> None:
    full: list[str] = []

    def boundary(step: str) -> None:
        if step in full:
            raise OSError(28, "No space left on device")

    node = Node(tmp_path, Store(), boundary)
    node.store.add(*entries(0, 2))
    node.sequencer.step(NOVEMBER)
    node.store.add(*entries(2, 300))
    node.segment.append(entries(300, 302))
    full.append(name)
    for number in (900, 901):
        with pytest.raises(UnavailableError):
            node.sequencer.step(NOVEMBER)
        node.store.add(entry(number))
    full.clear()
    while node.store.rows:
        node.sequencer.step(NOVEMBER)
    assert_whole(node, wanted=[*entries(0, 302), *entries(900, 902)])


def test_a_store_that_lost_its_place_is_told_of_everything_again(tmp_path: Path) -> None:
    node = Node(tmp_path, Store())
    node.store.add(*entries(0, 4))
    node.sequencer.step(NOVEMBER)
    fresh = Node(tmp_path, Store())
    fresh.store.through = Through("", 0, node.store.through.segment_position)
    assert fresh.sequencer.step(NOVEMBER) == 5
    assert [placed.id for placed in fresh.store.placed] == [placed.id for placed in node.store.placed]
