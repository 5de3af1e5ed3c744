"""The tests that rules of several nouns are made of. Those of one noun stand in its file; ``catalogue.py`` has all.

Each looks at facts and at the rule's own thresholds, and at nothing else.
"""

from comity.rules.act import ActFacts
from comity.rules.part import RuleTest
from comity.rules.thresholds import Values, number_of, texts_of


def is_proven(facts: ActFacts, _: Values) -> bool:
    """Whoever claims to act has proven it."""
    return facts.is_proven


def is_bureau(facts: ActFacts, _: Values) -> bool:
    """The node of an admitted member acts, by its signature."""
    return facts.actor == "bureau" and facts.is_proven


def is_node(facts: ActFacts, _: Values) -> bool:
    """The node goes on with what one of its officers was allowed to begin."""
    return facts.actor == "node"


def is_officer(facts: ActFacts, _: Values) -> bool:
    """A signed-in officer acts."""
    return facts.actor == "officer" and facts.is_proven


def role_includes_act(facts: ActFacts, values: Values) -> bool:
    """One of the officer's roles includes the act: values name each role's acts."""
    if facts.actor != "officer":
        return False
    noun = facts.kind.partition(".")[0]
    return any(
        facts.kind in acts or f"{noun}.*" in acts
        for role, acts in values.items()
        if role in facts.roles and isinstance(acts, list)
    )


def is_secretariat(facts: ActFacts, _: Values) -> bool:
    """The act is done at the secretariat."""
    return facts.is_secretariat


def is_keeper(facts: ActFacts, _: Values) -> bool:
    """The register is kept where it is asked."""
    return facts.is_keeper


def purpose_is_listed(facts: ActFacts, values: Values) -> bool:
    """A purpose is given, and it is on the closed list."""
    return facts.purpose in texts_of(values, "purposes")


def reference_is_given(facts: ActFacts, values: Values) -> bool:
    """A case or shift is named, where the purpose demands one."""
    return facts.has_reference or facts.purpose not in texts_of(values, "purposes")


def standing_is_open(facts: ActFacts, _: Values) -> bool:
    """No measure in force closes the channel to the member."""
    return facts.standing == "open"


def recipient_is_in_force(facts: ActFacts, _: Values) -> bool:
    """Every member that is given something has a bureau in force, and a standing."""
    return facts.recipient_standing != "none"


def source_is_not_suspended(facts: ActFacts, _: Values) -> bool:
    """No measure keeps the source of what is shown from entering records."""
    return facts.source_standing in ("open", "review")


def directory_is_current(facts: ActFacts, _: Values) -> bool:
    """This node's knowledge of members and measures is fresh, or in its days of grace."""
    return facts.directory != "stale"


def directory_is_fresh(facts: ActFacts, _: Values) -> bool:
    """This node's knowledge of members and measures is fresh: its clock is borne out by what others signed."""
    return facts.directory == "fresh"


def time_is_near(facts: ActFacts, values: Values) -> bool:
    """The signed time is close to this node's."""
    return facts.skew_s is not None and abs(facts.skew_s) <= number_of(values, "skew_s")


def is_new(facts: ActFacts, _: Values) -> bool:
    """The same signed request has not been here before."""
    return not facts.is_replay


def rate_is_bounded(facts: ActFacts, values: Values) -> bool:
    """The actor has not done this too often within the last minute."""
    return facts.recent_count < number_of(values, "per_minute")


def count_is_bounded(facts: ActFacts, values: Values) -> bool:
    """The act concerns at least one thing and not too many at once."""
    return 1 <= facts.count <= number_of(values, "most")


def handling_is_known(facts: ActFacts, values: Values) -> bool:
    """The confidentiality level is one of those agreed."""
    return facts.handlings is not None and facts.handlings <= set(texts_of(values, "levels"))


def role_covers_handling(facts: ActFacts, values: Values) -> bool:
    """Each level in the act may be handled in one of the officer's roles: values name each level's roles."""
    return facts.handlings is not None and all(
        level in values and facts.roles.intersection(texts_of(values, level)) for level in facts.handlings
    )


def is_addressable(facts: ActFacts, _: Values) -> bool:
    """Everyone addressed is a bureau in force that messages can be sealed to."""
    return facts.is_addressable


def is_addressee(facts: ActFacts, _: Values) -> bool:
    """It is sealed to the bureau that it came to."""
    return facts.is_addressee


def is_known(facts: ActFacts, _: Values) -> bool:
    """What it is about is known here."""
    return facts.is_known


def is_in_time(facts: ActFacts, values: Values) -> bool:
    """It has not expired, and does not last longer than agreed."""
    return facts.days_left is not None and 0 < facts.days_left <= number_of(values, "days")


def has_room(facts: ActFacts, values: Values) -> bool:
    """The relay does not keep too much of one member already."""
    return facts.waiting_count < number_of(values, "most")


GENERAL_TESTS = (
    RuleTest(is_proven),
    RuleTest(is_bureau),
    RuleTest(is_node),
    RuleTest(is_officer),
    RuleTest(role_includes_act, {"*": "lists"}),
    RuleTest(is_secretariat),
    RuleTest(is_keeper),
    RuleTest(purpose_is_listed, {"purposes": "texts"}),
    RuleTest(reference_is_given, {"purposes": "texts"}),
    RuleTest(standing_is_open),
    RuleTest(recipient_is_in_force),
    RuleTest(source_is_not_suspended),
    RuleTest(directory_is_current, passes=True),
    RuleTest(directory_is_fresh, passes=True),
    RuleTest(time_is_near, {"skew_s": "positive"}),
    RuleTest(is_new),
    RuleTest(rate_is_bounded, {"per_minute": "positive"}, passes=True),
    RuleTest(count_is_bounded, {"most": "positive"}),
    RuleTest(handling_is_known, {"levels": "texts"}),
    RuleTest(role_covers_handling, {"*": "lists"}),
    RuleTest(is_addressable),
    RuleTest(is_addressee),
    RuleTest(is_known),
    RuleTest(is_in_time, {"days": "positive"}),
    RuleTest(has_room, {"most": "positive"}, passes=True),
)
