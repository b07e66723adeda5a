"""Celery tasks: each calls one function, safe to deliver twice and safe to lose."""

from __future__ import annotations

from celery import shared_task

from classes import reminders
from classes.integrity import asking
from classes.regrading.asking import REGRADE
from classes.regrading.working import regrade_asked
from exercises.submissions.tasks import grading_processes

REMIND = "classes.send_reminders"


@shared_task(name=REMIND, ignore_result=True)
def send_reminders() -> None:
    """Write the reminders that are due."""
    reminders.send_due_reminders()


@shared_task(name=asking.COMPARE, ignore_result=True)
def compare_asked() -> None:
    """Make the comparisons that were asked for."""
    asking.compare_asked()


@shared_task(name=REGRADE, ignore_result=True)
def regrade() -> None:
    """Compute the differences that were asked for, write those that were decided."""
    regrade_asked(lambda *given, **more: grading_processes().regrade(*given, **more))
