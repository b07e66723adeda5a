"""The chaos run's learning platform gets the scores, and the count sees what it got."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from bench.chaos import campus, material
from classes.lti import passbacks
from classes.lti.models import Passback
from courses.learners.progress import record_completion
from courses.models import User
from exercises.models import Exercise, State, Submission
from tests.classes.lti.platform_process import platform_process

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings
    from pytest_django.live_server_helper import LiveServer


def test_scores_arrive_and_are_counted(
    live_server: LiveServer, settings: Settings, tmp_path: Path
) -> None:
    """One exercise passed: its score and the course's are owed, then sent, and nothing is wrong."""
    settings.SITE_URL = live_server.url
    settings.CONTENT_DIR = tmp_path
    material.write_exercises(tmp_path)
    material.create_rows(tmp_path, learners=2)
    learner, exercise = User.objects.order_by("pk")[0], Exercise.objects.get(slug=material.SLUGS[0])
    with platform_process("http://tool.invalid") as platform:
        campus.enrol(platform, site=live_server.url)
        assert campus.owed() == 0
        now = timezone.now()
        Submission.objects.create(
            user=learner,
            exercise=exercise,
            attempt=1,
            state=State.GRADED,
            verdict="ok",
            score=1.0,
            max_score=1.0,
            passed=True,
            created_at=now,
            notified_at=now,
            finished_at=now,
        )
        record_completion(user=learner, exercise_slug=exercise.slug)
        earned = campus.true_scores()
        assert sorted(earned.values()) == [33.0, 100.0]
        assert campus.owed() == 2
        assert campus.pause(platform, is_down=True) == 1
        passbacks.collect()
        assert passbacks.send_due() == 0
        assert campus.pause(platform, is_down=False) == 1
        campus.hurry()
        while Passback.objects.due().exists():  # the platform's other scores waited with the first
            passbacks.send_due()
            campus.hurry()
        told = platform.told()

    assert campus.owed() == 0
    assert len(told["history"]) == 2
    assert not any(campus.wrong(told, earned).values())
