"""What figures are taken from has to run on the code beside it."""

from pathlib import Path

from comity.bench.lookup import _measure_verdicts


def test_verdicts_are_measured_against_lmdb(tmp_path: Path) -> None:
    figures = _measure_verdicts(tmp_path / "index.lmdb")
    assert set(figures) == {"verdict_over_lmdb_hit", "verdict_over_lmdb_miss", "masked_over_miss"}
    assert all(figure.ours > 0 for figure in figures.values())
