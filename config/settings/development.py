"""One machine, as `make run` starts it: embedded database and broker, secrets made on first use."""

from config.environment import env, kept_secret
from config.settings.base import *  # noqa: F403  # a settings module is its base and a little more
from config.settings.base import VAR_DIR

SECRET_KEY = env("WHYBOX_SECRET_KEY") or kept_secret("secret-key", VAR_DIR)
VARIANT_SECRET = env("WHYBOX_VARIANT_SECRET") or kept_secret("variant-secret", VAR_DIR)
