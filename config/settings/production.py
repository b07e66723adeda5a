"""A public site: behind TLS; it refuses to start unless the environment sets its secrets."""

from django.core.exceptions import ImproperlyConfigured

from config.environment import env
from config.settings.base import *  # noqa: F403  # a settings module extends its base


def _required(name: str) -> str:
    value: str = env(name)
    if not value:
        message = (
            f"{name} is not set; docs/settings.md says what it is for and how to generate one."
        )
        raise ImproperlyConfigured(message)
    return value


SECRET_KEY = _required("WHYBOX_SECRET_KEY")
VARIANT_SECRET = _required("WHYBOX_VARIANT_SECRET")

_proxies = env("WHYBOX_TRUSTED_PROXIES")
TRUSTED_PROXIES = _proxies if _proxies >= 0 else 1  # TLS ends at a proxy
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# A listed domain cannot leave the browsers' lists for months, with all its subdomains: the operator
# decides, so Django's warning that it is off is silenced.
SECURE_HSTS_PRELOAD: bool = env("WHYBOX_HSTS_PRELOAD")
SILENCED_SYSTEM_CHECKS = ["security.W021"]
LTI_REQUIRE_HTTPS = True
LTI_PRIVATE_PLATFORMS = env("WHYBOX_LTI_PRIVATE_PLATFORMS")
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
STAFF_SECOND_FACTOR = env("WHYBOX_STAFF_SECOND_FACTOR")
