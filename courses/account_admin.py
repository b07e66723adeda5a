"""Accounts in the admin site: nobody who is no superuser raises an account, or takes one over.

Django lets whoever may change users make themselves superusers, and django-allauth lets whoever may
change addresses redirect a password reset. Here flags, groups and permissions belong to superusers,
and so does every change of an account that may do more than a learner's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from auditlog.models import LogEntry as AuditLogEntry
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _
from knox.models import get_token_model

from courses.certificates.issuing import apply_changed_name
from courses.models import User
from courses.privacy.erasure import Certificates, erase
from courses.record_admin import RecordAdmin, is_superuser

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

POWERS = ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")
NOT_HERE = (
    *(get_token_model(), Group, EmailAddress, Authenticator),
    *(AuditLogEntry, SocialAccount, SocialApp, SocialToken, UserSession),
)
"""What other apps register with fields that are secrets, or by which somebody could rise."""

for table in NOT_HERE:
    if admin.site.is_registered(table):
        admin.site.unregister(table)


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # not generic when it runs
    """Accounts."""

    ordering = ("email",)
    list_display = ("email", "name", "role_names", "is_staff", "is_active", "date_joined")
    list_filter = ("is_staff", "is_superuser", "is_active")
    search_fields = ("email", "name")
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "name_public")}),
        (
            _("Settings"),
            {
                "fields": (
                    *("locale", "time_zone", "review"),
                    *("mail_certificate", "mail_grading", "mail_answers"),
                )
            },
        ),
        (_("Permissions"), {"fields": ("role_names", *POWERS)}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "name", "password1", "password2")}),
    )

    def delete_model(self, request: HttpRequest, obj: User) -> None:  # noqa: ARG002  # Django's
        """Erase an account as its owner would: certificates and posts stay without the name."""
        erase(user=obj, certificates=Certificates.KEEP)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Erase the chosen accounts."""
        for user in queryset:
            self.delete_model(request, user)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's
        """Save a user; certificates take a changed name."""
        super().save_model(request, obj, form, change)
        if change and "name" in form.changed_data:
            apply_changed_name(user=obj)

    @admin.display(description=_("roles"))
    def role_names(self, person: User) -> str:
        """Return the roles; they are given on a page of their own."""
        return ", ".join(person.roles) or "-"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the password's digest out where it could only be read."""
        found: Any = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return found
        return [
            (title, facts | {"fields": [name for name in facts["fields"] if name != "password"]})
            for title, facts in found
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        """Let only superusers change what an account may do."""
        always = ("role_names", "last_login", "date_joined")
        return always if is_superuser(request) else (*always, *POWERS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let only superusers change accounts that may do more than a learner's."""
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or is_superuser(request) or not obj.privileged)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let only superusers delete accounts: for a list of them, no single one is asked about."""
        return is_superuser(request) and bool(super().has_delete_permission(request, obj))


@admin.register(Group)
class PermissionGroupAdmin(GroupAdmin):
    """Groups of permissions, for superusers only: members could add permissions to their own."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let only superusers add one."""
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Let only superusers change one."""
        return is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Let only superusers delete one."""
        return is_superuser(request)


@admin.register(EmailAddress)
class AddressAdmin(RecordAdmin):
    """Addresses of accounts; they can be confirmed for somebody, never changed."""

    shown = ("email", "user", "primary", "verified")
    list_display = ("email", "user", "primary", "verified")
    list_select_related = ("user",)
    list_filter = ("primary", "verified")
    search_fields = ("email", "user__name")
    actions = ("confirm_chosen",)

    def get_actions(self, request: HttpRequest) -> Any:
        """Offer confirmation to those who may change addresses."""
        actions = super().get_actions(request)
        if not request.user.has_perm("account.change_emailaddress"):
            actions.pop("confirm_chosen", None)
        return actions

    @admin.action(description=_("Confirm selected"))
    def confirm_chosen(self, request: HttpRequest, queryset: QuerySet[EmailAddress]) -> None:
        """Confirm the chosen addresses, of learners only unless a superuser asks."""
        confirmed = 0
        for address in queryset.select_related("user").filter(verified=False):
            if is_superuser(request) or not address.user.privileged:
                confirmed += bool(address.set_verified(commit=True))
        self.message_user(request, _("%d confirmed.") % confirmed, messages.SUCCESS)


@admin.register(Authenticator)
class SecondFactorAdmin(RecordAdmin):
    """Second factors: that they exist, never their secrets; deleted for who has lost the device."""

    shown = ("user", "type", "created_at", "last_used_at")
    list_display = ("user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    list_filter = ("type",)
    search_fields = ("user__email", "user__name")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Let only superusers delete one: without it, a password is enough."""
        return is_superuser(request)
