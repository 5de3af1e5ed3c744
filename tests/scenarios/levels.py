"""A rulebook with a level of handling that this program has never heard of."""

import msgspec

from comity.rules.rulebook import Rulebook
from comity.rules.wording import HandlingLevel

LEVELS = ("official-use", "restricted", "confidential", "secret")


def with_secret(rulebook: Rulebook) -> Rulebook:
    """A rulebook that knows a fourth level, for registrars alone."""
    rules = []
    for rule in rulebook.rules:
        values = dict(rule.values)
        if rule.test == "handling_is_known":
            values["levels"] = list(LEVELS)
        elif rule.test == "role_covers_handling":
            values["secret"] = ["registrar"]
        rules.append(msgspec.structs.replace(rule, values=values))
    words = rulebook.words
    if words is not None:
        secret = HandlingLevel("secret", "secret", hides_subject=True)
        words = msgspec.structs.replace(words, levels=(*words.levels, secret))
    return msgspec.structs.replace(rulebook, rules=tuple(rules), words=words)
