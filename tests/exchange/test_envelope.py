"""Envelopes: their bytes are pinned, an altered one is refused, and no recipient reads what another does not."""

import base64
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.characters import is_one_line
from comity.errors import ComityError, InputError, MalformedError, NewerError, TooLargeError, UntrustedError
from comity.exchange.envelope import HEAD, SEALS, Envelope, Head, Plain, Seals, commit, open_envelope, parse_envelope
from comity.exchange.message import TEXT as TEXT_FORMAT
from comity.exchange.message import parse_text, verify_text
from comity.limits import FRAME_BYTES, HEAD_BYTES
from comity.sealing import WRAP_BYTES_MAX, SealingKey
from comity.signer import Ed25519Signer
from tests.exchange.envelopes import KEY, SALT, TEXT, forge, repack, sha, text_of, unpack

NOW = datetime(2026, 11, 23, 14, 32, 7, tzinfo=UTC)
GOLDEN = json.loads((Path(__file__).parent / "data" / "envelope.json").read_text(encoding="utf-8"))
SIGNER = Ed25519Signer(b"\x01" * 32)
KEYS = {member: SealingKey(base64.b64decode(seed)) for member, seed in GOLDEN["sealing_seeds"].items()}
PUBLICS = {member: key.public for member, key in KEYS.items()}
FR, BR = (base64.b64decode(GOLDEN["copies"][member]) for member in ("FR", "BR"))


def read(data: bytes, member: str = "FR") -> Plain:
    """What a recipient does with a copy, in its order."""
    envelope = parse_envelope(data)
    envelope.frame.verify(SIGNER.public)
    envelope.verify_whole()
    return open_envelope(envelope, KEYS[member])


def made(**wrong: Any) -> dict[str, bytes]:
    return forge(SIGNER, PUBLICS, NOW, **wrong)


# Pinned bytes


def test_the_pinned_envelope_opens_for_each_of_its_recipients_and_says_the_same() -> None:
    salt, text = base64.b64decode(GOLDEN["salt"]), GOLDEN["text"].encode()
    assert read(FR, "FR") == read(BR, "BR") == Plain(salt, text)
    assert parse_text(text).subject == "Véhicule volé"


def test_the_pinned_bytes_are_read_and_written_again_as_they_are() -> None:
    for data in (FR, BR):
        envelope = parse_envelope(data)
        assert envelope.encode() == data
        assert (envelope.id, envelope.head_bytes.decode()) == (GOLDEN["name"], GOLDEN["head"])
        assert envelope.seals_bytes.decode() == GOLDEN["seals"]
        assert HEAD.write(envelope.head, 1) == envelope.head_bytes
        assert SEALS.write(envelope.seals, 1) == envelope.seals_bytes
    assert parse_envelope(FR).shell() == base64.b64decode(GOLDEN["shell"])
    assert TEXT_FORMAT.write(parse_text(GOLDEN["text"].encode()), 1).decode() == GOLDEN["text"]


def test_what_is_signed_is_the_hashes_of_head_and_seals_and_they_commit_to_everything_else() -> None:
    envelope = parse_envelope(FR)
    assert envelope.frame.body == f"{sha(envelope.head_bytes)}\n{sha(envelope.seals_bytes)}\n".encode()
    assert envelope.id == sha(envelope.frame.body)
    assert envelope.head is not None
    assert envelope.seals is not None
    assert envelope.head.commitment == commit(*read(FR)) == sha(b"comity/text/v1\n" + b"".join(read(FR)))
    assert envelope.seals.body == sha(envelope.body)
    assert envelope.seals.wraps == {member: sha(parse_envelope(data).wrap) for member, data in (("BR", BR), ("FR", FR))}


def test_the_pinned_seeds_give_the_pinned_keys() -> None:
    assert {member: sha(public) for member, public in PUBLICS.items()} == GOLDEN["sealing_publics_sha256"]


def test_the_shell_keeps_what_is_signed_and_nothing_that_opens() -> None:
    shell = parse_envelope(base64.b64decode(GOLDEN["shell"]))
    shell.frame.verify(SIGNER.public)
    assert (shell.id, shell.wrap, shell.body) == (GOLDEN["name"], b"", b"")
    with pytest.raises(UntrustedError):
        shell.verify_whole()


def test_the_same_text_gives_the_same_forged_envelope_as_the_program_reads() -> None:
    """The hand that forges below knows the format: what it makes right is right."""
    for member, data in made().items():
        assert read(data, member) == Plain(SALT, TEXT)


# Altered


PARTS = ("head", "seals", "wrap", "body")


@pytest.mark.parametrize(("part", "where"), [(0, "envelope"), (1, "envelope"), (2, "envelope"), (3, "envelope")])
def test_no_part_can_be_altered(part: int, where: str) -> None:
    first, to, parts = unpack(FR)
    for at in range(0, len(parts[part]), 7):
        changed = bytearray(parts[part])
        changed[at] ^= 1
        with pytest.raises(UntrustedError) as refused:
            read(repack(first, to, [*parts[:part], bytes(changed), *parts[part + 1 :]]))
        assert refused.value.where == where


@pytest.mark.parametrize("part", range(4), ids=PARTS)
@pytest.mark.parametrize("change", [lambda part: part + b" ", lambda part: part[:-1], lambda _part: b""])
def test_no_part_can_be_longer_or_shorter(part: int, change: Callable[[bytes], bytes]) -> None:
    first, to, parts = unpack(FR)
    with pytest.raises(UntrustedError):
        read(repack(first, to, [*parts[:part], change(parts[part]), *parts[part + 1 :]]))


def test_no_bit_of_it_can_be_changed() -> None:
    chance = random.Random(1)  # noqa: S311 - that it can be repeated is the point
    for at in range(len(FR)):
        changed = bytearray(FR)
        changed[at] ^= 1 << chance.randrange(8)
        with pytest.raises((UntrustedError, InputError)):
            read(bytes(changed))


def test_bytes_behind_it_or_missing_are_refused() -> None:
    for data in (FR + b"\n", FR[:-1], FR + FR, FR[: len(FR) // 2], b""):
        with pytest.raises(MalformedError):
            parse_envelope(data)


@pytest.mark.parametrize("line", [
    b"", b"FR", b"FR 1 1 1", b"fr 1 1 1 1", b"FR 1 1 1 -1", b"FR +1 1 1 1", b"FR 1 1 1 1 ", b" FR 1 1 1 1",
    b"FRANCELONG 1 1 1 1", b"FR 00000001 1 1 1", b"FR 1 1 1 12345678", "FR \u0661 1 1 1".encode(), b"FR 1 1 1 1\r",
])  # fmt: skip
def test_a_line_of_lengths_out_of_form_is_refused(line: bytes) -> None:
    first, _to, _parts = unpack(FR)
    with pytest.raises(MalformedError):
        parse_envelope(first + b"\n" + line + b"\nabcd")


def test_lengths_that_share_their_bytes_out_otherwise_are_refused() -> None:
    """The same bytes, a byte of the wrap counted as the body's, and so on."""
    first, to, parts = unpack(FR)
    whole = b"".join(parts)
    for moved in range(3):
        lengths = [len(part) for part in parts]
        lengths[moved] -= 1
        lengths[moved + 1] += 1
        line = f"{to} {' '.join(map(str, lengths))}\n".encode()
        with pytest.raises(UntrustedError):
            read(first + b"\n" + line + whole)


def test_what_is_too_large_is_cut_off_before_it_is_parsed() -> None:
    first, to, (head, seals, wrap, body) = unpack(FR)
    for data in (
        FR + bytes(FRAME_BYTES),
        repack(first, to, [head + b" " * HEAD_BYTES, seals, wrap, body]),
        repack(first, to, [head, seals + b" " * HEAD_BYTES, wrap, body]),
        repack(first, to, [head, seals, wrap + bytes(WRAP_BYTES_MAX), body]),
    ):
        with pytest.raises(TooLargeError):
            parse_envelope(data)


# For whom


def test_another_recipients_copy_does_not_open_and_its_name_cannot_be_changed() -> None:
    with pytest.raises(UntrustedError) as refused:
        read(BR, "FR")
    assert refused.value.where == "wrap"
    first, _to, parts = unpack(BR)
    with pytest.raises(UntrustedError):
        parse_envelope(repack(first, "FR", parts)).verify_whole()
    with pytest.raises(UntrustedError):
        parse_envelope(repack(first, "XX", parts)).verify_whole()


def test_a_wrap_of_another_recipient_is_refused_even_where_the_sender_signed_it() -> None:
    keys = PUBLICS | {"FR": PUBLICS["BR"]}
    with pytest.raises(UntrustedError) as refused:
        read(forge(SIGNER, keys, NOW)["FR"])
    assert refused.value.where == "wrap"


def test_a_wrap_taken_from_another_envelope_does_not_open() -> None:
    """It is bound to its head, whoever signs for it."""
    _first, _to, (_head, _seals, wrap, _body) = unpack(made(head={"urgency": "urgent"})["FR"])
    first, to, (head, _seals, _wrap, body) = unpack(made()["FR"])
    envelope = parse_envelope(repack(first, to, [head, _seals, wrap, body]))
    with pytest.raises(UntrustedError):
        envelope.verify_whole()
    with pytest.raises(UntrustedError):
        open_envelope(envelope, KEYS["FR"])


# The same text for all


def test_a_sender_that_commits_to_one_text_and_encrypts_another_is_found_out() -> None:
    for member, data in made(sealed=text_of(text="Something else.")).items():
        with pytest.raises(UntrustedError, match="committed"):
            read(data, member)


def test_two_bodies_under_one_head_open_to_one_text_at_most() -> None:
    """One head, two seals, two signatures: whoever has the second reads nothing, and the two have different names."""
    told, other = made()["FR"], made(sealed=text_of(text="Something else."))["BR"]
    assert unpack(told)[2][0] == unpack(other)[2][0], "the heads are the same"
    assert parse_envelope(told).id != parse_envelope(other).id
    assert read(told, "FR") == Plain(SALT, TEXT)
    with pytest.raises(UntrustedError, match="committed"):
        read(other, "BR")


def test_a_key_of_its_own_for_one_recipient_opens_nothing() -> None:
    copies = made(wrapped={"BR": bytes(32)})
    assert read(copies["FR"], "FR").text == TEXT
    with pytest.raises(UntrustedError, match="does not open"):
        read(copies["BR"], "BR")


@pytest.mark.parametrize("wrapped", [b"", b"short", bytes(33)])
def test_a_wrapped_secret_that_is_no_key_is_refused(wrapped: bytes) -> None:
    with pytest.raises(UntrustedError):
        read(made(wrapped={"FR": wrapped})["FR"])


def test_salt_and_text_are_not_shared_out_otherwise_under_one_commitment() -> None:
    """What opens is 32 bytes of salt and the rest; a text shorter than a salt has nothing left to read."""
    assert commit(SALT, TEXT) != commit(SALT + TEXT[:1], TEXT[1:] + b" ")
    plain = read(made(text=b"")["FR"])
    assert plain == Plain(SALT, b"")
    with pytest.raises(MalformedError):
        parse_text(plain.text)


# What this version cannot read


@pytest.mark.parametrize("changed", [
    {"recall": True}, {"v": 0}, {"kind": "notice"}, {"urgency": "soon"}, {"handling": "secret"}, {"recipients": []},
    {"commitment": "x"}, {"blobs": ["x"]}, {"blobs": ["b" * 64 + "\n"]}, {"blobs": ["b" * 64] * 9}, {"sent_at": None},
    {"sent_at": "2026-11-23T14:32:07"}, {"sent_at": "0001-01-01T00:00:00+14:00"}, {"expires_at": None},
    {"expires_at": "9999-12-31T23:59:59-14:00"}, {"answer_by": "9999-12-31T23:59:59Z"}, {"sender": None},
    {"recipients": [{"member": "FR", "key": "g" * 16}]}, {"recipients": [{"member": "FR", "key": "a" * 16, "cc": 1}]},
], ids=str)  # fmt: skip
def test_a_head_that_this_version_does_not_know_is_left_unread_but_named(changed: dict[str, Any]) -> None:
    envelope = parse_envelope(made(head=changed)["FR"])
    assert envelope.head is None
    envelope.frame.verify(SIGNER.public)
    with pytest.raises(MalformedError):
        open_envelope(envelope, KEYS["FR"])


def test_a_newer_head_is_left_unread_and_called_newer() -> None:
    envelope = parse_envelope(made(head={"v": 3, "recall": True})["FR"])
    assert envelope.head is None
    with pytest.raises(NewerError, match="version 3 of envelope; this node reads up to 2"):
        open_envelope(envelope, KEYS["FR"])


@pytest.mark.parametrize("changed", [{"v": 2}, {"more": 1}, {"wraps": {}}, {"body": "x"}, {"wraps": {"FR": "x"}}])
def test_seals_that_this_version_does_not_know_are_left_unread(changed: dict[str, Any]) -> None:
    envelope = parse_envelope(made(seals=changed)["FR"])
    assert (envelope.head is None, envelope.seals) == (False, None)


def test_seals_in_which_a_recipient_is_missing_are_refused() -> None:
    with pytest.raises(UntrustedError):
        read(made(seals={"wraps": {"BR": "a" * 64}})["FR"])


@pytest.mark.parametrize("changed", [
    {"v": 0}, {"recall": 1}, {"subject": None}, {"subject": "A" * 201}, {"subject": "two\nlines"}, {"text": None},
    {"text": "A" * 100_001}, {"attachments": [{}]}, {"alert": {}}, {"subject": "gpj.\u202eexe"},
    {"attachments": [{"name": "", "media": "", "size": 0, "blob": "b" * 64, "key": "c" * 64}]},
    {"attachments": [{"name": "a\r\nb", "media": "", "size": 0, "blob": "b" * 64, "key": "c" * 64}]},
    {"attachments": [{"name": "a", "media": "", "size": -1, "blob": "b" * 64, "key": "c" * 64}]},
    {"attachments": [{"name": "a", "media": "", "size": 0, "blob": "../" * 20, "key": "c" * 64}]},
    {"attachments": [{"name": "a", "media": "", "size": 0, "blob": "b" * 64, "key": "c" * 63}]},
    {"attachments": [{"name": "a", "media": "", "size": 0, "blob": "b" * 64, "key": "c" * 64}] * 9},
], ids=lambda changed: str(changed)[:60])  # fmt: skip
def test_a_text_that_this_version_does_not_know_is_refused(changed: dict[str, Any]) -> None:
    parse_text(TEXT)
    with pytest.raises(MalformedError):
        parse_text(text_of(**changed))


# In Arabic and Persian with their marks, in French with its spaces and apostrophe, and joined signs.
@pytest.mark.parametrize("line", [
    "Demande\u00a0: v\u00e9hicule", "\u0635\u0648\u0631\u0629.jpg", "\u0645\u06cc\u200c\u062e\u0648",
    "Capture d\u2019\u00e9cran 14.32.07\u202fPM.png", "\U0001f468\u200d\U0001f469",
])  # fmt: skip
def test_what_people_write_in_their_languages_is_one_line(line: str) -> None:
    assert is_one_line(line)
    assert parse_text(text_of(subject=line)).subject == line


@pytest.mark.parametrize("line", ["a\nb", "a\r", "\x1b[2J", "a\u2028b", "a\u2029b", "gpj.\u202eexe", "\x7f", "\x85"])
def test_what_turns_or_breaks_a_line_is_none(line: str) -> None:
    assert not is_one_line(line)


ALERT = {"record": "r", "register": "travel-documents", "asker": "XX", "purpose": "border-control", "entry": "e"}


@pytest.mark.parametrize(("kind", "changed"), [
    ("message", {"alert": ALERT}),
    ("alert", {}),
    ("message", {"attachments": [{"name": "a", "media": "", "size": 0, "blob": "b" * 64, "key": "c" * 64}]}),
], ids=["a hit told of in a message", "an alert of nothing", "an attachment that the head does not name"])  # fmt: skip
def test_a_text_that_does_not_fit_its_head_is_refused(kind: str, changed: dict[str, Any]) -> None:
    right, wrong = (parse_envelope(made(head={"kind": each})["FR"]).head for each in ("message", kind))
    assert right is not None
    assert wrong is not None
    verify_text(parse_text(TEXT), right)
    with pytest.raises(MalformedError):
        verify_text(parse_text(text_of(**changed)), wrong)


# Any bytes


def test_whoever_opens_knows_the_key_and_the_head() -> None:
    envelope = parse_envelope(made()["FR"])
    assert open_envelope(envelope, KEYS["FR"]) == Plain(SALT, TEXT)
    for changed in (
        msgspec.structs.replace(envelope, body=envelope.body[:-1]),
        msgspec.structs.replace(envelope, wrap=KEY),
    ):
        with pytest.raises(UntrustedError):
            open_envelope(changed, KEYS["FR"])


@given(st.binary(max_size=400))
def test_bytes_that_are_no_envelope_are_refused_as_input(data: bytes) -> None:
    with pytest.raises(InputError):
        parse_envelope(data)


@given(st.data())
def test_a_piece_cut_out_repeated_or_replaced_is_refused_or_proves_nothing(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(FR)))
    stop = data.draw(st.integers(start, min(len(FR), start + 60)))
    bad = FR[:start] + data.draw(st.binary(max_size=60)) + FR[stop:]
    try:
        envelope = parse_envelope(bad)
    except InputError:
        return
    assert isinstance(envelope, Envelope)
    assert envelope.encode() == bad
    if bad != FR:
        with pytest.raises(ComityError):
            read(bad)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(Head.__struct_fields__ + Seals.__struct_fields__ + ("more",)), JSON)
def test_any_member_of_head_or_seals_is_known_or_left_unread(name: str, value: Any) -> None:
    fr = {"FR": PUBLICS["FR"]}
    for made_of in (forge(SIGNER, fr, NOW, head={name: value}), forge(SIGNER, fr, NOW, seals={name: value})):
        envelope = parse_envelope(made_of["FR"])
        assert envelope.head is None or isinstance(envelope.head, Head)
        assert envelope.seals is None or isinstance(envelope.seals, Seals)
        assert parse_envelope(envelope.encode()) == envelope


@given(st.binary(max_size=200) | JSON.map(msgspec.json.encode))
def test_bytes_that_are_no_text_are_refused_as_input(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_text(data)


@given(st.sampled_from(["v", "subject", "text", "thread", "reply_to", "attachments", "alert", "more"]), JSON)
def test_any_member_of_a_text_is_known_or_refused(name: str, value: Any) -> None:
    try:
        text = parse_text(text_of(**{name: value}))
    except (MalformedError, NewerError):
        return
    assert parse_text(msgspec.json.encode(text)) == text


def test_a_deeply_nested_or_broken_head_is_left_unread() -> None:
    for part in (
        b"[" * 60_000,
        b'{"v":' * 10_000,
        b'{"v":1,"kind":"' + b"\xff" * 10,
        b"\x00" * 100,
        b"1e999",
        b'"\\ud800"',
    ):
        first, to, parts = unpack(FR)
        envelope = parse_envelope(repack(first, to, [part, part, *parts[2:]]))
        assert (envelope.head, envelope.seals) == (None, None)
    with pytest.raises(MalformedError):
        parse_text(b'{"v":1,"subject":' + b"[" * 100_000)


def test_a_month_of_lifetime_is_what_senders_give() -> None:
    head = parse_envelope(FR).head
    assert head is not None
    assert head.expires_at - head.sent_at == timedelta(days=30)
