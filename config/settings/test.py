"""The tests: real components in temporary folders, with known secrets and fast password hashing."""

import atexit
import os
import shutil
import tempfile

if "WHYBOX_VAR" not in os.environ:  # child processes and xdist workers share it
    os.environ["WHYBOX_VAR"] = tempfile.mkdtemp(prefix="whybox-test-")
    atexit.register(shutil.rmtree, os.environ["WHYBOX_VAR"], ignore_errors=True)

from config.caches import cache_settings
from config.environment import env
from config.settings.base import *  # noqa: F403  # a settings module extends its base
from config.settings.base import DATABASES, STATIC_ROOT, STORAGES, VAR_DIR

DEMO_ACCOUNTS = True
SECRET_KEY = "known to everyone, for tests only"  # noqa: S105  # a test's secret guards nothing
VARIANT_SECRET = "the same"  # noqa: S105  # a test's secret guards nothing
CERTIFICATE_KEY = "a-certificate-key-that-everybody-may-know-0"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = [*env("WHYBOX_ALLOWED_HOSTS"), "testserver"]
# The tests do not run collectstatic, so there is no manifest of digests.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# Tests run in parallel, and each empties its cache.
_process = os.environ.get("PYTEST_XDIST_WORKER", "main")
CACHES = {
    name: cache_settings("", "", VAR_DIR / f"cache-{_process}" / name)
    for name in ("default", "documents")
}
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns of a missing folder
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, so that a worker process started by a test uses the test database too.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
