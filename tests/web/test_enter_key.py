"""Enter in a one-line field does nothing that cannot be undone: on each page, with script and without."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

TEMPLATES = Path(__file__).parents[2] / "src" / "comity" / "web" / "templates"
ONE_LINE: Final = {"text", "search", "password", "date", "number", "email", "url", "tel", "checkbox", "radio", "file"}
"""The types of fields in which Enter submits a form."""
LOOKS: Final = ("preview", "more")
"""Steps that only show what would be done."""
ALLOWED: Final = {
    "check.html /check": "a question; what goes on all the same stands behind the first button",
    "enter_file.html /enter/file": "the file is read, and nothing is entered before the next page",
    "file.html /enter/file/…": "the differences stand above, and how many go out is typed: that is the second look",
    "officers.html /officers": "an officer is created, who can be disabled",
    "password.html /password": "a password, which can be set again",
    "sign_in.html /sign-in": "signing in",
}
"""Forms in which Enter does more than show, each with the reason why that is harmless."""


class Forms(HTMLParser):
    """The forms of a template that are sent: where to, their attributes, types of fields and buttons in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str], list[str], list[dict[str, str]]]] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("method") == "post"
            if self._inside:
                self.found.append((given, [], []))
        elif self._inside and tag == "input":
            self.found[-1][1].append(given.get("type", "text"))
        elif self._inside and tag == "button" and given.get("type", "submit") == "submit":
            self.found[-1][2].append(given)

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"


def plain(path: Path) -> str:
    """The template with what it includes by macros of fields, and without its own code."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\{\{ (form_fields|urgency_field|files_field|form_deadlines)\(.*?\}\}", "<input>", text)
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    return re.sub(r"\{%.*?%\}", "", re.sub(r"\{\{.*?\}\}", "…", text, flags=re.DOTALL), flags=re.DOTALL)


def forms() -> list[tuple[str, dict[str, str], list[dict[str, str]]]]:
    """Each form that has a field in which Enter submits it."""
    return [
        (f"{path.name} {given['action']}", given, buttons)
        for path in sorted(TEMPLATES.glob("*.html"))
        for given, fields, buttons in Forms(plain(path)).found
        if ONE_LINE & set(fields)
    ]


FORMS = forms()


def is_harmless(button: dict[str, str]) -> bool:
    return "disabled" in button or button.get("value") in LOOKS


def test_there_are_some_and_each_reason_is_about_one() -> None:
    names = [name for name, _given, _buttons in FORMS]
    assert len(names) >= 10
    assert set(ALLOWED) <= set(names)


@pytest.mark.parametrize(("name", "given", "buttons"), FORMS, ids=[name for name, *_ in FORMS])
def test_enter_presses_without_script_only_what_shows_or_is_harmless(
    name: str, given: dict[str, str], buttons: list[dict[str, str]]
) -> None:
    """Browsers press a form's first button, and none where that one is disabled."""
    del given
    assert is_harmless(buttons[0]) or name in ALLOWED, f"Enter in {name} presses {buttons[0]}"


@pytest.mark.parametrize(("name", "given", "buttons"), FORMS, ids=[name for name, *_ in FORMS])
def test_enter_presses_with_script_only_what_shows_or_is_harmless(
    name: str, given: dict[str, str], buttons: list[dict[str, str]]
) -> None:
    """The script presses what is marked, else the form's main button; in a calm form none."""
    if "data-calm" in given:
        return
    marked = [each for each in buttons if "data-enter" in each]
    main = [each for each in buttons if "do" in each.get("class", "").split()]
    pressed = (*marked, *main, *buttons)[0]
    assert is_harmless(pressed) or name in ALLOWED, f"Enter in {name} presses {pressed}"
