"""What is too long is told how long it is, whichever term it is typed for, with a zone or without."""

import pytest

from comity.api.document import read_document
from comity.limits import FIELD_CHARS
from comity.registers.registry import TERMS

ZONE = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"


@pytest.mark.parametrize("mrz", ["", ZONE], ids=["typed", "beside a zone"])
@pytest.mark.parametrize("name", sorted(TERMS.keys() - {"number", "name", "birth_date", "country", "type"}))
def test_a_term_that_is_too_long_is_told_its_length(name: str, mrz: str) -> None:
    document = read_document(mrz=mrz, **{name: "W" * 5_000})
    assert f"It has 5000 characters, and may have {FIELD_CHARS}" in document.wrong[name].message


@pytest.mark.parametrize("name", ["number", "name"])
def test_so_is_one_that_a_zone_would_say(name: str) -> None:
    document = read_document(**{name: "W " * 5_000})
    assert "It has 9999 characters" in document.wrong[name].message
