"""Messages as tests write and read them through pages."""

import re
from html import unescape
from typing import Any

from comity.peer.messenger import MessageForm

from .conftest import OWN, Browser, Cast, Page

LETTER = {"to": ["FR"], "subject": "Is it to be held?", "text": "It is here.\nSince two.", "urgency": "urgent",
          "handling": "official-use", "step": "send", "seen": "FR"}  # fmt: skip
MARKUP = '"><script>alert(1)</script>'


def write(browser: Browser, *files: tuple[str, bytes], **changed: Any) -> Page:
    """Send the form as a browser without script does: with files as parts, without as parts too."""
    fields = LETTER | changed
    parts = [("files", (name, data, "application/x-thing")) for name, data in files]
    empty = [("files", ("", b"", "application/octet-stream"))]
    return Page(browser._send("POST", "/messages/new", data=fields, files=parts or empty, headers=OWN))


def send(cast: Cast, at: str, to: tuple[str, ...] = ("LT",), **more: Any) -> str:
    """A message by an officer of ``at``, delivered."""
    node = cast.network.nodes[at]
    session = cast.network.officer(at, f"writer-{cast.network.entropy(4).hex()}", "desk")
    form = MessageForm(to=to, subject=more.pop("subject", "Hello"), text=more.pop("text", "Text of it"), **more)
    name = node.messages.send(session, form).release
    cast.network.settle(3)
    return str(name)


def listed(page: Page, name: str) -> str:
    """The words of one row of a list."""
    row = next(row for row in page.html.split("<tr>") if f'"marks-{name}"' in row)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", row)).split())


def opened(browser: Browser, name: str) -> Page:
    return browser.post("/messages/open", {"message": name})
