"""What figures are taken from has to run on the code beside it."""

import subprocess
import sys
from pathlib import Path

from comity.bench.lookup import _measure_verdicts
from comity.bench.processor import processor_of, processor_s


def test_verdicts_are_measured_against_lmdb(tmp_path: Path) -> None:
    figures = _measure_verdicts(tmp_path / "index.lmdb")
    assert set(figures) == {"verdict_over_lmdb_hit", "verdict_over_lmdb_miss", "masked_over_miss"}
    assert all(figure.ours > 0 for figure in figures.values())


def test_processor_time_of_children_that_have_ended_counts_too() -> None:
    busy = [sys.executable, "-c", "sum(range(10_000_000))"]
    used_s = processor_of(lambda: subprocess.run(busy, check=True))
    if processor_s() is None:
        assert used_s == 0
    else:
        assert used_s > processor_of(lambda: None)
