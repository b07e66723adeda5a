"""One machine, as `make run` starts it: embedded database and broker, generated secrets."""

from urllib.parse import urlsplit

from config.environment import env, stored_secret
from config.settings.base import *  # noqa: F403  # a settings module extends its base
from config.settings.base import ALLOWED_HOSTS, CERTIFICATE_KEY, SITE_URL, VAR_DIR

SECRET_KEY = env("WHYBOX_SECRET_KEY") or stored_secret("secret-key", VAR_DIR)
VARIANT_SECRET = env("WHYBOX_VARIANT_SECRET") or stored_secret("variant-secret", VAR_DIR)
if not CERTIFICATE_KEY:
    CERTIFICATE_KEY = stored_secret("certificate-key", VAR_DIR, size=32)
    CERTIFICATE_KEY_FILE = VAR_DIR / "certificate-key"
# Their passwords are published: a site that answers to any other name has none of them.
_LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "::1"}
DEMO_ACCOUNTS = env("WHYBOX_DEMO_ACCOUNTS") and _LOOPBACK.issuperset(
    [*ALLOWED_HOSTS, urlsplit(SITE_URL).hostname or ""]
)
