"""One trace from the upload to the verdict: a real worker, and a receiver of OTLP."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from courses import tracing
from exercises.models import Submission
from tests.exercises.worker_process import SOLUTION, WorkerProcess
from tests.receiver import Receiver, receiver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.exercises.learner_client import LearnerClient

MARK = f"marker{uuid.uuid4().hex}"


@pytest.fixture
def collector() -> Iterator[Receiver]:
    """A collector, to which this process, which is the web process here, sends its spans."""
    with receiver() as server:
        end = tracing.export_to(f"http://127.0.0.1:{server.server_port}")
        yield server
        end()


@pytest.fixture
def traced_worker(
    broker: Path, worker_process: WorkerProcess, transactional_db: None, collector: Receiver
) -> Iterator[WorkerProcess]:
    """A worker that sends its spans there, instead of the session's."""
    worker_process.stop()
    address = f"http://127.0.0.1:{collector.server_port}"
    process = WorkerProcess(broker, WHYBOX_OTLP_ENDPOINT=address)
    process.start()
    yield process
    process.close()


def spans(collector: Receiver) -> list[Any]:
    """All spans that have arrived."""
    requests = [ExportTraceServiceRequest.FromString(body) for body in collector.bodies]
    return [
        span
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def test_a_grading_is_a_span_below_the_request_that_brought_the_notebook(
    collector: Receiver, traced_worker: WorkerProcess, learner_client: LearnerClient
) -> None:
    """Two processes, one trace; no file name, code or address as it was called."""
    client = learner_client
    source = client.make(f"# {MARK}\n{SOLUTION}")
    address = reverse("exercises:submit", args=[client.exercise.slug])
    notebook = SimpleUploadedFile(f"{MARK}.ipynb", source)
    answer = client.browser.post(f"{address}?q={MARK}", {"notebook": notebook})
    submission = Submission.objects.get(pk=answer["Location"].strip("/").rpartition("/")[2])
    client.wait(submission, lambda one: one.finished)

    collector.wait_for(b"grading")
    collector.wait_for(b"POST exercises/")

    grading = next(span for span in spans(collector) if span.name == "grading")
    upload = next(span for span in spans(collector) if span.name.startswith("POST exercises/"))
    assert grading.trace_id == upload.trace_id
    assert (grading.parent_span_id, upload.parent_span_id) == (upload.span_id, b"")
    facts = {one.key: one.value for one in grading.attributes}
    assert facts["submission"].string_value == str(submission.pk)
    assert facts["verdict"].string_value == "ok"
    assert facts["run_seconds"].double_value > 0
    assert MARK.encode() not in b"".join(collector.bodies)


def test_an_error_marks_its_span_by_its_kind_alone(collector: Receiver) -> None:
    """What an exception says may be somebody's words."""
    with pytest.raises(LookupError), tracing.request_span("a-request"):
        raise LookupError(MARK)

    collector.wait_for(b"LookupError")
    (span,) = [one for one in spans(collector) if one.name == "request"]
    assert span.status.code == span.status.STATUS_CODE_ERROR
    assert int.from_bytes(span.trace_id, "big") == tracing.trace_of("a-request")[0]
    assert MARK.encode() not in b"".join(collector.bodies)


def test_without_a_collector_nothing_is_recorded() -> None:
    """The same calls, and no effect."""
    with tracing.request_span("a-request") as describe:
        describe("GET /", status=200)
    with tracing.grading_span("a-request") as describe:
        describe(verdict="ok")
