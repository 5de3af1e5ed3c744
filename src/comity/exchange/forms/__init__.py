"""Every form of a message that this node reads, by name and version: one file each, and a line here.

A form that is added is read, sent and answered on pages, API and command line by its declaration alone. A version that
is added stands beside those before, which stay: what was filled in then is read by them.
"""

from collections.abc import Iterable
from typing import Final

from comity.errors import MalformedError, NewerError
from comity.exchange.form import Filled, FormDeclaration
from comity.exchange.forms.confirm_hit import CONFIRM_HIT
from comity.exchange.forms.hit_alert import HIT_ALERT
from comity.exchange.forms.hit_answer import HIT_ANSWER, HIT_ANSWER_1
from comity.exchange.forms.letter import LETTER
from comity.formats import newer
from comity.ids import MemberCode
from comity.members.directory import Directory
from comity.texts import _

Versions = dict[str, dict[int, FormDeclaration]]


def by_name(declared: Iterable[FormDeclaration]) -> Versions:
    """Forms by name, and by version from the first on; ValueError for one that is declared twice."""
    found: Versions = {}
    for each in sorted(declared, key=lambda form: form.version):
        versions = found.setdefault(each.name, {})
        if each.version in versions:
            raise ValueError(each.name, each.version)
        versions[each.version] = each
    return found


FORMS: Final = by_name((LETTER, HIT_ALERT, CONFIRM_HIT, HIT_ANSWER_1, HIT_ANSWER))
"""By name the versions of each, the newest last."""

READS_AS: Final = "form."
"""What stands before a form's name in the statement of what a node reads."""


def newest_form(name: str) -> FormDeclaration:
    """The newest version of a form; MalformedError if there is none of that name."""
    versions = FORMS.get(name)
    if not versions:
        raise MalformedError(
            _("There is no form of this name."),
            where="form",
            next_step=_("The forms are: {names}.").format(names=", ".join(sorted(forms_by_hand()))),
        )
    return next(reversed(versions.values()))


def newest_read(name: str, readers: Iterable[MemberCode], directory: Directory) -> FormDeclaration:
    """The newest version of a form that the nodes of all ``readers`` read; the first where some read none."""
    to = tuple(readers)
    versions = FORMS[newest_form(name).name].values()
    read = [form for form in versions if not directory.not_reading(f"{READS_AS}{name}", form.version, to)]
    return read[-1] if read else next(iter(versions))


def forms_by_hand() -> tuple[str, ...]:
    """The names of the forms that officers fill in, but for the free message, which has a page of its own."""
    newest = (next(reversed(versions.values())) for versions in FORMS.values())
    return tuple(each.name for each in newest if each.by_hand and each.name != LETTER.name)


def form_of(filled: Filled | None) -> FormDeclaration:
    """The declaration of a form that was filled in, the free message where it is none.

    NewerError where this node does not know it, or not in that version: it comes from a newer one.
    """
    if filled is None:
        return LETTER
    versions = FORMS.get(filled.form, {})
    found = versions.get(filled.v)
    if found is None:
        raise newer(_("the form {name}").format(name=filled.form), filled.v, max(versions, default=0), "form")
    return found


def find_form(filled: Filled | None) -> FormDeclaration | None:
    """As ``form_of``; None where this node does not know it."""
    try:
        return form_of(filled)
    except NewerError:
        return None


def form_versions() -> dict[str, int]:
    """The newest version of each form that this node reads, as it states it."""
    return {f"{READS_AS}{name}": max(versions) for name, versions in FORMS.items()}
