"""The admin site: what staff can see and fix; content comes from files and is read-only here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from courses.accounts.roles import SiteRight
from courses.certificates.issuing import reissue, revoke
from courses.mail.sending import send_again
from courses.models import (
    Certificate,
    CertificateEvent,
    Completion,
    Course,
    Enrolment,
    Lesson,
    ModeratorWarning,
    OutgoingMail,
    Path,
    Post,
    PostVersion,
    QuizAttempt,
    Rating,
    Reading,
    Report,
    SiteChange,
    User,
)
from courses.record_admin import RecordAdmin

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from courses.mail.models import OutgoingMailQuerySet


@admin.register(Course)
class CourseAdmin(RecordAdmin):
    """Courses, as loaded from files."""

    right = SiteRight.SEE_CONTENT
    shown = ("title", "slug", "summary", "level", "version", "author_name", "withdrawn")
    list_display = ("title", "slug", "level", "version", "withdrawn", "position")
    list_filter = ("level", "withdrawn")
    search_fields = ("title", "slug", "summary")


@admin.register(Path)
class PathAdmin(RecordAdmin):
    """Paths, as loaded from files."""

    right = SiteRight.SEE_CONTENT
    shown = ("title", "slug", "summary", "position")
    list_display = ("title", "slug", "position")
    search_fields = ("title", "slug")


@admin.register(Reading)
class ReadingAdmin(RecordAdmin):
    """What is recommended to read, as loaded from files."""

    right = SiteRight.SEE_CONTENT
    shown = ("title", "position")
    list_display = ("title", "position")
    search_fields = ("title",)


@admin.register(Lesson)
class LessonAdmin(RecordAdmin):
    """Lessons, as loaded from files."""

    right = SiteRight.SEE_CONTENT
    shown = ("title", "course", "slug", "summary", "minutes")
    list_display = ("title", "course", "minutes")
    list_select_related = ("course",)
    list_filter = ("course",)
    search_fields = ("title", "slug", "course__title")


@admin.register(Enrolment)
class EnrolmentAdmin(RecordAdmin):
    """Who takes which course."""

    right = SiteRight.SEE_LEARNING
    shown = ("user", "course", "last_part", "last_seen_at", "created_at")
    list_display = ("user", "course", "last_seen_at", "created_at")
    list_select_related = ("user", "course")
    list_filter = ("course",)
    search_fields = ("user__email", "user__name", "course__title")


@admin.register(Completion)
class CompletionAdmin(RecordAdmin):
    """What was read or passed."""

    right = SiteRight.SEE_LEARNING
    shown = ("user", "kind", "lesson", "exercise_slug", "created_at")
    list_display = ("user", "kind", "what", "created_at")
    list_select_related = ("user", "lesson")
    list_filter = ("kind",)
    search_fields = ("user__email", "user__name", "lesson__title", "exercise_slug")

    @admin.display(description=_("completed"))
    def what(self, completion: Completion) -> str:
        """Return the lesson's title or the exercise's name."""
        return str(completion.lesson or completion.exercise_slug)


@admin.register(QuizAttempt)
class QuizAttemptAdmin(RecordAdmin):
    """Attempts at quizzes."""

    right = SiteRight.SEE_LEARNING
    shown = ("user", "quiz", "number", "result", "passed", "created_at")
    list_display = ("user", "lesson", "course", "number", "result", "passed", "created_at")
    list_select_related = ("user", "quiz__lesson__course")
    list_filter = ("passed",)
    search_fields = ("user__email", "user__name", "quiz__lesson__title")

    @admin.display(description=_("lesson"), ordering="quiz__lesson__title")
    def lesson(self, attempt: QuizAttempt) -> str:
        """Return the title of the quiz's lesson."""
        return attempt.quiz.lesson.title

    @admin.display(description=_("course"))
    def course(self, attempt: QuizAttempt) -> str:
        """Return the title of the quiz's course."""
        return attempt.quiz.lesson.course.title

    @admin.display(description=_("right answers"))
    def result(self, attempt: QuizAttempt) -> str:
        """Return how many answers were right."""
        return f"{attempt.correct} / {attempt.total}"


@admin.register(Rating)
class RatingAdmin(RecordAdmin):
    """How learners rated courses."""

    right = SiteRight.SEE_CONTENT
    shown = ("course", "stars", "updated_at")
    list_display = ("course", "stars", "updated_at")
    list_select_related = ("course",)
    list_filter = ("stars", "course")
    search_fields = ("course__title",)


class EventInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic when it runs
    """Who did what to a certificate, when, and why."""

    model = CertificateEvent
    fields = ("created_at", "kind", "actor", "reason")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, *_arguments: Any) -> bool:
        """The record is written by what happens, by nobody."""
        return False


class ReasonForm(ActionForm):
    """The action's form, with a reason beside it."""

    reason = forms.CharField(max_length=300, required=False, label=_("Reason"))


@admin.register(Certificate)
class CertificateAdmin(RecordAdmin):
    """Certificates; they can be revoked or issued again, never changed; each has its record."""

    right = SiteRight.SEE_LEARNING
    shown = (
        *("course_title", "user", "learner_name", "name_public", "issued_at"),
        *("revoked_at", "revoked_reason", "course_version", "issuer_name", "public_page"),
    )
    list_display = ("course_title", "user", "issued_at", "revoked_at", "superseded_at")
    inlines = (EventInline,)
    list_select_related = ("user",)
    list_filter = ("course_title", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("id", "user__email", "learner_name", "course_title")
    actions = ("revoke_chosen", "reissue_chosen")
    action_form = ReasonForm

    @admin.display(description=_("public page"))
    def public_page(self, certificate: Certificate) -> str:
        """Return a link to what an employer sees."""
        address = reverse("courses:certificate", args=[certificate.pk])
        return format_html('<a href="{}">{}</a>', address, address)

    def get_actions(self, request: HttpRequest) -> Any:
        """Offer what changes certificates to those who may."""
        actions = super().get_actions(request)
        if not request.user.has_perm("courses.change_certificate"):
            for name in self.actions:
                actions.pop(name, None)
        return actions

    @admin.action(description=_("Revoke selected"))
    def revoke_chosen(self, request: HttpRequest, queryset: QuerySet[Certificate]) -> None:
        """Revoke the chosen certificates."""
        if self._each(request, queryset, revoke):
            self.message_user(request, _("Revoked."), messages.SUCCESS)

    @admin.action(description=_("Issue selected again"))
    def reissue_chosen(self, request: HttpRequest, queryset: QuerySet[Certificate]) -> None:
        """Replace the chosen certificates by new ones, with the holder's name as it is now."""
        if self._each(request, queryset, reissue):
            self.message_user(request, _("Issued again."), messages.SUCCESS)

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Certificate],
        change: Callable[..., object],
    ) -> bool:
        """Change each certificate for the reason given; the first that is refused says why."""
        reason, actor = request.POST.get("reason", ""), _staff(request)
        for certificate in queryset:
            try:
                change(certificate=certificate, reason=reason, actor=actor)
            except ValidationError as error:
                self.message_user(request, error.messages[0], messages.ERROR)
                return False
        return True


def _staff(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


@admin.register(Post)
class PostAdmin(RecordAdmin):
    """Questions and answers; moderators act on them on their own pages."""

    right = SiteRight.MODERATE
    shown = (
        *("title", "question", "subject", "author", "body", "spoiler", "created_at", "edited_at"),
        *("hidden_at", "hidden_by", "hidden_reason", "deleted_at", "deleted_by"),
        *("closed_at", "closed_by", "moderation"),
    )
    list_display = ("__str__", "subject", "author", "created_at", "hidden_at", "deleted_at")
    list_select_related = ("author", "question")
    list_filter = (
        ("question", admin.EmptyFieldListFilter),
        ("hidden_at", admin.EmptyFieldListFilter),
        ("closed_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("title", "body", "subject", "author__email", "author__name")

    @admin.display(description=_("moderation"))
    def moderation(self, post: Post) -> str:
        """Return a link to the page on which moderators act."""
        address = reverse("courses:moderate", args=[post.pk])
        return format_html('<a href="{}">{}</a>', address, _("Moderate"))


@admin.register(PostVersion)
class PostVersionAdmin(RecordAdmin):
    """What posts said before they were edited."""

    right = SiteRight.MODERATE
    shown = ("post", "number", "title", "body", "spoiler", "replaced_at")
    list_display = ("post", "number", "replaced_at")
    list_select_related = ("post",)
    search_fields = ("post__title", "body", "post__author__email")


@admin.register(Report)
class ReportAdmin(RecordAdmin):
    """Reports about posts, open and resolved."""

    right = SiteRight.MODERATE
    shown = (
        *("post", "reporter", "reason", "created_at"),
        *("settled_at", "settled_by", "outcome", "note"),
    )
    list_display = ("reason", "post", "reporter", "created_at", "outcome", "settled_by")
    list_select_related = ("post", "reporter", "settled_by")
    list_filter = (("settled_at", admin.EmptyFieldListFilter), "outcome")
    search_fields = ("reason", "post__title", "post__body", "reporter__email")


@admin.register(ModeratorWarning)
class WarningAdmin(RecordAdmin):
    """What moderators wrote to people."""

    right = SiteRight.MODERATE
    shown = ("person", "post", "message", "given_by", "given_at", "read_at")
    list_display = ("person", "post", "given_by", "given_at", "read_at")
    list_select_related = ("person", "post", "given_by")
    search_fields = ("person__email", "message")


@admin.register(SiteChange)
class SiteChangeAdmin(RecordAdmin):
    """The audit of the site."""

    right = SiteRight.MODERATE
    shown = ("at", "actor", "action_words", "person", "post_id", "details")
    list_display = ("at", "action_words", "actor", "person", "details")
    list_select_related = ("actor", "person")
    list_filter = ("action",)
    search_fields = ("actor__email", "person__email", "action")

    @admin.display(description=_("details"))
    def details(self, change: SiteChange) -> str:
        """Return the facts in a line."""
        return "; ".join(change.lines)


@admin.register(OutgoingMail)
class OutgoingMailAdmin(RecordAdmin):
    """Emails that have not been sent; their text may hold a link that signs somebody in."""

    shown = ("__str__", "created_at", "next_attempt_at", "attempts", "handovers", "last_error")
    list_display = ("__str__", "created_at", "next_attempt_at", "attempts", "last_error")
    search_fields = ("last_error",)
    actions = ("send_chosen_again",)

    def get_actions(self, request: HttpRequest) -> Any:
        """Offer the next attempt to those who may change emails."""
        actions = super().get_actions(request)
        if not request.user.has_perm("courses.change_outgoingmail"):
            actions.pop("send_chosen_again", None)
        return actions

    @admin.action(description=_("Send selected again"))
    def send_chosen_again(self, request: HttpRequest, queryset: OutgoingMailQuerySet) -> None:
        """Make the chosen emails due now."""
        send_again(queryset)
        self.message_user(request, _("They will be sent again."), messages.SUCCESS)
