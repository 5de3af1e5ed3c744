"""Exit codes, in one place.

==== ==========================================================================================
0    done; a check with a hit ends with 0 even where another register did not answer, was not asked or refused, so
     that nobody takes a hit for a failure; without one, 0 says that every register has nothing: --json tells them apart
1    anything else: the program or the node failed
2    what was given cannot be used: a field, a file, an option, a name that is not there
3    refused: by a rule, which is named, or because nobody is signed in
4    not to be trusted: a signature, a hash or a proof does not hold; stored bytes were changed
5    not now: no answer, a register not asked, line down, keys locked, disk full, folder in use, node not running
==== ==========================================================================================
"""

from typing import Final

from comity.errors import (
    ComityError,
    ConfigError,
    CorruptError,
    HeldError,
    InputError,
    RefusedError,
    UnauthenticatedError,
    UnavailableError,
    UnknownError,
    UntrustedError,
)

FINE: Final = 0
FAILED: Final = 1
INPUT: Final = 2
REFUSED: Final = 3
BROKEN: Final = 4
UNAVAILABLE: Final = 5


def code_of(error: ComityError) -> int:
    """The exit code of an error."""
    match error:
        case InputError() | UnknownError() | ConfigError():
            return INPUT
        case RefusedError() | UnauthenticatedError():
            return REFUSED
        case UntrustedError() | CorruptError():
            return BROKEN
        case UnavailableError() | HeldError():
            return UNAVAILABLE
        case _:
            return FAILED
