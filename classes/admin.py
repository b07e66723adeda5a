"""The admin site: classes, to be read; they are changed on their own pages, with an audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from classes.models import Announcement, AuditEntry, Class, Extension, Member, Override

if TYPE_CHECKING:
    from django.http import HttpRequest


class ReadAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic when it runs
    """Rows that nobody changes here."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  # Django's
        """Say that nobody adds one here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Say that nobody changes one here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Say that nobody deletes one here."""
        return False


@admin.register(Class)
class ClassAdmin(ReadAdmin):
    """Classes, without their join codes."""

    list_display = ("title", "term", "starts_on", "ends_on", "archived_at")
    search_fields = ("title", "term")
    exclude = ("join_code",)


@admin.register(Member)
class MemberAdmin(ReadAdmin):
    """Members, without the secrets of their calendars and invitations."""

    list_display = ("shown_name", "email", "klass", "role", "joined_at", "left_at")
    list_select_related = ("klass", "user")
    search_fields = ("email", "name", "klass__title")
    exclude = ("feed_key", "invitation_key")


@admin.register(Extension)
class ExtensionAdmin(ReadAdmin):
    """Extensions."""

    list_display = ("klass", "member", "section", "part", "granted_by", "granted_at", "revoked_at")
    list_select_related = ("klass", "member__user", "part", "granted_by")


@admin.register(Override)
class OverrideAdmin(ReadAdmin):
    """Overrides, those in force and earlier ones."""

    list_display = ("member", "part", "points", "made_by", "made_at", "withdrawn_at")
    list_select_related = ("member__user", "part", "made_by")


@admin.register(Announcement)
class AnnouncementAdmin(ReadAdmin):
    """Announcements."""

    list_display = ("title", "klass", "author", "mailed", "created_at")
    list_select_related = ("klass", "author")


@admin.register(AuditEntry)
class AuditAdmin(ReadAdmin):
    """Who changed what."""

    list_display = ("at", "klass", "actor", "action", "member", "part")
    list_select_related = ("klass", "actor", "member__user", "part")
    search_fields = ("klass__title", "action")
