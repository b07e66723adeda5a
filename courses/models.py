"""All tables of this app, each defined beside its subject."""

from courses.accounts.models import User
from courses.catalogue.models import Course, Part, Path, PathStep, Reading, Translation
from courses.certificates.models import Certificate
from courses.learners.models import Completion, Enrolment
from courses.lessons.models import Figure, Lesson
from courses.quizzes.models import Quiz, QuizAttempt

__all__ = [
    "Certificate",
    "Completion",
    "Course",
    "Enrolment",
    "Figure",
    "Lesson",
    "Part",
    "Path",
    "PathStep",
    "Quiz",
    "QuizAttempt",
    "Reading",
    "Translation",
    "User",
]
