"""The admin site: classes, to be read; they are changed on their own pages, with an audit."""

from __future__ import annotations

from django.contrib import admin

from classes.models import (
    Announcement,
    AuditEntry,
    Class,
    Extension,
    Member,
    Override,
    ScheduledPart,
)
from courses.accounts.roles import SiteRight
from courses.record_admin import RecordAdmin


@admin.register(Class)
class ClassAdmin(RecordAdmin):
    """Classes, without their join codes."""

    right = SiteRight.SEE_LEARNING
    shown = ("title", "term", "time_zone", "starts_on", "ends_on", "archived_at")
    list_display = ("title", "term", "starts_on", "ends_on", "archived_at")
    search_fields = ("title", "term")


@admin.register(Member)
class MemberAdmin(RecordAdmin):
    """Members, without the secrets of their calendars and invitations."""

    right = SiteRight.SEE_LEARNING
    shown = ("name", "email", "user", "klass", "role", "section", "joined_at", "left_at")
    list_display = ("shown_name", "email", "klass", "role", "joined_at", "left_at")
    list_select_related = ("klass", "user")
    search_fields = ("email", "name", "klass__title")


@admin.register(Extension)
class ExtensionAdmin(RecordAdmin):
    """Extensions."""

    right = SiteRight.SEE_LEARNING
    shown = ("klass", "member", "section", "part", "days", "due_at", "reason", "granted_by")
    search_fields = ("klass__title", "member__email", "part__title", "reason")
    list_display = ("klass", "member", "section", "part", "granted_by", "granted_at", "revoked_at")
    list_select_related = ("klass", "member__user", "part", "granted_by")


@admin.register(Override)
class OverrideAdmin(RecordAdmin):
    """Overrides, those in force and earlier ones."""

    right = SiteRight.SEE_LEARNING
    shown = ("member", "part", "points", "reason", "made_by", "made_at", "withdrawn_at")
    search_fields = ("member__email", "part__title", "reason")
    list_display = ("member", "part", "points", "made_by", "made_at", "withdrawn_at")
    list_select_related = ("member__user", "part", "made_by")


@admin.register(Announcement)
class AnnouncementAdmin(RecordAdmin):
    """Announcements."""

    right = SiteRight.SEE_LEARNING
    shown = ("title", "klass", "author", "body", "mailed", "created_at")
    search_fields = ("title", "klass__title")
    list_display = ("title", "klass", "author", "mailed", "created_at")
    list_select_related = ("klass", "author")


@admin.register(AuditEntry)
class AuditAdmin(RecordAdmin):
    """Who changed what."""

    right = SiteRight.SEE_LEARNING
    shown = ("at", "klass", "actor", "action", "member", "part", "facts")
    list_display = ("at", "klass", "actor", "action", "member", "part")
    list_select_related = ("klass", "actor", "member__user", "part")
    search_fields = ("klass__title", "action")


@admin.register(ScheduledPart)
class ScheduledPartAdmin(RecordAdmin):
    """Parts of schedules with their dates."""

    right = SiteRight.SEE_LEARNING
    shown = ("klass", "title", "subject", "opens_at", "due_at", "late_until", "closes_at")
    list_display = ("title", "klass", "subject", "opens_at", "due_at")
    list_select_related = ("klass",)
    search_fields = ("title", "subject", "klass__title")
