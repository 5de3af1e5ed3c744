"""The tests that rules are made of. Each looks at facts and at the rule's own thresholds, and at nothing else.

A rulebook names them by their function's name, so a name, once published, keeps its meaning.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from comity.rules.facts import Facts
from comity.rules.rule import Predicate, Value

Values = dict[str, Value]
Need = Literal["number", "texts", "lists"]
"""What a test makes of a value: a *number*, or a list of *texts*; *lists* are values of any name, each of texts."""
Needs = Mapping[str, Need]


def _number(values: Values, name: str) -> float:
    value = values[name]
    if not isinstance(value, int | float):
        raise TypeError(name)
    return float(value)


def _texts(values: Values, name: str) -> list[str]:
    value = values[name]
    if not isinstance(value, list):
        raise TypeError(name)
    return value


def is_proven(facts: Facts, _: Values) -> bool:
    """Whoever claims to act has proven it."""
    return facts.is_proven


def is_not_paused(facts: Facts, _: Values) -> bool:
    """No wait after wrong passwords is running."""
    return not facts.is_paused


def is_officer_signing_in(facts: Facts, _: Values) -> bool:
    """An officer opens a session with the right password."""
    return facts.actor == "nobody" and facts.is_proven


def is_bureau(facts: Facts, _: Values) -> bool:
    """The node of an admitted member acts, by its signature."""
    return facts.actor == "bureau" and facts.is_proven


def is_node(facts: Facts, _: Values) -> bool:
    """The node goes on with what one of its officers was allowed to begin."""
    return facts.actor == "node"


def is_officer(facts: Facts, _: Values) -> bool:
    """A signed-in officer acts."""
    return facts.actor == "officer" and facts.is_proven


def role_includes_act(facts: Facts, values: Values) -> bool:
    """One of the officer's roles includes the act: values name each role's acts."""
    if facts.actor != "officer":
        return False
    noun = facts.kind.partition(".")[0]
    return any(
        facts.kind in acts or f"{noun}.*" in acts
        for role, acts in values.items()
        if role in facts.roles and isinstance(acts, list)
    )


def is_secretariat(facts: Facts, _: Values) -> bool:
    """The act is done at the secretariat."""
    return facts.is_secretariat


def is_keeper(facts: Facts, _: Values) -> bool:
    """The register is kept where it is asked."""
    return facts.is_keeper


def purpose_is_listed(facts: Facts, values: Values) -> bool:
    """A purpose is given, and it is on the closed list."""
    return facts.purpose in _texts(values, "purposes")


def reference_is_given(facts: Facts, values: Values) -> bool:
    """A case or shift is named, where the purpose demands one."""
    return facts.has_reference or facts.purpose not in _texts(values, "purposes")


def standing_is_open(facts: Facts, _: Values) -> bool:
    """No measure in force closes the channel to the member."""
    return facts.standing == "open"


def recipient_is_in_force(facts: Facts, _: Values) -> bool:
    """Every member that is given something has a bureau in force, and a standing."""
    return facts.recipient_standing != "none"


def recipient_is_not_suspended(facts: Facts, _: Values) -> bool:
    """No measure has suspended the member that is told."""
    return facts.recipient_standing != "suspended"


def recipient_is_clear(facts: Facts, _: Values) -> bool:
    """No measure at all is in force against the member that is told."""
    return facts.recipient_is_clear


def source_is_not_suspended(facts: Facts, _: Values) -> bool:
    """No measure keeps the source of what is shown from entering records."""
    return facts.source_standing in ("open", "review")


def directory_is_current(facts: Facts, _: Values) -> bool:
    """This node's knowledge of members and measures is fresh, or in its days of grace."""
    return facts.directory != "stale"


def time_is_near(facts: Facts, values: Values) -> bool:
    """The signed time is close to this node's."""
    return facts.skew_s is not None and abs(facts.skew_s) <= _number(values, "skew_s")


def is_new(facts: Facts, _: Values) -> bool:
    """The same signed request has not been here before."""
    return not facts.is_replay


def rate_is_bounded(facts: Facts, values: Values) -> bool:
    """The actor has not done this too often within the last minute."""
    return facts.recent_count < _number(values, "per_minute")


def count_is_bounded(facts: Facts, values: Values) -> bool:
    """The act concerns at least one thing and not too many at once."""
    return 1 <= facts.count <= _number(values, "most")


def is_issuer(facts: Facts, _: Values) -> bool:
    """The source enters documents of its own issuing countries only."""
    return facts.is_issuer


def is_source(facts: Facts, _: Values) -> bool:
    """Whoever sends a record is its source."""
    return facts.is_source


def is_lawful(facts: Facts, _: Values) -> bool:
    """The source confirmed that its national law allows the processing."""
    return facts.is_lawful


def is_complete(facts: Facts, _: Values) -> bool:
    """Each record has its mandatory metadata."""
    return facts.is_complete


def retention_is_bounded(facts: Facts, values: Values) -> bool:
    """No record is kept longer than its register allows."""
    return facts.retention_years is not None and 0 < facts.retention_years <= _number(values, "years")


def handling_is_known(facts: Facts, values: Values) -> bool:
    """The confidentiality level is one of those agreed."""
    return facts.handlings is not None and facts.handlings <= set(_texts(values, "levels"))


def role_covers_handling(facts: Facts, values: Values) -> bool:
    """Each level in the act may be handled in one of the officer's roles: values name each level's roles."""
    return facts.handlings is not None and all(
        level in values and facts.roles.intersection(_texts(values, level)) for level in facts.handlings
    )


def in_audience(facts: Facts, _: Values) -> bool:
    """The source lets the reader's member see the record."""
    return facts.in_audience


def is_addressable(facts: Facts, _: Values) -> bool:
    """Everyone addressed is a bureau in force that messages can be sealed to."""
    return facts.is_addressable


def is_addressee(facts: Facts, _: Values) -> bool:
    """It is sealed to the bureau that it came to."""
    return facts.is_addressee


def is_readable(facts: Facts, _: Values) -> bool:
    """Nothing in it is unknown to this version."""
    return facts.is_readable


def is_same_text(facts: Facts, _: Values) -> bool:
    """What opens is what its sender committed to."""
    return facts.is_same_text


def may_send_form(facts: Facts, _: Values) -> bool:
    """Whoever sends the form is one of those who may."""
    return facts.may_send_form


def is_well_filled(facts: Facts, _: Values) -> bool:
    """The form says what it asks for, and nothing else."""
    return facts.is_well_filled


def answers_its_form(facts: Facts, _: Values) -> bool:
    """A form that answers another answers the one that it is for."""
    return facts.answers_its_form


def is_asked_of_source(facts: Facts, _: Values) -> bool:
    """What asks about a record asks its source."""
    return facts.is_asked_of_source


def is_known(facts: Facts, _: Values) -> bool:
    """What it is about is known here."""
    return facts.is_known


def is_in_time(facts: Facts, values: Values) -> bool:
    """It has not expired, and does not last longer than agreed."""
    return facts.days_left is not None and 0 < facts.days_left <= _number(values, "days")


def has_room(facts: Facts, values: Values) -> bool:
    """The relay does not keep too much of one member already."""
    return facts.waiting_count < _number(values, "most")


def purpose_tells_place(facts: Facts, values: Values) -> bool:
    """The purpose is one for which a source is told where and when as well."""
    return facts.purpose in _texts(values, "purposes")


def may_do_held(facts: Facts, _: Values) -> bool:
    """Whoever releases an act may do such acts."""
    return facts.may_do_held


def is_not_author(facts: Facts, _: Values) -> bool:
    """Nobody releases an act of their own."""
    return not facts.is_author


def speaks_once(facts: Facts, _: Values) -> bool:
    """An officer has one word on a held act."""
    return not facts.has_spoken


def few_go_out(facts: Facts, values: Values) -> bool:
    """No more records go out than a few, or than a share of what their source has."""
    few, share = _number(values, "few"), _number(values, "share")
    return facts.taken_out <= few or facts.taken_share <= share


def statuses_are_listed(facts: Facts, values: Values) -> bool:
    """Every record that is told of has one of the statuses listed.

    Where ``purposes`` are named, it asks nothing about any other purpose. Statuses are words of the registers
    (``wanted``, ``stolen-blank``); a record that has none is on no list.
    """
    is_about = "purposes" not in values or facts.purpose in _texts(values, "purposes")
    return not is_about or (bool(facts.statuses) and facts.statuses <= set(_texts(values, "statuses")))


def is_reasoned(facts: Facts, _: Values) -> bool:
    """A reason is given."""
    return facts.has_reason


def measure_has_an_end(facts: Facts, _: Values) -> bool:
    """The measure says when it ends."""
    return facts.measure_days is not None and facts.measure_days > 0


def long_measure_is_decided(facts: Facts, values: Values) -> bool:
    """A long measure names the decision of the body that may take it."""
    return facts.measure_days is None or facts.measure_days <= _number(values, "days") or facts.has_reference


CATALOGUE: dict[str, Predicate] = {
    predicate.__name__: predicate
    for predicate in (
        is_proven,
        is_not_paused,
        is_officer_signing_in,
        is_bureau,
        is_node,
        is_officer,
        role_includes_act,
        is_secretariat,
        is_keeper,
        purpose_is_listed,
        reference_is_given,
        standing_is_open,
        recipient_is_in_force,
        recipient_is_not_suspended,
        recipient_is_clear,
        source_is_not_suspended,
        directory_is_current,
        time_is_near,
        is_new,
        rate_is_bounded,
        count_is_bounded,
        is_issuer,
        is_source,
        is_lawful,
        is_complete,
        retention_is_bounded,
        handling_is_known,
        role_covers_handling,
        in_audience,
        is_addressable,
        is_addressee,
        is_readable,
        is_same_text,
        may_send_form,
        is_well_filled,
        answers_its_form,
        is_asked_of_source,
        is_known,
        is_in_time,
        has_room,
        purpose_tells_place,
        may_do_held,
        is_not_author,
        speaks_once,
        few_go_out,
        statuses_are_listed,
        is_reasoned,
        measure_has_an_end,
        long_measure_is_decided,
    )
}

_PURPOSES: Needs = {"purposes": "texts"}
NEEDS: Mapping[str, Needs] = MappingProxyType(
    {
        "role_includes_act": {"*": "lists"},
        "purpose_is_listed": _PURPOSES,
        "reference_is_given": _PURPOSES,
        "time_is_near": {"skew_s": "number"},
        "rate_is_bounded": {"per_minute": "number"},
        "count_is_bounded": {"most": "number"},
        "retention_is_bounded": {"years": "number"},
        "handling_is_known": {"levels": "texts"},
        "role_covers_handling": {"*": "lists"},
        "is_in_time": {"days": "number"},
        "few_go_out": {"few": "number", "share": "number"},
        "has_room": {"most": "number"},
        "purpose_tells_place": _PURPOSES,
        "statuses_are_listed": {"statuses": "texts"},
        "long_measure_is_decided": {"days": "number"},
    }
)
"""The values that each test cannot do without, by their names; a test that is not here needs none, and takes none."""

MAY_HAVE: Mapping[str, Needs] = MappingProxyType({"statuses_are_listed": _PURPOSES})
"""The values that a test looks at where they are there."""


def find_bad_value(test: str, values: Values) -> str | None:
    """The name of the first value that ``test`` misses, cannot use or does not know; None where all are as it needs.

    A value that this program does not know may narrow the rule: what it would change is not left out in silence.
    """
    needs, may_have = NEEDS.get(test, {}), MAY_HAVE.get(test, {})
    if "*" in needs:
        return next((name for name, value in values.items() if not isinstance(value, list)), None)
    for name, need in (*needs.items(), *((name, need) for name, need in may_have.items() if name in values)):
        if name not in values or not isinstance(values[name], list if need == "texts" else int | float):
            return name
    return next((name for name in values if name not in needs and name not in may_have), None)
