import base64
import hashlib

import msgspec
import pytest

from comity.errors import InputError, MalformedError, TooLargeError
from comity.ids import CountryCode
from comity.ledger.checkpoint import VerifierKey
from comity.limits import BUREAU_BYTES
from comity.members.keys import fingerprint
from comity.members.member import (
    Member,
    MemberList,
    Post,
    describe_bureau,
    parse_bureau,
    parse_members,
    parse_request,
    request,
)
from tests.members.network import NETWORK, ask, bureau, code, key, sealing_key


def members() -> MemberList:
    listed = tuple(
        Member(code(name), f"Bureau {name}", (CountryCode(name),), fingerprint(key(name).public))
        for name in ("LT", "FR")
    )
    return MemberList(1, NETWORK, listed)


def test_members_json_has_these_bytes() -> None:
    assert members().encode() == (
        b'{"v":1,"network":"model.example","members":[{"code":"FR","title":"Bureau FR","countries":["F'
        b'R"],"delegation":"181c fcac 73f2 b210 e00d cb5a ee32 7d49 7f14 348d"},{"code":"LT","title":"'
        b'Bureau LT","countries":["LT"],"delegation":"f4d0 9414 f841 5297 6062 186e e8d3 dccb 51e1 9fd'
        b'7"}]}'
    )
    assert parse_members(members().encode()).find(code("FR")) is not None
    assert parse_members(members().encode()).find(code("XX")) is None


def test_bureau_json_has_these_bytes() -> None:
    made = bureau("LT")
    assert made.encode() == (
        b'{"v":1,"network":"model.example","code":"LT","signing":"be43b835fe9f352ad040fbc47fad7d05d517'
        b'bf4015908b738541e5d84030ed36","sealing":"' + base64.b64encode(sealing_key("LT").public) + b'",'
        b'"ledger":"model.example/LT+e1954e56+AdVqbbTwYRNfF/OsMU/v+geL27BprZGy1Ia97Iwrl6DZ","broker":"'
        b'UCIFJ7R72DUNBSDXQ67K5CIRNUUYIXCUFWZ3NB4WV7NVQQG7WNIOLQZX","desk":"desk@example","posts":[],"'
        b'former":[],"possession":"d453fddcc4a8b3e1df40c07233204418f7b4831dfb167e2cd507964743808542c671'
        b'a2298511b8a5264ae8f9dcbb4250aed88f05b2fd9537fbd8e0226c463204"}'
    )
    assert hashlib.sha256(made.encode()).hexdigest() == (
        "9cc5fb0e68fd7aee1e1df475d4a0f991aced0eb2a7ce768f07c0855256dba38a"
    ), "the sealing key's bytes too"
    assert parse_bureau(made.encode()) == made
    assert made.sealing_key == sealing_key("LT").public


def test_the_secretariat_is_a_bureau_that_nothing_is_sealed_to() -> None:
    made = bureau("GS")
    bare = describe_bureau(
        network=NETWORK, code=made.code, signer=key("GS signing"), sealing=None, ledger=made.ledger,
        broker=made.broker, desk=made.desk,
    )  # fmt: skip
    assert b'"sealing":"",' in bare.encode()
    assert parse_bureau(bare.encode()).sealing_key is None


def test_whoever_exchanges_the_sealing_key_needs_the_signing_key_too() -> None:
    swapped = msgspec.structs.replace(bureau("LT"), sealing=bureau("XX").sealing)
    for changed in (swapped, msgspec.structs.replace(bureau("LT"), sealing="")):
        with pytest.raises(MalformedError, match="its own"):
            parse_bureau(changed.encode())


PUBLIC = sealing_key("LT").public
UNUSABLE = {
    "one byte less": PUBLIC[:-1],
    "one byte more": PUBLIC + b"\0",
    "an Ed25519 key": key("LT").public,
    "zeros": bytes(1216),
    "no encapsulation key": b"\xff" * 1184 + PUBLIC[1184:],
    "no point but zero": PUBLIC[:1184] + bytes(32),
    "a point of small order": PUBLIC[:1184] + b"\x01" + bytes(31),
}


@pytest.mark.parametrize("sealing", UNUSABLE.values(), ids=UNUSABLE)
def test_a_bureau_whose_sealing_key_is_unusable_is_refused_before_anybody_seals_to_it(sealing: bytes) -> None:
    made = bureau("LT")
    with pytest.raises(MalformedError, match="sealing key"):
        describe_bureau(
            network=NETWORK, code=made.code, signer=key("LT signing"), sealing=sealing, ledger=made.ledger,
            broker=made.broker, desk=made.desk,
        )  # fmt: skip


@pytest.mark.parametrize("text", ["A", "====", "Zm9v\n", "Zm9", base64.b64encode(PUBLIC).decode() + "\n"])
def test_a_sealing_key_that_is_no_plain_base64_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match=r"base64|written in one way|sealing key"):
        parse_bureau(msgspec.structs.replace(bureau("LT"), sealing=text).encode())


def test_a_request_has_these_bytes() -> None:
    assert ask("LT").encode() == (
        b'{"v":1,"network":"model.example","code":"LT","title":"Bureau LT","countries":["LT"],"delegat'
        b'ion":"5e4a254161638da888a4aa7152cad1aff4def321379c0da7e5f50e59247cd975"}\n'
    )
    assert parse_request(ask("LT").encode()) == ask("LT")


def test_what_is_compared_out_of_band_changes_with_any_field() -> None:
    asked = ask("LT")
    assert asked.words.startswith(fingerprint(asked.delegation_key))
    assert msgspec.structs.replace(asked, title="Another").words != asked.words
    assert msgspec.structs.replace(asked, delegation=key("XX").public.hex()).words != asked.words


@pytest.mark.parametrize(
    ("title", "countries"),
    [("", ("LTU",)), (" x", ()), ("x" * 201, ()), ("a\nb", ()), ("x", ("LTU", "LTU")), ("x", ("L1",))],
)
def test_a_request_that_says_what_it_may_not_is_refused(title: str, countries: tuple[str, ...]) -> None:
    asked = msgspec.structs.replace(ask("LT"), title=title, countries=tuple(CountryCode(each) for each in countries))
    with pytest.raises(InputError):
        parse_request(asked.encode())


def test_a_request_is_tidied_where_it_is_made() -> None:
    asked = request(network=NETWORK, code="DE", title=" Wiesbaden ", countries=("d<<",), delegation=key("DE").public)
    assert (asked.title, asked.countries) == ("Wiesbaden", ("D",))


@pytest.mark.parametrize("form", [b"", b"[]", b'{"v":0}', b"\xff", b"[" * 5000])
def test_no_form_reads_other_bytes(form: bytes) -> None:
    for parse in (parse_members, parse_bureau, parse_request):
        with pytest.raises(MalformedError):
            parse(form)


def test_unknown_fields_are_refused() -> None:
    for parse, data in ((parse_members, members().encode()), (parse_bureau, bureau("LT").encode())):
        with pytest.raises(MalformedError):
            parse(data.replace(b'{"v":1', b'{"v":1,"new":1', 1))


def test_bytes_past_the_bound_are_not_read() -> None:
    with pytest.raises(TooLargeError):
        parse_bureau(bureau("LT").encode() + b" " * BUREAU_BYTES)


def test_a_bureau_that_copies_anothers_signing_key_is_refused() -> None:
    copied = msgspec.structs.replace(bureau("XX"), signing=bureau("FR").signing)
    with pytest.raises(MalformedError, match="its own"):
        parse_bureau(copied.encode())


def test_a_bureau_that_copies_anothers_proof_of_possession_is_refused() -> None:
    copied = msgspec.structs.replace(bureau("FR"), code=code("XX"))
    with pytest.raises(MalformedError, match="its own"):
        parse_bureau(copied.encode())


@pytest.mark.parametrize("name", [f"{NETWORK}/FR", "other/LT", f"{NETWORK}/lt", "LT", f"{NETWORK}/LT/"])
def test_a_ledgers_key_bears_the_name_of_its_own_bureau(name: str) -> None:
    signer = key("LT signing")
    held = VerifierKey.parse(bureau("LT").ledger)
    assert held.name == f"{NETWORK}/LT"
    with pytest.raises(MalformedError, match="another name"):
        describe_bureau(
            network=NETWORK, code=code("LT"), signer=signer, sealing=None, ledger=str(VerifierKey(name, held.public)),
            broker=bureau("LT").broker, desk="desk",
        )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"ledger": "no verifier key"},
        {"broker": "A" * 56},
        {"desk": ""},
        {"signing": "00"},
        {"code": "lt"},
        {"network": "Two Words"},
        {"posts": (Post("Airport", "Capital"),)},
        {"posts": (Post("port", "One"), Post("port", "Two"))},
        {"possession": "00"},
    ],
)
def test_a_bureau_with_a_field_out_of_form_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        parse_bureau(msgspec.structs.replace(bureau("LT"), **change).encode())


def test_a_bureau_names_posts_and_former_keys_within_bounds() -> None:
    posts = tuple(Post(f"post-{number}", "Post") for number in range(201))
    with pytest.raises(TooLargeError):
        describe_bureau(
            network=NETWORK, code=code("LT"), signer=key("LT"), sealing=None, ledger=bureau("LT").ledger,
            broker=bureau("LT").broker, desk="desk", posts=posts,
        )  # fmt: skip


def test_a_list_out_of_order_or_with_one_key_twice_is_refused() -> None:
    listed = members().members
    for each in (
        (listed[0], listed[0]),
        (listed[1], msgspec.structs.replace(listed[0], delegation=listed[1].delegation)),
    ):
        with pytest.raises(MalformedError):
            parse_members(msgspec.json.encode(MemberList(1, NETWORK, each)))
    with pytest.raises(MalformedError, match="order"):
        parse_members(msgspec.json.encode(MemberList(1, NETWORK, listed)))
