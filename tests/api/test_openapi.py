"""Whatever is sent to the API, it answers as its own document says, and never with a server error."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.scenarios.soak import often

from .conftest import Cast

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ROLES = ("inspector", "registrar", "auditor", "administrator", "duty", "desk")
SHARES = 12  # of the operations, so that several workers take them


@pytest.fixture(scope="module")
def operations(cast: Cast) -> list[Any]:
    """What the document names, read once."""
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", cast.client("GS").app)
    return [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.filterwarnings("default")  # the tool's own client warns of its own things
def test_every_answer_is_one_that_the_document_names(cast: Cast, operations: list[Any], share: int) -> None:
    assert len(operations) > SHARES
    for operation in operations[share::SHARES]:
        answers_as_documented(cast, operation)


def answers_as_documented(cast: Cast, operation: Any) -> None:
    headers = cast.officer("GS", *ROLES).headers

    @settings(
        max_examples=often(8, 50),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def answers(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    answers()


def test_the_document_says_how_to_sign_in_and_describes_every_problem(cast: Cast) -> None:
    document = cast.nobody().get("/v1/openapi.json").json()
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"] or operation["description"], path
            if path not in ("/health", "/metrics"):
                assert {"422", "403", "401"} & set(operation["responses"]), path
