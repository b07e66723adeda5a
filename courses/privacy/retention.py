"""Delete what has been kept for as long as the settings say.

Each rule deletes a bounded number of rows, so that a run is short; the next one goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from allauth.usersessions.models import UserSession
from auditlog.models import LogEntry
from django.conf import settings
from django.contrib.admin.models import LogEntry as AdminLogEntry
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from knox.models import get_token_model

from courses.database import CONNECTION_FAULTS
from courses.microtasks.models import TaskAnswer
from courses.privacy import copies
from courses.quizzes.models import QuizAttempt, QuizSitting

APPLY: Final = "courses.apply_retention"
ROWS_AT_ONCE: Final = 5_000

Rule = Callable[[datetime], int]
"""Takes the present, deletes what is due, and returns how much."""

logger = logging.getLogger(__name__)


def forget_answers(now: datetime) -> int:
    """Delete what was answered to quizzes and tasks; points, progress and dates stay."""
    before = older_than("ANSWER_DAYS", now)
    if before is None:
        return 0
    attempts = QuizAttempt.objects.filter(created_at__lt=before).exclude(answers={}, recalled=[])
    of_attempts = list(attempts.values_list("pk", flat=True)[:ROWS_AT_ONCE])
    tasks = TaskAnswer.objects.filter(answered_at__lt=before).exclude(answer="")
    of_tasks = list(tasks.values_list("pk", flat=True)[:ROWS_AT_ONCE])
    sittings, _by_model = QuizSitting.objects.filter(changed_at__lt=before).delete()
    return (
        QuizAttempt.objects.filter(pk__in=of_attempts).update(answers={}, recalled=[])
        + TaskAnswer.objects.filter(pk__in=of_tasks).update(answer="")
        + sittings
    )


def forget_sessions(_now: datetime) -> int:
    """Delete expired sessions, and what is listed of those that are gone: browser and address."""
    call_command("clearsessions")
    known = Session.objects.values("session_key")
    deleted, _by_model = UserSession.objects.exclude(session_key__in=known).delete()
    return int(deleted)


def forget_tokens(now: datetime) -> int:
    """Delete expired tokens."""
    deleted, _by_model = get_token_model().objects.filter(expiry__lte=now).delete()
    return int(deleted)


def forget_audit(now: datetime) -> int:
    """Delete old lines of the audit log and of the administration's own."""
    before = older_than("AUDIT_DAYS", now)
    if before is None:
        return 0
    lines, _by_model = LogEntry.objects.filter(timestamp__lt=before).delete()
    own, _by_model = AdminLogEntry.objects.filter(action_time__lt=before).delete()
    return int(lines) + own


def older_than(setting: str, now: datetime) -> datetime | None:
    """Return before when something is too old; None where the setting keeps it."""
    number: int = getattr(settings, setting)
    return now - timedelta(days=number) if number > 0 else None


_rules: dict[str, Rule] = {
    "copies": lambda now: copies.delete_expired(now=now),
    "answers": forget_answers,
    "sessions": forget_sessions,
    "tokens": forget_tokens,
    "audit": forget_audit,
}


def register(name: str, rule: Rule) -> None:
    """Add a rule of a package above this one; the same name again replaces it."""
    _rules[name] = rule


def apply(*, now: datetime | None = None) -> dict[str, int]:
    """Apply every rule and return how much each has deleted; one that fails stops no other."""
    moment = now or timezone.now()
    deleted: dict[str, int] = {}
    for name, rule in _rules.items():
        try:
            deleted[name] = rule(moment)
        except CONNECTION_FAULTS:
            raise
        except Exception:
            logger.exception("the retention of %s could not be applied", name)
    return deleted
