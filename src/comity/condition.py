"""How a node is: what every page says of it, and what is wrong."""

from collections.abc import Callable
from datetime import datetime

from comity.config import Config
from comity.damage import Damages
from comity.errors import UntrustedError
from comity.health import Health, StateLine, Vital, judge_health
from comity.index.shelves import Shelves
from comity.keyring import Keyring
from comity.knowledge import Knowledge
from comity.peer.line import Line
from comity.store import deliveries
from comity.store.store import Store
from comity.tiles.reading import LedgerReader
from comity.works import Works


class Condition:
    """A node has one, and asks it for its state line and its health."""

    def __init__(
        self, config: Config, keyring: Keyring, line: Line, knowledge: Knowledge, store: Store, ledger: LedgerReader,
        shelves: Shelves, damages: Damages, works: Works, clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._is_secretariat, self._keyring, self._line = config.is_secretariat, keyring, line
        self._knowledge, self._store, self._ledger = knowledge, store, ledger
        self._shelves, self._damages, self._works = shelves, damages, works
        self._clock = clock

    def state(self) -> StateLine:
        """What every page says of this node."""
        held = self._knowledge.held
        return StateLine(
            is_up=self._line.is_up,
            rtt_ms=self._line.rtt_ms,
            as_of=held.verified_at if held else None,
            freshness=held.judge(self._clock()).value if held else "none",
            checkpoint_at=self._ledger.checkpoint_at(),
            queued=self._store.read_rows(deliveries.count_queued),
        )

    def health(self) -> Health:
        """What is wrong and what to do."""
        held, refused, now = self._knowledge.held, self._knowledge.refused, self._clock()
        return judge_health(
            Vital(
                is_locked=self._keyring.is_locked,
                is_up=self._line.is_up,
                is_turned_away=self._line.is_turned_away,
                trouble=self._line.trouble,
                freshness=held.judge(now) if held else None,
                refused=refused.message if held and isinstance(refused, UntrustedError) else "",
                free_bytes=self._store.free_bytes,
                failing=self._failing(),
                expiring=held.expiring(now) if held else (),
                in_force=self._knowledge.rulebook(),
                faults=tuple(f"{code}: {why}" for code, why in held.faults.items()) if held else (),
                damaged=self._damages.all(),
                aside=self._works.aside,
                indexes=self._shelves.troubles if self._is_secretariat else {},
            )
        )

    def _failing(self) -> tuple[str, ...]:
        # Without a line a bureau cannot acquire the directory: that is said as such already.
        return tuple(name for name in self._works.failing if name != "directory" or self._is_secretariat)
