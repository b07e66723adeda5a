"""Ask for a comparison, make those that were asked for, and show two submissions' code."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, NamedTuple

from celery import current_app
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from classes.integrity.comparison import compare
from classes.integrity.fingerprints import code_of
from classes.models import Similarity
from courses.database import CONNECTION_FAULTS
from exercises.submissions import files

if TYPE_CHECKING:
    import uuid

    from classes.models import Class

COMPARE: Final = "classes.compare_asked"
MAX_LINES: Final = 1500
"""Of each side that are shown beside each other."""

logger = logging.getLogger(__name__)


class Line(NamedTuple):
    """One line of code; `same` where the other submission has it too, whatever its indentation."""

    text: str
    same: bool


def ask(klass: Class, subject: str) -> None:
    """Note that a comparison is wanted, and tell a worker; a lost message is made up for."""
    Similarity.objects.update_or_create(
        klass=klass, subject=subject, defaults={"asked_at": timezone.now()}
    )
    transaction.on_commit(_notify, robust=True)


def _notify() -> None:
    current_app.send_task(COMPARE, queue="default", expires=60)


def compare_asked() -> int:
    """Make the comparisons that were asked for and are not done; return how many."""
    waiting = Similarity.objects.filter(asked_at__isnull=False).filter(
        Q(made_at=None) | Q(made_at__lt=F("asked_at"))
    )
    made = 0
    for one in waiting.select_related("klass").order_by("asked_at"):
        try:
            compare(one.klass, one.subject)
        except CONNECTION_FAULTS:
            raise
        except Exception:
            logger.exception("comparing %s of class %s failed", one.subject, one.klass_id)
            continue
        made += 1
    return made


def side_by_side(first: uuid.UUID, second: uuid.UUID) -> tuple[list[Line], list[Line]]:
    """Return the code of two submissions, the lines that both have marked."""
    left, right = (code_of(files.notebook(key)).splitlines()[:MAX_LINES] for key in (first, second))
    return _marked(left, right), _marked(right, left)


def _marked(text: list[str], other: list[str]) -> list[Line]:
    there = {line.strip() for line in other if any(one.isalnum() for one in line)}
    return [Line(line, same=line.strip() in there) for line in text]
