"""Periodic tasks are sent, whatever clocks do, and do not pile up where nobody reads them."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from celery import Celery

from bench.chaos import servers
from config.beat import MOST_UNREAD, Scheduler

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUEUE = "periodic"
BROKERS = ["files", *(["redis"] if shutil.which("redis-server") else [])]


@pytest.fixture(params=BROKERS)
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Celery]:
    """An app with two periodic tasks and a broker of its own."""
    server = servers.redis(tmp_path) if request.param == "redis" else None
    for name in ("messages", "control"):
        (tmp_path / name).mkdir()
    address = server.address if server else "filesystem://localhost//"
    folders = {
        "data_folder_in": str(tmp_path / "messages"),
        "data_folder_out": str(tmp_path / "messages"),
        "control_folder": str(tmp_path / "control"),
    }
    made = Celery("periodic", broker=address, set_as_current=False)
    made.conf.update(
        broker_transport_options={} if server else folders,
        task_default_queue=QUEUE,
        beat_schedule={
            "often": {"task": "site.often", "schedule": 10.0},
            "hourly": {"task": "site.hourly", "schedule": 3600.0},
        },
    )
    if server:
        server.start()
    yield made
    made.close()
    if server:
        server.stop()


@pytest.fixture
def scheduler(app: Celery, tmp_path: Path) -> Iterator[Scheduler]:
    """Its scheduler, in which nothing is due for a while."""
    made = Scheduler(app=app, schedule_filename=str(tmp_path / "schedule"))
    yield made
    made.close()


def sent(app: Celery) -> int:
    """Count the messages that wait."""
    with app.connection_for_read() as line, line.channel() as opened:
        channel: Any = opened  # the stubs know nothing of a channel
        return int(channel.queue_declare(QUEUE).message_count)


def age(scheduler: Scheduler, **time: float) -> None:
    """Let each task have been sent so long ago; less than nothing is a time to come."""
    for entry in scheduler.schedule.values():
        entry.last_run_at = entry.default_now() - timedelta(**time)
    scheduler._heap = None


def run(scheduler: Scheduler) -> float:
    """Send all that is due; return the seconds until something may be."""
    while (pause := scheduler.tick()) == 0:
        pass
    return pause


def test_each_task_is_sent_when_it_is_due(app: Celery, scheduler: Scheduler) -> None:
    """The control of the others: after its time, and not before."""
    assert run(scheduler) > 5
    assert sent(app) == 0
    age(scheduler, seconds=11)
    run(scheduler)
    assert sent(app) == 1


def test_a_clock_that_is_set_back_stops_nothing(app: Celery, scheduler: Scheduler) -> None:
    """What was sent "in an hour" is sent again after its own time, not after that hour."""
    age(scheduler, hours=-1)
    assert run(scheduler) <= 10
    age(scheduler, seconds=11)
    run(scheduler)
    assert sent(app) == 1


def test_messages_do_not_pile_up(app: Celery, scheduler: Scheduler) -> None:
    """While nobody reads a queue, no more are added to it; once it is read, they are."""
    for _turn in range(2 * MOST_UNREAD):
        age(scheduler, seconds=11)
        run(scheduler)
    assert sent(app) == MOST_UNREAD
    with app.connection_for_write() as line, line.channel() as opened:
        channel: Any = opened
        channel.queue_purge(QUEUE)
    age(scheduler, seconds=11)
    run(scheduler)
    assert sent(app) == 1


def test_a_broker_that_does_not_answer_is_no_full_queue(app: Celery, scheduler: Scheduler) -> None:
    """Whether something can be sent shows when it is sent."""
    nobody = {"broker_url": "redis://127.0.0.1:1/0", "broker_transport_options": {}}
    app.conf.update(nobody)
    entry = scheduler.schedule["often"]
    assert scheduler._unread(entry) == 0
