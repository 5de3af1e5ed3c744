"""A node's configuration as a commented file: what ``config.py`` reads, in words for the operator."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from comity.config import Config

_SECTIONS: Final = (
    ("The network's name, as its ceremony gave it.", ("network",)),
    ("This node's member, and the member that is the secretariat.", ("member", "secretariat")),
    ("Where this node keeps everything. A relative path counts from this file's folder.", ("folder",)),
    (
        "The encrypted key file, the network's first root and the pass for the broker, in that folder.",
        ("keys", "root", "admission"),
    ),
    (
        (
            "A file with the passphrase of the key file, for starts without a person. Without it COMITY_PASSPHRASE\n"
            "is used; without that the keys stay locked until: comity node unlock"
        ),
        ("passphrase_file",),
    ),
    (
        (
            "How to reach the broker: addresses, tls://nats.example:4222, or the folder of a broker on this machine.\n"
            "The certificate is that of the network's own authority; nothing else is trusted."
        ),
        ("broker", "broker_folder", "broker_ca"),
    ),
    (
        (
            "Where pages and API are served. Beyond this machine a certificate is needed. Port 0 takes a free one;\n"
            "address.json in the folder says which."
        ),
        ("host", "port", "tls_certificate", "tls_key"),
    ),
    (
        "Times on pages, and when shifts begin there: for some purposes, a check without a reference gets the shift's.",
        ("time_zone", "shifts"),
    ),
    ("Whether pages show officers around who may do everything: for demonstrations.", ("tour",)),
    ("How often the directory is asked for even when nothing was heard, in seconds.", ("refresh_s",)),
    ("How much of the disk stays free, in megabytes: below it, acts are refused.", ("reserve_mb",)),
)


def write_config(values: Mapping[str, Any]) -> str:
    """The file with these values; every other option stands there as a comment with its default."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(Config)}
    blocks = []
    for comment, keys in _SECTIONS:
        lines = [f"# {line}" for line in comment.splitlines()]
        for key in keys:
            mark = "" if key in values else "# "
            lines.append(f"{mark}{key} = {_toml(values.get(key, defaults[key]))}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _toml(value: Any) -> str:
    """JSON is TOML for texts, numbers and lists of texts."""
    return msgspec.json.encode(value).decode().replace('","', '", "')
