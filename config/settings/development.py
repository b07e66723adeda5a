"""One machine, as `make run` starts it: embedded database and broker, generated secrets."""

from config.environment import env, stored_secret
from config.settings.base import *  # noqa: F403  # a settings module extends its base
from config.settings.base import VAR_DIR

SECRET_KEY = env("WHYBOX_SECRET_KEY") or stored_secret("secret-key", VAR_DIR)
VARIANT_SECRET = env("WHYBOX_VARIANT_SECRET") or stored_secret("variant-secret", VAR_DIR)
DEMO_ACCOUNTS = env("WHYBOX_DEMO_ACCOUNTS")
