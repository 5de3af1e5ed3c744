"""Who may see a thing: the one mechanism behind restrictions, recipients and replicas."""

from typing import TYPE_CHECKING, Self

import msgspec

from comity.errors import MalformedError, TooLargeError
from comity.ids import MemberCode, parse_member_code
from comity.limits import AUDIENCE_MEMBERS_MAX, REACH_MEMBERS_MAX
from comity.texts import _

if TYPE_CHECKING:
    from collections.abc import Iterable


class Audience(msgspec.Struct, frozen=True, order=True):
    """A set of members: those named, or with ``everyone_but`` all except those named.

    Its text form is canonical, so equal audiences are equal texts: ``all``, ``all but XX``, ``FR LT``, ``none``.
    It travels by value; the short numbers that an index gives it are local.
    """

    everyone_but: bool
    members: tuple[MemberCode, ...]

    @classmethod
    def everyone(cls) -> Self:
        """All members."""
        return cls(True, ())

    @classmethod
    def only(cls, *members: MemberCode) -> Self:
        """The members named."""
        return cls(False, tuple(sorted(set(members))))

    @classmethod
    def all_but(cls, *members: MemberCode) -> Self:
        """All members except those named."""
        return cls(True, tuple(sorted(set(members))))

    @classmethod
    def nobody(cls) -> Self:
        """No member."""
        return cls(False, ())

    @classmethod
    def union(cls, audiences: "Iterable[Audience]") -> Self:
        """Everybody who is in any of them; of more members than any network has, the first by their codes."""
        named: set[MemberCode] = set()
        left_out: set[MemberCode] | None = None
        for each in audiences:
            if each.everyone_but:
                left_out = set(each.members) if left_out is None else left_out.intersection(each.members)
            else:
                named.update(each.members)
        if left_out is not None:
            return cls.all_but(*(left_out - named))
        return cls(False, tuple(sorted(named)[:REACH_MEMBERS_MAX]))

    @classmethod
    def parse(cls, text: str, *, most: int = AUDIENCE_MEMBERS_MAX) -> Self:
        """Read the text form; MalformedError if it is none, TooLargeError if it names more than ``most`` members."""
        words = text.replace(",", " ").split()
        everyone_but = words == ["all"] or (words[:2] == ["all", "but"] and len(words) > len(["all", "but"]))
        if everyone_but:
            words = words[2:]
        elif words == ["none"]:
            words = []
        elif not words or "all" in words:  # never guessed: "all BR" might mean its opposite
            raise MalformedError(
                _("An audience is 'all', 'all but XX', or the members who may see: 'FR LT'."), where="audience"
            )
        if len(words) > most:
            raise TooLargeError(_("An audience names at most {most} members.").format(most=most), where="audience")
        try:
            return cls(everyone_but, tuple(sorted({parse_member_code(word) for word in words})))
        except MalformedError as error:
            raise MalformedError(error.message, where="audience") from error

    def includes(self, member: MemberCode) -> bool:
        """Whether ``member`` may see."""
        return (member in self.members) != self.everyone_but

    def covers(self, other: "Audience") -> bool:
        """Whether whoever is in ``other`` is in it too, whatever members there will be."""
        if self.everyone_but:
            return not any(map(other.includes, self.members))
        return not other.everyone_but and all(map(self.includes, other.members))

    def __str__(self) -> str:
        names = " ".join(self.members)
        if self.everyone_but:
            return f"all but {names}" if names else "all"
        return names or "none"
