"""What the navigation offers: the pages that the nouns' parts name. It only leaves out what is of no use."""

from functools import cache

from comity.capabilities import parts
from comity.plug import FacePart, OfferedPage


@cache
def offered_pages() -> tuple[OfferedPage, ...]:
    """All of them, in their places."""
    return tuple(sorted(page for part in parts("web", FacePart) for page in part.offers))
