"""All tables of this app, each defined beside its subject."""

from courses.accounts.models import User
from courses.accounts.token_names import TokenName
from courses.audit.models import SiteChange
from courses.catalogue.models import Course, Part, Path, PathStep, Reading, Translation
from courses.certificates.models import (
    Certificate,
    CertificateEvent,
    IssuedFile,
    SigningKey,
    StatusEntry,
)
from courses.discussion.models import (
    ModeratorWarning,
    Post,
    PostVersion,
    Report,
    Subscription,
)
from courses.learners.models import Bookmark, Completion, Enrolment, Note, Rating
from courses.lessons.models import Figure, Lesson
from courses.mail.models import OutgoingMail
from courses.maintenance.models import Maintenance
from courses.microtasks.models import TaskAnswer
from courses.privacy.models import DataExport
from courses.quizzes.models import Quiz, QuizAttempt, QuizSitting, ReviewCard

__all__ = [
    "Bookmark",
    "Certificate",
    "CertificateEvent",
    "Completion",
    "Course",
    "DataExport",
    "Enrolment",
    "Figure",
    "IssuedFile",
    "Lesson",
    "Maintenance",
    "ModeratorWarning",
    "Note",
    "OutgoingMail",
    "Part",
    "Path",
    "PathStep",
    "Post",
    "PostVersion",
    "Quiz",
    "QuizAttempt",
    "QuizSitting",
    "Rating",
    "Reading",
    "Report",
    "ReviewCard",
    "SigningKey",
    "SiteChange",
    "StatusEntry",
    "Subscription",
    "TaskAnswer",
    "TokenName",
    "Translation",
    "User",
]
