"""The tests: everything real, in folders of its own, with known secrets and cheap passwords."""

import atexit
import os
import shutil
import tempfile

if "WHYBOX_VAR" not in os.environ:  # processes that a test starts, and xdist's, share the first's
    os.environ["WHYBOX_VAR"] = tempfile.mkdtemp(prefix="whybox-test-")
    atexit.register(shutil.rmtree, os.environ["WHYBOX_VAR"], ignore_errors=True)

from config.environment import env
from config.settings.base import *  # noqa: F403  # a settings module is its base and a little more
from config.settings.base import DATABASES, STATIC_ROOT, STORAGES, VAR_DIR

SECRET_KEY = "known to everyone, for tests only"  # noqa: S105  # a test's secret guards nothing
VARIANT_SECRET = "the same"  # noqa: S105  # a test's secret guards nothing
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = [*env("WHYBOX_ALLOWED_HOSTS"), "testserver"]
# The tests collect no static files, so nothing knows their digests.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns of a folder that is missing
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, so that a worker process which a test starts sees the test's database too.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
