"""The whole folder of the secretariat, its keys opened, and all that passed over every line do not give away a text."""

import base64
import hashlib
import itertools
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.errors import ComityError
from comity.exchange.blob import open_chunk
from comity.exchange.envelope import Envelope, open_envelope, parse_envelope
from comity.members.keys import Keys, open_keys, parse_keys
from comity.sealing import SealingKey
from comity.testing import Network
from tests.scenarios.desks import Desk, held

SUBJECT = "Subject-7f3a91c2"
TEXT = "The informant Aldona lives at Vilnius street 4."
ANSWER = "We have him under watch at Lyon."
FILE = b"PHOTOGRAPH-BYTES-" * 20_000
FILE_NAME = "informant-aldona.jpg"
SECRETS = (SUBJECT.encode(), TEXT.encode(), ANSWER.encode(), FILE[:34], FILE_NAME.encode())
PIECE = 12
"""Bytes of a secret that already give it away; shorter ones occur by chance."""


class Overheard:
    """Keeps every byte string that passed over any line."""

    def __init__(self, network: Network) -> None:
        self.data: list[bytes] = []
        network.meddle = self

    def __call__(self, _sender: str, _to: str, data: bytes) -> bytes:
        self.data.append(data)
        return data

    def envelopes(self) -> dict[str, Envelope]:
        """Every copy that passed, by recipient and name."""
        found = [parse_envelope(data) for data in self.data if data.startswith(b"comity/1 envelope ")]
        return {f"{each.to} {each.id}": each for each in found}

    def chunks(self) -> list[bytes]:
        return [
            data for data in self.data if 16 < len(data) <= 256 * 1024 + 16 and not data.startswith((b"comity", b"{"))
        ]


class Story:
    """LT and FR have written to each other, with an attachment, partly through the relay."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.overheard = Overheard(network)
        lt, fr = Desk(network, "LT"), Desk(network, "FR")
        blob = lt.attach(FILE)
        network.cut("FR")
        self.name = lt.send("FR", "BR", text=f"{SUBJECT} {TEXT}", attachments=(blob,), handling="confidential")
        network.settle(3)
        self.waiting = {path: path.read_bytes() for path in secretariat_files(network)}
        network.cut("LT")
        network.mend("FR")
        network.settle(3)
        fr.open(self.name)
        network.mend("LT")
        fr.send("LT", text=ANSWER, reply_to=self.name)
        network.settle(3)
        assert lt.states(self.name)["FR"] == "answered"
        assert network.nodes["FR"].messages.attachments.look(blob)[1:3] == (2, 2)
        network.meddle = lambda _from, _to, data: data


@pytest.fixture(scope="module")
def story(founded: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    network = Network(tmp_path_factory.mktemp("blind"), like=founded)
    yield Story(network)
    network.close()


def secretariat_files(network: Network) -> list[Path]:
    folder = network.founding.config("GS").path("data").parent
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def keys_of(network: Network, code: str) -> tuple[Keys, tuple[str, ...]]:
    config = network.founding.config(code)
    file = parse_keys(config.path(config.keys).read_bytes())
    return open_keys(file, network.founding.passphrases[code]), file.names


def seeds_of(network: Network, code: str) -> dict[str, bytes]:
    keys, names = keys_of(network, code)
    return {name: keys.seed(name) for name in names}


def gives_away(data: bytes) -> str:
    """Which secret, or long piece of one, stands in some bytes; plainly, in hexadecimal or in base64."""
    for secret in SECRETS:
        for start in range(len(secret) - PIECE + 1):
            piece = secret[start : start + PIECE]
            forms = (piece, piece.hex().encode(), base64.b64encode(piece)[:-4])
            if any(form in data for form in forms):
                return secret.decode()
    return ""


def test_nothing_that_passed_or_lies_at_the_secretariat_has_a_text_in_it(story: Story) -> None:
    assert len(story.overheard.data) > 30
    for data in story.overheard.data:
        assert not gives_away(data)
    files = {path: path.read_bytes() for path in secretariat_files(story.network)}
    assert len(files) > 20
    assert any(path.name == "node.db" for path in files)
    for path, data in itertools.chain(files.items(), story.waiting.items()):
        assert not gives_away(data), path


def test_the_search_finds_the_text_where_it_is_allowed_to_be(story: Story) -> None:
    """So the test above can fail: opened with FR's keys, the same search finds everything."""
    opened = [each.text for each in held(story.network, "FR")]
    assert gives_away(str(opened).encode()) == SUBJECT
    assert [text.text for text in opened if not text.reply_to] == [f"{SUBJECT} {TEXT}"]
    assert gives_away(b"x" + TEXT.encode().hex().encode())
    assert gives_away(base64.b64encode(TEXT.encode()))


def test_no_key_of_the_secretariat_opens_any_envelope(story: Story) -> None:
    """Each of its seeds as a sealing key, on each copy of each envelope that it ever had."""
    seeds = seeds_of(story.network, "GS")
    assert {"signing", "directory", "operator", "account", "storage", "ledger", "broker"} <= set(seeds)
    assert not [name for name in seeds if name.startswith("sealing")]
    envelopes = story.overheard.envelopes()
    assert sorted(key.split()[0] for key in envelopes) == ["BR", "FR", "LT"]
    for envelope, seed in itertools.product(envelopes.values(), seeds.values()):
        with pytest.raises(ComityError):
            open_envelope(envelope, SealingKey(seed))


def test_no_key_of_the_secretariat_is_the_key_of_a_body_or_a_chunk(story: Story) -> None:
    seeds = [*seeds_of(story.network, "GS").values(), story.network.nodes["GS"].keyring.storage_key()]
    derived = [hashlib.sha256(seed).digest() for seed in seeds]
    chunks = story.overheard.chunks()
    assert len(chunks) >= 4, "from the sender to the relay and to a recipient, from the relay to the other"
    for key in (*seeds, *derived):
        for envelope in story.overheard.envelopes().values():
            bound = hashlib.sha256(envelope.head_bytes).digest()
            with pytest.raises(InvalidTag):
                AESGCM(key).decrypt(bytes(12), envelope.body, bound)
        for number, chunk in itertools.product((0, 1), chunks):
            with pytest.raises(ComityError):
                open_chunk(number, chunk, key)


def test_the_keys_of_those_addressed_open_the_very_same_bytes(story: Story) -> None:
    """So the tests above can fail: with FR's seed, what was overheard opens, the attachment too; with BR's, BR's."""
    for code in ("FR", "BR"):
        envelope = next(each for key, each in story.overheard.envelopes().items() if key.startswith(code))
        plain = open_envelope(envelope, SealingKey(seeds_of(story.network, code)["sealing-1"]))
        text = json.loads(plain.text)
        assert text["text"] == f"{SUBJECT} {TEXT}"
        key = bytes.fromhex(text["attachments"][0]["key"])
        opened = set()
        for number, chunk in itertools.product((0, 1), story.overheard.chunks()):
            try:
                opened.add((number, open_chunk(number, chunk, key)))
            except ComityError:
                continue
        assert b"".join(data for _number, data in sorted(opened)) == FILE


def test_another_members_key_opens_no_copy_but_its_own(story: Story) -> None:
    for code, envelope in itertools.product(("LT", "FR", "BR", "XX"), story.overheard.envelopes().values()):
        key = SealingKey(seeds_of(story.network, code)["sealing-1"])
        if envelope.to == code:
            assert open_envelope(envelope, key).text
            continue
        with pytest.raises(ComityError):
            open_envelope(envelope, key)


def test_a_bureaus_own_disk_has_no_text_in_clear(story: Story) -> None:
    """Who carries FR's disk away without its passphrase has no message either."""
    for code in ("LT", "FR"):
        folder = story.network.founding.config(code).path("data").parent
        for path in folder.rglob("*"):
            if path.is_file():
                assert not gives_away(path.read_bytes()), path


def test_what_is_in_clear_is_what_the_threat_model_lists(story: Story) -> None:
    """Sender, recipients, times, urgency, handling, the number of attachments; and the length of a text, roughly."""
    envelope = next(each for key, each in story.overheard.envelopes().items() if key.startswith("FR"))
    head = json.loads(envelope.head_bytes)
    assert set(head) == {
        "v", "kind", "sender", "recipients", "sent_at", "expires_at", "answer_by", "urgency", "handling", "blobs",
        "commitment",
    }  # fmt: skip
    assert set(json.loads(envelope.seals_bytes)) == {"v", "body", "wraps"}
    answers = [each for each in story.overheard.envelopes().values() if each.to == "LT"]
    for each in answers:
        assert story.name.encode() not in each.encode(), "which message is answered is sealed"


def test_a_commitment_cannot_be_guessed_at_without_its_salt(story: Story) -> None:
    """Who knows the exact text still cannot tell from the head that it is this one."""
    envelope = next(each for key, each in story.overheard.envelopes().items() if key.startswith("FR"))
    assert envelope.head is not None
    plain = open_envelope(envelope, SealingKey(seeds_of(story.network, "FR")["sealing-1"]))
    guesses = {hashlib.sha256(b"comity/text/v1\n" + salt + plain.text).hexdigest() for salt in (b"", bytes(32))}
    assert envelope.head.commitment not in guesses
    ratio = len(zlib.compress(envelope.body)) / len(envelope.body)
    assert ratio > 0.9, "what is encrypted looks like noise"
