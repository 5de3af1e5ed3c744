"""What of a rulebook's words can be given, and which of its rules ask for something: what faces offer.

Nothing here lets anything pass: the verdict on each act does.
"""

from comity.rules.predicates import purpose_is_listed, role_includes_act
from comity.rules.rulebook import Rulebook
from comity.rules.wording import Purpose, Role


def purposes_of(rulebook: Rulebook, kind: str) -> tuple[Purpose, ...]:
    """The purposes that an act of ``kind`` may have; none where no rule lists any."""
    listed = [
        codes
        for rule in rulebook.rules_asking(kind, purpose_is_listed.__name__)
        if isinstance(codes := rule.values.get("purposes"), list)
    ]
    if not listed:
        return ()
    return tuple(each for each in rulebook.wording.purposes if all(each.code in codes for codes in listed))


def roles_of(rulebook: Rulebook) -> tuple[Role, ...]:
    """The roles that include anything; all that it has words for where no rule says what any includes."""
    included = {
        code
        for rule in rulebook.rules
        if rule.test == role_includes_act.__name__
        for code, acts in rule.values.items()
        if acts
    }
    return tuple(each for each in rulebook.wording.roles if each.code in included or not included)
