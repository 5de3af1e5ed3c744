"""What a process writes is for its own account: other accounts of the machine read nothing of a node's."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_OWN_ALONE: Final = 0o077  # taken away of every new file's and folder's mode, whatever the process was started with


def keep_private(*folders: Path) -> None:
    """Call it at the start of a process, before it makes anything; its children inherit it.

    ``folders`` that are there already are closed to others, and so is what lies in them. What is to be shared is given
    another mode by whoever shares it; nothing is today.
    """
    os.umask(_OWN_ALONE)
    if os.name == "nt":
        return
    for folder in folders:
        with suppress(OSError):  # not there yet, or another account's: the start says so in its own words
            folder.chmod(0o700)
