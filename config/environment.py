"""Reads the environment: every variable of Whybox, with its type and default.

Each is described in docs/settings.md; a test compares the two lists. A `.env` file at the top of
the checkout is read too and never overrides a variable of the environment.
"""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Final

import environ

BASE_DIR: Final = Path(__file__).resolve().parent.parent
VAR_DIR: Final = BASE_DIR / "var"

env: Final = environ.Env(
    WHYBOX_ALLOWED_HOSTS=(list, ["localhost", "127.0.0.1", "[::1]"]),
    WHYBOX_ANSWER_DAYS=(int, 1095),
    WHYBOX_AUDIT_DAYS=(int, 1095),
    WHYBOX_BROKER_URL=(str, ""),
    WHYBOX_CACHE_URL=(str, ""),
    WHYBOX_CERTIFICATE_DAYS=(int, 0),
    WHYBOX_CERTIFICATE_KEY=(str, ""),
    WHYBOX_CHECKPOINT_MEMORY=(int, -1),
    WHYBOX_CONTENT=(str, str(BASE_DIR / "content")),
    WHYBOX_DATABASE_URL=(str, ""),
    WHYBOX_DEBUG=(bool, False),
    WHYBOX_DEMO_ACCOUNTS=(bool, False),
    WHYBOX_DRAFT_DAYS=(int, 1095),
    WHYBOX_EMAIL_URL=(str, "consolemail://"),
    WHYBOX_EXPORT_DAYS=(int, 7),
    WHYBOX_FROM_EMAIL=(str, "Whybox <whybox@localhost>"),
    WHYBOX_HSTS_PRELOAD=(bool, False),
    WHYBOX_INTERACTIVE_CONCURRENCY=(int, 2),
    WHYBOX_ISSUER=(str, "Whybox"),
    WHYBOX_LOG_FORMAT=(str, "text"),
    WHYBOX_LOG_LEVEL=(str, "INFO"),
    WHYBOX_LTI_PRIVATE_PLATFORMS=(bool, False),
    WHYBOX_METRICS_ADDRESSES=(list, ["127.0.0.1", "::1"]),
    WHYBOX_METRICS_TOKEN=(str, ""),
    WHYBOX_MODELS=(str, str(VAR_DIR / "models")),
    WHYBOX_OIDC_CLIENT_ID=(str, ""),
    WHYBOX_OIDC_NAME=(str, "Single sign-on"),
    WHYBOX_OIDC_SECRET=(str, ""),
    WHYBOX_OIDC_TRUST_EMAIL=(bool, False),
    WHYBOX_OIDC_URL=(str, ""),
    WHYBOX_OTLP_ENDPOINT=(str, ""),
    WHYBOX_PRIVACY_CONTACT=(str, ""),
    WHYBOX_MODELS_MIRROR=(str, ""),
    WHYBOX_REFERENCES=(str, ""),
    WHYBOX_REFERENCES_SHARED=(str, ""),
    WHYBOX_REQUIRE_LANDLOCK=(bool, False),
    WHYBOX_SANDBOX_CONCURRENCY=(int, 2),
    WHYBOX_SANDBOX_PYTHON=(str, str(BASE_DIR / ".venv-sandbox" / "bin" / "python")),
    WHYBOX_SECRET_KEY=(str, ""),
    WHYBOX_SENTRY_DSN=(str, ""),
    WHYBOX_SIGNUP=(str, "open"),
    WHYBOX_SIGNUP_DOMAINS=(list, []),
    WHYBOX_SITE_URL=(str, "http://localhost:8000"),
    WHYBOX_STAFF_SECOND_FACTOR=(bool, True),
    WHYBOX_TOKEN_DAYS=(int, 365),
    WHYBOX_TRUSTED_PROXIES=(int, -1),
    WHYBOX_SUBMISSION_DAYS=(int, 730),
    WHYBOX_SUBMISSION_STORAGE=(str, "django.core.files.storage.FileSystemStorage"),
    WHYBOX_SUBMISSION_STORAGE_OPTIONS=(dict, {}),
    WHYBOX_VAR=(str, str(VAR_DIR)),
    WHYBOX_VARIANT_SECRET=(str, ""),
)
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)
for _name, (_kind, _default) in env.scheme.items():
    # Whoever passes variables on passes an empty one for what is not set. Only lists can be empty.
    if _kind not in {list, dict} and os.environ.get(_name) == "":
        del os.environ[_name]


def stored_secret(name: str, folder: Path, *, size: int = 48) -> str:
    """Return the secret stored in `folder`/`name`; generate it on first use, readable by its owner.

    It is `size` random bytes in base64url.

    For a site on one machine; a production site gets its secrets from the environment.
    """
    path = folder / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix=name) as new:  # its owner's only
        new.write(secrets.token_urlsafe(size) + "\n")
        new.flush()
        # Another process of the same first start may have created it; nobody sees half of one.
        with contextlib.suppress(FileExistsError):
            os.link(new.name, path)
    return path.read_text().strip()
