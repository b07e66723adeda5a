"""The base of every page of the admin site that shows records which are made elsewhere.

Fields are named one by one (`shown`): a new column of a table is not shown until somebody says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin

from courses.accounts.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest

    from courses.accounts.roles import SiteRight


class RecordAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic when it runs
    """Rows that nobody adds, changes or deletes here.

    Attributes:
        shown: the fields of one row's page, and no others.
        right: the site's right that opens these pages, besides Django's own permission.
    """

    shown: ClassVar[tuple[str, ...]] = ()
    right: ClassVar[SiteRight | None] = None
    show_full_result_count = False
    list_per_page = 50

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002  # Django's
        """Return the fields that are named, and no others."""
        return self.shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        """Return all of them: nothing is a form field."""
        return self.shown

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let those in who have Django's permission or the site's right."""
        allowed: bool = super().has_view_permission(request, obj)
        return allowed or (self.right is not None and may(request, self.right))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the group of pages to whoever may see one of them."""
        return super().has_module_permission(request) or self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  # Django's
        """Say that nobody adds one here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Say that nobody changes one here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Say that nobody deletes one here."""
        return False


def may(request: HttpRequest, right: SiteRight) -> bool:
    """Say whether whoever asks has a right on the whole site."""
    return isinstance(request.user, User) and request.user.is_active and request.user.may(right)


def is_superuser(request: HttpRequest) -> bool:
    """Say whether a superuser asks."""
    return isinstance(request.user, User) and request.user.is_active and request.user.is_superuser
