"""Reads the environment: every variable of Whybox, with its type and default.

Each is described in docs/settings.md; a test compares the two lists. A `.env` file at the top of
the checkout is read too and never overrides a variable of the environment.
"""

import secrets
from pathlib import Path
from typing import Final

import environ

BASE_DIR: Final = Path(__file__).resolve().parent.parent
VAR_DIR: Final = BASE_DIR / "var"

env: Final = environ.Env(
    WHYBOX_ALLOWED_HOSTS=(list, ["localhost", "127.0.0.1", "[::1]"]),
    WHYBOX_BROKER_URL=(str, ""),
    WHYBOX_CACHE_URL=(str, ""),
    WHYBOX_CHECKPOINT_MEMORY=(int, 1024),
    WHYBOX_CONTENT=(str, str(BASE_DIR / "content")),
    WHYBOX_DATABASE_URL=(str, ""),
    WHYBOX_DEBUG=(bool, False),
    WHYBOX_DEMO_ACCOUNTS=(bool, False),
    WHYBOX_EMAIL_URL=(str, "consolemail://"),
    WHYBOX_FROM_EMAIL=(str, "Whybox <whybox@localhost>"),
    WHYBOX_HSTS_PRELOAD=(bool, False),
    WHYBOX_INTERACTIVE_CONCURRENCY=(int, 2),
    WHYBOX_ISSUER=(str, "Whybox"),
    WHYBOX_LTI_PRIVATE_PLATFORMS=(bool, False),
    WHYBOX_MODELS=(str, str(VAR_DIR / "models")),
    WHYBOX_REFERENCES=(str, ""),
    WHYBOX_SANDBOX_CONCURRENCY=(int, 2),
    WHYBOX_SANDBOX_PYTHON=(str, str(BASE_DIR / ".venv-sandbox" / "bin" / "python")),
    WHYBOX_SECRET_KEY=(str, ""),
    WHYBOX_SITE_URL=(str, "http://localhost:8000"),
    WHYBOX_TRUSTED_PROXIES=(int, -1),
    WHYBOX_SUBMISSION_DAYS=(int, 730),
    WHYBOX_SUBMISSION_STORAGE=(str, "django.core.files.storage.FileSystemStorage"),
    WHYBOX_SUBMISSION_STORAGE_OPTIONS=(dict, {}),
    WHYBOX_VAR=(str, str(VAR_DIR)),
    WHYBOX_VARIANT_SECRET=(str, ""),
)
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)


def stored_secret(name: str, folder: Path) -> str:
    """Return the secret stored in `folder`/`name`; generate it on first use, readable by its owner.

    For a site on one machine; a production site gets its secrets from the environment.
    """
    path = folder / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:  # another process of the same first start created it
        return path.read_text().strip()
    path.write_text(secrets.token_urlsafe(48) + "\n")
    return path.read_text().strip()
