"""A second laptop joins a running demonstration: one file, and a code that goes another way.

The guest's seat is founded with the network, keys and all, and waits in a folder that no node runs. That is for trying
only: in a real network a bureau makes its own keys, and nobody carries them anywhere (``docs/operating.md``).
"""

import base64
import secrets
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from comity.bounded import Line, Note
from comity.config import LOOPBACK
from comity.config_file import write_config
from comity.demo.cast import GUEST, NETWORK, SECRETARIAT
from comity.demo.network import DemoNetwork
from comity.errors import InputError, MalformedError, UnavailableError, UntrustedError
from comity.limits import FIELDS_MAX
from comity.parsing import decode
from comity.peer.broker import read_address
from comity.peer.repository import write_durably
from comity.texts import _

FILE_BYTES: Final = 1_000_000
_FILES: Final = ("keys.json", "root.json", "ca.pem", "pass.jwt")
_CODE_BYTES: Final = 10  # 16 letters and digits: nobody guesses them, somebody reads them out
_GROUP: Final = 4
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_ABOUT: Final = b"comity/demo-invitation/v1"


class _Inside(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the guest's node needs: its files, its passphrase, and where the broker listens."""

    broker: Note
    passphrase: Line
    files: Annotated[dict[Line, bytes], msgspec.Meta(max_length=FIELDS_MAX)]


class Invitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: AES-256-GCM under the code (scrypt, 2**15)."""

    v: Literal[1]
    salt: bytes
    nonce: bytes
    sealed: bytes


def invite(network: DemoNetwork) -> tuple[bytes, str]:
    """The file and its code. UnavailableError while the demonstration does not run here."""
    address = read_address(network.folder / "broker")
    if address is None:
        raise UnavailableError(
            _("No demonstration runs in this folder."), where=str(network.folder), next_step=_("Start it: comity demo")
        )
    folder = network.folder / GUEST.code
    files = {name: (folder / name).read_bytes() for name in _FILES}
    files["pass.jwt"] = network.issue_pass(GUEST.code)  # nobody looked after the one that it was founded with
    inside = _Inside(address.url, network.passphrase(GUEST.code), files)
    code = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode()
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(_key(code, salt)).encrypt(nonce, msgspec.json.encode(inside), _ABOUT)
    words = "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))
    return msgspec.json.encode(Invitation(1, salt, nonce, sealed)), words


def is_far_reaching(network: DemoNetwork) -> bool:
    """Whether other machines reach the demonstration's broker."""
    address = read_address(network.folder / "broker")
    return address is not None and address.host not in LOOPBACK


def accept(data: bytes, code: str, folder: Path) -> DemoNetwork:
    """The guest's node in ``folder``, ready to start. UntrustedError for another code, MalformedError for another file.

    InputError where somebody joined from this folder before: it goes on as it was.
    """
    inside = _open(data, code)
    if urlsplit(inside.broker).scheme != "tls" or set(inside.files) != set(_FILES):
        raise MalformedError(_("This invitation has not what a guest needs."), where="invitation")
    place = folder / GUEST.code
    if place.exists():
        raise InputError(
            _("A guest has joined from this folder already."), where=str(place), next_step=_("Choose another: --folder")
        )
    place.mkdir(parents=True, mode=0o700)
    for name, kept in inside.files.items():
        write_durably(place / name, kept)
        (place / name).chmod(0o600)
    values = {
        "network": NETWORK,
        "member": GUEST.code,
        "secretariat": SECRETARIAT.code,
        "broker": [inside.broker],
        "time_zone": GUEST.time_zone,
        "refresh_s": 5.0,
    }
    write_durably(place / "node.toml", write_config(values).encode())
    network = DemoNetwork(folder)
    network.remember({GUEST.code: inside.passphrase})
    return network


def _open(data: bytes, code: str) -> _Inside:
    try:
        found = decode(data, Invitation, where="invitation", most=FILE_BYTES)
        plain = AESGCM(_key(_plain(code), found.salt)).decrypt(found.nonce, found.sealed, _ABOUT)
        return decode(plain, _Inside, where="invitation", most=FILE_BYTES)
    except InputError as error:
        raise MalformedError(_("This is no invitation to a demonstration."), where="invitation") from error
    except (InvalidTag, ValueError) as error:
        raise UntrustedError(
            _("The code does not open this invitation."),
            where="code",
            next_step=_("Read it out again, letter by letter."),
        ) from error


def _plain(code: str) -> str:
    return "".join(each for each in code.upper() if each.isalnum())


def _key(code: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(code.encode())
