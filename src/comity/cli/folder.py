"""The files of a bureau's folder, as the commands that build networks read and write them.

::

    keys.json      the node's encrypted keys                      stays here
    bureau.json    what the bureau says about itself
    succession.json  the former signing keys' word for those that followed; only where there are such keys
    request.json   what it sends to be admitted                   goes to the secretariat
    bureau.draft   bureau.json, signed by its delegation key      goes to the secretariat
    root.json      the network's first root                       comes from the secretariat, with
    ca.pem         the certificate of the network's authority
    pass.jwt       what lets the node into the broker
    node.toml      the configuration
    data/          what the node keeps

The delegation key lies beside the folder, not in it: it belongs in a safe.
"""

import os
from pathlib import Path
from typing import Final

from comity.errors import InputError, UnavailableError
from comity.limits import BATCH_FILE_BYTES
from comity.texts import _

FILE_BYTES: Final = BATCH_FILE_BYTES  # longer than any file that a command is given


def read_file(path: Path, what: str) -> bytes:
    """The bytes of a file that a person named; InputError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES)
    except OSError as error:
        raise InputError(
            _cannot(what, error), where=str(path), next_step=_("Look whether the name is right and the file is there.")
        ) from error


def write_new(path: Path, data: bytes) -> None:
    """Write a file that this account alone may read; InputError if there is one already: keys are never replaced."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise InputError(
            _("This file is there already and is not replaced."), where=str(path), next_step=_("Choose another name.")
        ) from error
    except OSError as error:
        raise UnavailableError(
            _("It cannot be written: {strerror}.").format(strerror=error.strerror), where=str(path)
        ) from error
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def verify_absent(*paths: Path) -> None:
    """Raise InputError if one of the files is there, before any of them is written."""
    for path in paths:
        if path.exists():
            raise InputError(
                _("This file is there already and is not replaced."),
                where=str(path),
                next_step=_("Choose another name."),
            )


def delegation_path(folder: Path, given: Path | None) -> Path:
    """Where a bureau's delegation key lies: as ``given``, else beside the folder, named after it."""
    folder = folder.absolute()
    return given or folder.with_name(f"{folder.name}-delegation.json")


def _cannot(what: str, error: OSError) -> str:
    return f"{what} cannot be read: {error.strerror}."
