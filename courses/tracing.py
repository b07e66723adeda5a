"""Traces, for sites with a collector: the upload and its gradings as spans of one trace.

A request and the grading of what it brought are in different processes and hours apart, and the
submission keeps the request's id. Trace and root span are derived from that id, so that every
process finds the trace without asking. Spans carry routes, ids, verdicts and seconds, never what
somebody wrote: also no message of an exception.

Without `export_to`, `span` does nothing and OpenTelemetry is not imported.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry.trace import Span, Tracer

ID_BYTES: Final = 16
TRACES: Final = "/v1/traces"
TIMEOUT_SECONDS: Final = 5

_tracer: Tracer | None = None
_root: ContextVar[str] = ContextVar("root", default="")
"""The id of the request whose root span begins now."""


def export_to(endpoint: str) -> Callable[[], None]:
    """Send spans to a collector from now on, in the background; return what ends that.

    Args:
        endpoint: where the collector takes OTLP over HTTP, such as ``http://collector:4318``.

    Raises:
        ImportError: the packages of requirements/reporting.txt are not installed.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  # optional
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # the same
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415  # the same
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415  # the same
    from opentelemetry.sdk.trace.id_generator import IdGenerator  # noqa: PLC0415  # the same

    class DerivedIds(IdGenerator):
        """Ids of a root span from its request's id, others by chance."""

        def generate_trace_id(self) -> int:
            return trace_of(_root.get())[0] if _root.get() else random.getrandbits(128)

        def generate_span_id(self) -> int:
            return trace_of(_root.get())[1] if _root.get() else random.getrandbits(64)

    global _tracer  # noqa: PLW0603  # one for the process, as OpenTelemetry has it
    provider = TracerProvider(
        resource=Resource.create({"service.name": "whybox"}), id_generator=DerivedIds()
    )
    exporter = OTLPSpanExporter(endpoint.rstrip("/") + TRACES, timeout=TIMEOUT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer("whybox")

    def end() -> None:
        global _tracer  # noqa: PLW0603  # the same
        _tracer = None
        provider.shutdown()

    return end


def trace_of(request_id: str) -> tuple[int, int]:
    """Return the ids of the trace and of the root span of a request: 128 and 64 bits."""
    digest = hashlib.sha256(request_id.encode()).digest()
    ids = digest[:ID_BYTES], digest[ID_BYTES : ID_BYTES + ID_BYTES // 2]
    return int.from_bytes(ids[0], "big"), int.from_bytes(ids[1], "big")


@contextlib.contextmanager
def request_span(request_id: str) -> Iterator[Callable[..., None]]:
    """Trace a request: the root span of its trace. What is yielded names it and adds facts."""
    with _span("request", request_id=request_id, root=True) as describe:
        yield describe


@contextlib.contextmanager
def grading_span(request_id: str) -> Iterator[Callable[..., None]]:
    """Trace a grading below the request that brought the submission."""
    with _span("grading", request_id=request_id, root=False) as describe:
        yield describe


@contextlib.contextmanager
def _span(name: str, *, request_id: str, root: bool) -> Iterator[Callable[..., None]]:
    if _tracer is None:
        yield _nothing
        return
    from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415  # optional

    mark = _root.set(request_id if root else "")
    try:
        span = _tracer.start_span(
            name,
            context=_below(None if root else request_id),
            kind=SpanKind.SERVER if root else SpanKind.CONSUMER,
        )
    finally:
        _root.reset(mark)
    try:
        yield lambda name="", **facts: _describe(span, name, facts)
    except BaseException as error:
        # Its kind only: words of an exception may be somebody's.
        span.set_attribute("error.type", type(error).__qualname__)
        span.set_status(StatusCode.ERROR)
        raise
    finally:
        span.end()


def _below(request_id: str | None) -> Any:  # OpenTelemetry's context
    """Return the context of a span below a request's; without parent for a root."""
    from opentelemetry import trace  # noqa: PLC0415  # optional
    from opentelemetry.context import Context  # noqa: PLC0415  # the same

    if not request_id:
        return Context()
    trace_id, span_id = trace_of(request_id)
    parent = trace.SpanContext(
        trace_id, span_id, is_remote=True, trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED)
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(parent), Context())


def _describe(span: Span, name: str, facts: dict[str, Any]) -> None:
    if name:
        span.update_name(name)
    for key, value in facts.items():
        span.set_attribute(key.replace("__", "."), value)


def _nothing(name: str = "", **facts: object) -> None:
    """Describe a span that nobody records."""
