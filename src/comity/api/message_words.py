"""What is said about messages: states, deadlines, alerts, sizes; pages, API and command line say the same."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from comity.api.words import MESSAGE_TITLES
from comity.exchange.form import Filled
from comity.exchange.forms.hit_alert import HIT_ALERT
from comity.exchange.reading import MoreFrom
from comity.rules.wording import Wording
from comity.shown.forms import headline_of, register_word
from comity.shown.wording import level_title
from comity.texts import N_, _

URGENCY_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {"immediate": N_("Immediate"), "urgent": N_("Urgent"), "routine": N_("Routine")}
)

STATE_SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "queued": N_("It goes by itself as soon as that bureau or the secretariat can be reached."),
        "relayed": N_("The secretariat keeps it, sealed, until that bureau is there."),
        "delivered": N_("It is there; nobody has opened it yet."),
        "opened": N_("An officer there has opened it."),
        "answered": N_("An answer has come."),
        "refused": N_("That bureau's rulebook refused it, for good."),
        "expired": N_("Nobody gave a receipt within 30 days. It is not tried again: reach that desk by telephone."),
        "withdrawn": N_("It was not carried: that bureau is no member any more, or may not be told of it any more."),
        "unreadable": N_("What became of it cannot be read here any more: stored bytes were changed. Ask that desk."),
    }
)

STEP_TITLES: Final[Mapping[str, str]] = MappingProxyType({**MESSAGE_TITLES, "later": N_("Not yet: it is tried again")})
"""What a receipt says."""

IN_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {"unopened": N_("Unopened"), "opened": N_("Opened"), "answered": N_("Answered")}
)
"""Where a message stands that came in."""

_KB: Final = 1_000
_MB: Final = 1_000_000


def state_word(state: str) -> str:
    """A delivery's state in the reader's language."""
    return _(MESSAGE_TITLES[state])


def urgency_title(urgency: str) -> str:
    """An urgency in the reader's language; one that is not known stays as it is."""
    title = URGENCY_TITLES.get(urgency)
    return _(title) if title else urgency


def more_sentence(more: MoreFrom) -> str:
    """What a list of what is due says of those of one sender that it leaves out."""
    if not more.waiting:
        return _("Older ones from {sender} may wait too").format(sender=more.sender)
    text = _("At least {count} more from {sender}") if more.is_cut else _("{count} more from {sender}")
    return text.format(count=more.waiting, sender=more.sender)


def headline(wording: Wording, kind: str, subject: str | None, level: str, form: Filled | None = None) -> str:
    """What stands for a message in a list: its form's headline or its subject, if it may be shown without opening it.

    Else its ``level``, which says why not.
    """
    if kind == HIT_ALERT.head:
        return _(HIT_ALERT.subject)
    if subject is not None:
        return headline_of(form, wording) if form is not None else subject
    return _("{level}: the subject is shown when you open it").format(level=level_title(wording, level))


def register_title(name: str) -> str:
    """A register in the reader's language; one that this version does not know stays as it is."""
    return register_word(name)


def size_word(count: int) -> str:
    """A number of bytes as people read it."""
    if count < _KB:
        return _("{count} bytes").format(count=count)
    if count < _MB:
        return f"{count / _KB:.0f} kB"
    return f"{count / _MB:.1f} MB"
