from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from opentelemetry import trace

from regulars.kit import observability, settings


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_logs_of_ours_and_of_libraries_are_lines_of_one_form(capsys: pytest.CaptureFixture[str]) -> None:
    observability.set_up(settings.load({"REGULARS_LOG_FORMAT": "json", "REGULARS_LOG_LEVEL": "warning"}), process="api")
    structlog.get_logger().warning("batch applied", activities=3)
    structlog.get_logger().info("too quiet to hear")
    logging.getLogger("some.library").error("it broke: %s", "why")
    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["activities"], ours["level"], ours["process"]) == ("batch applied", 3, "warning", "api")
    assert (theirs["event"], theirs["level"], theirs["process"]) == ("it broke: why", "error", "api")


def test_metrics_are_told_in_the_text_format() -> None:
    observability.requests_total.labels("POST", "/told", "201").inc(2)
    said = observability.metrics_text().decode()
    assert 'regulars_requests_total{method="POST",route="/told",status="201"} 2.0' in said


def test_spans_cost_nothing_to_begin_while_no_endpoint_is_set() -> None:
    with trace.get_tracer("regulars").start_as_current_span("quote") as span:
        assert not span.is_recording()
