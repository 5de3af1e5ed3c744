"""Types with form and bound, for every text and number that is parsed from elsewhere.

Identifiers have theirs in ``ids``. A bound admits whatever this program has ever written itself. Which characters a
text of one line may have is judged where it comes in (``characters``): what was kept before stays readable.
"""

from typing import Annotated, Any, TypeAlias

import msgspec

from comity.limits import (
    COUNT_MAX,
    FIELD_CHARS,
    FIELDS_MAX,
    HOST_CHARS,
    MESSAGE_CHARS,
    NAME_CHARS,
    NOTE_CHARS,
    RECORD_BYTES,
    REFERENCE_CHARS,
    RULE_NUMBER_CHARS,
    RULES_MAX,
)

Hash: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z", max_length=64)]  # "$" lets a line's end pass
"""A SHA-256, or 32 other bytes, in hexadecimal."""

HashOrNone: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?\Z", max_length=64)]
"""The same, or nothing."""

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=COUNT_MAX)]
"""A count, a position, a size."""

Number: TypeAlias = Annotated[float, msgspec.Meta(ge=-COUNT_MAX, le=COUNT_MAX)]
"""A threshold, or a time in seconds."""

Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=NAME_CHARS)]
"""A word of the program's own: a kind of act, a role, a purpose, a field, the number of a rule."""

RuleNumber: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\Z", max_length=RULE_NUMBER_CHARS)
]
"""The number of a rule, as another node says it: no room for words of its own where numbers stand."""

Level: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,39}\Z", max_length=40)]
"""A level of handling, as the rulebook calls it."""

Code: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,39}\Z", max_length=40)]
"""A purpose, a level or a role, as a rulebook calls it in data; people read its title."""

Line: TypeAlias = Annotated[str, msgspec.Meta(max_length=FIELD_CHARS)]
"""What a person types into one field."""

Reference: TypeAlias = Annotated[str, msgspec.Meta(max_length=REFERENCE_CHARS)]
"""The number of a case or shift."""

Host: TypeAlias = Annotated[str, msgspec.Meta(max_length=HOST_CHARS)]
"""A machine's name or address."""

Note: TypeAlias = Annotated[str, msgspec.Meta(max_length=NOTE_CHARS)]
"""A sentence or several; a public key in text."""

Said: TypeAlias = Annotated[str, msgspec.Meta(max_length=RECORD_BYTES)]
"""What a record says in one field, however it is told."""

Passage: TypeAlias = Annotated[str, msgspec.Meta(max_length=MESSAGE_CHARS)]
"""What may be as long as a message."""

Fields: TypeAlias = Annotated[dict[Name, Said], msgspec.Meta(max_length=FIELDS_MAX)]
"""Fields of a record by their names."""

Rules: TypeAlias = Annotated[tuple[Name, ...], msgspec.Meta(max_length=RULES_MAX)]
"""The numbers of the rules that spoke."""

RulesTold: TypeAlias = Annotated[tuple[RuleNumber, ...], msgspec.Meta(max_length=RULES_MAX)]
"""The same, as another node says it."""

Anything: TypeAlias = Any
"""What an act says of itself in its own ledger entry: of any form, and bounded by the bytes around it."""
