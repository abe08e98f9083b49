"""Logs, metrics and traces: set up once by a process, used everywhere through the libraries' own calls."""

from __future__ import annotations

import logging
import sys
from typing import Any, Final

import structlog
from opentelemetry import trace
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from regulars.kit.settings import Settings

registry: Final = CollectorRegistry()

# Seconds, fine where the till's budget lies: 10 to 150 ms.
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0)

requests_total: Final = Counter(
    "regulars_requests_total", "Answered requests.", ["method", "route", "status"], registry=registry
)
request_s: Final = Histogram(
    "regulars_request_seconds", "Time to an answer.", ["method", "route"], buckets=_BUCKETS, registry=registry
)
events_numbered_total: Final = Counter(
    "regulars_events_numbered_total", "Events the relay numbered.", registry=registry
)


def set_up(settings: Settings, *, process: str) -> None:
    """Configure logs and traces of this process; `process` is its name in them (api, worker, cli)."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: Any = structlog.processors.JSONRenderer() if settings.log_format == "json" else _console()
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Whoever starts a server wants to read that it answers, not which plug-ins its migrations have.
    logging.getLogger("alembic").setLevel(max(level, logging.WARNING) if level > logging.DEBUG else level)
    structlog.contextvars.bind_contextvars(process=process)
    if settings.otlp_endpoint:
        _send_traces(settings.otlp_endpoint, process)


def metrics_text() -> bytes:
    """All metrics of this process in Prometheus' text format."""
    return generate_latest(registry)


def _console() -> Any:
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())


def _send_traces(endpoint: str, process: str) -> None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"regulars-{process}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")))
    trace.set_tracer_provider(provider)
