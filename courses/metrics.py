"""What the site counts, for Prometheus: each metric with its name, its labels, and what it tells.

Every process counts in files of its own in `METRICS_FOLDER` (prometheus_client's multi-process
mode), and the web process that is asked adds up the files of all. What a query of the database
tells better, such as the length of the queue, is a `gauge` of the answer and is in no file.

Labels are of few, fixed values: never an id, an address, or anything that a learner wrote.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import time
from typing import TYPE_CHECKING, Final

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from prometheus_client import Metric

logger = logging.getLogger(__name__)

FILE_BYTES: Final = 2**18
"""Reserved for each file when it is made: a write to a mapped file on a full disk ends a process
by a signal. All metrics below need less than half of it."""
KEEP_SECONDS: Final = 7 * 24 * 3600
"""How long the file of a process that has ended is kept: what it counted stays in the sums."""

_reserved: set[int] = set()


def _identity() -> str:
    """Return a name for this process's files; reserve their space first, also after a fork."""
    name = f"{socket.gethostname()}-{os.getpid()}"
    if os.getpid() not in _reserved:
        _reserved.add(os.getpid())
        _reserve(settings.METRICS_FOLDER, name)
    return name


def _reserve(folder: Path, name: str) -> None:
    with contextlib.suppress(OSError):
        for kind in ("counter", "histogram"):
            number = os.open(folder / f"{kind}_{name}.db", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(number, 0, FILE_BYTES)
            finally:
                os.close(number)


def _use_files() -> None:
    """Let prometheus_client count in files; where there can be none, in memory."""
    folder: Path = settings.METRICS_FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f"probe-{socket.gethostname()}-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        logger.warning("metrics of this process are not added to the others': %s", error)
        return
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


_use_files()

import prometheus_client  # noqa: E402  # it reads the variable when it is imported
from prometheus_client import (  # noqa: E402
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
    values,
)
from prometheus_client.core import GaugeMetricFamily  # noqa: E402
from prometheus_client.registry import Collector  # noqa: E402

IN_FILES: Final = "PROMETHEUS_MULTIPROC_DIR" in os.environ
if IN_FILES:
    values.ValueClass = values.MultiProcessValue(_identity)  # type: ignore[no-untyped-call]

CONTENT_TYPE: Final = prometheus_client.CONTENT_TYPE_LATEST
REGISTRY: Final = CollectorRegistry()
"""Of this process; `exposition` reads the files of all instead where there are any."""
SECONDS: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 900, 3600)
REQUEST_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

SUBMISSIONS_ACCEPTED: Final = Counter(
    "whybox_submissions_accepted", "Submissions stored and queued.", registry=REGISTRY
)
SUBMISSIONS_GRADED: Final = Counter(
    "whybox_submissions_graded", "Submissions graded.", ["verdict", "passed"], registry=REGISTRY
)
PLATFORM_ERRORS: Final = Counter(
    "whybox_platform_errors",
    "Gradings that a platform error ended: queued again, or failed for good.",
    ["outcome"],
    registry=REGISTRY,
)
WAIT_SECONDS: Final = Histogram(
    "whybox_submission_wait_seconds",
    "From the upload to the start of the grading.",
    registry=REGISTRY,
    buckets=SECONDS,
)
RUN_SECONDS: Final = Histogram(
    "whybox_submission_run_seconds",
    "How long a notebook ran, all variants.",
    registry=REGISTRY,
    buckets=SECONDS,
)
MARK_SECONDS: Final = Histogram(
    "whybox_submission_mark_seconds",
    "How long grading took after the run.",
    registry=REGISTRY,
    buckets=SECONDS,
)
WORKBENCH_RUNS: Final = Counter(
    "whybox_workbench_runs", "Runs in the browser that ended.", ["state"], registry=REGISTRY
)
WORKBENCH_CELLS: Final = Counter(
    "whybox_workbench_cells",
    "Cells of runs in the browser: executed, or cached from an earlier run.",
    ["source"],
    registry=REGISTRY,
)
EMAILS: Final = Counter(
    "whybox_emails",
    "Attempts to send an email: sent, put off, given up.",
    ["outcome"],
    registry=REGISTRY,
)
REQUESTS: Final = Counter(
    "whybox_http_requests", "Requests answered.", ["method", "status"], registry=REGISTRY
)
REQUEST_TIME: Final = Histogram(
    "whybox_http_request_seconds",
    "How long requests took.",
    registry=REGISTRY,
    buckets=REQUEST_SECONDS,
)


def _begin_at_zero() -> None:
    """Give the series that alerts compare their first value before anything happens.

    Prometheus sees an increase only between two values: a counter that appears with its first
    failure would hide it.
    """
    for outcome in ("requeued", "failed"):
        PLATFORM_ERRORS.labels(outcome)
    for outcome in ("sent", "put_off", "given_up"):
        EMAILS.labels(outcome)
    for passed in ("yes", "no"):
        SUBMISSIONS_GRADED.labels("ok", passed)
    for source in ("executed", "cached"):
        WORKBENCH_CELLS.labels(source)
    WORKBENCH_RUNS.labels("done")
    for method in ("GET", "POST"):
        for status in (200, 500, 503):
            REQUESTS.labels(method, status)


_begin_at_zero()


def gauge(
    name: str, text: str, samples: Iterable[tuple[dict[str, str], float]]
) -> GaugeMetricFamily:
    """Return a gauge with these values, each with its labels."""
    listed = list(samples)
    family = GaugeMetricFamily(name, text, labels=list(listed[0][0]) if listed else [])
    for labels, value in listed:
        family.add_metric(list(labels.values()), value)
    return family


class _Told(Collector):
    """A collector of what it was given."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


def exposition(gauges: Iterable[Metric]) -> bytes:
    """Return everything in Prometheus's text format: what was counted, and `gauges`."""
    registry = REGISTRY
    if IN_FILES:
        registry = CollectorRegistry()
        folder = str(settings.METRICS_FOLDER)
        multiprocess.MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    told = CollectorRegistry()
    told.register(_Told(gauges))
    return generate_latest(registry) + generate_latest(told)


def delete_old_files() -> int:
    """Delete the files of processes that ended long ago; return how many."""
    deleted = 0
    for path in settings.METRICS_FOLDER.glob("*.db"):
        if time.time() - path.stat().st_mtime > KEEP_SECONDS:
            path.unlink(missing_ok=True)
            deleted += 1
    return deleted
