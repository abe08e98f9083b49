"""What nobody thought of: requests made up from the description must never be a fault of ours (TRUST.md R18).

REGULARS_EXAMPLES says how many for each operation: 12 in `make test`, 100 and more in `make faults`. They are the same
for the same code, and new each time with REGULARS_RANDOM.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from regulars.api import app, describing
from tests.journeys.conftest import Server, Till, opened

DOCUMENT = describing.document(app.routes_only())
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
EXAMPLES = int(os.environ.get("REGULARS_EXAMPLES", "12"))
SAME = "REGULARS_RANDOM" not in os.environ
# Streams do not end, and pages for people are not described by a schema.
FOUND: list[Any] = list(SCHEMA.get_all_operations())
OPERATIONS = [
    found.ok() for found in FOUND if found.ok().path.startswith("/v1") and not found.ok().path.endswith("/stream")
]


@pytest.fixture(scope="module")
def hostile(served: Server) -> Iterator[Till]:
    """One till for all of it: whatever was sent before, nothing breaks."""
    with opened(served) as made:
        yield made


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.method} {each.path}")
def test_made_up_requests_are_answered_as_described(served: Server, hostile: Till, operation: Any) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=SAME,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    def tried(case: Any) -> None:
        answer = case.call(base_url=served.url, headers=dict(hostile.client.headers))
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        described = DOCUMENT["paths"][case.path][case.method.lower()]["responses"]
        kind = answer.headers["content-type"][0].split(";")[0]
        if answer.status_code >= 400:
            assert kind == "application/problem+json"
        else:
            assert str(answer.status_code) in described

    tried()


def test_control_an_answer_that_is_not_described_is_seen(served: Server, hostile: Till) -> None:
    # The same comparison on a description from which the answer of the purchase was taken out.
    operation = next(each for each in OPERATIONS if (each.method.upper(), each.path) == ("POST", "/v1/quotes"))
    body = {"member": {"phone": "069 123 456"}, "lines": [{"amount": 100}]}
    answer = operation.Case(body=body, media_type="application/json").call(
        base_url=served.url, headers=dict(hostile.client.headers)
    )
    described = DOCUMENT["paths"]["/v1/quotes"]["post"]["responses"]
    assert (answer.status_code, str(answer.status_code) in described) == (200, True)
    assert str(answer.status_code) not in {code: one for code, one in described.items() if code != "200"}
