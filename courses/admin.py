"""The admin site: what staff can see and fix; content comes from files and is read-only here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from auditlog.models import LogEntry as AuditLogEntry
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from knox.models import get_token_model

from courses.certificates.issuing import revoke
from courses.mail.sending import send_again
from courses.models import (
    Certificate,
    Completion,
    Course,
    Enrolment,
    Lesson,
    OutgoingMail,
    Path,
    QuizAttempt,
    Reading,
    User,
)
from courses.privacy.erasure import Certificates, erase

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from courses.mail.models import OutgoingMailQuerySet


admin.site.unregister(AuditLogEntry)  # a page of the site shows it, and nothing changes it
for _secret in (SocialAccount, SocialApp, SocialToken):  # the environment says what there is
    admin.site.unregister(_secret)
admin.site.unregister(get_token_model())  # nobody needs to look at other people's tokens


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # not generic when it runs
    """Accounts."""

    ordering = ("email",)

    def delete_model(self, request: HttpRequest, obj: User) -> None:  # noqa: ARG002  # Django's
        """Erase an account as its owner would: certificates and posts stay without the name."""
        erase(user=obj, certificates=Certificates.KEEP)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Erase the chosen accounts."""
        for user in queryset:
            self.delete_model(request, user)

    list_display = ("email", "name", "is_staff", "date_joined")
    search_fields = ("email", "name")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "name_public")}),
        (_("Settings"), {"fields": ("locale", "time_zone", "mail_certificate", "mail_grading")}),
        (
            _("Permissions"),
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "name", "password1", "password2")}),
    )


class ShownAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic when it runs
    """Rows that are made elsewhere: by files, or by what learners do."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  # Django's
        """Say that nobody adds one here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Say that nobody changes one here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Say that nobody deletes one here."""
        return False


@admin.register(Course, Path, Reading)
class ContentAdmin(ShownAdmin):
    """Content, as loaded from files."""

    list_display = ("title", "position")


@admin.register(Lesson)
class LessonAdmin(ShownAdmin):
    """Lessons, as loaded from files."""

    list_display = ("title", "course", "minutes")
    list_select_related = ("course",)


@admin.register(Enrolment, Completion, QuizAttempt)
class ProgressAdmin(ShownAdmin):
    """What learners did."""

    list_display = ("user", "__str__", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)


class ReasonForm(ActionForm):
    """The action's form, with a reason beside it."""

    reason = forms.CharField(max_length=300, required=False, label=_("Reason"))


@admin.register(Certificate)
class CertificateAdmin(ShownAdmin):
    """Certificates; they can be revoked, never changed."""

    list_display = ("course_title", "user", "issued_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("id", "user__email", "learner_name")
    actions = ("revoke_chosen",)
    action_form = ReasonForm

    def get_actions(self, request: HttpRequest) -> Any:
        """Offer revocation to those who may change certificates."""
        actions = super().get_actions(request)
        if not request.user.has_perm("courses.change_certificate"):
            actions.pop("revoke_chosen", None)
        return actions

    @admin.action(description=_("Revoke selected"))
    def revoke_chosen(self, request: HttpRequest, queryset: QuerySet[Certificate]) -> None:
        """Revoke the chosen certificates."""
        for certificate in queryset:
            try:
                revoke(certificate=certificate, reason=request.POST.get("reason", ""))
            except ValidationError as error:
                self.message_user(request, error.messages[0], messages.ERROR)
                return
        self.message_user(request, _("Revoked."), messages.SUCCESS)


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ShownAdmin):
    """Emails that have not been sent; their text may hold a link that signs somebody in."""

    list_display = ("__str__", "created_at", "next_attempt_at", "attempts", "last_error")
    exclude = ("message",)
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
