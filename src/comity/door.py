"""The door, wired: where a node's pass lies, and at the secretariat what gives passes to others."""

from collections.abc import Callable

from comity.config import Config
from comity.keyring import Keyring
from comity.peer.admissions import Admissions
from comity.peer.connection import Broker
from comity.peer.greeting import Door, NoDoor
from comity.peer.passes import PassFile


def pass_file(config: Config, keyring: Keyring) -> PassFile:
    """Where this node's pass lies, and for whom it has to be."""
    user = keyring.signer("broker").public
    return PassFile(config.path(config.admission), config.code, user, is_secretariat=config.is_secretariat)


def make_door(config: Config, keyring: Keyring, broker: Callable[[], Broker], passes: PassFile) -> Door:
    """The secretariat's; at a bureau nobody is let in or kept out."""
    if not config.is_secretariat:
        return NoDoor()
    known = config.path("data") / "broker-users.json"
    return Admissions(known, config.network, config.code, keyring, broker, passes)
