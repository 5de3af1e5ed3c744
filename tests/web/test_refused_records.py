"""What was not released to an officer is in nothing that the node gives: no answer, page, file or entry."""

import base64
import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from comity.peer.entering import EntryForm
from comity.testing import DOCUMENTS
from tests.scenarios.standings import measure

from .conftest import Cast

SECRET = "SECRET-REF-77"
LEVELS = {"official-use": "19CC00001", "restricted": "19CC00002", "confidential": "19CC00003"}
MAY = {"confidential": {"registrar", "desk"}}
ASKERS = [roles for count in (1, 2) for roles in combinations(("inspector", "desk", "registrar", "auditor"), count)]
ASKERS = [roles for roles in ASKERS if set(roles) != {"auditor"}]
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")


def layers(data: bytes, depth: int = 5) -> Iterator[bytes]:
    """What is in it, and in whatever of it is base64."""
    yield data
    if depth:
        for found in _BASE64.findall(data.replace(b"\\/", b"/")):
            text = found.rstrip(b"=")
            yield from layers(base64.b64decode(text[: len(text) // 4 * 4]), depth - 1)


def tells(*faces: bytes) -> bool:
    return any(SECRET.encode() in layer for face in faces for layer in layers(face))


@pytest.fixture(scope="module")
def levelled(cast: Cast) -> Cast:
    network = cast.network
    clerk = network.officer("FR", "clerk.l", "registrar")
    for handling, number in LEVELS.items():
        record = {"number": number, "country": "FRA", "type": "passport", "loss": "stolen-blank",
                  "national_reference": SECRET}  # fmt: skip
        form = EntryForm(register=DOCUMENTS, records=[record], is_lawful=True, audience="all", handling=handling)
        network.nodes["FR"].records.enter(clerk, form)
    network.settle(3)
    return cast


def faces(cast: Cast, roles: tuple[str, ...], number: str, between: Any = lambda: None) -> tuple[bool, list[bytes]]:
    """Whether the record was released, and everything that the node gives about it: pages, files, API, ledger."""
    browser = cast.officer("LT", *roles)
    terms = {"number": number, "country": "FRA", "purpose": "warn", "reference": "x"}
    page = browser.post("/check", terms)
    sheet, record = page.at.split("sheet=")[-1].split("#")[0], page.field("record")
    assert record, page.words
    given = [page.html.encode(), browser._send("GET", f"/check/evidence?sheet={sheet}").content]
    between()
    read = browser.post("/check/read", {"sheet": sheet, "record": record})
    given += [read.html.encode(), browser._send("GET", f"/check/evidence?sheet={sheet}").content]
    session = cast.network.officer("LT", f"api-{cast.network.entropy(4).hex()}", *roles)
    answer = cast.nobody("LT")._client.post(
        f"/v1/records/{record}/read", json={"purpose": "warn", "reference": "x", "with_evidence": True},
        headers={"Authorization": f"Bearer {session.token}"},
    )  # fmt: skip
    given += [answer.content, *of_ledger(cast)]
    return SECRET in read.words, given


def of_ledger(cast: Cast) -> Iterator[bytes]:
    """What an auditor sees of the newest reading: its entry as a page and by the API, and the export."""
    cast.network.settle()
    name = f"auditor-{cast.network.entropy(4).hex()}"
    headers = {"Authorization": f"Bearer {cast.network.officer('LT', name, 'auditor').token}"}
    client, browser = cast.nobody("LT")._client, cast.officer("LT", "auditor")
    rows = cast.network.ledger("LT", "record.receive")
    if rows:
        yield client.get(f"/v1/ledger/{rows[-1].id}", headers=headers).content
        yield browser.get(f"/ledger/{rows[-1].id}").html.encode()
    yield client.get("/v1/ledger?kind=record.receive&most=1", headers=headers).content


@pytest.mark.parametrize("handling", LEVELS)
@pytest.mark.parametrize("roles", ASKERS, ids="+".join)
def test_whoever_is_refused_a_record_gets_it_from_nowhere(
    levelled: Cast, roles: tuple[str, ...], handling: str
) -> None:
    is_released, given = faces(levelled, roles, LEVELS[handling])
    assert is_released == (not MAY.get(handling) or bool(MAY[handling] & set(roles)))
    assert tells(*given) == is_released


def test_a_measure_that_came_in_between_keeps_all_of_it_back(levelled: Cast) -> None:
    try:
        is_released, given = faces(
            levelled, ("registrar",), LEVELS["official-use"], lambda: measure(levelled.network, "LT", "query")
        )
    finally:
        measure(levelled.network, "LT", "query", "open")
    assert not is_released
    assert not tells(*given[:-3])


def test_the_evidence_of_a_refusal_still_proves_that_it_was_asked(levelled: Cast) -> None:
    browser = levelled.officer("LT", "inspector")
    page = browser.post(
        "/check", {"number": LEVELS["confidential"], "country": "FRA", "purpose": "warn", "reference": "x"}
    )
    sheet, record = page.at.split("sheet=")[-1].split("#")[0], page.field("record")
    assert "Refused (RPD-107.2)" in browser.post("/check/read", {"sheet": sheet, "record": record}).words
    frames = json.loads(browser._send("GET", f"/check/evidence?sheet={sheet}").content)["frames"]
    kinds = [base64.b64decode(each).split(b" ")[1] for each in frames]
    assert kinds == [b"query", b"answer", b"detail"]
