"""Fills a site's database with as many people and submissions as a popular course has.

Rows go in by bulk, past the site's own writes, under all constraints of the database. `bench.pages`
asks for pages about the people who are named here.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from allauth.account.models import EmailAddress
from django.db.models import Max

from courses.learners.models import Bookmark, Completion, CompletionKind, Enrolment, Note, Rating
from courses.learners.ratings import update_mean_rating
from courses.models import Certificate, Course, Lesson, Part, Post, QuizAttempt, User
from exercises.catalogue.folders import starter_notebook
from exercises.models import Exercise, Review, State, Submission, SubmissionFiles, Worker
from exercises.submissions import files
from grader.notebook_page import render_notebook
from grader.sandbox.job import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import Model, QuerySet

BATCH: Final = 10_000
"""Rows of one INSERT."""
YEARS: Final = 2 * 365
BUSY_QUESTIONS: Final = 3_000
"""Questions on the lesson that is asked about most."""
BUSY_ANSWERS: Final = 300
"""Answers to the question that most people answer."""
SOLVED: Final = 5
"""Exercises that a learner submits notebooks to."""
TRIES: Final = 60
"""Submissions of each exercise by the learner with the long history."""
QUIZ_TRIES: Final = 25
"""Attempts of each quiz by the same."""
UNREAD: Final = 500
"""One passed project of so many still waits for its reviewer."""
WAITING: Final = 40
"""Submissions that wait in the queue."""
NOW: Final = datetime.now(tz=UTC)
FEATURES: Final = 10
PANELS: Final = 2
"""As much as a drawing shows."""


@dataclass(frozen=True)
class People:
    """Those in whose names pages are asked for, and what they ask about."""

    learner: User
    staff: User
    passed: Submission
    missed: Submission
    diagnosed: Submission
    queued: Submission
    certificate: Certificate
    busy_lesson: Part
    busy_question: Post


class Population:
    """So many learners with so many submissions, the same each time that it is made."""

    def __init__(self, *, learners: int, submissions: int) -> None:
        self.learners, self.submissions = learners, submissions
        self.chance = random.Random(6)  # noqa: S311  # nothing here is secret
        self.courses = list(Course.objects.listed())
        self.parts = {
            course.pk: list(Part.objects.for_outlines().filter(course=course))
            for course in self.courses
        }
        self.lessons = list(Lesson.objects.select_related("course").order_by("pk"))
        self.exercises = list(Exercise.objects.active())

    def fill(self) -> None:
        """Write everything; the database holds content and no learners yet."""
        self._put("people", (self._person(number) for number in range(self.learners)))
        self.people = list(
            User.objects.filter(email__startswith="learner-")
            .order_by("pk")
            .values_list("pk", "email")
        )
        self._put("addresses", (self._address(*person) for person in self.people))
        self._put("enrolments", self._enrolments())
        self._put("completions", self._completions())
        self._put("quiz attempts", self._quiz_attempts())
        self._put("certificates", self._certificates())
        self._put("ratings", self._ratings())
        self._put("bookmarks", self._bookmarks())
        self._put("notes", self._notes())
        self._put("questions", self._questions())
        self._put("answers", self._answers())
        self._put("submissions", self._submissions())
        self._put("waiting", self._waiting())
        self._put("files", self._files())
        self._put("reviews", self._reviews())
        self._projects().filter(review__isnull=True).update(review_due=True)
        Worker.objects.create(
            name="one", concurrency=4, started_at=NOW, seen_at=NOW, sandbox_open=True
        )
        for course in self.courses:
            update_mean_rating(course)

    def _put(self, what: str, rows: Iterable[Model]) -> None:
        waiting, count = iter(rows), 0
        while batch := list(islice(waiting, BATCH)):
            type(batch[0]).objects.bulk_create(batch)  # type: ignore[attr-defined]  # all have it
            count += len(batch)
        sys.stderr.write(f"{count:>10,} {what}\n")

    def _moment(self) -> datetime:
        return NOW - timedelta(days=self.chance.random() * YEARS)

    # --- people; the first has the long history -----------------------------------------------
    def _person(self, number: int) -> User:
        return User(
            email=f"learner-{number:06}@example.org",
            password="!",  # noqa: S106  # a mark that no password fits
            name=f"Learner {number}",
            name_public=number % 2 == 0,
            time_zone="Europe/Paris",
        )

    def _address(self, key: int, email: str) -> EmailAddress:
        return EmailAddress(user_id=key, email=email, verified=True, primary=True)

    def _takes(self) -> Iterator[tuple[int, list[Course]]]:
        """Who takes what: one course or a few, the first takes all; the same each time."""
        chance = random.Random(7)  # noqa: S311  # nothing here is secret
        for at, (key, _email) in enumerate(self.people):
            most = len(self.courses)
            count = chance.choice((1, 2, 2, 3, 3, 4)) if at else most
            yield key, chance.sample(self.courses, min(count, most))

    def _share(self, user: int, course: Course) -> float:
        """How much of a course somebody has done; the first everything."""
        if user == self.people[0][0]:
            return 1.0
        return min(1.0, random.Random(f"{user}/{course.pk}").random() * 1.1)  # noqa: S311  # the same

    def _enrolments(self) -> Iterator[Enrolment]:
        for user, courses in self._takes():
            for course in courses:
                parts = self.parts[course.pk]
                here = parts[min(len(parts) - 1, int(self._share(user, course) * len(parts)))]
                yield Enrolment(
                    user_id=user, course=course, last_part=here, last_seen_at=self._moment()
                )

    def _completions(self) -> Iterator[Completion]:
        for user, courses in self._takes():
            passed = set()
            for course in courses:
                parts = self.parts[course.pk]
                for part in parts[: int(self._share(user, course) * len(parts))]:
                    if part.lesson_id is not None:
                        for kind in (CompletionKind.LESSON, CompletionKind.QUIZ):
                            yield Completion(user_id=user, kind=kind, lesson_id=part.lesson_id)
                    elif part.exercise_slug not in passed:
                        passed.add(part.exercise_slug)
                        kind = CompletionKind.EXERCISE
                        yield Completion(user_id=user, kind=kind, exercise_slug=part.exercise_slug)

    def _quiz_attempts(self) -> Iterator[QuizAttempt]:
        for at, (user, courses) in enumerate(self._takes()):
            for course in courses:
                parts = self.parts[course.pk]
                for part in parts[: int(self._share(user, course) * len(parts))]:
                    quiz = getattr(part.lesson, "quiz", None)
                    if quiz is None or (at and self.chance.random() < 0.3):  # noqa: PLR2004  # a share
                        continue
                    for number in range(1, (1 if at else QUIZ_TRIES) + 1):
                        yield QuizAttempt(
                            user_id=user,
                            quiz_id=quiz.pk,
                            number=number,
                            seed=number,
                            answers={"a": ["one"], "b": ["two", "three"], "c": ["0.25"]},
                            results={"a": True, "b": True, "c": True},
                            correct=3,
                            total=3,
                            passed=True,
                            quiz_digest=quiz.digest,
                        )

    def _certificates(self) -> Iterator[Certificate]:
        for user, courses in self._takes():
            for course in courses:
                if self._share(user, course) >= 1:
                    yield Certificate(
                        user_id=user,
                        course=course,
                        learner_name=f"Learner {user}",
                        name_public=True,
                        course_title=course.title,
                        course_version=course.version,
                        course_summary=course.summary,
                        course_level=course.level,
                        language=course.language,
                        minutes=course.minutes,
                        lessons=9,
                        quizzes=9,
                        exercises=3,
                        skills=course.skills,
                        issuer_name="Whybox",
                        issued_at=self._moment(),
                    )

    def _ratings(self) -> Iterator[Rating]:
        for user, courses in self._takes():
            for course in courses:
                if self._share(user, course) > 0.6:  # noqa: PLR2004  # a share
                    yield Rating(user_id=user, course=course, stars=self.chance.randint(2, 5))

    def _bookmarks(self) -> Iterator[Bookmark]:
        for at, (user, _email) in enumerate(self.people):
            for lesson in self.chance.sample(self.lessons, 1) if at else self.lessons:
                yield Bookmark(user_id=user, lesson=lesson)

    def _notes(self) -> Iterator[Note]:
        text = "What a learner writes beside a lesson, a few lines of it. " * 8
        for at, (user, _email) in enumerate(self.people):
            if at == 0 or at % 2:
                for lesson in self.chance.sample(self.lessons, 1) if at else self.lessons:
                    yield Note(user_id=user, lesson=lesson, text=text)

    # --- discussion ---------------------------------------------------------------------------
    def _post(self, subject: str, **facts: Any) -> Post:
        text = "Why does the sum of the values differ from the prediction by a constant? " * 4
        author = self.chance.choice(self.people)[0]
        return Post(subject=subject, author_id=author, body=text, html=f"<p>{text}</p>", **facts)

    def _questions(self) -> Iterator[Post]:
        for number in range(max(BUSY_QUESTIONS, self.learners // 5)):
            lesson = (
                self.lessons[0] if number < BUSY_QUESTIONS else self.chance.choice(self.lessons)
            )
            yield self._post(lesson.subject, title=f"Question {number}: why the constant?")

    def _answers(self) -> Iterator[Post]:
        questions = list(Post.objects.order_by("created_at", "pk").values_list("pk", "subject"))
        for at, (key, subject) in enumerate(questions):
            for _ in range(self.chance.randint(0, 4) if at else BUSY_ANSWERS):
                yield self._post(subject, question_id=key)

    # --- submissions --------------------------------------------------------------------------
    def _submissions(self) -> Iterator[Submission]:
        left, first = self.submissions, self.people[0][0]
        for exercise in self.exercises:
            for attempt in range(1, TRIES + 1):
                yield self._graded(first, exercise, attempt, passed=attempt % 3 == 0, drawn=True)
                left -= 1
        others = self.people[1:]
        for at, (user, _email) in enumerate(others):
            mine = max(0, left // (len(others) - at))
            for exercise in self.chance.sample(self.exercises, min(SOLVED, len(self.exercises))):
                attempts = min(mine, self.chance.randint(1, 2 * max(1, mine // SOLVED) - 1))
                for attempt in range(1, attempts + 1):
                    yield self._graded(user, exercise, attempt, passed=attempt > 1)
                    left -= 1

    def _graded(
        self, user: int, exercise: Exercise, attempt: int, *, passed: bool, drawn: bool = False
    ) -> Submission:
        submitted_at = self._moment()
        return Submission(
            user_id=user,
            exercise=exercise,
            attempt=attempt,
            state=State.GRADED,
            verdict=Verdict.OK,
            score=exercise.max_score if passed else 0.0,
            max_score=exercise.max_score,
            passed=passed,
            report=_report(exercise, passed=passed, drawn=drawn),
            tries=1,
            notified_at=submitted_at,
            created_at=submitted_at,
            started_at=submitted_at + timedelta(seconds=0.1),
            finished_at=submitted_at + timedelta(seconds=1.1),
            run_seconds=0.9,
            mark_seconds=0.1,
        )

    def _waiting(self) -> Iterator[Submission]:
        exercise = self.exercises[0]
        for at, (user, _email) in enumerate(self.people[:WAITING]):
            mine = Submission.objects.filter(user_id=user, exercise=exercise)
            last = mine.aggregate(last=Max("attempt"))["last"] or 0
            moment = NOW - timedelta(seconds=30 * at)
            yield Submission(
                user_id=user,
                exercise=exercise,
                attempt=last + 1,
                max_score=exercise.max_score,
                created_at=moment,
                notified_at=moment,
            )

    def _files(self) -> Iterator[SubmissionFiles]:
        for submission in Submission.objects.filter(user_id=self.people[0][0]).defer("report"):
            notebook = starter_notebook(submission.exercise.slug)
            page = render_notebook(json.loads(notebook))
            yield SubmissionFiles(
                submission=submission,
                notebook=files.write(submission.pk, "notebook", notebook),
                executed=files.write(submission.pk, "executed", notebook),
                page=files.write(submission.pk, "page", page.encode()),
            )

    @staticmethod
    def _projects() -> QuerySet[Submission]:
        return Submission.objects.filter(passed=True, exercise__reviewed=True)

    def _reviews(self) -> Iterator[Review]:
        for at, submission in enumerate(self._projects().defer("report")):
            if at % UNREAD:
                yield Review(
                    submission=submission,
                    points={},
                    score=0.0,
                    max_score=10.0,
                    passed=False,
                    created_at=NOW,
                )


def _report(exercise: Exercise, *, passed: bool, drawn: bool) -> dict[str, Any]:
    """Return a stored report: with the drawing for pages that show it, without in the others."""
    report: dict[str, Any] = {
        "criteria": [
            {
                "id": criterion["id"],
                "title": criterion["title"],
                "points": criterion["points"] if passed else 0.0,
                "max_points": criterion["points"],
                "passed": passed,
                "message_id": "Your values lie within what repeated estimates differ by.",
                "facts": {},
                "figures": {"share within": 0.93},
            }
            for criterion in exercise.description["criteria"]
        ],
        "misconception": None,
        "error": None,
    }
    if drawn:
        values = [round(0.3 - 0.02 * number, 4) for number in range(FEATURES)]
        report["plot"] = {
            "kind": "bars",
            "title": "Your attributions",
            "unit": "log-odds",
            "panels": [
                {
                    "label": f"row {row}",
                    "features": [f"feature number {number}" for number in range(FEATURES)],
                    "own": values,
                    "low": [value - 0.05 for value in values],
                    "high": [value + 0.05 for value in values],
                }
                for row in range(PANELS)
            ],
        }
    return report


def _diagnosed(mine: QuerySet[Submission]) -> Submission:
    """Return a learner's newest attempt at an exercise, a missed one, and give it a diagnosis."""
    tried = mine.order_by("exercise").values_list("exercise", flat=True).distinct()
    newest = (mine.filter(exercise=key).order_by("-created_at")[0] for key in tried)
    missed = next(one for one in newest if one.state == State.GRADED and not one.passed)
    missed.report = (missed.report or {}) | {
        "misconception": {
            "ids": ["sign"],
            "certainty": "match",
            "message_id": "diagnosis.match",
            "facts": {
                "mistake": "values of the opposite sign",
                "message": "Each value has the sign that its opposite should have.",
                "question": "Does a value above 0 raise the prediction?",
            },
        }
    }
    missed.save(update_fields=["report"])
    return missed


def people() -> People:
    """Return whom `bench.pages` plays.

    Raises:
        DoesNotExist: the database is not, or not wholly, filled.
    """
    learner = User.objects.filter(email__startswith="learner-").order_by("pk")[0]
    staff, _made = User.objects.get_or_create(
        email="staff@example.org", defaults={"is_staff": True, "is_superuser": True}
    )
    mine = Submission.objects.filter(user=learner)
    Worker.objects.update(seen_at=datetime.now(tz=UTC))
    first_lesson = Lesson.objects.order_by("pk")[0]
    questions = Post.objects.filter(question=None)
    return People(
        learner=learner,
        staff=staff,
        passed=mine.filter(passed=True)[0],
        missed=mine.filter(state=State.GRADED, passed=False)[0],
        diagnosed=_diagnosed(mine),
        queued=mine.get(state=State.QUEUED),
        certificate=Certificate.objects.filter(user=learner)[0],
        busy_lesson=Part.objects.select_related("course", "lesson").get(lesson=first_lesson),
        busy_question=questions.order_by("created_at", "pk")[0],
    )


def counts() -> dict[str, int]:
    """Return how many rows stand in the tables that grow with the number of learners."""
    return {
        "learners": User.objects.count(),
        "enrolments": Enrolment.objects.count(),
        "completions": Completion.objects.count(),
        "quiz attempts": QuizAttempt.objects.count(),
        "certificates": Certificate.objects.count(),
        "ratings": Rating.objects.count(),
        "bookmarks": Bookmark.objects.count(),
        "notes": Note.objects.count(),
        "questions and answers": Post.objects.count(),
        "submissions": Submission.objects.count(),
    }
