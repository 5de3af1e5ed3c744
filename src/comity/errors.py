"""What can go wrong, whose fault it is, and what to do next.

::

    ComityError
    ├── InputError            theirs: what was sent cannot be used
    │   ├── MalformedError        it does not have the form that it should have
    │   ├── NewerError            it is of a newer version than this program reads (``formats.py``)
    │   └── TooLargeError         it passes a bound of ``limits.py``
    ├── UntrustedError        theirs: a signature, proof or role does not verify
    ├── UnknownError          what was named is not here, or not for this reader
    ├── UnauthenticatedError  nobody is signed in, or not any more
    ├── RefusedError          the edge's form of a ``Refused`` verdict: it carries the rules that spoke
    ├── HeldError             the edge's form of a ``Held`` one: it carries what the act is called
    └── OursError             ours: try again later, or call the operator
        ├── UnavailableError      keys locked, disk full, line down, folder in use
        ├── CorruptError          stored bytes do not match their hash
        └── ConfigError           the configuration cannot be used: names the line

Inside the rooms a refusal is a value (``rules.verdict``); it becomes an exception at the faces only. No error text
carries a secret or personal data: texts name fields, never their contents.
"""

from typing import ClassVar


class ComityError(Exception):
    """Any error that a person may be shown.

    ``code`` is for machines and never changes; ``where`` names the field, file or line; ``next_step`` tells the
    person what to do.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.next_step = next_step


class InputError(ComityError):
    """What came from outside cannot be used."""

    code = "input"


class MalformedError(InputError):
    """What came from outside does not have the form that it should have."""

    code = "malformed"


class NewerError(InputError):
    """It is of a newer version than this program reads: nothing is wrong with it, and nothing more can be said."""

    code = "newer"


class TooLargeError(InputError):
    """What came from outside passes a bound of ``limits.py``."""

    code = "too-large"


class UntrustedError(ComityError):
    """A signature, a proof, or a role of the directory does not verify."""

    code = "untrusted"


class UnknownError(ComityError):
    """What was named is not here, or not for this reader: the two are never told apart."""

    code = "unknown"


class UnauthenticatedError(ComityError):
    """Nobody is signed in, or the session has ended."""

    code = "unauthenticated"


class RefusedError(ComityError):
    """The rulebook refused; ``rules`` are the numbers of the rules that did, ``entry`` the refusal in the ledger."""

    code = "refused"

    def __init__(self, message: str, *, rules: tuple[str, ...], entry: str = "", next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.rules = rules
        self.entry = entry


class HeldError(ComityError):
    """The rulebook holds the act: others are to release it first. ``held`` is what it is called meanwhile."""

    code = "held"

    def __init__(self, message: str, *, held: str, rules: tuple[str, ...], next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.held = held
        self.rules = rules


class OursError(ComityError):
    """This node cannot do it, and it is not the asker's fault."""

    code = "ours"


class UnavailableError(OursError):
    """This node cannot do it now: keys locked, disk full, line down, folder in use."""

    code = "unavailable"


class CorruptError(OursError):
    """Stored bytes do not match their hash; ``where`` names them."""

    code = "corrupt"


class ConfigError(OursError):
    """The configuration cannot be used; ``where`` names the line."""

    code = "config"
