"""A demonstration in whose folder something is damaged for good: it starts, and says what is wrong and what to do."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from comity.demo.cast import CLERK, EVERYBODY, SHOWN, WRITER
from comity.demo.chapters import RefusedError, Story
from comity.demo.network import DemoNetwork

pytestmark = pytest.mark.processes

SENT_TO = "FR"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that was played in: LT sent FR a message with a file."""
    with DemoNetwork(tmp_path, profile="test") as network:
        network.found()
        passwords = network.give_passwords(EVERYBODY)
        network.start()
        _send(network, passwords[WRITER.name])
    return tmp_path


def _send(network: DemoNetwork, password: str) -> None:
    with httpx.Client(base_url=network.url(WRITER.member), timeout=20.0) as client:
        token = client.post("/v1/sessions", json={"officer": WRITER.name, "password": password}).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        given = client.post("/v1/attachments?name=file.pdf", content=bytes(range(250)) * 280)
        assert given.is_success, given.text
        form = {"to": [SENT_TO], "subject": "A file", "text": "As spoken.", "attachments": [given.json()["blob"]]}
        sent = client.post("/v1/messages", json=form)
        assert sent.is_success, sent.text
    _until(lambda: _chunks(network.folder, SENT_TO))


def _chunks(folder: Path, code: str) -> list[Path]:
    return [path for path in (folder / code / "data" / "blobs").rglob("*") if path.is_file()]


def _until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.1)


def damage_attachment_at_both_ends(folder: Path) -> None:
    for code in (WRITER.member, SENT_TO):
        for path in _chunks(folder, code):
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)


def damage_an_officer(folder: Path) -> None:
    """One who gets no new password at a second start."""
    with sqlite3.connect(folder / CLERK.member / "data" / "node.db") as database:
        changed = database.execute("update officer set roles = 'auditor administrator' where name = ?", (CLERK.name,))
        assert changed.rowcount == 1


@pytest.mark.parametrize(
    ("damage", "code", "said"),
    [
        (damage_attachment_at_both_ends, SENT_TO, "Attachments"),
        (damage_an_officer, CLERK.member, "Officers"),
    ],
)
def test_what_is_damaged_for_good_keeps_nobody_out_and_is_said_in_words(
    folder: Path, damage: Callable[[Path], None], code: str, said: str
) -> None:
    damage(folder)
    with DemoNetwork(folder, profile="test") as network:
        network.found()
        network.give_passwords(SHOWN)
        network.start()
        for member in network.nodes:
            assert httpx.get(network.url(member), follow_redirects=True).is_success
        (problem,) = network.troubles[code]
        assert said in problem.message
        assert problem.next_step
        network.wait_until_well(code)  # what was wrong before fails no other step of the story
        with pytest.raises(RefusedError, match=said) as raised:
            Story(network).verify_well()
        assert "{" not in str(raised.value)
        assert problem.next_step in str(raised.value)
