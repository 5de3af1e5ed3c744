"""``python -m tests.kept.keep FILE``: keep the folder of a small network, as the program that runs this leaves it.

The story needs nothing of later versions, so that it can be run beside the sources of an earlier one.
"""

import io
import json
import sys
import tarfile
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from comity.testing import Network
from tests.scenarios.desks import Desk
from tests.scenarios.test_consignments import consign

SHOWN, HIDDEN = "19AC45678", "19AC45679"
BY_FILE = ("19AC00001", "19AC00002", "19AC00003")
TEXT = "A black case was found."
ATTACHMENT_BYTES = 3_000


def play(network: Network) -> dict[str, Any]:
    """Records by hand and by file, a hit and its alert, a thread with an attachment, a message that still waits."""
    claire, ruta = network.officer("FR", "claire", "registrar"), network.officer("LT", "ruta", "inspector")
    network.enter(claire, SHOWN)
    network.enter(claire, HIDDEN, audience="all but XX")
    consign(network, *BY_FILE)
    network.settle(4)
    for number in (SHOWN, HIDDEN, *BY_FILE):
        network.check(ruta, number, "FRA")
    network.settle(4)
    france, lithuania = Desk(network, "FR"), Desk(network, "LT")
    asked = france.send("LT", text=TEXT, attachments=(france.attach(bytes(ATTACHMENT_BYTES)),))
    network.settle(4)
    lithuania.open(asked)
    answered = lithuania.send("FR", text="It is ours.", reply_to=asked)
    network.settle(4)
    network.stop("BR")
    waiting = france.send("BR", text="For later.")
    network.turn(60)
    network.close()
    return {"asked": asked, "answered": answered, "waiting": waiting}


def keep(file: Path) -> None:
    """Play it in a new folder, and pack that with what opens it."""
    with tempfile.TemporaryDirectory() as name:
        network = Network(Path(name), members=("LT", "FR", "BR", "XX"))
        told = play(network)
        note = told | {"now": (network.now + timedelta(minutes=1)).isoformat(), "keys": network.founding.passphrases}
        with tarfile.open(file, "x:xz", preset=9) as tar:
            tar.add(name, "network")
            data = json.dumps(note, indent=1).encode()
            head = tarfile.TarInfo("note.json")
            head.size = len(data)
            tar.addfile(head, io.BytesIO(data))


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
