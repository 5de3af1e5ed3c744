"""The navigation is made of what nouns say of their pages: a page that comes is in it, or it is said why it is not."""

from typing import Any

from comity.capabilities import parts
from comity.plug import FacePart
from comity.rules.catalogue import KINDS
from comity.web.navigation import offered_pages

NOT_OFFERED = {
    "/": "leads to the first page", "/sign-in": "for whoever is nobody yet", "/password": "stands beside the name",
    "/events": "no page: what changes, for the script", "/tour": "stands beside the name in a demonstration",
    "/messages/new": "begun from the list of messages", "/check/evidence": "a file, from the page for checking",
    "/records/change": "begun from the list of own records",
    "/enter/file": "begun from the page for entering", "/ledger/export": "a file, from the ledger's page",
    "/ledger/verified": "shown by the ledger's page",
}  # fmt: skip
"""Pages without a name in their address that no navigation offers, and why."""


def pages() -> set[str]:
    """The addresses of pages that are the same for everybody."""
    routes: tuple[Any, ...] = tuple(route for part in parts("web", FacePart) for route in part.all())
    return {path for route in routes if "GET" in route.http_methods for path in route.paths if "{" not in path}


def test_they_stand_in_their_order() -> None:
    assert [page.path for page in offered_pages()] == [
        "/check", "/messages", "/enter", "/records", "/held", "/ledger", "/officers", "/standing", "/status",
    ]  # fmt: skip
    assert len({page.place for page in offered_pages()}) == len(offered_pages())


def test_each_page_is_offered_or_it_is_said_why_not() -> None:
    offered = {page.path for page in offered_pages()}
    assert sorted(pages() - offered - set(NOT_OFFERED)) == [], "name it in offers of its PART, or say here why not"
    assert (offered | set(NOT_OFFERED)) - pages() == set()


def test_each_is_offered_to_those_who_may_do_acts_that_there_are() -> None:
    assert [page.path for page in offered_pages() if page.kind and page.kind not in KINDS] == []
