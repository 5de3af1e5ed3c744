import hashlib

import msgspec
import pytest

from comity.errors import InputError, MalformedError, TooLargeError, UnavailableError, UnknownError, UntrustedError
from comity.limits import KEY_FILE_BYTES
from comity.members.keys import (
    add_sealing_key,
    destroy_sealing_keys,
    fingerprint,
    make_keys,
    open_keys,
    parse_keys,
    seal_keys,
)
from comity.sealing import PUBLIC_BYTES, wrap_to
from comity.signer import is_signature

PASSPHRASE = "a phrase for tests"
SEEDS = {"signing": bytes(range(32)), "ledger": bytes(range(32, 64)), "broker": bytes(range(64, 96))}


def entropy(count: int) -> bytes:
    return bytes(range(count))


def sealed() -> bytes:
    return seal_keys(SEEDS, PASSPHRASE, entropy, profile="test")


def test_a_key_file_has_these_bytes() -> None:
    assert sealed().startswith(
        b'{"v":1,"kind":"comity-keys","profile":"test","salt":"000102030405060708090a0b0c0d0e0f",'
        b'"nonce":"000102030405060708090a0b","public":{"broker":"'
    )
    assert hashlib.sha256(sealed()).hexdigest() == "46ff892e31c772af6e28522b543ee890726b190e6b2901ca3c58dc8e6cab5758"


def test_the_right_passphrase_opens_signers_for_the_public_halves() -> None:
    file = parse_keys(sealed())
    signer = open_keys(file, PASSPHRASE).signer("ledger")
    assert file.names == ("broker", "ledger", "signing")
    assert is_signature(file.public_key("ledger"), signer.sign(b"tree"), b"tree")
    assert not is_signature(file.public_key("signing"), signer.sign(b"tree"), b"tree")


def test_seeds_do_not_stand_in_the_file() -> None:
    assert not any(seed.hex().encode() in sealed() for seed in SEEDS.values())


def test_a_wrong_passphrase_opens_nothing_and_says_what_to_do() -> None:
    with pytest.raises(UnavailableError, match="does not open") as caught:
        open_keys(parse_keys(sealed()), PASSPHRASE + ".")
    assert "Try the passphrase again" in caught.value.next_step


@pytest.mark.parametrize("passphrase", ["a", "fifteen letters", "ab" * 20, " " * 40])
def test_a_passphrase_that_would_be_found_is_refused_for_new_keys(passphrase: str) -> None:
    with pytest.raises(MalformedError, match="at least 16 characters, not all the same"):
        make_keys(["signing"], passphrase, entropy, profile="test")


@pytest.mark.parametrize("passphrase", ["", "x" * 1001])
def test_an_empty_or_endless_passphrase_is_refused(passphrase: str) -> None:
    with pytest.raises(InputError):
        open_keys(parse_keys(sealed()), passphrase)
    with pytest.raises(InputError):
        make_keys(["signing"], passphrase, entropy, profile="test")


def test_an_exchanged_public_half_is_refused() -> None:
    file = parse_keys(sealed())
    file.public["signing"] = file.public["ledger"]
    with pytest.raises(UnavailableError):
        open_keys(file, PASSPHRASE)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"profile":"test"', b'"profile":"standard"'), (b'"salt":"00', b'"salt":"ff'), (b'"nonce":"00', b'"nonce":"ff')],
)
def test_an_altered_head_opens_nothing(old: bytes, new: bytes) -> None:
    with pytest.raises(UnavailableError):
        open_keys(parse_keys(sealed().replace(old, new)), PASSPHRASE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":0'),
        (b'"v":1', b'"v":1,"more":0'),
        (b'"profile":"test"', b'"profile":"none"'),
        (b'"salt":"00', b'"salt":"'),
        (b'"signing":"', b'"Signing":"'),
        (b'"signing":"', b'"signing":"00'),
        (b'"sealed":"', b'"sealed":"zz'),
    ],
)
def test_a_file_of_another_form_is_refused(old: bytes, new: bytes) -> None:
    assert old in sealed()
    with pytest.raises(MalformedError):
        parse_keys(sealed().replace(old, new))


def test_a_file_past_the_bound_is_not_read() -> None:
    with pytest.raises(TooLargeError):
        parse_keys(sealed() + b" " * KEY_FILE_BYTES)


def test_seeds_of_another_length_and_odd_names_are_refused() -> None:
    for seeds in ({"signing": b"short"}, {"Signing key": bytes(32)}, {}):
        with pytest.raises(InputError):
            seal_keys(seeds, PASSPHRASE, entropy, profile="test")


def test_a_key_that_is_not_there_is_unknown() -> None:
    with pytest.raises(UnknownError):
        parse_keys(sealed()).public_key("root")
    with pytest.raises(UnknownError):
        open_keys(parse_keys(sealed()), PASSPHRASE).signer("root")


def test_the_standard_profile_opens_what_it_sealed() -> None:
    file = parse_keys(make_keys(["root"], PASSPHRASE, entropy))
    assert file.profile == "standard"
    assert open_keys(file, PASSPHRASE).signer("root").public == file.public_key("root")


def test_a_fingerprint_is_ten_groups_of_four_digits() -> None:
    digest = hashlib.sha256(bytes(32)).hexdigest()
    assert fingerprint(bytes(32)).replace(" ", "") == digest[:40]
    assert [len(group) for group in fingerprint(bytes(32)).split(" ")] == [4] * 10


# Sealing keys


def with_sealing(*numbers: int) -> bytes:
    names = {f"sealing-{number}": hashlib.sha256(b"sealing %d" % number).digest() for number in numbers}
    return seal_keys(SEEDS | names, PASSPHRASE, entropy, profile="test")


def test_a_key_file_with_a_sealing_key_has_these_bytes() -> None:
    digest = hashlib.sha256(with_sealing(1)).hexdigest()
    assert digest == "4aac13857a172625b73b9fea646277be29bffc21d4807a31730876bad1fde300"


def test_a_sealing_key_has_a_public_half_of_both_schemes() -> None:
    file = parse_keys(with_sealing(1))
    assert len(file.public_key("sealing-1")) == PUBLIC_BYTES == 1216
    assert len(file.public_key("signing")) == 32
    opened = open_keys(file, PASSPHRASE).sealing("sealing-1")
    assert opened.public == file.public_key("sealing-1")
    assert opened.unwrap(wrap_to(opened.public, b"secret", b"head"), b"head") == b"secret"


def test_the_highest_number_is_the_present_one() -> None:
    file = parse_keys(with_sealing(2, 10, 9, 1))
    assert file.sealing_names == ("sealing-10", "sealing-9", "sealing-2", "sealing-1")
    present = open_keys(file, PASSPHRASE).present_sealing()
    assert present is not None
    assert present.public == file.public_key("sealing-10")


def test_a_file_without_sealing_keys_has_none() -> None:
    assert parse_keys(sealed()).sealing_names == ()
    assert open_keys(parse_keys(sealed()), PASSPHRASE).present_sealing() is None
    with pytest.raises(UnknownError):
        open_keys(parse_keys(sealed()), PASSPHRASE).sealing("sealing-1")


@pytest.mark.parametrize("name", ["sealing", "sealing-0", "sealing-01", "sealing-x", "sealing-1000000", "unsealing-1"])
def test_a_name_that_only_looks_like_a_sealing_keys_is_another_kinds(name: str) -> None:
    file = parse_keys(seal_keys({name: bytes(32)}, PASSPHRASE, entropy, profile="test"))
    assert file.sealing_names == ()
    assert len(file.public_key(name)) == 32


def test_a_public_half_of_the_other_kinds_length_is_refused() -> None:
    file = parse_keys(with_sealing(1))
    short, long = file.public["signing"], file.public["sealing-1"]
    for name, key in (("sealing-1", short), ("sealing-1", long[:-2]), ("sealing-1", long + "00"), ("signing", long)):
        changed = msgspec.structs.replace(file, public=file.public | {name: key})
        with pytest.raises(MalformedError, match="well formed"):
            parse_keys(changed.encode())


def test_a_sealing_seed_of_another_length_is_refused() -> None:
    for seed in (b"", bytes(31), bytes(33), bytes(64)):
        with pytest.raises(MalformedError):
            seal_keys({"sealing-1": seed}, PASSPHRASE, entropy, profile="test")


def test_an_exchanged_sealing_half_opens_nothing() -> None:
    file = parse_keys(with_sealing(1, 2))
    file.public["sealing-2"] = file.public["sealing-1"]
    with pytest.raises(UnavailableError):
        open_keys(file, PASSPHRASE)


def test_a_new_sealing_key_comes_first_and_the_former_still_opens_what_was_sealed_to_it() -> None:
    before = parse_keys(with_sealing(1))
    wrap = wrap_to(before.public_key("sealing-1"), b"secret", b"head")
    after = parse_keys(add_sealing_key(before, PASSPHRASE, entropy))
    assert after.sealing_names == ("sealing-2", "sealing-1")
    assert after.public_key("sealing-2") != after.public_key("sealing-1")
    assert {name: after.public[name] for name in before.names} == before.public, "everything else stays"
    assert open_keys(after, PASSPHRASE).sealing("sealing-1").unwrap(wrap, b"head") == b"secret"
    with pytest.raises(UntrustedError):
        open_keys(after, PASSPHRASE).sealing("sealing-2").unwrap(wrap, b"head")


def test_the_first_sealing_key_is_number_one_and_numbers_are_not_used_again() -> None:
    first = parse_keys(add_sealing_key(parse_keys(sealed()), PASSPHRASE, entropy))
    assert first.sealing_names == ("sealing-1",)
    second = parse_keys(add_sealing_key(first, PASSPHRASE, entropy))
    left = parse_keys(destroy_sealing_keys(second, PASSPHRASE, entropy))
    assert parse_keys(add_sealing_key(left, PASSPHRASE, entropy)).sealing_names == ("sealing-3", "sealing-2")


def test_what_was_sealed_to_a_destroyed_key_stays_sealed_for_good() -> None:
    before = parse_keys(with_sealing(1, 2, 3))
    destroyed = destroy_sealing_keys(before, PASSPHRASE, entropy)
    after = parse_keys(destroyed)
    assert after.sealing_names == ("sealing-3",)
    assert after.names == ("broker", "ledger", "sealing-3", "signing")
    wrap = wrap_to(before.public_key("sealing-1"), b"secret", b"head")
    opened = open_keys(after, PASSPHRASE)
    with pytest.raises(UntrustedError):
        opened.sealing("sealing-3").unwrap(wrap, b"head")
    with pytest.raises(UnknownError):
        opened.sealing("sealing-1")
    assert parse_keys(destroy_sealing_keys(after, PASSPHRASE, entropy)).public == after.public, "the present one stays"


def test_sealing_keys_change_for_the_holder_of_the_passphrase_only_and_keep_their_profile() -> None:
    file = parse_keys(with_sealing(1))
    for change in (add_sealing_key, destroy_sealing_keys):
        with pytest.raises(UnavailableError):
            change(file, PASSPHRASE + ".", entropy)
        assert parse_keys(change(file, PASSPHRASE, entropy)).profile == file.profile
