import gettext
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from comity import texts
from comity.audience import Audience
from comity.errors import ComityError, InputError
from comity.ids import MemberCode, parse_member_code
from comity.registers.mrz import parse_mrz
from comity.registers.record import make_record
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.texts import speak


class Marked(gettext.NullTranslations):
    """A language in which every text is the English one in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody speaks another language."""
    monkeypatch.setattr(
        texts, "_catalogue", lambda language: Marked() if language == "xx" else gettext.NullTranslations()
    )
    speak("xx")
    yield
    speak("en")


@pytest.mark.usefixtures("elsewhere")
def test_an_error_is_told_in_the_language_of_who_is_spoken_to() -> None:
    with pytest.raises(InputError) as caught:
        parse_member_code("?")
    assert caught.value.message == "⟦A member code is two to eight capital letters or digits.⟧"
    speak("en")
    with pytest.raises(InputError) as caught:
        parse_member_code("?")
    assert "⟦" not in caught.value.message


@pytest.mark.usefixtures("elsewhere")
def test_what_is_wrong_with_a_field_and_what_to_do_are_in_that_language_too() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    with pytest.raises(ComityError) as caught:
        make_record(TRAVEL_DOCUMENTS, MemberCode("FR"), {"number": "1"}, Audience.everyone(), now=now)
    assert "⟦It is missing.⟧" in caught.value.message
    with pytest.raises(ComityError) as caught:
        make_record(TRAVEL_DOCUMENTS, MemberCode("FR"), {"nubmer": "1"}, Audience.everyone(), now=now)
    assert "⟦There is no such field.⟧" in caught.value.message
    with pytest.raises(ComityError) as caught:
        parse_mrz("P<FRA")
    assert caught.value.next_step.startswith("⟦Scan it again")
