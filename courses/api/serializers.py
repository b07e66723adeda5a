"""What the courses API takes and answers; field by field, so that the OpenAPI document is exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from courses.catalogue.models import Level, PartKind
from courses.quizzes.grading import LONGEST_NUMBER

if TYPE_CHECKING:
    from courses.learners.overview import CourseCard
    from courses.learners.progress import CourseProgress, Done, PartState
    from courses.models import Certificate, Course, QuizAttempt
    from courses.quizzes.attempts import Asked
    from courses.quizzes.grading import Marked

MOST_ANSWERS = 30
MOST_CHOICES = 10
LONGEST_ID = 80  # characters


class TokenRequestSerializer(serializers.Serializer[Any]):
    """Who asks for a token."""

    username = serializers.CharField(max_length=254, help_text="The e-mail address.")
    password = serializers.CharField(max_length=4096, trim_whitespace=False)


class TokenSerializer(serializers.Serializer[Any]):
    """A token, for the header ``Authorization: Token <key>``."""

    token = serializers.CharField()


class CourseSummarySerializer(serializers.Serializer[Any]):
    """A course in the catalogue."""

    slug = serializers.SlugField()
    title = serializers.CharField()
    summary = serializers.CharField()
    level = serializers.ChoiceField(choices=Level.choices)
    language = serializers.CharField()
    topics = serializers.ListField(child=serializers.SlugField())
    careers = serializers.ListField(child=serializers.SlugField())
    minutes = serializers.IntegerField()
    lessons = serializers.IntegerField()
    exercises = serializers.IntegerField()
    enrolled = serializers.BooleanField()


class PartSerializer(serializers.Serializer[Any]):
    """A lesson or an exercise of a course, with what one has done of it."""

    kind = serializers.ChoiceField(choices=PartKind.choices)
    slug = serializers.SlugField()
    title = serializers.CharField()
    summary = serializers.CharField()
    minutes = serializers.IntegerField()
    required = serializers.BooleanField(  # type: ignore[assignment]  # a field, by its metaclass
        help_text="The course is not complete without it."
    )
    done = serializers.BooleanField()
    read = serializers.BooleanField(allow_null=True, help_text="Of a lesson: marked as read.")
    quiz_passed = serializers.BooleanField(
        allow_null=True, help_text="Of a lesson with a quiz; null where there is none."
    )


class ProgressSerializer(serializers.Serializer[Any]):
    """One's own progress in a course."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()
    percent = serializers.IntegerField()
    minutes_left = serializers.IntegerField()
    complete = serializers.BooleanField()
    certificate = serializers.UUIDField(allow_null=True)


class CourseSerializer(CourseSummarySerializer):
    """A course with its outline and one's own progress."""

    version = serializers.CharField()
    description = serializers.CharField(help_text="HTML, sanitised.")
    author = serializers.CharField()
    skills = serializers.ListField(child=serializers.CharField())
    prerequisites = serializers.ListField(child=serializers.CharField())
    parts = PartSerializer(many=True)
    progress = ProgressSerializer()


class EnrolmentSerializer(serializers.Serializer[Any]):
    """An enrolment."""

    course = serializers.SlugField()
    created_at = serializers.DateTimeField()


class LessonCompletionSerializer(serializers.Serializer[Any]):
    """What follows from having read a lesson."""

    course = serializers.SlugField()
    lesson = serializers.SlugField()
    progress = ProgressSerializer()


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "maxLength": LONGEST_ID},
            {"type": "number"},
            {"type": "array", "items": {"type": "string", "maxLength": LONGEST_ID}},
        ]
    }
)
class AnswerField(serializers.Field[Any, Any, Any, Any]):
    """A choice's id, a number, or a list of ids."""

    default_error_messages = {  # noqa: RUF012  # the framework's way
        "invalid": "An answer is a choice's id, a number, or a list of at most 10 ids.",
    }

    def to_internal_value(self, data: Any) -> str | float | list[str]:
        """Return an answer of a form that marking understands."""
        if isinstance(data, str):
            fits = len(data) <= LONGEST_ID
        elif isinstance(data, list):
            fits = len(data) <= MOST_CHOICES and all(
                isinstance(one, str) and len(one) <= LONGEST_ID for one in data
            )
        else:
            fits = isinstance(data, int | float) and not isinstance(data, bool)
            fits = fits and len(str(data)) <= LONGEST_NUMBER
        if not fits:
            self.fail("invalid")
        return data  # type: ignore[no-any-return]  # what it is was just looked at

    def to_representation(self, value: Any) -> Any:
        """Return the answer as it is."""
        return value


class AnswersSerializer(serializers.Serializer[Any]):
    """Answers to a quiz."""

    answers = serializers.DictField(
        child=AnswerField(),
        allow_empty=False,
        help_text="By question id: a choice's id, a list of ids, or a number.",
    )

    def validate_answers(self, answers: dict[str, Any]) -> dict[str, Any]:
        """Bound how many answers there are.

        Raises:
            ValidationError: more than any quiz has.
        """
        if len(answers) > MOST_ANSWERS:
            raise serializers.ValidationError(f"At most {MOST_ANSWERS} answers.")
        return answers


class AskedOptionSerializer(serializers.Serializer[Any]):
    """A choice, or an item to be put in order."""

    id = serializers.SlugField()
    text = serializers.CharField(help_text="HTML, sanitised.")


class AskedQuestionSerializer(serializers.Serializer[Any]):
    """A question as it is asked now."""

    id = serializers.SlugField()
    kind = serializers.ChoiceField(choices=["single", "multiple", "order", "numeric"])
    prompt = serializers.CharField(help_text="HTML, sanitised.")
    options = AskedOptionSerializer(many=True)
    unit = serializers.CharField()


class QuizSerializer(serializers.Serializer[Any]):
    """A quiz as one's next attempt asks it; numbers are drawn anew for each attempt."""

    pass_percent = serializers.IntegerField()
    number = serializers.IntegerField(help_text="Of the attempt, from 1.")
    questions = AskedQuestionSerializer(many=True)


class MarkedChoiceSerializer(serializers.Serializer[Any]):
    """A choice with what is to be said about it."""

    id = serializers.SlugField()
    given = serializers.BooleanField()
    correct = serializers.BooleanField()
    explanation = serializers.CharField(help_text="HTML, sanitised.")


class MarkedQuestionSerializer(serializers.Serializer[Any]):
    """A question with its marking."""

    id = serializers.SlugField()
    right = serializers.BooleanField()
    answered = serializers.BooleanField()
    explanation = serializers.CharField(help_text="HTML, sanitised.")
    choices = MarkedChoiceSerializer(many=True)


class AttemptSerializer(serializers.Serializer[Any]):
    """A marked attempt."""

    id = serializers.UUIDField()
    course = serializers.SlugField()
    lesson = serializers.SlugField()
    number = serializers.IntegerField()
    correct = serializers.IntegerField()
    total = serializers.IntegerField()
    percent = serializers.IntegerField()
    pass_percent = serializers.IntegerField()
    passed = serializers.BooleanField()
    questions = MarkedQuestionSerializer(many=True)
    progress = ProgressSerializer()
    created_at = serializers.DateTimeField()


class CertificateCourseSerializer(serializers.Serializer[Any]):
    """The course as it was when the certificate was issued."""

    slug = serializers.SlugField()
    title = serializers.CharField()
    version = serializers.CharField()
    level = serializers.ChoiceField(choices=Level.choices)
    summary = serializers.CharField()


class CertificateSerializer(serializers.Serializer[Any]):
    """What a certificate says."""

    id = serializers.UUIDField()
    valid = serializers.BooleanField()
    holder = serializers.CharField(
        allow_null=True, help_text="Null while the holder keeps the name private."
    )
    course = CertificateCourseSerializer()
    issuer = serializers.CharField()
    issued_at = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    lessons = serializers.IntegerField()
    quizzes = serializers.IntegerField()
    exercises = serializers.IntegerField()
    skills = serializers.ListField(child=serializers.CharField())
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoked_reason = serializers.CharField()
    page = serializers.URLField()
    pdf = serializers.URLField()


def course_summary(card: CourseCard) -> dict[str, Any]:
    """Return a course as the catalogue's answer."""
    course = card.course
    return {
        **{
            name: getattr(course, name)
            for name in ("slug", "title", "summary", "level", "language", "topics", "careers")
        },
        "minutes": course.minutes,
        "lessons": card.lessons,
        "exercises": card.exercises,
        "enrolled": card.enrolled,
    }


def progress_facts(progress: CourseProgress, certificate: Certificate | None) -> dict[str, Any]:
    """Return one's own progress."""
    return {
        "done": progress.done,
        "total": progress.total,
        "percent": progress.percent,
        "minutes_left": progress.minutes_left,
        "complete": progress.complete,
        "certificate": certificate.pk if certificate else None,
    }


def part_facts(state: PartState, done: Done) -> dict[str, Any]:
    """Return a part with what one has done of it."""
    part, lesson = state.part, state.part.lesson
    quiz_passed = None
    if lesson is not None and hasattr(lesson, "quiz"):
        quiz_passed = lesson.pk in done.quizzes
    return {
        "kind": part.kind,
        "slug": lesson.slug if lesson is not None else part.exercise_slug,
        "title": part.title,
        "summary": part.summary,
        "minutes": part.minutes,
        "required": part.required,
        "done": state.done,
        "read": lesson.pk in done.lessons if lesson is not None else None,
        "quiz_passed": quiz_passed,
    }


def course_facts(
    card: CourseCard, progress: CourseProgress, done: Done, certificate: Certificate | None
) -> dict[str, Any]:
    """Return a course with its outline."""
    course: Course = card.course
    return {
        **course_summary(card),
        "version": course.version,
        "description": course.description_html,
        "author": course.author_name,
        "skills": course.skills,
        "prerequisites": course.prerequisites,
        "parts": [part_facts(state, done) for state in progress.states],
        "progress": progress_facts(progress, certificate),
    }


def quiz_facts(asked: Asked, pass_percent: int) -> dict[str, Any]:
    """Return a quiz as it is asked; nothing tells what is right."""
    return {
        "pass_percent": pass_percent,
        "number": asked.number,
        "questions": [
            {
                "id": question.id,
                "kind": question.kind,
                "prompt": question.prompt,
                "options": [
                    *({"id": choice.id, "text": choice.html} for choice in question.choices),
                    *({"id": item.id, "text": item.html} for item in question.items),
                ],
                "unit": question.unit,
            }
            for question in asked.questions
        ],
    }


def attempt_facts(
    attempt: QuizAttempt, marked: tuple[Marked, ...], progress: dict[str, Any]
) -> dict[str, Any]:
    """Return a marked attempt."""
    lesson = attempt.quiz.lesson
    return {
        "id": attempt.pk,
        "course": lesson.course.slug,
        "lesson": lesson.slug,
        **{name: getattr(attempt, name) for name in ("number", "correct", "total", "percent")},
        "pass_percent": attempt.quiz.pass_percent,
        "passed": attempt.passed,
        "questions": [
            {
                "id": one.question.id,
                "right": one.right,
                "answered": one.answered,
                "explanation": one.explanation,
                "choices": [
                    {
                        "id": choice.id,
                        "given": choice.id in one.given,
                        "correct": choice.correct,
                        "explanation": choice.explanation,
                    }
                    for choice in one.question.choices
                ],
            }
            for one in marked
        ],
        "progress": progress,
        "created_at": attempt.created_at,
    }


def certificate_facts(certificate: Certificate) -> dict[str, Any]:
    """Return what a certificate says; the name only with the holder's consent."""
    return {
        "id": certificate.pk,
        "valid": certificate.revoked_at is None,
        "holder": (certificate.learner_name or None) if certificate.name_public else None,
        "course": {
            "slug": certificate.course.slug,
            "title": certificate.course_title,
            "version": certificate.course_version,
            "level": certificate.course_level,
            "summary": certificate.course_summary,
        },
        "issuer": certificate.issuer_name,
        **{
            name: getattr(certificate, name)
            for name in (
                *("issued_at", "minutes", "lessons", "quizzes", "exercises", "skills"),
                *("revoked_at", "revoked_reason"),
            )
        },
        "page": settings.SITE_URL + certificate.get_absolute_url(),
        "pdf": settings.SITE_URL + reverse("courses:certificate_pdf", args=[certificate.pk]),
    }
