"""Damage: what is stored and is not what was written, each with what is wrong; and what a node knows of it."""

import errno
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar

import msgspec

from comity.characters import show_line
from comity.errors import ComityError, CorruptError, NewerError
from comity.limits import DAMAGE_KNOWN_MAX
from comity.texts import N_, _

Kind = Literal[
    "message", "receipt", "delivery", "file", "batch", "catalogue", "attachment", "entry", "ledger", "officer",
    "database", "root", "directory", "repository", "segment", "list", "held",
]  # fmt: skip

TITLES: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        "message": N_("Messages"),
        "receipt": N_("Receipts"),
        "delivery": N_("Deliveries"),
        "file": N_("Files of records that were entered"),
        "batch": N_("Batches of records"),
        "catalogue": N_("The catalogue of records"),
        "attachment": N_("Attachments"),
        "entry": N_("Entries that wait for the ledger"),
        "ledger": N_("The ledger"),
        "list": N_("The list of entries"),
        "held": N_("Held acts"),
        "officer": N_("Officers"),
        "database": N_("The database"),
        "root": N_("The root that this node trusts"),
        "directory": N_("The directory as it was signed"),
        "repository": N_("The directory as it is published"),
        "segment": N_("Entries of reads"),
    }
)
NEXT_STEPS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        "message": N_("Ask its sender to send it again, or bring the data folder back from the backup."),
        "batch": N_("It is fetched again from its source or keeper by itself. Look at the line if it stays."),
        "attachment": N_("It is fetched again from its sender by itself. Look at the line if it stays."),
        "list": N_("It is made anew from the ledger's files by itself."),
        "held": N_("Nothing of it is done. Ask whoever did it to do it again, or bring the data folder back."),
        "officer": N_("The officer is not let in. Create a new one, or bring the data folder back from the backup."),
        "root": N_("Bring the file back from where it came at enrolment; compare its fingerprint with another member."),
        "directory": N_("It is acquired again by itself. Look at the line to the secretariat if it stays."),
        "repository": N_(
            "Start the node again: it is put back from its own copy. Bring the folder back from the backup if it stays."
        ),
        "segment": N_(
            "The damaged bytes lie beside the segment, in files that end in .damaged: keep them for auditors."
        ),
    }
)
OF_THE_CATALOGUE: Final = ("batch", "removal", "reach", "consignment")
"""The tables of the database that say what a register has; damage of any of them may hide a record."""
LOST: Final = "node.db"
"""How that is named which was lost of the database before it was opened."""
ANYWHERE: Final = "pages of node.db"
"""How damage is named that an act has met, anywhere in the database."""
_OF_MESSAGES: Final = ("message", LOST, ANYWHERE)
_OF_HELD: Final = ("held_act", "held_word", LOST, ANYWHERE)
_OF_ENTRIES: Final = ("ledger_entry", "ledger_about", LOST, ANYWHERE)

_OF_LOSS: Final = N_("What can be is put back by itself. What to do then: docs/operating.md, section 10.")
_ELSE: Final = N_("Look at the disk, then bring the data folder back from the backup.")

UNREADABLE: Final = (ComityError, ValueError, TypeError, LookupError, AttributeError, OverflowError, OSError)
"""What reading changed bytes raises: they are of no form that anybody foresaw."""

_OF_MACHINE: Final = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT)
"""What a machine is out of: files, memory, room."""

T = TypeVar("T")


class Damage(msgspec.Struct, frozen=True):
    """One damaged thing: its kind, its name among those of its kind, and what is wrong with it."""

    kind: Kind
    name: str
    text: str

    @property
    def next_step(self) -> str:
        """What an operator does about it."""
        return _(_OF_LOSS if self.name == LOST else NEXT_STEPS.get(self.kind, _ELSE))

    @property
    def line(self) -> str:
        """Name and text on one line: a name that was changed may have any characters."""
        return show_line(f"{self.name}: {self.text}")

    def __str__(self) -> str:
        return f"{self.kind} {self.line}"


class DamagedError(CorruptError):
    """One thing was asked for, and it is damaged."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(damage.text, where=show_line(f"{damage.kind} {damage.name}"), next_step=damage.next_step)
        self.damage = damage


def text_of(error: Exception) -> str:
    """What to say of bytes that could not be read: never the bytes themselves."""
    if isinstance(error, NewerError):
        return f"{error.message} {error.next_step}"  # nothing was damaged: that is all there is to do
    return error.message if isinstance(error, ComityError) else _("It cannot be read any more: its bytes were changed.")


OnDamage = Callable[[str, Exception], None]
"""Hears of a row that cannot be read: its name, and what was raised."""


def read_all(rows: Iterable[Any], make: Callable[[Any], T | None], on_damage: OnDamage | None = None) -> list[T]:
    """Make something of each row that can be read. ``on_damage`` hears of the others, which the caretaker names too."""
    return [made for row in rows if (made := read_one(row, make, on_damage)) is not None]


def read_one(row: Any, make: Callable[[Any], T | None], on_damage: OnDamage | None = None) -> T | None:
    """Make something of a row; None where it cannot be read."""
    try:
        return make(row)
    except UNREADABLE as error:
        if on_damage is not None:
            on_damage(f"row {getattr(row, 'id', None) or row.row}", error)
        return None


def verify_advance(after: Any, places: Iterable[Any]) -> None:
    """Raise CorruptError unless each place of a page is behind the one before, and the first behind ``after``.

    Of a damaged table the same page may come again and again: whoever went on from its end would never end.
    """
    before = after
    for place in places:
        try:
            is_behind = bool(place > before)
        except TypeError:
            is_behind = False
        if not is_behind:
            raise CorruptError(
                _("A table is damaged: what is behind a place in it stands before it."), where="database"
            )
        before = place


def is_of_machine(error: BaseException | None) -> bool:
    """Whether a machine that is out of something caused this: then it says nothing of what was to be read."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _OF_MACHINE:
            return True
        error = error.__cause__
    return False


def raise_if_of_machine(error: Exception) -> None:
    """Raise what says nothing of the thing: it is not damaged, and is looked at again."""
    if is_of_machine(error):
        raise error


class Damages:
    """What a node knows to be damaged, by whoever has met it, until it is whole again."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Damage] = {}

    def note(self, damage: Damage) -> None:
        """Remember it; past DAMAGE_KNOWN_MAX of a kind no more, since a node that damaged is brought back whole."""
        if not self.is_full(damage.kind):
            self._known[damage.kind, damage.name] = damage

    def clear(self, kind: Kind, name: str) -> None:
        """It is whole again."""
        self._known.pop((kind, name), None)

    def replace(self, kind: Kind, found: Iterable[Damage]) -> None:
        """All of a kind were looked at, and these are damaged."""
        fresh = {(each.kind, each.name): each for each in found}
        for key in [key for key in self._known.copy() if key[0] == kind and key not in fresh]:
            self._known.pop(key, None)
        for each in fresh.values():
            self.note(each)

    def has(self, kind: Kind, name: str) -> bool:
        """Whether that one is known to be damaged."""
        return (kind, name) in self._known

    def is_full(self, kind: Kind) -> bool:
        """Whether more of a kind may be damaged than is remembered."""
        return sum(known == kind for known, _name in self._known.copy()) >= DAMAGE_KNOWN_MAX

    def is_catalogue_whole(self) -> bool:
        """Whether the catalogue has everything that it should, as far as is known: else nobody says "nothing"."""
        return not any(
            kind == "catalogue" or (kind == "database" and name in (*OF_THE_CATALOGUE, ANYWHERE))
            for kind, name in self._known.copy()
        )

    def of_lists_of_messages(self) -> tuple[Damage, ...]:
        """What may keep a message out of a list without a trace of it there."""
        return self._of_tables(_OF_MESSAGES, _("Messages may be missing here. {why}"))

    def of_lists_of_held(self) -> tuple[Damage, ...]:
        """What may keep a held act, or a word on it, out of a list without a trace of it there."""
        return self._of_tables(_OF_HELD, _("Held acts may be missing here. {why}"))

    def _of_tables(self, names: tuple[str, ...], text: str) -> tuple[Damage, ...]:
        return tuple(
            Damage("database", each.name, text.format(why=each.text))
            for each in self.all()
            if each.kind == "database" and each.name in names
        )

    def of_lists_of_entries(self) -> tuple[Damage, ...]:
        """What may keep an entry out of a list without a trace of it there; the first of its kind stands for all."""
        known = self.all()
        found = [each for each in known if each.kind == "database" and each.name in _OF_ENTRIES]
        found += [each for each in known if each.kind == "list"][:1]
        text = _("Entries may be missing here. {why}")
        return tuple(Damage(each.kind, each.name, text.format(why=each.text)) for each in found)

    def all(self) -> tuple[Damage, ...]:
        """Everything, in the order in which it was met."""
        return tuple(self._known.copy().values())
