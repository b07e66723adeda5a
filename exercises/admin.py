"""The admin site: exercises, submissions with their verdicts, reviews and workers, to be read."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from courses.accounts.roles import SiteRight
from courses.record_admin import RecordAdmin
from exercises.models import Exercise, Review, Submission, Worker


@admin.register(Exercise)
class ExerciseAdmin(RecordAdmin):
    """Exercises, as loaded from files."""

    right = SiteRight.SEE_CONTENT
    shown = (
        *("title", "slug", "summary", "version", "minutes"),
        *("max_score", "pass_score", "max_attempts", "reviewed", "active"),
    )
    list_display = ("title", "slug", "version", "max_score", "pass_score", "reviewed", "active")
    list_filter = ("active", "reviewed")
    search_fields = ("title", "slug")


@admin.register(Submission)
class SubmissionAdmin(RecordAdmin):
    """Submissions; the notebook and the results by criterion are on a submission's own page."""

    right = SiteRight.SEE_LEARNING
    shown = (
        *("user", "exercise", "attempt", "state", "verdict", "points", "passed", "page"),
        *("review_due", "created_at", "started_at", "finished_at", "run_seconds", "mark_seconds"),
    )
    list_display = (
        *("user", "exercise", "attempt", "state", "verdict", "points", "passed"),
        *("review_due", "created_at"),
    )
    list_select_related = ("user", "exercise")
    list_filter = ("state", "verdict", "passed", "review_due", "exercise")
    search_fields = ("user__email", "user__name", "exercise__title", "exercise__slug")

    @admin.display(description=_("points"))
    def points(self, submission: Submission) -> str:
        """Return the points, of how many."""
        score = "-" if submission.score is None else f"{submission.score:g}"
        return f"{score} / {submission.max_score:g}"

    @admin.display(description=_("page"))
    def page(self, submission: Submission) -> str:
        """Return a link to the submission's page."""
        address = submission.get_absolute_url()
        return format_html('<a href="{}">{}</a>', address, address)


@admin.register(Review)
class ReviewAdmin(RecordAdmin):
    """Reviews of projects."""

    right = SiteRight.SEE_LEARNING
    shown = ("submission", "learner", "reviewer", "score", "max_score", "passed", "comment")
    list_display = ("project", "learner", "reviewer", "score", "max_score", "passed", "created_at")
    list_select_related = ("submission__exercise", "submission__user", "reviewer")
    list_filter = ("passed",)
    search_fields = ("submission__user__email", "reviewer__email", "submission__exercise__title")

    @admin.display(description=_("project"))
    def project(self, review: Review) -> str:
        """Return the title of the project."""
        return review.submission.exercise.title

    @admin.display(description=_("learner"))
    def learner(self, review: Review) -> str:
        """Return who submitted it."""
        return str(review.submission.user)


@admin.register(Worker)
class WorkerAdmin(RecordAdmin):
    """Workers, as they last reported."""

    shown = ("name", "concurrency", "started_at", "seen_at", "reason", "fix")
    list_display = ("name", "concurrency", "started_at", "seen_at", "reason")
    search_fields = ("name",)
