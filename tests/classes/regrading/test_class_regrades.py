"""Regrades of a class, through the pages and the worker's function; nothing runs again."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone

from classes import tasks
from classes.models import AuditEntry, Regrading, RegradingState, Role
from classes.overrides import override
from classes.records import gradebook
from classes.regrading.working import regrade_asked
from courses.learners.progress import exercise_completed
from exercises.models import Submission, SubmissionFiles
from exercises.submissions import files, regrading
from exercises.submissions.tasks import grading_processes
from grader.explanation import ParameterUsage, RunAnswers, pack
from grader.grading import regrade
from grader.reference import ReferenceStore
from grader.sandbox.job import Answer
from tests.classes.material import DUE, make_class, make_course, make_exercise, make_member, submit
from tests.classes.material import schedule as schedule_part
from tests.exercises.worker_process import CONTENT, SLUG

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client

    from classes.models import Member, ScheduledPart

pytestmark = pytest.mark.django_db

WEIGHTS = np.array([2.0, -1.0, 0.5])
DATA = np.array([[i % 3, (i * i) % 5, i / 2] for i in range(8)], dtype=float)


class Site:
    """A class with one real exercise, an instructor who is signed in, and learners' answers."""

    def __init__(self, client: Client, content: Path, exercise: Path) -> None:
        self.client, self.content, self.file = client, content, exercise
        self.klass = make_class(make_course(exercises=()))
        make_exercise(SLUG, max_score=10.0, pass_score=8.0)
        self.part: ScheduledPart = schedule_part(self.klass, f"exercise:{SLUG}")
        self.teacher = make_member(self.klass, "ines@example.org", Role.INSTRUCTOR)
        assert self.teacher.user is not None
        client.force_login(self.teacher.user)

    def learner(self, name: str, sign: float = 1.0, score: float = 10.0) -> Member:
        """A learner whose stored answers have this sign and this score."""
        member = make_member(self.klass, f"{name}@example.org")
        self.submit(member, sign, score)
        return member

    def submit(self, member: Member, sign: float, score: float) -> Submission:
        """Store answers as a worker leaves them."""
        row = submit(member.user, SLUG, score, DUE - timedelta(days=1))
        stored = files.write(row.pk, "answers", answers(sign))
        SubmissionFiles.objects.create(submission=row, answers=stored)
        return row

    def milder(self) -> None:
        """Let the exercise pass with 2 points, where it took 8."""
        self.file.write_text(self.file.read_text().replace("pass_score: 8", "pass_score: 2"))

    def ask(self, submission: Submission | None = None) -> Regrading:
        """Ask by the page, as an instructor does."""
        facts = {"part": self.part.pk} | ({"submission": submission.pk} if submission else {})
        answer = self.client.post(reverse("classes:regrades", args=[self.klass.pk]), facts)
        assert answer.status_code == 302
        return Regrading.objects.latest("asked_at")

    def page(self, found: Regrading) -> str:
        """The page of a regrade."""
        address = reverse("classes:regrading", args=[self.klass.pk, found.pk])
        return self.client.get(address).content.decode()

    def decide(self, found: Regrading, decision: str = "write") -> int:
        """Decide by the page; return the answer's status."""
        address = reverse("classes:decide_regrading", args=[self.klass.pk, found.pk])
        return self.client.post(address, {"decision": decision}).status_code


def answers(sign: float) -> bytes:
    """The visible run's answers to the linear exercise, its attributions times `sign`."""
    rows, mean = DATA[[0, 1]], DATA.mean(axis=0)
    values = {
        "phi": sign * WEIGHTS * (rows - mean),
        "base": WEIGHTS @ mean,
        "fx": rows @ WEIGHTS,
    }
    told = {name: Answer(name, "ndarray", np.asarray(value)) for name, value in values.items()}
    run = RunAnswers("visible", {"rows": [0, 1]}, "ok", told)
    return pack([run], ParameterUsage(), version="1", content_hash="0" * 64)


@pytest.fixture
def site(client: Client, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The class, on content of its own that a test may change."""
    store = ReferenceStore(tmp_path / "references")
    monkeypatch.setattr(regrading, "references", lambda: store)
    settings.CONTENT_DIR = shutil.copytree(CONTENT, tmp_path / "content")
    return Site(
        client, settings.CONTENT_DIR, settings.CONTENT_DIR / "exercises" / SLUG / "exercise.yaml"
    )


def test_who_goes_from_what_to_what_is_shown_then_written(site: Site) -> None:
    """One changes, one stays, one has no answers; nothing is written before the decision."""
    changing, _same = site.learner("ada", sign=-1, score=2), site.learner("bo")
    submit(make_member(site.klass, "cy@example.org").user, SLUG, 5, DUE)
    site.milder()

    found = site.ask()
    assert "is being computed" in site.page(found)
    assert regrade_asked() == 1
    shown = site.page(found)

    assert "<del>2</del> → <ins>2</ins>" in shown
    assert "<del>no</del> → <ins>yes</ins>" in shown
    assert "Write 1 change" in shown
    assert "no longer kept" in shown
    assert not Submission.objects.get(user=changing.user).passed

    assert site.decide(found) == 302
    assert regrade_asked() == 1
    assert regrade_asked() == 0
    found.refresh_from_db()
    assert (found.state, found.same) == (RegradingState.DONE, 1)
    assert [line["outcome"] for line in found.lines] == ["written", "unreadable"]
    assert Submission.objects.get(user=changing.user).passed
    assert changing.user is not None
    assert exercise_completed(changing.user, SLUG)
    assert "What was written" in site.page(found)
    entry = AuditEntry.objects.get(action="submissions.regraded")
    assert (entry.actor, entry.part, entry.facts["written"]) == (site.teacher.user, site.part, 1)


def test_the_workers_task_grades_in_a_process_of_its_own(site: Site, settings: Any) -> None:
    """The task computes and writes through a grading process, as submissions are graded."""
    settings.SANDBOX_CONCURRENCY = 1
    grading_processes.cache_clear()
    member = site.learner("ada", score=3)
    found = site.ask()
    try:
        tasks.regrade()
        assert "Write 1 change" in site.page(found)
        assert len(grading_processes().process_ids) == 1
        site.decide(found)
        tasks.regrade()
    finally:
        grading_processes().close()
        grading_processes.cache_clear()
    assert Submission.objects.get(user=member.user).score == 10


def test_an_override_survives_and_the_page_says_so(site: Site) -> None:
    """The platform's score moves under the override, the mark that counts does not."""
    member = site.learner("ada", sign=1, score=3)
    assert site.teacher.user is not None
    override(
        member=member, part=site.part, actor=site.teacher.user, points=77, reason="spoke with her"
    )
    found = site.ask()
    regrade_asked()
    assert "An override counts" in site.page(found)
    site.decide(found)
    regrade_asked()

    mark = gradebook(site.klass).rows[0].mark(0)
    assert (mark.points, mark.score, mark.overridden) == (77, 100, True)
    assert Submission.objects.get(user=member.user).score == 10


def test_one_submission_alone(site: Site) -> None:
    """Only the one that was named is looked at, and written."""
    member = site.learner("ada", score=3)
    second = site.submit(member, 1, 4)

    found = site.ask(second)
    regrade_asked()
    site.decide(found)
    regrade_asked()

    scores = Submission.objects.filter(user=member.user).order_by("attempt")
    assert list(scores.values_list("score", flat=True)) == [3, 10]


def test_nothing_but_what_was_shown_is_written(site: Site) -> None:
    """A rubric or a grade that changes between difference and decision leaves the grade alone."""
    first, second = site.learner("ada", sign=-1, score=3), site.learner("bo", score=3)
    found = site.ask()
    regrade_asked()
    site.milder()
    Submission.objects.filter(user=second.user).update(score=5)
    site.decide(found)
    regrade_asked()

    found.refresh_from_db()
    assert {line["outcome"] for line in found.lines} == {"moved"}
    assert Submission.objects.get(user=first.user).score == 3
    assert Submission.objects.get(user=second.user).score == 5
    assert "before it could be written" in site.page(found)


def test_a_worker_that_dies_is_replaced_and_repeats_nothing(site: Site) -> None:
    """Its claim ends; the next one finds the written grade and says that it is written."""
    member = site.learner("ada", score=3)
    found = site.ask()
    regrade_asked()
    site.decide(found)
    Submission.objects.filter(user=member.user).update(score=10.0, passed=True)  # it wrote, died
    Regrading.objects.update(claimed_until=timezone.now() + timedelta(minutes=1))
    assert regrade_asked() == 0
    Regrading.objects.update(claimed_until=timezone.now() - timedelta(minutes=1))
    assert regrade_asked() == 1

    found.refresh_from_db()
    assert [line["outcome"] for line in found.lines] == ["written"]


def test_it_is_decided_once_and_can_be_discarded(site: Site) -> None:
    """Two instructors at once: the second is told; discarding writes nothing."""
    member = site.learner("ada", score=3)
    found = site.ask()
    assert site.ask() == found, "asking again shows the one that is open"
    assert site.decide(found) == 409, "there is no difference yet"
    regrade_asked()
    assert site.decide(found, "discard") == 302
    assert site.decide(found) == 409
    assert regrade_asked() == 0
    assert Submission.objects.get(user=member.user).score == 3
    assert site.ask() != found


def test_an_exercise_that_cannot_be_read_is_said(site: Site) -> None:
    """A broken folder ends the regrade as failed, and no worker tries it again and again."""
    site.learner("ada", score=3)
    site.file.write_text("version: [")
    found = site.ask()

    assert regrade_asked() == 1
    assert "failed on our side" in site.page(found)
    assert regrade_asked() == 0


def test_an_archived_class_is_not_regraded(site: Site) -> None:
    """Neither asked for nor decided."""
    site.learner("ada", score=3)
    found = site.ask()
    regrade_asked()
    site.klass.archived_at = timezone.now()
    site.klass.save()
    assert site.decide(found) == 409
    address = reverse("classes:regrades", args=[site.klass.pk])
    assert site.client.post(address, {"part": site.part.pk}).status_code == 409


@pytest.mark.parametrize("part", ["", "x", "0", "²"])
def test_a_part_that_is_none_is_refused(site: Site, part: str) -> None:
    """A submission of another class, or text that is no key, is not found."""
    stranger = make_member(make_class(title="Elsewhere"), "dee@example.org")
    other = site.submit(stranger, 1, 3)
    address = reverse("classes:regrades", args=[site.klass.pk])
    assert site.client.post(address, {"part": part}).status_code == 409
    for key in (other.pk, "nonsense"):
        facts = {"part": site.part.pk, "submission": key}
        assert site.client.post(address, facts).status_code == 404


def test_a_lesson_is_not_regraded(site: Site) -> None:
    """Only exercises have answers that are kept."""
    lesson = schedule_part(site.klass, "lesson:shap/games")
    address = reverse("classes:regrades", args=[site.klass.pk])
    assert site.client.post(address, {"part": lesson.pk}).status_code == 409


def test_answers_are_graded_by_the_function_that_the_worker_gives(site: Site) -> None:
    """It gives that of its grading processes; without one it is the command's."""
    site.learner("ada", score=3)
    seen: list[int] = []

    def counting(*given: Any, **more: Any) -> Any:
        seen.append(len(given))
        return regrade(*given, **more)

    site.ask()
    regrade_asked(counting)
    assert seen == [2]
