"""The root URL configuration."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import TemplateView

from config.problem_details import UnknownAddressView
from config.schema import SchemaView

handler400 = "config.problem_details.bad_request"
handler403 = "config.problem_details.permission_denied"
handler404 = "config.problem_details.page_not_found"
handler500 = "config.problem_details.server_error"

api: list[URLPattern | URLResolver] = [
    path("", include("courses.api_urls")),
    path("", include("exercises.api_urls")),
    path("", include("classes.api_urls")),
    path("schema/", SchemaView.as_view(), name="schema"),
    re_path("", UnknownAddressView.as_view(), name="unknown"),  # the last, for it matches anything
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include((api, "api"))),
    re_path("^api(/.*)?$", UnknownAddressView.as_view(), name="unknown_api"),
    # At the root: a service worker can only handle addresses below its own.
    path(
        "sw.js",
        TemplateView.as_view(template_name="sw.js", content_type="text/javascript"),
        name="service_worker",
    ),
    path(
        "manifest.webmanifest",
        TemplateView.as_view(
            template_name="manifest.webmanifest", content_type="application/manifest+json"
        ),
        name="manifest",
    ),
    path("offline/", TemplateView.as_view(template_name="offline.html"), name="offline"),
    path("lti/", include("classes.lti.urls")),
    path("", include("classes.urls")),
    path("", include("exercises.urls")),
    path("", include("courses.urls")),
]
if settings.DEBUG:
    urlpatterns.append(
        path(
            "styleguide/", TemplateView.as_view(template_name="styleguide.html"), name="styleguide"
        )
    )
