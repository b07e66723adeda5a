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

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
