"""The admin site under the site's own name, open to staff and to roles that read records there."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest, HttpResponse


class SiteAdmin(AdminSite):
    """The admin site."""

    site_title = _("Whybox administration")
    site_header = _("Whybox administration")
    index_title = _("Records of this site")
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Let staff in, and roles that read records; each page then asks for its own right."""
        return bool(getattr(request.user, "opens_admin", False))

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # noqa: ARG002
        """Send people to where everybody signs in, with its second factor and its limits.

        Raises:
            PermissionDenied: somebody is signed in who may not enter.
        """
        if request.user.is_authenticated:
            if not self.has_permission(request):
                raise PermissionDenied
            return HttpResponseRedirect(reverse("admin:index"))
        wanted = request.GET.get("next") or reverse("admin:index")
        return HttpResponseRedirect(f"{reverse('account_login')}?{_query(wanted)}")


def _query(address: str) -> str:
    query = QueryDict(mutable=True)
    query["next"] = address
    return query.urlencode(safe="/")


class SiteAdminConfig(AdminConfig):
    """Django's admin app with this site as the default."""

    default_site = "config.admin_site.SiteAdmin"

    def ready(self) -> None:
        """Register what every app shows, then replace what other apps show of accounts."""
        super().ready()
        import_module("courses.account_admin")
