"""Key files: seeds under one passphrase, with their public halves in clear.

A node has one (``signing``, ``ledger``, ``broker``, ``storage``, ``sealing-1``); a root key holder and a bureau's
delegation key have one each, kept away from the node. Seeds called ``sealing-<number>`` are for sealing, the highest
number being the present one; the others are Ed25519's, that of ``storage`` being used as a secret only. The file is
sealed by Argon2id (RFC 9106) and AES-256-GCM (NIST SP 800-38D); nothing here is our own.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Annotated, Final, Literal

import msgspec
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.bounded import Line, Name, Note
from comity.errors import InputError, MalformedError, TooLargeError, UnavailableError, UnknownError
from comity.formats import Format
from comity.limits import KEY_FILE_BYTES, KEY_FILE_KEYS_MAX, PASSPHRASE_CHARS_MIN, PASSWORD_CHARS
from comity.parsing import decode
from comity.plug import RoomPart
from comity.sealing import PUBLIC_BYTES, SealingKey, verify_sealing_key
from comity.signer import Ed25519Signer, Entropy, verify_public_key
from comity.texts import _

SEED_BYTES: Final = 32
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_FINGERPRINT_DIGITS: Final = 40
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_HEX_KEY = re.compile(r"[0-9a-f]{64}")
_HEX_SEALING_KEY = re.compile(rf"[0-9a-f]{{{2 * PUBLIC_BYTES}}}")
_SEALING = re.compile(r"sealing-([1-9]\d{0,5})")


class Profile(msgspec.Struct, frozen=True):
    """The cost of one passphrase guess (Argon2id): passes, memory in KiB, lanes."""

    passes: int
    memory_kib: int
    lanes: int


PROFILES: Final[Mapping[str, Profile]] = {
    "standard": Profile(3, 64 * 1024, 4),  # RFC 9106, section 4, second recommended option
    "test": Profile(1, 8, 1),  # the least that Argon2 allows, so that simulated networks start at once
}


_Seeds = Annotated[dict[Name, Line], msgspec.Meta(max_length=KEY_FILE_KEYS_MAX)]


class KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An encrypted key file, still locked.

    JSON. ``public`` maps names to public keys, hexadecimal: raw Ed25519, or for sealing ML-KEM-768 and X25519;
    ``sealed`` is AES-256-GCM over the JSON map of names to seeds, under the key that Argon2id makes of the passphrase
    and ``salt``, with everything else in the file as associated data, so that a public half cannot be exchanged.

    Evolution: ``v`` changes when any byte of this does; readers refuse versions and fields that they do not know. A new
    cost is a new profile; the meaning of a profile's name never changes.
    """

    v: Literal[1]
    kind: Literal["comity-keys"]
    profile: Literal["standard", "test"]
    salt: Line
    nonce: Line
    public: Annotated[dict[Name, Note], msgspec.Meta(max_length=KEY_FILE_KEYS_MAX)]
    sealed: Annotated[str, msgspec.Meta(max_length=KEY_FILE_BYTES)]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the keys in the file, sorted."""
        return tuple(sorted(self.public))

    @property
    def sealing_names(self) -> tuple[str, ...]:
        """The names of the sealing keys, the present one first."""
        return _sealing_names(self.public)

    def public_key(self, name: str) -> bytes:
        """The raw public key called ``name``; UnknownError if the file has none."""
        if name not in self.public:
            raise UnknownError(_("The key file has no key called {name}.").format(name=name), where="keys")
        return bytes.fromhex(self.public[name])

    def encode(self) -> bytes:
        """The file's bytes, ending in a newline."""
        return msgspec.json.encode(self) + b"\n"


KEY_FILE: Final = Format[KeyFile]("keys", {1: KeyFile})


class Keys:
    """The opened keys of one file: signers by name."""

    def __init__(self, seeds: Mapping[str, bytes]) -> None:
        self._seeds = dict(seeds)

    def seed(self, name: str) -> bytes:
        """The 32-byte seed called ``name``, for a client that signs by itself (NATS); UnknownError if none."""
        if name not in self._seeds:
            raise UnknownError(_("The key file has no key called {name}.").format(name=name), where="keys")
        return self._seeds[name]

    def signer(self, name: str) -> Ed25519Signer:
        """A signer with the key called ``name``; UnknownError if none."""
        return Ed25519Signer(self.seed(name))

    def sealing(self, name: str) -> SealingKey:
        """The sealing key called ``name``; UnknownError if none."""
        return SealingKey(self.seed(name))

    def present_sealing(self) -> SealingKey | None:
        """The sealing key that others seal to from now on; None in a file that has none."""
        names = _sealing_names(self._seeds)
        return self.sealing(names[0]) if names else None


def fingerprint(public: bytes) -> str:
    """What two people read to each other: 160 bits of the key's SHA-256, ten groups of four hexadecimal digits."""
    digits = hashlib.sha256(public).hexdigest()[:_FINGERPRINT_DIGITS]
    return " ".join(digits[start : start + 4] for start in range(0, _FINGERPRINT_DIGITS, 4))


def seal_keys(seeds: Mapping[str, bytes], passphrase: str, entropy: Entropy, *, profile: str = "standard") -> bytes:
    """The bytes of a key file with these 32-byte seeds; MalformedError or TooLargeError for unusable names or seeds."""
    if not seeds or len(seeds) > KEY_FILE_KEYS_MAX:
        raise TooLargeError(_("A key file has one to {most} keys.").format(most=KEY_FILE_KEYS_MAX), where="keys")
    if any(not _NAME.fullmatch(name) or len(seed) != SEED_BYTES for name, seed in seeds.items()):
        raise MalformedError(_("A key has a short name in small letters and a seed of 32 bytes."), where="keys")
    if profile not in PROFILES:
        raise MalformedError(_("A profile is one of {names}.").format(names=", ".join(PROFILES)), where="profile")
    _check_passphrase(passphrase)
    public = _public_halves(seeds)
    salt, nonce = entropy(_SALT_BYTES).hex(), entropy(_NONCE_BYTES).hex()
    locked = msgspec.convert(
        {
            "v": 1, "kind": "comity-keys", "profile": profile, "salt": salt, "nonce": nonce, "public": public,
            "sealed": "",
        },
        KeyFile,
    )  # fmt: skip
    plain = msgspec.json.encode({name: seeds[name].hex() for name in sorted(seeds)})
    sealed = AESGCM(_derive(locked, passphrase)).encrypt(bytes.fromhex(nonce), plain, locked.encode())
    return msgspec.structs.replace(locked, sealed=sealed.hex()).encode()


def verify_passphrase(passphrase: str) -> None:
    """Raise MalformedError for a new passphrase that somebody who has the key file would find."""
    if len(passphrase) < PASSPHRASE_CHARS_MIN or len(set(passphrase)) < PASSPHRASE_CHARS_MIN // 3:
        raise MalformedError(
            _("A passphrase of keys has at least {least} characters, not all the same.").format(
                least=PASSPHRASE_CHARS_MIN
            ),
            where="passphrase",
            next_step=_("Several words that do not belong together are a good one; write it down and lock it away."),
        )


def make_keys(names: Iterable[str], passphrase: str, entropy: Entropy, *, profile: str = "standard") -> bytes:
    """The bytes of a key file with new keys of these names; errors as for ``verify_passphrase``."""
    verify_passphrase(passphrase)
    return seal_keys({name: entropy(SEED_BYTES) for name in sorted(set(names))}, passphrase, entropy, profile=profile)


def parse_keys(data: bytes) -> KeyFile:
    """Read a key file without its passphrase; MalformedError or TooLargeError if it is none."""
    try:
        found = KEY_FILE.read(data, where="keys", most=KEY_FILE_BYTES)
        salt, nonce, _sealed = (bytes.fromhex(text) for text in (found.salt, found.nonce, found.sealed))
    except (MalformedError, ValueError) as error:
        raise MalformedError(
            _("This is not a key file."),
            where="keys",
            next_step=_("Give the file that was made by comity."),
        ) from error
    well_named = all(_NAME.fullmatch(name) and _form_of(name).fullmatch(key) for name, key in found.public.items())
    if not (well_named and 0 < len(found.public) <= KEY_FILE_KEYS_MAX):
        raise MalformedError(_("The key file's names or public keys are not well formed."), where="keys")
    for name, key in found.public.items():
        verify = verify_sealing_key if _SEALING.fullmatch(name) else partial(verify_public_key, where=f"keys: {name}")
        verify(bytes.fromhex(key))
    if len(salt) != _SALT_BYTES or len(nonce) != _NONCE_BYTES:
        raise MalformedError(_("The key file's salt or nonce has the wrong length."), where="keys")
    return found


def open_keys(file: KeyFile, passphrase: str) -> Keys:
    """Unlock a key file; UnavailableError for a wrong passphrase or an altered file (they cannot be told apart)."""
    _check_passphrase(passphrase)
    head = msgspec.structs.replace(file, sealed="")
    try:
        plain = AESGCM(_derive(file, passphrase)).decrypt(
            bytes.fromhex(file.nonce), bytes.fromhex(file.sealed), head.encode()
        )
        texts = decode(plain, _Seeds, where="keys", most=KEY_FILE_BYTES)
    except (InvalidTag, ValueError, InputError) as error:
        raise UnavailableError(
            _("The passphrase does not open these keys, or the file was altered."),
            where="keys",
            next_step=_("Try the passphrase again; if it is right, bring the key file back from its backup."),
        ) from error
    seeds = {name: bytes.fromhex(text) for name, text in texts.items()}
    if _public_halves(seeds) != file.public:
        raise UnavailableError(_("The key file's public halves are not those of its keys."), where="keys")
    return Keys(seeds)


def add_sealing_key(file: KeyFile, passphrase: str, entropy: Entropy) -> bytes:
    """The same file with a new sealing key, which is the present one from now on."""
    opened = open_keys(file, passphrase)
    number = max((int(name.rpartition("-")[2]) for name in file.sealing_names), default=0) + 1
    seeds = {name: opened.seed(name) for name in file.names} | {f"sealing-{number}": entropy(SEED_BYTES)}
    return seal_keys(seeds, passphrase, entropy, profile=file.profile)


def replace_key(file: KeyFile, passphrase: str, name: str, entropy: Entropy) -> bytes:
    """The same file with a new key called ``name``; the one before is gone from it. UnknownError if it has none."""
    opened = open_keys(file, passphrase)
    file.public_key(name)
    seeds = {each: opened.seed(each) for each in file.names} | {name: entropy(SEED_BYTES)}
    return seal_keys(seeds, passphrase, entropy, profile=file.profile)


def destroy_sealing_keys(file: KeyFile, passphrase: str, entropy: Entropy) -> bytes:
    """The same file without the sealing keys before the present one: what was sealed to them stays sealed for good."""
    opened = open_keys(file, passphrase)
    former = file.sealing_names[1:]
    seeds = {name: opened.seed(name) for name in file.names if name not in former}
    return seal_keys(seeds, passphrase, entropy, profile=file.profile)


def _public_halves(seeds: Mapping[str, bytes]) -> dict[str, str]:
    return {
        name: (SealingKey(seed) if _SEALING.fullmatch(name) else Ed25519Signer(seed)).public.hex()
        for name, seed in sorted(seeds.items())
    }


def _sealing_names(names: Iterable[str]) -> tuple[str, ...]:
    numbered = ((int(match[1]), name) for name in names if (match := _SEALING.fullmatch(name)))
    return tuple(name for _, name in sorted(numbered, reverse=True))


def _form_of(name: str) -> re.Pattern[str]:
    return _HEX_SEALING_KEY if _SEALING.fullmatch(name) else _HEX_KEY


def _derive(file: KeyFile, passphrase: str) -> bytes:
    cost = PROFILES[file.profile]
    return hash_secret_raw(
        passphrase.encode(), bytes.fromhex(file.salt), cost.passes, cost.memory_kib, cost.lanes, 32, Type.ID
    )


def _check_passphrase(passphrase: str) -> None:
    if not passphrase:
        raise InputError(_("A passphrase is needed."), where="passphrase")
    if len(passphrase) > PASSWORD_CHARS:
        raise TooLargeError(
            _("A passphrase has at most {most} characters.").format(most=PASSWORD_CHARS), where="passphrase"
        )


PART: Final = RoomPart(kept=(KEY_FILE,))
