"""Paths as C2SP tlog-tiles gives them."""

import pytest

from comity.tiles.paths import bundle_path, contents_path, number_path, tile_path


def test_numbers_are_groups_of_three_digits() -> None:
    assert number_path(0) == "000"
    assert number_path(999) == "999"
    assert number_path(1000) == "x001/000"
    assert number_path(1234067) == "x001/x234/067"


def test_no_tile_has_a_number_below_zero() -> None:
    with pytest.raises(ValueError, match="from zero"):
        number_path(-1)


def test_partial_ones_say_how_wide_they_are() -> None:
    assert tile_path(0, 273, 112) == "tile/0/273.p/112"
    assert tile_path(2, 0) == "tile/2/000"
    assert bundle_path(1234067) == "tile/entries/x001/x234/067"
    assert bundle_path(5, 1) == "tile/entries/005.p/1"
    assert contents_path(1000) == "contents/x001/000"
