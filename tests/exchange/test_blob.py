"""Blobs: each is what its name says or is refused, is pulled by those it was sent to, and goes on where it was cut."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.act import Session
from comity.blobs.chunk_files import ChunkFiles
from comity.errors import (
    CorruptError,
    InputError,
    MalformedError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
    UnknownError,
    UntrustedError,
)
from comity.exchange.blob import (
    CHUNKS_MAX,
    BlobQuestion,
    ChunkQuestion,
    Manifest,
    hash_chunk,
    open_chunk,
    parse_manifest,
    seal_chunks,
    verify_chunk,
)
from comity.exchange.signed import parse_signed, sign_body
from comity.ids import BlobId, MemberCode
from comity.limits import ATTACHMENT_BYTES, CHUNK_BYTES, MANIFEST_BYTES
from comity.peer.messenger import MessageForm
from comity.testing import Network
from tests.exchange.envelopes import forged, receipt_of, text_of
from tests.peer.frames import COMPLAINT, put, signer_of

KEY = b"\x09" * 32
ASK_CHUNK = b"comity/1 chunk "


def content(size: int) -> bytes:
    """Bytes of which no two chunks are alike."""
    return hashlib.shake_256(b"content").digest(size)


def sealed(data: bytes) -> tuple[Manifest, list[bytes]]:
    chunks = [chunk for chunk, _count in seal_chunks([data], KEY)]
    return Manifest(1, len(data), CHUNK_BYTES, tuple(map(hash_chunk, chunks))), chunks


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# Manifests and chunks


def test_the_bytes_of_a_blob_are_pinned() -> None:
    """Three bytes under a known key: the chunk, the manifest, the name."""
    chunk = bytes.fromhex("87a1068472533a7655143fefa58352eda6ec1d")
    name = BlobId("d743e1c94df3b4d2eca13b4e681f024b0aef883067fade72efefb29f37ca5566")
    data = b'{"v":1,"size":3,"chunk_bytes":262144,"chunks":["' + hash_chunk(chunk).encode() + b'"]}'
    assert list(seal_chunks([b"abc"], KEY)) == [(chunk, 3)]
    manifest = parse_manifest(data, name)
    assert (manifest.encode(), manifest.id, manifest.chunks) == (data, name, (hash_chunk(chunk),))
    assert open_chunk(0, chunk, KEY) == b"abc"


def test_a_manifest_of_another_blob_is_refused() -> None:
    manifests = [sealed(content(size))[0] for size in (3, 4)]
    for asked, shown in zip(manifests, reversed(manifests), strict=True):
        with pytest.raises(UntrustedError):
            parse_manifest(shown.encode(), asked.id)


def test_a_chunk_opens_under_its_key_in_its_place_only() -> None:
    data = content(CHUNK_BYTES + 5)
    _manifest, chunks = sealed(data)
    assert [len(chunk) for chunk in chunks] == [CHUNK_BYTES + 16, 5 + 16]
    assert b"".join(open_chunk(number, chunk, KEY) for number, chunk in enumerate(chunks)) == data
    for number, chunk, key in ((1, chunks[0], KEY), (0, chunks[0], bytes(32)), (0, chunks[0][:-1], KEY), (0, b"", KEY)):
        with pytest.raises(CorruptError):
            open_chunk(number, chunk, key)


@pytest.mark.parametrize("changed", [
    {"v": 0}, {"more": 1}, {"size": -1}, {"size": ATTACHMENT_BYTES + 1}, {"chunk_bytes": 1}, {"chunks": ["x"]},
    {"chunks": []}, {"chunks": ["a" * 64] * 2}, {"chunks": ["a" * 64 + "\n"]}, {"size": 0}, {"size": CHUNK_BYTES + 1},
    {"chunks": ["a" * 64] * 192, "size": ATTACHMENT_BYTES}, {"size": True}, {"chunks": None},
], ids=lambda changed: str(changed)[:40])  # fmt: skip
def test_a_manifest_that_contradicts_itself_or_this_version_is_refused(changed: dict[str, Any]) -> None:
    good = {"v": 1, "size": 3, "chunk_bytes": CHUNK_BYTES, "chunks": ["a" * 64]}
    data = msgspec.json.encode(good | changed)
    with pytest.raises(MalformedError):
        parse_manifest(data, BlobId(hashlib.sha256(data).hexdigest()))


def test_the_largest_manifest_is_within_its_bound_and_none_larger_is_read() -> None:
    chunks = -(-ATTACHMENT_BYTES // CHUNK_BYTES)
    largest = Manifest(1, ATTACHMENT_BYTES, CHUNK_BYTES, ("a" * 64,) * chunks).encode()
    assert len(parse_manifest(largest, BlobId(hashlib.sha256(largest).hexdigest())).chunks) == chunks
    with pytest.raises(TooLargeError):
        parse_manifest(b" " * MANIFEST_BYTES + largest, BlobId("a" * 64))


def test_a_chunk_that_is_not_what_its_hash_or_the_size_says_is_refused() -> None:
    manifest, chunks = sealed(content(CHUNK_BYTES + 5))
    for number, chunk in enumerate(chunks):
        verify_chunk(manifest, number, chunk)
    wrong = [
        (0, chunks[1]), (1, chunks[0]), (0, chunks[0][:-1]), (0, chunks[0] + b" "), (0, b""),
        (1, bytes((chunks[1][0] ^ 1,)) + chunks[1][1:]),
    ]  # fmt: skip
    for number, chunk in wrong:
        with pytest.raises(UntrustedError):
            verify_chunk(manifest, number, chunk)


@pytest.mark.parametrize("size", [CHUNK_BYTES + 4, CHUNK_BYTES + 6, 2 * CHUNK_BYTES])
def test_a_manifest_that_lies_about_the_size_gets_no_chunk_accepted_in_that_place(size: int) -> None:
    manifest, chunks = sealed(content(CHUNK_BYTES + 5))
    lying = msgspec.structs.replace(manifest, size=size)
    parse_manifest(lying.encode(), lying.id)
    with pytest.raises(UntrustedError):
        verify_chunk(lying, 1, chunks[1])


def test_chunks_longer_than_a_chunk_are_not_kept_however_they_are_hashed() -> None:
    """Or fifty announced megabytes would be two hundred."""
    chunk = bytes(900_000)
    with pytest.raises(UntrustedError):
        verify_chunk(Manifest(1, CHUNK_BYTES, CHUNK_BYTES, (hash_chunk(chunk),)), 0, chunk)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_manifest_are_refused(data: bytes) -> None:
    with pytest.raises((InputError, UntrustedError)):
        parse_manifest(data, BlobId(hashlib.sha256(data).hexdigest()))


@given(st.lists(st.integers(0, 2 * CHUNK_BYTES), max_size=4))
def test_however_a_file_comes_in_parts_its_chunks_are_the_same(lengths: list[int]) -> None:
    data = content(sum(lengths))
    parts, start = [], 0
    for length in lengths:
        parts.append(data[start : start + length])
        start += length
    assert list(seal_chunks(parts, KEY)) == list(seal_chunks([data], KEY))


# Files


def megabytes(total: int) -> Iterator[bytes]:
    part = bytes(1_000_000)
    for _ in range(total // len(part)):
        yield part
    yield bytes(total % len(part))


def test_fifty_megabytes_are_taken_and_one_byte_more_leaves_nothing(tmp_path: Path) -> None:
    files = ChunkFiles(tmp_path)
    with pytest.raises(TooLargeError) as refused:
        files.add(megabytes(ATTACHMENT_BYTES + 1), KEY)
    assert refused.value.where == "attachment"
    assert files_below(tmp_path) == []
    manifest = files.add(megabytes(ATTACHMENT_BYTES), KEY)
    assert manifest.size == ATTACHMENT_BYTES
    assert files.missing(manifest.id, manifest) == []


def test_a_file_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield content(CHUNK_BYTES + 1)
        raise UnavailableError("The browser went away.")

    with pytest.raises(UnavailableError):
        ChunkFiles(tmp_path).add(broken(), KEY)
    assert files_below(tmp_path) == []


class Photographer:
    """Keeps what lies on the disk at every boundary: what a power cut there would leave."""

    def __init__(self, folder: Path, album: Path) -> None:
        self._folder = folder
        self._album = album
        self.steps: list[str] = []

    def __call__(self, step: str) -> None:
        shutil.copytree(self._folder, self._album / str(len(self.steps)))
        self.steps.append(step)

    def after(self, step: int) -> Path:
        return self._album / str(step)


def test_the_power_going_at_any_step_of_adding_leaves_all_or_nothing(tmp_path: Path) -> None:
    photographer = Photographer(tmp_path / "blobs", tmp_path / "album")
    data = content(2 * CHUNK_BYTES + 1)
    manifest = ChunkFiles(tmp_path / "blobs", photographer).add([data], KEY)
    assert photographer.steps == ["blob.rename", "blob.renamed"]
    seen = []
    for step in range(len(photographer.steps)):
        left = ChunkFiles(photographer.after(step))
        found = files_below(photographer.after(step))
        assert len(found) in (0, len(manifest.chunks)), found
        seen.append(len(left.missing(manifest.id, manifest)))
        if not seen[-1]:
            assert b"".join(left.stream(manifest.id, manifest, KEY)) == data
    assert seen == [3, 0]


def test_the_power_going_at_any_step_of_pulling_leaves_whole_chunks_only(tmp_path: Path) -> None:
    photographer = Photographer(tmp_path / "blobs", tmp_path / "album")
    files = ChunkFiles(tmp_path / "blobs", photographer)
    manifest, chunks = sealed(content(2 * CHUNK_BYTES + 1))
    for number in (1, 0, 2):
        files.put(manifest.id, manifest, number, chunks[number])
    assert len(photographer.steps) == 3 * len(set(photographer.steps)) == 12
    for step in range(len(photographer.steps)):
        left = ChunkFiles(photographer.after(step))
        missing = left.missing(manifest.id, manifest)
        for number, chunk in enumerate(chunks):
            assert left.read(manifest.id, number) == (None if number in missing else chunk), photographer.steps[step]
        for number in missing:
            left.put(manifest.id, manifest, number, chunks[number])
        assert b"".join(left.stream(manifest.id, manifest, KEY)) == content(2 * CHUNK_BYTES + 1)


def test_a_chunk_that_is_missing_or_was_changed_is_never_given_out_as_the_file(tmp_path: Path) -> None:
    files = ChunkFiles(tmp_path)
    manifest = files.add([content(2 * CHUNK_BYTES)], KEY)
    path = tmp_path / manifest.id[:2] / manifest.id / "1"
    good = path.read_bytes()
    for bad in (good[:-1] + bytes((good[-1] ^ 1,)), good[:-1], b"", good + bytes(CHUNK_BYTES)):
        path.write_bytes(bad)
        stream = files.stream(manifest.id, manifest, KEY)
        assert next(stream) == content(2 * CHUNK_BYTES)[:CHUNK_BYTES]
        with pytest.raises(CorruptError):
            next(stream)
    path.unlink()
    with pytest.raises(CorruptError):
        list(files.stream(manifest.id, manifest, KEY))


# Between nodes


class Traffic:
    """Counts who asks whom for which chunk; ``lose`` says which answers are lost."""

    def __init__(self, network: Network, lose: Callable[[str, str, int], bool] = lambda *_: False) -> None:
        self._network = network
        self._lose = lose
        self._asked: dict[tuple[str, str], int] = {}
        self.asks: Counter[tuple[str, str, int]] = Counter()
        network.meddle = self

    def __call__(self, sender: str, to: str, data: bytes) -> bytes | None:
        if data.startswith(ASK_CHUNK):
            number = self._asked[sender, to] = parse_signed(data, ChunkQuestion)[1].number
            self.asks[sender, to, number] += 1
        elif (to, sender) in self._asked:
            number = self._asked.pop((to, sender))
            if self._lose(to, sender, number):
                return None
        return data

    def of(self, holder: str) -> list[int]:
        """How often FR asked ``holder`` for each chunk."""
        return [self.asks["FR", holder, number] for number in range(5)]


FILE = content(4 * CHUNK_BYTES + 7)


@pytest.fixture
def anna(network: Network) -> Session:
    return network.officer("LT", "anna", "desk")


@pytest.fixture
def jean(network: Network) -> Session:
    return network.officer("FR", "jean", "desk")


def attach(network: Network, by: Session, data: Iterable[bytes] = (FILE,)) -> str:
    blob: str = network.nodes["LT"].messages.attach(by, "photo.jpg", "image/jpeg", data).release
    return blob


def send(network: Network, by: Session, blob: str, *to: str) -> str:
    form = MessageForm(to=to, subject="Photograph", text="See there.", attachments=(blob,))
    name: str = network.nodes["LT"].messages.send(by, form).release
    return name


def read(network: Network, by: Session, name: str, blob: str, at: str = "FR") -> bytes:
    outcome, parts = network.nodes[at].messages.read_attachment(by, name, blob)
    assert outcome.verdict.is_allowed
    return b"".join(parts)


def question(network: Network, blob: str, asker: str, holder: str, signer: str = "", **changed: Any) -> bytes:
    body = BlobQuestion(1, blob, MemberCode(asker), MemberCode(holder), network.now)
    return sign_body(msgspec.structs.replace(body, **changed), signer_of(network, signer or asker)).encode()


def ask_chunk(
    network: Network, blob: str, asker: str, holder: str, number: int = 0, signer: str = "", **changed: Any
) -> bytes:
    body = ChunkQuestion(1, blob, number, MemberCode(asker), MemberCode(holder), network.now)
    return sign_body(msgspec.structs.replace(body, **changed), signer_of(network, signer or asker)).encode()


def test_an_attachment_comes_with_its_message_each_chunk_asked_for_once(
    network: Network, anna: Session, jean: Session
) -> None:
    traffic = Traffic(network)
    blob = attach(network, anna)
    name = send(network, anna, blob, "FR")
    with pytest.raises(UnavailableError):
        network.nodes["FR"].messages.read_attachment(jean, name, blob)
    network.settle()
    assert network.nodes["FR"].messages.attachments.look(blob)[1:3] == (5, 5)
    assert read(network, jean, name, blob) == FILE
    assert (traffic.of("LT"), traffic.of("GS")) == ([1] * 5, [0] * 5)


def test_pulling_goes_on_where_it_was_cut_and_asks_only_for_what_is_missing(
    network: Network, anna: Session, jean: Session
) -> None:
    traffic = Traffic(network, lose=lambda _to, holder, number: holder == "LT" and number == 2)
    blob = attach(network, anna)
    name = send(network, anna, blob, "FR")
    network.settle()
    assert network.nodes["FR"].messages.attachments.look(blob)[1:3] == (2, 5)
    before = traffic.of("LT")
    assert before[:2] == [1, 1]
    assert before[2] >= 1
    assert before[3:] == [0, 0]
    network.stop("FR")
    network.start("FR")
    traffic = Traffic(network)
    network.turn(400)
    assert network.nodes["FR"].messages.attachments.look(blob)[1:3] == (5, 5)
    assert traffic.of("LT") == [0, 0, 1, 1, 1]
    network.turn(20_000)
    assert traffic.of("LT") == [0, 0, 1, 1, 1], "nobody asks for what is here"
    jean = network.officer("FR", "jeanne", "desk")
    assert read(network, jean, name, blob) == FILE


def test_a_line_cut_in_the_middle_of_a_chunk_costs_that_chunk_only(network: Network, anna: Session) -> None:
    def cut(_to: str, _holder: str, number: int) -> bool:
        if number == 3:
            network.cut("FR")
        return number == 3

    traffic = Traffic(network, lose=cut)
    blob = attach(network, anna)
    send(network, anna, blob, "FR")
    network.settle()
    assert network.nodes["FR"].messages.attachments.look(blob)[1:3] == (3, 5)
    traffic = Traffic(network)
    network.mend("FR")
    network.settle()
    assert network.nodes["FR"].messages.attachments.look(blob)[1:3] == (5, 5)
    assert traffic.of("LT") == [0, 0, 0, 1, 1]


def test_the_relay_serves_what_the_sender_who_has_gone_cannot(network: Network, anna: Session, jean: Session) -> None:
    blob = attach(network, anna)
    network.cut("FR")
    name = send(network, anna, blob, "FR")
    network.settle(3)
    network.cut("LT")
    traffic = Traffic(network)
    network.mend("FR")
    network.settle(3)
    assert network.nodes["FR"].messages.attachments.look(blob)[1:3] == (5, 5)
    assert read(network, jean, name, blob) == FILE
    assert (traffic.of("LT"), traffic.of("GS")) == ([0] * 5, [1] * 5)


def test_what_the_relay_has_not_got_itself_is_waited_for(network: Network, anna: Session, jean: Session) -> None:
    """The sender goes while the relay pulls: two chunks are there, the rest comes when the sender is back."""
    Traffic(network, lose=lambda to, _holder, number: to == "GS" and number == 2)
    blob = attach(network, anna)
    network.cut("FR")
    name = send(network, anna, blob, "FR")
    network.settle()
    network.cut("LT")
    Traffic(network)
    network.mend("FR")
    network.settle(3)
    assert network.nodes["FR"].messages.attachments.look(blob)[1:3] == (2, 5)
    with pytest.raises(UnavailableError):
        network.nodes["FR"].messages.read_attachment(jean, name, blob)
    network.mend("LT")
    network.turn(400)
    assert read(network, jean, name, blob) == FILE


@pytest.mark.parametrize("holder", ["LT", "GS"])
def test_the_outsider_hears_the_same_as_of_a_blob_that_there_is_not(
    network: Network, anna: Session, holder: str
) -> None:
    blob = attach(network, anna)
    network.cut("FR")
    send(network, anna, blob, "FR", "BR")
    network.settle(3)
    network.mend("FR")
    assert put(network, "FR", question(network, blob, "FR", holder), to=holder).startswith(b'{"v":1')
    assert len(put(network, "FR", ask_chunk(network, blob, "FR", holder), to=holder)) == CHUNK_BYTES + 16
    for asked in (blob, "0" * 64):
        assert put(network, "XX", question(network, asked, "XX", holder), to=holder) == COMPLAINT + b"unknown"
        assert put(network, "XX", ask_chunk(network, asked, "XX", holder), to=holder) == COMPLAINT + b"unknown"
    rows = [row.content for row in network.ledger(holder, "blob.show") if row.content and row.content.member == "XX"]
    assert [(row.verdict, row.rules) for row in rows] == [("refused", ("CTY-4.2",))] * 2


def test_an_attachment_is_nobodys_until_a_message_names_it(network: Network, anna: Session) -> None:
    blob = attach(network, anna)
    for asker in ("FR", "GS", "XX"):
        assert put(network, asker, question(network, blob, asker, "LT"), to="LT") == COMPLAINT + b"unknown"
        assert put(network, asker, ask_chunk(network, blob, asker, "LT"), to="LT") == COMPLAINT + b"unknown"


def test_a_question_for_a_manifest_counts_only_in_ones_own_name_here_and_now(network: Network, anna: Session) -> None:
    blob = attach(network, anna)
    send(network, anna, blob, "FR")
    network.settle()
    good = question(network, blob, "FR", "LT")
    assert put(network, "FR", good, to="LT").startswith(b'{"v":1')
    wrong = [
        ("XX", good),
        ("XX", question(network, blob, "FR", "LT", signer="XX")),
        ("FR", question(network, blob, "FR", "LT", signer="XX")),
        ("FR", question(network, blob, "FR", "GS")),
        ("FR", question(network, blob, "BR", "LT", signer="FR")),
        ("FR", question(network, blob, "FR", "LT", asked_at=network.now.replace(year=2025))),
    ]
    for line, data in wrong:
        assert put(network, line, data, to="LT") == COMPLAINT + b"unknown"
    assert put(network, "FR", good[:-1], to="LT") == COMPLAINT + b"malformed"


def test_a_chunk_that_there_is_not_is_complained_about(network: Network, anna: Session) -> None:
    blob = attach(network, anna)
    send(network, anna, blob, "FR")
    for number in (-1, 5, CHUNKS_MAX, 2**70):
        answer = put(network, "FR", ask_chunk(network, blob, "FR", "LT", number), to="LT")
        assert answer in {COMPLAINT + each for each in (b"malformed", b"too-large", b"unknown")}, number
    for name in ("", "x", f"{blob}/../x", "0" * 64):
        answer = put(network, "FR", ask_chunk(network, name, "FR", "LT"), to="LT")
        assert answer in {COMPLAINT + each for each in (b"malformed", b"too-large", b"unknown")}, name
    assert len(put(network, "FR", ask_chunk(network, blob, "FR", "LT"), to="LT")) == CHUNK_BYTES + 16


def test_a_chunk_is_given_to_whoever_signed_for_it_here_and_now_and_to_nobody_else(
    network: Network, anna: Session
) -> None:
    """The subject alone gives nothing: what comes on FR's own subject is signed by FR, for LT, now."""
    blob = attach(network, anna)
    send(network, anna, blob, "FR")
    good = ask_chunk(network, blob, "FR", "LT")
    wrong = {
        "unsigned": ASK_CHUNK + f"{blob} 0".encode(),
        "signed by another": ask_chunk(network, blob, "FR", "LT", signer="XX"),
        "for another holder": ask_chunk(network, blob, "FR", "GS"),
        "in another's name": ask_chunk(network, blob, "BR", "LT", signer="FR"),
        "a year ago": ask_chunk(network, blob, "FR", "LT", asked_at=network.now.replace(year=2025)),
        "of another kind": question(network, blob, "FR", "LT").replace(b"comity/1 blob ", ASK_CHUNK),
        "altered": good.replace(b'"number":0', b'"number":1'),
    }
    for why, data in wrong.items():
        assert put(network, "FR", data, to="LT") in (COMPLAINT + b"malformed", COMPLAINT + b"untrusted"), why
    for line in ("XX", "BR", "GS"):
        assert put(network, line, good, to="LT") == COMPLAINT + b"untrusted", line
    assert len(put(network, "FR", good, to="LT")) == CHUNK_BYTES + 16


@pytest.mark.parametrize("kind", ["manifest", "chunk"])
def test_what_is_not_what_was_asked_for_is_not_kept_and_asked_for_again(
    network: Network, anna: Session, jean: Session, kind: str
) -> None:
    """Another blob's manifest; another chunk of the same blob; an altered, a cut, an empty one."""
    other = attach(network, anna, [content(7)])
    send(network, anna, other, "FR")
    network.settle()
    manifest = network.nodes["LT"]._store.read(lambda unit: unit.find_manifest(BlobId(other)))
    blob = attach(network, anna)
    seen: list[bytes] = []

    def wrong(sender: str, to: str, data: bytes) -> bytes:
        is_manifest = data.startswith(b'{"v":1,"size"')
        is_chunk = len(data) > CHUNK_BYTES
        if (sender, to) != ("LT", "FR") or not (is_manifest if kind == "manifest" else is_chunk):
            return data
        seen.append(data)
        assert manifest is not None
        bad = [manifest if is_manifest else bytes(len(data)), data[:-1] + b"x", data[:-1], b"", data + b" "]
        return dict(enumerate(bad)).get(len(seen) - 1, data)

    network.meddle = wrong
    name = send(network, anna, blob, "FR")
    for _ in range(12):
        network.turn(400)
    assert len(seen) > 5, "every wrong one was asked for again"
    jean = network.officer("FR", "jeanne", "desk")
    assert read(network, jean, name, blob) == FILE


def test_an_attachment_whose_size_the_message_lies_about_is_not_given_out(
    network: Network, anna: Session, jean: Session
) -> None:
    blob = attach(network, anna)
    send(network, anna, blob, "FR")
    network.settle()
    attachment = {"name": "photo.jpg", "media": "", "size": len(FILE) - 1, "blob": blob, "key": "c" * 64}
    lying = forged(network, "FR", head={"blobs": [blob]}, text=text_of(attachments=[attachment]))["FR"]
    name = receipt_of(network, lying).of
    with pytest.raises(UntrustedError):
        network.nodes["FR"].messages.read_attachment(jean, name, blob)


def test_a_wrong_key_in_the_message_gives_no_byte_of_the_file(network: Network, anna: Session, jean: Session) -> None:
    blob = attach(network, anna)
    send(network, anna, blob, "FR")
    network.settle()
    attachment = {"name": "photo.jpg", "media": "", "size": len(FILE), "blob": blob, "key": "c" * 64}
    lying = forged(network, "FR", head={"blobs": [blob]}, text=text_of(attachments=[attachment]))["FR"]
    name = receipt_of(network, lying).of
    _outcome, parts = network.nodes["FR"].messages.read_attachment(jean, name, blob)
    with pytest.raises(CorruptError):
        next(parts)


# Whoever adds one


def blobs_at(network: Network, member: str) -> list[str]:
    return files_below(network.founding.config(member).path("data") / "blobs")


def test_who_may_not_write_messages_attaches_nothing(network: Network) -> None:
    ruta = network.officer("LT", "ruta", "inspector")
    outcome = network.nodes["LT"].messages.attach(ruta, "photo.jpg", "image/jpeg", [FILE])
    assert (outcome.release, outcome.verdict.rules) == (None, ("RPD-21.1",))
    assert blobs_at(network, "LT") == []


def test_who_is_nobody_here_writes_nothing_to_the_disk(network: Network) -> None:
    came: list[bytes] = []

    def parts() -> Iterator[bytes]:
        came.append(FILE)
        yield FILE

    with pytest.raises(UnauthenticatedError):
        network.nodes["LT"].messages.attach(Session("x"), "photo.jpg", "image/jpeg", parts())
    assert (came, blobs_at(network, "LT")) == ([], []), "nothing of it is read"


def test_a_session_that_ends_while_the_file_comes_leaves_nothing(network: Network, anna: Session) -> None:
    def parts() -> Iterator[bytes]:
        yield FILE
        network.nodes["LT"].officers.sign_out(anna)

    with pytest.raises(UnauthenticatedError):
        network.nodes["LT"].messages.attach(anna, "photo.jpg", "image/jpeg", parts())
    assert blobs_at(network, "LT") == []


def test_an_empty_or_a_nameless_file_is_refused_and_leaves_nothing(network: Network, anna: Session) -> None:
    """Two empty ones would be one blob."""
    for name, parts in (
        ("a", []),
        ("a", [b"", b""]),
        ("", [FILE]),
        ("/", [FILE]),
        ("a\nb", [FILE]),
        ("A" * 201, [FILE]),
    ):
        with pytest.raises(MalformedError):
            network.nodes["LT"].messages.attach(anna, name, "", parts)
    assert blobs_at(network, "LT") == []


def test_an_attachment_is_its_officers_and_for_one_message(network: Network, anna: Session) -> None:
    blob = attach(network, anna)
    with pytest.raises(UnknownError):
        send(network, network.officer("LT", "rasa", "desk"), blob, "FR")
    assert send(network, anna, blob, "FR")
    with pytest.raises(UnknownError):
        send(network, anna, blob, "FR")


def test_all_recipients_of_a_message_pull_its_attachment(network: Network, anna: Session, jean: Session) -> None:
    blob = attach(network, anna)
    name = send(network, anna, blob, "FR", "BR")
    network.settle()
    bia = network.officer("BR", "bia", "desk")
    assert read(network, jean, name, blob) == read(network, bia, name, blob, at="BR") == FILE
