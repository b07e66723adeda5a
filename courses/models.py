"""All tables of this app, each defined beside its subject."""

from courses.accounts.models import User
from courses.accounts.token_names import TokenName
from courses.catalogue.models import Course, Part, Path, PathStep, Reading, Translation
from courses.certificates.models import Certificate
from courses.discussion.models import Post, Report
from courses.learners.models import Bookmark, Completion, Enrolment, Note, Rating
from courses.lessons.models import Figure, Lesson
from courses.mail.models import OutgoingMail
from courses.microtasks.models import TaskAnswer
from courses.privacy.models import DataExport
from courses.quizzes.models import Quiz, QuizAttempt, QuizSitting, ReviewCard

__all__ = [
    "Bookmark",
    "Certificate",
    "Completion",
    "Course",
    "DataExport",
    "Enrolment",
    "Figure",
    "Lesson",
    "Note",
    "OutgoingMail",
    "Part",
    "Path",
    "PathStep",
    "Post",
    "Quiz",
    "QuizAttempt",
    "QuizSitting",
    "Rating",
    "Reading",
    "Report",
    "ReviewCard",
    "TaskAnswer",
    "TokenName",
    "Translation",
    "User",
]
