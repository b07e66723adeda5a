"""The queues: no periodic task expires, and every process reads the queues that tasks go to."""

from __future__ import annotations

from pathlib import Path

import pytest

from classes.lti.tasks import PRUNE as PRUNE_LAUNCHES
from classes.lti.tasks import SEND_SCORES
from config.celery import app
from config.run import process_commands
from courses.mail.backend import MAIL_QUEUE, SEND
from courses.maintenance.mode import REFRESH
from courses.privacy.copies import MAKE
from courses.privacy.retention import APPLY
from exercises.submissions.queue import GRADE, GRADING_QUEUE, PRUNE, REQUEUE
from exercises.workbench.runs import END_LOST

SCORES = (SEND_SCORES, PRUNE_LAUNCHES)


@pytest.mark.parametrize("name", sorted(app.conf.beat_schedule))
def test_no_periodic_task_expires(name: str) -> None:
    """A worker whose clock is ahead of beat's would drop every one."""
    assert "expires" not in app.conf.beat_schedule[name].get("options", {})


def test_the_periodic_tasks_exist() -> None:
    """Beat sends tasks by the names under which they are registered."""
    app.loader.import_default_modules()
    classes = {"classes.compare_asked", "classes.regrade_asked", "classes.send_reminders"}
    periodic = {
        *(REQUEUE, END_LOST, SEND, PRUNE, MAKE, APPLY, REFRESH),
        *classes,
        *SCORES,
    }
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} == periodic
    assert periodic | {GRADE} <= set(app.tasks)


def test_each_queue_has_a_process() -> None:
    """Mail is read by its own process only, so that no mail server holds up a grading."""
    commands = process_commands(8000, Path("var"))
    assert f"--queues {GRADING_QUEUE},default" in commands["worker"]
    assert f"--queues {MAIL_QUEUE} " in commands["mail"]
    compose = (Path(__file__).resolve().parents[2] / "docker" / "compose.yaml").read_text()
    assert f'"--queues", "{MAIL_QUEUE}"' in compose


def test_routes_lead_to_these_queues() -> None:
    """A task that is sent without a queue goes to its own."""
    routes = {task: route["queue"] for task, route in app.conf.task_routes.items()}
    assert routes == {GRADE: GRADING_QUEUE, **dict.fromkeys((SEND, *SCORES), MAIL_QUEUE)}


def test_workers_reserve_what_they_have_slots_for() -> None:
    """One message for each slot, acknowledged when it is done."""
    assert app.conf.worker_prefetch_multiplier == 1
