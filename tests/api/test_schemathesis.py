"""What nobody thought of: requests made up from the description must never be a fault of ours (TRUST.md R18, small)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from regulars.api import app, describing
from tests.journeys.conftest import Server, Till, opened

DOCUMENT = describing.document(app.routes_only())
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
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
    @settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
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
