"""What is entered and stands there already: shown to whoever enters it, and never merged by a program."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from comity.ids import RecordId
from comity.office.own_list import OwnList
from comity.registers.register import Register
from comity.texts import _

NAMED_MAX: Final = 5
_PIECE: Final = 5_000


class Doubles:
    """Looks for records that this bureau has in force under the same names, and for names that come twice.

    It holds a name's hash for every record that comes.
    """

    def __init__(self, own: OwnList, register: Register, clock: Callable[[], datetime]) -> None:
        self._own = own
        self._register = register
        self._clock = clock
        self._seen: set[bytes] = set()
        self._again = 0
        self._found = tuple[RecordId, ...]()

    def look(self, known: Sequence[bytes]) -> None:
        """Look for some more that are known by these."""
        for start in range(0, len(known), _PIECE):
            piece = known[start : start + _PIECE]
            before = len(self._seen)
            self._seen.update(piece)
            self._again += len(piece) - (len(self._seen) - before)
            self._found += self._own.find_same(self._register, piece, self._clock())

    def notes(self) -> Iterator[str]:
        """What was found, in words."""
        if self._found:
            names = ", ".join(filter(None, map(self._own.name_of, self._found[:NAMED_MAX])))
            more = _(" and {count} more").format(count=len(self._found) - NAMED_MAX)
            yield _("You have records of the same already: {names}{more}. Both would stand there.").format(
                names=names, more=more if len(self._found) > NAMED_MAX else ""
            )
        if self._again:
            yield _("Of what is entered, {count} say the same as another: each would stand there.").format(
                count=self._again
            )
