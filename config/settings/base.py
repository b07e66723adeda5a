"""Settings that development, test and production share."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from config.caches import cache_settings
from config.environment import BASE_DIR, env
from config.logs import logging_settings
from config.redis_broker import PUBLISH_RETRY_POLICY, TRANSPORT_OPTIONS
from config.reporting import report_outside

DEBUG: bool = env("WHYBOX_DEBUG")
VAR_DIR = Path(env("WHYBOX_VAR"))
CONTENT_DIR = Path(env("WHYBOX_CONTENT"))
REFERENCES_DIR = Path(env("WHYBOX_REFERENCES") or VAR_DIR / "references")
REFERENCES_SHARED: str = env("WHYBOX_REFERENCES_SHARED")
SITE_URL: str = env("WHYBOX_SITE_URL").rstrip("/")
ISSUER_NAME: str = env("WHYBOX_ISSUER")
CERTIFICATE_KEY: str = env("WHYBOX_CERTIFICATE_KEY")
CERTIFICATE_KEY_FILE: Path | None = None
"""Where a site on one machine keeps the key; None: it comes from the environment."""
CERTIFICATE_DAYS: int = max(0, env("WHYBOX_CERTIFICATE_DAYS"))
"""How long a certificate is valid; 0: without end."""
ALLOWED_HOSTS: list[str] = env("WHYBOX_ALLOWED_HOSTS")
DEMO_ACCOUNTS = False
"""Whether accounts with published passwords exist; only `make run` and the tests switch it on."""
TRUSTED_PROXIES: int = max(0, env("WHYBOX_TRUSTED_PROXIES"))
"""How many proxies in front of the site may say where a request came from."""

INSTALLED_APPS = [
    "config.admin_site.SiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "rest_framework",
    "knox",
    "auditlog",
    "courses",
    "exercises",
    "classes",
    "classes.lti",
]

MIDDLEWARE = [
    "config.client_address.client_address_middleware",
    # Above what redirects to TLS and refuses host names: probes come by address, from inside.
    "config.probes.probe_middleware",
    "config.request_ids.request_id_middleware",
    "config.retry_after.retry_after_middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pads each response by a random length, so that its size tells no secret (BREACH).
    "django.middleware.gzip.GZipMiddleware",
    "config.body_limits.body_limit_middleware",
    "config.etags.etag_middleware",
    "csp.middleware.CSPMiddleware",
    "config.unstorable_values.cookie_middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "courses.audit.staff_log.audit_middleware",
    "courses.accounts.time_zone.time_zone_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "courses.accounts.second_factor.second_factor_middleware",
    "config.maintenance.maintenance_middleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.unstorable_values.UnstorableValuesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
            ],
            "builtins": ["courses.templatetags.fixed"],
        },
    },
]

# --- database and broker: embedded unless their variables are set ------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("WHYBOX_DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'whybox.sqlite3'}"),
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL lets pages read while a worker writes; IMMEDIATE takes the write lock when a transaction
    # begins, so that a second writer waits instead of failing in the middle.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # A host that is cut off answers nothing, for hours if nobody looks: connections are given up.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 10,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 25_000,
        **DATABASES["default"].get("OPTIONS", {}),
    }
DATABASES["default"]["CONN_MAX_AGE"] = (
    60  # seconds; opening a connection for each request would cost milliseconds
)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
CACHES: dict[str, Any] = {
    "default": cache_settings(
        env("WHYBOX_CACHE_URL"), env("WHYBOX_BROKER_URL"), VAR_DIR / "cache" / "counts"
    ),
    # Larger, and of no use to whoever counts requests: a full one must not push counts out.
    "documents": cache_settings(
        env("WHYBOX_CACHE_URL"), env("WHYBOX_BROKER_URL"), VAR_DIR / "cache" / "documents", most=500
    ),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CELERY_BROKER_URL: str = env("WHYBOX_BROKER_URL") or "filesystem://localhost//"
if CELERY_BROKER_URL.startswith("filesystem:"):
    _messages = VAR_DIR / "broker"
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "data_folder_in": str(_messages / "messages"),
        "data_folder_out": str(_messages / "messages"),
        "control_folder": str(_messages / "control"),
        "polling_interval": 0.02,
    }
    for _folder in ("messages", "control"):
        (_messages / _folder).mkdir(parents=True, exist_ok=True)
elif CELERY_BROKER_URL.startswith(("redis:", "rediss:", "redis+socket:")):
    CELERY_BROKER_TRANSPORT_OPTIONS = dict(TRANSPORT_OPTIONS)
CELERY_TASK_PUBLISH_RETRY_POLICY = PUBLISH_RETRY_POLICY
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ROUTES = {
    "exercises.grade": {"queue": "grading"},
    "courses.send_mail": {"queue": "mail"},
    "lti.prune": {"queue": "mail"},
    "lti.send_scores": {"queue": "mail"},
}
# A worker reserves no message that it has no slot for: another worker may have one, and messages
# that a process holds are lost with it.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BEAT_SCHEDULER = "config.beat:Scheduler"
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    # A message may be lost and a worker may die: the database is the source of truth, and these
    # tasks look there. None expires, since clocks differ: `config.beat` bounds how many wait.
    "requeue stale submissions": {
        "task": "exercises.requeue_stale",
        "schedule": 10.0,
    },
    "end runs of drafts that nobody will end": {
        "task": "exercises.end_lost_runs",
        "schedule": 60.0,
    },
    "send what is due in the outbox": {
        "task": "courses.send_mail",
        "schedule": 30.0,
    },
    "tell the pages whether the site is in maintenance": {
        "task": "courses.refresh_maintenance",
        "schedule": 30.0,
    },
    "compare the submissions that somebody asked to": {
        "task": "classes.compare_asked",
        "schedule": 60.0,
    },
    "regrade what classes have asked for": {
        "task": "classes.regrade_asked",
        "schedule": 60.0,
    },
    "send changed scores to learning platforms": {
        "task": "lti.send_scores",
        "schedule": 30.0,
    },
    "prune launches from learning platforms": {
        "task": "lti.prune",
        "schedule": 3600.0,
    },
    "remind learners of due dates": {
        "task": "classes.send_reminders",
        "schedule": 300.0,
    },
    "make the copies of data that people asked for": {
        "task": "courses.make_copies",
        "schedule": 60.0,
    },
    "delete what has been kept long enough": {
        "task": "courses.apply_retention",
        "schedule": 3600.0,
    },
    "prune files of submissions": {
        "task": "exercises.prune_files",
        "schedule": 3600.0,
    },
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")

# --- accounts ----------------------------------------------------------------------------------
AUTH_USER_MODEL = "courses.User"
AUTHENTICATION_BACKENDS = [
    "courses.accounts.demo_guard.DemoAccountsFromThisMachineOnly",
    "courses.accounts.permissions.PermissionsInOneQuery",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
ACCOUNT_ADAPTER = "courses.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {"signup": "courses.accounts.signup_form.InvitedSignupForm"}
ACCOUNT_REAUTHENTICATION_REQUIRED = True
"""Before an address of email is added, made the main one or removed."""
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
"""In the browser that signed up, and only there, confirming the address signs in."""
ACCOUNT_RATE_LIMITS = {
    # A class of some hundred people behind one address signs up and in within minutes; guessing is
    # stopped for each account ("key") and for the whole address.
    "signup": "300/m/ip",
    "login": "300/m/ip",
    "login_failed": "100/m/ip,5/5m/key",
    "reset_password": "100/m/ip,5/m/key",
    "reset_password_from_key": "100/m/ip",
    "confirm_email": "1/3m/key",
}
SIGNUP: str = env("WHYBOX_SIGNUP")
"""Who may sign up: ``open``, ``domain``, ``invitation`` or ``closed``; anything else closes it."""
SIGNUP_DOMAINS: list[str] = [one.strip().lower() for one in env("WHYBOX_SIGNUP_DOMAINS")]
STAFF_SECOND_FACTOR = False
"""Whether staff need a second factor; production says yes."""
TOKEN_DAYS: int = env("WHYBOX_TOKEN_DAYS")

# Single sign-on: one OpenID Connect provider, if its address is set.
OIDC_URL: str = env("WHYBOX_OIDC_URL").rstrip("/")
SOCIALACCOUNT_ADAPTER = "courses.accounts.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": env("WHYBOX_OIDC_NAME"),
                "client_id": env("WHYBOX_OIDC_CLIENT_ID"),
                "secret": env("WHYBOX_OIDC_SECRET"),
                "settings": {"server_url": OIDC_URL},
            }
        ]
        if OIDC_URL
        else [],
        # Only where the operator says that its addresses are verified: then they lead to the
        # accounts that there are.
        "VERIFIED_EMAIL": env("WHYBOX_OIDC_TRUST_EMAIL"),
        "EMAIL_AUTHENTICATION": env("WHYBOX_OIDC_TRUST_EMAIL"),
    }
}
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT: bool = env("WHYBOX_OIDC_TRUST_EMAIL")
SOCIALACCOUNT_STORE_TOKENS = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Whybox"  # what an authenticator app shows; by default the host name
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "courses:dashboard"
LOGOUT_REDIRECT_URL = "courses:home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "courses.accounts.tokens.PasswordLength"},  # it revokes tokens with a password, too
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
DEFAULT_FROM_EMAIL: str = env("WHYBOX_FROM_EMAIL")
_mail: dict[str, Any] = env.email_url("WHYBOX_EMAIL_URL")
vars().update(_mail)
MAIL_TRANSPORT: str = _mail["EMAIL_BACKEND"]
"""How the mail process sends what is in the outbox; nobody else opens a connection for mail."""
EMAIL_BACKEND = "courses.mail.backend.OutboxBackend"
EMAIL_TIMEOUT = 10
"""Seconds for each answer of the mail server."""

# --- language and time ------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
FORMAT_MODULE_PATH = ["config.formats"]
# The second holds the texts of Django and django-allauth that the site words differently.
LOCALE_PATHS = [BASE_DIR / "config" / "locale", BASE_DIR / "config" / "locale_overrides"]
TIME_ZONE = "UTC"
USE_TZ = True

# --- files --------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Notebooks, what a run left, and its page: never public, served by views that check who asks.
    "submissions": {
        "BACKEND": env("WHYBOX_SUBMISSION_STORAGE"),
        "OPTIONS": env("WHYBOX_SUBMISSION_STORAGE_OPTIONS")
        or {
            "location": str(VAR_DIR / "submissions"),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    # Copies of people's data, for some days: the same kind of place, a folder of its own.
    "exports": {
        "BACKEND": env("WHYBOX_SUBMISSION_STORAGE"),
        "OPTIONS": env("WHYBOX_SUBMISSION_STORAGE_OPTIONS")
        or {
            "location": str(VAR_DIR / "exports"),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    # Our own are minified. File names contain a digest, so that browsers may cache them forever.
    # With WHYBOX_DEBUG names and files stay as they are, and a changed file shows at once.
    "staticfiles": {"BACKEND": "config.static_files.MinifiedStaticFilesStorage"},
}
SUBMISSION_FILES_DAYS: int = env("WHYBOX_SUBMISSION_DAYS")
ANSWER_DAYS: int = env("WHYBOX_ANSWER_DAYS")
DRAFT_DAYS: int = env("WHYBOX_DRAFT_DAYS")
EXPORT_DAYS: int = max(1, env("WHYBOX_EXPORT_DAYS"))
AUDIT_DAYS: int = env("WHYBOX_AUDIT_DAYS")
PRIVACY_CONTACT: str = env("WHYBOX_PRIVACY_CONTACT")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
"""Bytes of a request body, files included, wherever no notebook is accepted."""
UPLOAD_MAX_BYTES = 33_554_432
"""Bytes of a notebook as it is sent, outputs included; what is kept of it is limited further."""

# --- browser security ----------------------------------------------------------------------------
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        # Only a page that asks for the nonce allows it: the code editor brings its own styles.
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

if OIDC_URL:  # a form that leads to the provider
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"].append(
        "{0.scheme}://{0.netloc}".format(urlsplit(OIDC_URL))
    )

# --- learning platforms (LTI) --------------------------------------------------------------------
LTI_REQUIRE_HTTPS = False
"""Whether platforms are asked by https only; production says yes."""
LTI_PRIVATE_PLATFORMS = True
"""Whether platforms in private networks are asked; production says no unless a variable allows."""

# --- API -----------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "courses.accounts.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "config.problem_details.problem_details_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
KNOX_TOKEN_MODEL = "knox.AuthToken"  # noqa: S105  # the name of a model
REST_KNOX = {
    "AUTH_TOKEN_CHARACTER_LENGTH": 40,
    "TOKEN_TTL": None,  # a script for a course runs for months; see courses.accounts.tokens
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Whybox",
    "VERSION": "1",
    "DESCRIPTION": "Courses, submissions and certificates. Errors are RFC 9457 problem details.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {  # two fields are called "state"
        "SubmissionState": "exercises.models.State",
        "RunState": "exercises.models.RunState",
    },
}

# --- the sandbox ----------------------------------------------------------------------------------
SANDBOX_PYTHON = Path(env("WHYBOX_SANDBOX_PYTHON"))
MODELS_DIR = Path(env("WHYBOX_MODELS"))
SANDBOX_CONCURRENCY: int = env("WHYBOX_SANDBOX_CONCURRENCY")
REQUIRE_LANDLOCK: bool = env("WHYBOX_REQUIRE_LANDLOCK")
INTERACTIVE_CONCURRENCY: int = env("WHYBOX_INTERACTIVE_CONCURRENCY")
_checkpoint_memory: int = env("WHYBOX_CHECKPOINT_MEMORY")
CHECKPOINT_MEMORY_BYTES: int | None = None if _checkpoint_memory < 0 else _checkpoint_memory * 2**20

# --- seen from outside ----------------------------------------------------------------------------
METRICS_FOLDER = VAR_DIR / "metrics"
"""Where the processes of this machine keep what they count; `/metrics` adds it up."""
METRICS_ADDRESSES: list[str] = [one.strip() for one in env("WHYBOX_METRICS_ADDRESSES")]
METRICS_TOKEN: str = env("WHYBOX_METRICS_TOKEN")
LOGGING: dict[str, Any] = logging_settings(
    form=env("WHYBOX_LOG_FORMAT"), level=env("WHYBOX_LOG_LEVEL")
)
report_outside(sentry_dsn=env("WHYBOX_SENTRY_DSN"), otlp_endpoint=env("WHYBOX_OTLP_ENDPOINT"))
