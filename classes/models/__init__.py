"""The tables, one module per subject."""

from classes.models.audit import AuditEntry
from classes.models.klass import Class
from classes.models.member import (
    LEARNING_ROLES,
    STAFF_ROLES,
    Member,
    MemberQuerySet,
    Role,
)
from classes.models.message import Announcement, Reminder
from classes.models.override import Override
from classes.models.pending_import import ImportKind, PendingImport
from classes.models.regrading import Regrading, RegradingState
from classes.models.review_assignment import ReviewAssignment
from classes.models.schedule import Extension, ScheduledPart
from classes.models.similarity import Similarity

__all__ = [
    "LEARNING_ROLES",
    "STAFF_ROLES",
    "Announcement",
    "AuditEntry",
    "Class",
    "Extension",
    "ImportKind",
    "Member",
    "MemberQuerySet",
    "Override",
    "PendingImport",
    "Regrading",
    "RegradingState",
    "Reminder",
    "ReviewAssignment",
    "Role",
    "ScheduledPart",
    "Similarity",
]
