"""A new bureau: its node's keys, its delegation key, what it asks and what it says about itself."""

import secrets as entropy
from collections.abc import Sequence
from pathlib import Path

import msgspec

from comity.cli.folder import verify_absent, write_new
from comity.enrolment import DELEGATION_KEY, describe_own
from comity.ids import parse_member_code
from comity.members.keys import make_keys, open_keys, parse_keys
from comity.members.member import Bureau, Request, request


class Passphrases(msgspec.Struct, frozen=True):
    """Of the node's key file and of the delegation key's."""

    node: str
    delegation: str


class NewBureau(msgspec.Struct, frozen=True):
    """A bureau that was made and is not written yet: the two key files' bytes, the request, the description."""

    keys: bytes
    delegation: bytes
    request: Request
    bureau: Bureau

    def write(self, folder: Path, delegation: Path) -> None:
        """Write it into its folder, and the delegation key beside; InputError if any of the files is there."""
        verify_new(folder, delegation)
        write_new(delegation, self.delegation)
        write_new(folder / "keys.json", self.keys)
        write_new(folder / "bureau.json", self.bureau.encode())
        write_new(folder / "request.json", self.request.encode())


def verify_new(folder: Path, delegation: Path) -> None:
    """Raise InputError if there is a bureau in the folder already."""
    verify_absent(delegation, *(folder / name for name in ("keys.json", "bureau.json", "request.json")))


def new_bureau(
    names: Sequence[str],
    passphrases: Passphrases,
    *,
    network: str,
    code: str,
    title: str,
    countries: Sequence[str],
    desk: str,
    profile: str,
) -> NewBureau:
    """Make a bureau whose node has keys called ``names``; MalformedError or TooLargeError for what it may not say."""
    delegation = make_keys([DELEGATION_KEY], passphrases.delegation, entropy.token_bytes, profile=profile)
    public = parse_keys(delegation).public_key(DELEGATION_KEY)
    asked = request(network=network, code=code, title=title, countries=tuple(countries), delegation=public)
    keys = make_keys(names, passphrases.node, entropy.token_bytes, profile=profile)
    opened = open_keys(parse_keys(keys), passphrases.node)
    return NewBureau(keys, delegation, asked, describe_own(network, parse_member_code(code), opened, desk))
