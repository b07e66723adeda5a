"""The app of courses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.core import checks
from django.db.backends.signals import connection_created

from courses.database import end_silent_sessions

if TYPE_CHECKING:
    from django.http import HttpRequest

    from courses.models import User


class CoursesConfig(AppConfig):
    """Courses, learners, progress and certificates."""

    name = "courses"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Refuse a site that cannot sign certificates; log who changes what an account may do.

        Connections to the database do not outlast the process at their other end.
        A copy of one's data holds certificates.
        """
        from django.contrib.auth import user_logged_in  # noqa: PLC0415  # its models are ready now
        from django.contrib.auth.models import Group  # noqa: PLC0415  # its models are ready now

        from courses.accounts.models import User  # noqa: PLC0415  # the same
        from courses.audit import staff_log  # noqa: PLC0415  # the same
        from courses.certificates.keys import check_key  # noqa: PLC0415  # the same
        from courses.privacy import certificate_files, files  # noqa: PLC0415  # its models are ready now

        checks.register(check_key)
        connection_created.connect(end_silent_sessions, dispatch_uid="courses.silent_sessions")
        staff_log.watch(
            User,
            fields=("is_active", "is_staff", "is_superuser"),
            lists=("groups", "user_permissions"),
        )
        staff_log.watch(Group, fields=("name",), lists=("permissions",))
        staff_log.skip_when(User, _is_own_or_plain)
        user_logged_in.connect(_list_session, dispatch_uid="courses.list_session")
        files.register("certificates", certificate_files.personal_files)


def _is_own_or_plain(user: User, actor: User | None, is_new: bool) -> bool:  # noqa: FBT001  # as the rule has it
    """Say whether somebody changes their own account, or a learner's account is made."""
    plain = not (user.is_staff or user.is_superuser)
    return (is_new and plain) or (actor is not None and actor.pk == user.pk)


def _list_session(request: HttpRequest, user: User, **_facts: object) -> None:
    """List every session, also one that a learning platform has begun."""
    from allauth.usersessions.models import UserSession  # noqa: PLC0415  # its models are ready now

    if request.META.get("REMOTE_ADDR") and request.user.pk == user.pk:
        UserSession.objects.create_from_request(request)
