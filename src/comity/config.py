"""One node's configuration: a TOML file, read once when the node is wired. The comments here are its manual."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from comity.errors import ComityError, ConfigError
from comity.ids import MemberCode, parse_member_code
from comity.texts import _

CONFIG_BYTES_MAX: Final = 100_000
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
ShiftStart = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an operator decides about a node."""

    # The network's name, as its ceremony gave it.
    network: Name
    # This node's member, and the member that is the secretariat: it keeps the shared registers and the directory.
    member: str
    secretariat: str

    # Where this node keeps everything. A relative path counts from the configuration file's folder.
    folder: str = "."
    # The encrypted key file, the network's first root and the pass for the broker, in that folder.
    keys: str = "keys.json"
    root: str = "root.json"
    admission: str = "pass.jwt"
    # A file with the passphrase of the key file, for starts without a person (a systemd credential, say). Without it
    # the environment's COMITY_PASSPHRASE is used; without that the keys stay locked until `comity node unlock`.
    passphrase_file: str = ""

    # How to reach the broker: addresses, tls://host:port, and the certificate of the network's own authority. In place
    # of addresses, the folder of a broker on this machine, whose port may change.
    broker: tuple[str, ...] = ()
    broker_folder: str = ""
    broker_ca: str = "ca.pem"

    # Where pages and API are served. Plain HTTP is for this machine only; anywhere else needs a certificate. Port 0
    # takes a free one. `address.json` in the folder says where the node listens.
    host: str = "127.0.0.1"
    port: Port = 0
    tls_certificate: str = ""
    tls_key: str = ""

    # Times on pages, and when shifts begin there: for some purposes, a check without a reference gets the shift's.
    time_zone: str = "UTC"
    shifts: tuple[ShiftStart, ...] = ("06:00", "14:00", "22:00")

    # Whether pages show officers around who may do everything: for demonstrations.
    tour: bool = False

    # How often the directory is asked for even when nothing was heard, in seconds.
    refresh_s: Annotated[float, msgspec.Meta(ge=0.1, le=3600)] = 60.0
    # How much of the disk stays free, in megabytes: below it, acts are refused.
    reserve_mb: Annotated[int, msgspec.Meta(ge=0)] = 64

    @property
    def code(self) -> MemberCode:
        """The member that this node is."""
        return MemberCode(self.member)

    @property
    def secretariat_code(self) -> MemberCode:
        """The member that is the secretariat."""
        return MemberCode(self.secretariat)

    @property
    def is_secretariat(self) -> bool:
        """Whether this node is the secretariat's."""
        return self.member == self.secretariat

    @property
    def root_folder(self) -> Path:
        """Where this node keeps everything."""
        return Path(self.folder)

    def shift_at(self, now: datetime) -> str:
        """The running shift: the date on which it began here and its number, from 1."""
        here = now.astimezone(ZoneInfo(self.time_zone))
        begun = [number for number, start in enumerate(self.shifts, 1) if start <= f"{here:%H:%M}"]
        day = here if begun else here - timedelta(days=1)
        return f"shift {day:%Y-%m-%d}/{begun[-1] if begun else len(self.shifts)}"

    def path(self, name: str) -> Path:
        """A file of this node: relative ones lie in its folder."""
        return self.root_folder / name


def read_config(path: Path) -> Config:
    """Read a configuration file; ConfigError names the line or the key that is wrong."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            _("The configuration cannot be read: {strerror}.").format(strerror=error.strerror), where=str(path)
        ) from error
    if len(data) > CONFIG_BYTES_MAX:
        raise ConfigError(_("The configuration is too long to be one."), where=str(path))
    return parse_config(data, path)


def parse_config(data: bytes, path: Path) -> Config:
    """Read a configuration that stands in ``path``; ConfigError names the line or the key that is wrong."""
    try:
        tables = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(_("This is no TOML: {error}.").format(error=error), where=str(path)) from error
    try:
        config = msgspec.convert(tables, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{error}.", where=_line_of(str(error), data.decode(), path)) from error
    _verify(config, data.decode(), path)
    return msgspec.structs.replace(config, folder=str((path.parent / config.folder).resolve()))


def _verify(config: Config, text: str, path: Path) -> None:
    def fail(key: str, message: str) -> None:
        raise ConfigError(message, where=_line_of(f"$.{key}", text, path))

    for key in ("member", "secretariat"):
        try:
            parse_member_code(getattr(config, key))
        except ComityError as error:
            fail(key, error.message)
    if config.host not in LOOPBACK and not (config.tls_certificate and config.tls_key):
        fail("host", "Beyond this machine, pages are served with a certificate only: set tls_certificate and tls_key.")
    if not config.broker and not config.broker_folder:
        fail("broker", "No broker is named: set broker or broker_folder.")
    if any(not address.startswith("tls://") for address in config.broker):
        fail("broker", "A broker's address begins with tls://.")
    try:
        ZoneInfo(config.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        fail("time_zone", "This time zone is not known.")
    if list(config.shifts) != sorted(set(config.shifts)) or not config.shifts:
        fail("shifts", "Shifts begin at different times, the earliest first.")


def _line_of(message: str, text: str, path: Path) -> str:
    """``path:line`` of the key that a message is about, as far as it can be told."""
    for key in msgspec.structs.fields(Config):
        if f"$.{key.name}" in message or f"`{key.name}`" in message:
            for number, line in enumerate(text.splitlines(), 1):
                if line.split("=")[0].strip() == key.name:
                    return f"{path}:{number}"
            return f"{path}: {key.name}"
    for number, line in enumerate(text.splitlines(), 1):
        name = line.split("=")[0].strip()
        if name and f"`{name}`" in message:
            return f"{path}:{number}"
    return str(path)
