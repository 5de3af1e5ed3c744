"""Questions for chunks, and greetings: their bytes are pinned, and no others are read."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from comity.errors import MalformedError
from comity.exchange.blob import CHUNKS_MAX, ChunkQuestion
from comity.exchange.greeting import Greeting, PassHeld
from comity.exchange.signed import Signed, parse_signed, sign_body
from comity.ids import MemberCode
from comity.signer import Ed25519Signer

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SIGNER = Ed25519Signer(b"\x01" * 32)
LT, GS = MemberCode("LT"), MemberCode("GS")
HELD = PassHeld(NOW, NOW + timedelta(days=90), "f" * 64)
PINNED: dict[bytes, Signed] = {
    b'{"v":1,"blob":"' + b"a" * 64 + b'","number":3,"asker":"LT","holder":"GS","asked_at":"2026-11-23T12:00:00Z"}': (
        ChunkQuestion(1, "a" * 64, 3, LT, GS, NOW)
    ),
    b'{"v":1,"member":"LT","to":"GS","at":"2026-11-23T12:00:00Z","held":null}': Greeting(1, LT, GS, NOW, None),
    b'{"v":1,"member":"LT","to":"GS","at":"2026-11-23T12:00:00Z","held":{"issued_at":"2026-11-23T12:00:00Z",'
    b'"expires_at":"2027-02-21T12:00:00Z","permits":"' + b"f" * 64 + b'"}}': Greeting(1, LT, GS, NOW, HELD),
}


@pytest.mark.parametrize(("data", "body"), PINNED.items(), ids=["chunk", "greeting", "greeting with a pass"])
def test_the_signed_bytes_are_pinned(data: bytes, body: Signed) -> None:
    frame = sign_body(body, SIGNER)
    assert frame.body == data
    assert frame.encode().startswith(f"comity/1 {body.context} 34750f98bd59fcfc ".encode())
    assert parse_signed(frame.encode(), type(body)) == (frame, body)


WRONG: dict[str, Signed] = {
    "another version": ChunkQuestion(0, "a" * 64, 3, LT, GS, NOW),  # type: ignore[arg-type]
    "a name that is none": ChunkQuestion(1, "a" * 63, 3, LT, GS, NOW),
    "a name and a line's end": ChunkQuestion(1, "a" * 64 + "\n", 3, LT, GS, NOW),
    "a chunk before the first": ChunkQuestion(1, "a" * 64, -1, LT, GS, NOW),
    "a chunk after the last": ChunkQuestion(1, "a" * 64, CHUNKS_MAX, LT, GS, NOW),
    "a time without a zone": ChunkQuestion(1, "a" * 64, 3, LT, GS, NOW.replace(tzinfo=None)),
    "another version of a greeting": Greeting(0, LT, GS, NOW, None),  # type: ignore[arg-type]
    "a long word for what a pass permits": Greeting(1, LT, GS, NOW, msgspec.structs.replace(HELD, permits="f" * 65)),
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_what_is_not_of_the_form_is_refused(body: Signed) -> None:
    with pytest.raises(MalformedError):
        parse_signed(sign_body(body, SIGNER).encode(), type(body))
