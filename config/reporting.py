"""Starts what reports to programs outside the site, as the settings have it: errors and traces."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from config import error_reports
from courses import tracing

INSTALL = "pip install --require-hashes -r requirements/reporting.txt"


def report_outside(*, sentry_dsn: str, otlp_endpoint: str) -> None:
    """Report errors to Sentry and traces to a collector, where an address is set.

    Raises:
        ImproperlyConfigured: the packages for it are not installed, or the address is none.
    """
    try:
        if sentry_dsn:
            error_reports.report_to(sentry_dsn)
        if otlp_endpoint:
            tracing.export_to(otlp_endpoint)
    except ImportError as error:
        message = (
            "WHYBOX_SENTRY_DSN and WHYBOX_OTLP_ENDPOINT need packages that are not installed: "
            f"{INSTALL} (missing: {error.name})"
        )
        raise ImproperlyConfigured(message) from error
    except ValueError as error:
        raise ImproperlyConfigured(str(error)) from error
