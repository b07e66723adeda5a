"""Events of a run on their way into a database that fails at times: each once, in order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from exercises.models import Draft, DraftRun, RunEvents, RunState
from exercises.workbench.execution import Recorder

if TYPE_CHECKING:
    from courses.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def recorder(learner: User) -> Recorder:
    """The recorder of a run that goes on."""
    now = timezone.now()
    draft = Draft.objects.create(user=learner, scope="exercise:x")
    run = DraftRun.objects.create(
        draft=draft, version=1, state=RunState.RUNNING, created_at=now, seen_at=now
    )
    return Recorder(run, ["first"])


def states() -> list[str]:
    """Return what a page would be told, in order."""
    bodies = RunEvents.objects.order_by("number").values_list("body", flat=True)
    return [event["state"] for body in bodies for event in json.loads(f"[{body}]")]


@pytest.mark.parametrize("was_written", [True, False])
def test_events_of_a_write_that_failed_are_told_once_with_those_after_them(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch, *, was_written: bool
) -> None:
    """Whether the database wrote them and its answer was lost, or it wrote nothing."""
    write = RunEvents.objects.get_or_create

    def failing(**facts: Any) -> Any:
        if was_written:
            write(**facts)
        raise OperationalError("the connection was lost")

    recorder._add({"kind": "cell", "state": "running"})
    with monkeypatch.context() as patched:
        patched.setattr(RunEvents.objects, "get_or_create", failing)
        with pytest.raises(OperationalError):
            recorder._write()
    recorder._add({"kind": "cell", "state": "done"})
    recorder._write()

    assert states() == ["running", "done"]
