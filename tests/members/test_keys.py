import hashlib

import pytest

from comity.errors import InputError, MalformedError, TooLargeError, UnavailableError, UnknownError
from comity.limits import KEY_FILE_BYTES
from comity.members.keys import change_passphrase, fingerprint, make_keys, open_keys, parse_keys, seal_keys
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
        (b'"v":1', b'"v":2'),
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


def test_a_changed_passphrase_keeps_the_keys_and_shuts_the_old_one_out() -> None:
    changed = parse_keys(change_passphrase(parse_keys(sealed()), PASSPHRASE, "another phrase", entropy, profile="test"))
    assert changed.public == parse_keys(sealed()).public
    assert open_keys(changed, "another phrase").seed("signing") == SEEDS["signing"]
    with pytest.raises(UnavailableError):
        open_keys(changed, PASSPHRASE)


def test_the_standard_profile_opens_what_it_sealed() -> None:
    file = parse_keys(make_keys(["root"], PASSPHRASE, entropy))
    assert file.profile == "standard"
    assert open_keys(file, PASSPHRASE).signer("root").public == file.public_key("root")


def test_a_fingerprint_is_ten_groups_of_four_digits() -> None:
    digest = hashlib.sha256(bytes(32)).hexdigest()
    assert fingerprint(bytes(32)).replace(" ", "") == digest[:40]
    assert [len(group) for group in fingerprint(bytes(32)).split(" ")] == [4] * 10
