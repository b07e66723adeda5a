"""Retention: answers, drafts, sessions and tokens go when the settings say so."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone
from knox.models import get_token_model

from courses.models import Lesson, QuizAttempt, QuizSitting, TaskAnswer
from courses.privacy import retention
from exercises.models import Draft, DraftRun, DraftVersion
from exercises.workbench.documents import pack
from tests.classes import material

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings

    from courses.models import User

NOW = timezone.now()
OLD, YOUNG = NOW - timedelta(days=11), NOW - timedelta(days=9)


@pytest.mark.parametrize(("days", "kept"), [(10, False), (0, True)])
def test_answers_go_and_results_stay(
    learner: User, client: Client, settings: Settings, days: int, *, kept: bool
) -> None:
    """After the days of the setting no answer is left; points and progress are."""
    settings.ANSWER_DAYS = days
    material.make_course()
    lesson = Lesson.objects.get(slug="games")
    for moment in (OLD, YOUNG):
        attempt = material.answer_quiz(learner, lesson, 9, moment)
        QuizAttempt.objects.filter(pk=attempt.pk).update(answers={"credit": ["rows"]})
    TaskAnswer.objects.create(
        user=learner, lesson=lesson, task="t", answer="mine", solved=True, answered_at=OLD
    )
    sitting = QuizSitting.objects.create(user=learner, quiz=lesson.quiz, number=3)
    QuizSitting.objects.filter(pk=sitting.pk).update(changed_at=OLD)

    retention.apply(now=NOW)

    old, young = QuizAttempt.objects.order_by("created_at")
    assert bool(old.answers) is kept
    assert (old.correct, old.passed) == (9, True)
    assert young.answers == {"credit": ["rows"]}
    task = TaskAnswer.objects.get()
    assert (bool(task.answer), task.solved) == (kept, True)
    assert QuizSitting.objects.exists() is kept
    client.force_login(learner)
    assert client.get("/courses/shap/games/").status_code == 200, "the page copes without"


@pytest.mark.parametrize(("days", "kept"), [(10, 3), (0, 4)])
def test_drafts_go_when_nobody_has_changed_them(
    learner: User, settings: Settings, days: int, kept: int
) -> None:
    """A draft goes with its versions; one that is younger, untouched or running now stays."""
    settings.DRAFT_DAYS = days
    document = pack({"metadata": {}, "cells": []})
    for scope, moment in (("a", OLD), ("b", YOUNG), ("c", None), ("d", OLD)):
        draft = Draft.objects.create(user=learner, scope=scope, saved_at=moment, document=document)
        DraftVersion.objects.create(
            draft=draft, version=1, saved_at=NOW, reason="typed", document=document
        )
    DraftRun.objects.create(draft=draft, version=1, cells=b"", created_at=NOW, seen_at=NOW)

    retention.apply(now=NOW)

    assert Draft.objects.count() == kept
    assert DraftVersion.objects.count() == kept


def test_expired_sessions_and_tokens_go(learner: User, client: Client) -> None:
    """What can no longer be used is not kept."""
    facts = {"login": learner.email, "password": "a good long password"}
    client.post("/accounts/login/", facts, headers={"User-Agent": "Firefox of Lena"})
    assert UserSession.objects.count() == 1
    Session.objects.update(expire_date=OLD)
    get_token_model().objects.create(user=learner, expiry=timedelta(days=-1))
    get_token_model().objects.create(user=learner, expiry=timedelta(days=1))

    retention.apply(now=NOW)

    assert not Session.objects.exists()
    assert not UserSession.objects.exists(), "no address of a computer is kept either"
    assert get_token_model().objects.count() == 1


def test_a_rule_that_fails_stops_no_other(
    db: None, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """What one rule cannot delete now is logged; all others are applied."""
    del settings.ANSWER_DAYS

    done = retention.apply(now=NOW)

    assert "answers" not in done
    assert {"copies", "sessions", "tokens", "drafts"} <= set(done)
    assert "retention of answers" in caplog.text
