"""Django's settings: safe defaults for a bare checkout, everything else from the environment."""

from __future__ import annotations

import os
from pathlib import Path

from csp.constants import NONE, SELF

from ciem.core import buckets, databases, env, keys
from ciem.run import places

os.umask(0o077)  # whatever this process writes, only its owner reads
BASE_DIR = Path(__file__).resolve().parent.parent

# Where this installation keeps what it writes

GRANTPATH_HOME = env.path(
    "GRANTPATH_HOME",
    BASE_DIR / ".grantpath",
    "The folder that holds everything this installation writes.",
    shown=".grantpath",
)
GRANTPATH_HOME.mkdir(parents=True, exist_ok=True)
UPLOADS = GRANTPATH_HOME / "uploads"
SNAPSHOTS = GRANTPATH_HOME / "snapshots"
BUCKET = buckets.configured(
    "GRANTPATH_BUCKET",
    env.text(
        "GRANTPATH_BUCKET",
        "",
        "Where workers on several machines find uploads and snapshots: s3://BUCKET/PREFIX?region=REGION, for others "
        "than Amazon with &endpoint=https://HOST. Without it they lie in the home folder.",
    ),
)
BUCKET_KEY_ID = env.text(
    "GRANTPATH_BUCKET_KEY_ID", "", "Its access key; without one, what the AWS SDK finds, such as the machine's role."
)
BUCKET_SECRET = env.secret("GRANTPATH_BUCKET_SECRET", "The secret of that access key.")
GRANTPATH_STORE = env.text(
    "GRANTPATH_STORE",
    f"embedded:{GRANTPATH_HOME / 'graphs'}",
    "The graph store, as a URL.",
    shown="embedded:<home>/graphs",
)
STORE_PASSWORD = env.secret("GRANTPATH_STORE_PASSWORD", "The password of a graph store on a server.")
KEEP_GRAPHS = env.number(
    "GRANTPATH_KEEP_GRAPHS", 5, "How many estate graphs the store keeps, the current included.", least=1
)
MAX_UPLOAD_BYTES = env.number(
    "GRANTPATH_MAX_UPLOAD_BYTES", 2_000_000_000, "The largest file that may be uploaded.", least=1
)

SCAN_PARTS = env.number(
    "GRANTPATH_SCAN_PARTS", 4, "How many parts of one live scan are read at the same time, by all workers.", least=1
)

DEMO = env.names("GRANTPATH_DEMO", (), "Files or folders to use as the demo estate, instead of the clouds' own.")
EXTRA_CLOUDS = env.names("GRANTPATH_EXTRA_CLOUDS", (), "Modules outside this project that define a cloud.")
IMPORTANCE = env.text(
    "GRANTPATH_IMPORTANCE", "", "A file with rules of criticality and owner, instead of the shipped ones."
)

# Security

DEBUG = env.flag("GRANTPATH_DEBUG", False, "Show errors in the browser. Never where others can reach it.")
HTTPS = env.flag("GRANTPATH_HTTPS", False, "The site is reached by HTTPS only: secure cookies, redirect, HSTS.")
SECRET_KEY = env.secret(
    "GRANTPATH_SECRET_KEY", "Signs sessions; made and kept in the home folder when not given."
) or keys.kept(GRANTPATH_HOME / "secret_key")
SEALING_KEY = env.secret(
    "GRANTPATH_SEALING_KEY",
    "Seals the credentials of live connections; made and kept in the home folder when not given. Several, newest "
    "first and separated by commas, open what the former ones sealed.",
)
ALLOWED_HOSTS = env.names("GRANTPATH_ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]"), "Names this site answers to.")
CSRF_TRUSTED_ORIGINS = env.names("GRANTPATH_TRUSTED_ORIGINS", (), "Origins that may post forms, with scheme.")
BEHIND_PROXY = env.flag(
    "GRANTPATH_BEHIND_PROXY", False, "A proxy sets X-Forwarded-Proto and X-Forwarded-For, whatever clients send."
)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_COOKIE_NAME = "grantpath_session"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# Who signs in

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["ciem.accounts.sign_in.GuardedBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
SIGN_IN_TRIES = env.number("GRANTPATH_SIGN_IN_TRIES", 5, "Wrong passwords in a row before an account waits.", least=1)
SIGN_IN_WAIT_SECONDS = env.number("GRANTPATH_SIGN_IN_WAIT_SECONDS", 900, "How long it then waits.", least=1)
NEW_PASSWORD = env.secret("GRANTPATH_NEW_PASSWORD", "The password for `manage.py createadmin`, instead of a prompt.")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# What runs

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "django_htmx",
    "csp",
    "ciem",
    "ciem.accounts",
    "ciem.connections",
    "ciem.scans",
    "ciem.paths",
    "ciem.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ciem.core.caching.private",
]
ROOT_URLCONF = "ciem.urls"
WSGI_APPLICATION = "ciem.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Records: a file in the home folder, or PostgreSQL

_DATABASE_URLS = (
    env.secret(
        "GRANTPATH_DATABASE_URL",
        "Where records are kept: postgresql://USER:PASSWORD@HOST:5432/DATABASE, or sqlite:////path/to/file. "
        "Without it, a file of SQLite in the home folder.",
    ),
    env.secret("DATABASE_URL", "The same, by the name that many platforms set; GRANTPATH_DATABASE_URL goes first."),
)
DATABASES = {
    "default": databases.configured(
        "GRANTPATH_DATABASE_URL" if _DATABASE_URLS[0] else "DATABASE_URL",
        _DATABASE_URLS[0] or _DATABASE_URLS[1],
        GRANTPATH_HOME / "grantpath.sqlite3",
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Queue. Why each: acks_late and reject_on_worker_lost give a task back when its worker is killed, retry_on_worker_lost
# bounds how often, and the visibility timeout must outlast the longest task.

CELERY_BROKER_URL = env.text(
    "GRANTPATH_BROKER",
    places.broker_url(GRANTPATH_HOME),
    "The Celery broker; by default the Valkey that `make demo` starts.",
    shown="the embedded Valkey",
)
GRANTPATH_KEPT_IDENTITIES = env.number(
    "GRANTPATH_KEPT_IDENTITIES",
    10_000,
    "A worker keeps the last estate graph in memory, if it has no more identities than this, to build the next from.",
)
CELERY_TASK_TIME_LIMIT = env.number("GRANTPATH_TASK_SECONDS", 14_400, "The longest a task may run.", least=60)
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": CELERY_TASK_TIME_LIMIT + 600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_IMPORTS = ("ciem.pipeline",)
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "send again what is overdue": {"task": "ciem.pipeline.send_overdue", "schedule": 15.0},
    "sweep what nobody needs": {"task": "ciem.pipeline.sweep", "schedule": 3600.0},
}
CELERY_TIMEZONE = TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGE_CODE = "en"
USE_I18N = False

# Mail: to tell of scans that failed. Without a host none is sent.

EMAIL_HOST = env.text("GRANTPATH_MAIL_HOST", "", "The server that takes mail (SMTP); without it, none is sent.")
EMAIL_PORT = env.number("GRANTPATH_MAIL_PORT", 587, "Its port.", least=1)
EMAIL_USE_TLS = env.flag("GRANTPATH_MAIL_TLS", True, "It is spoken to by STARTTLS.")
EMAIL_HOST_USER = env.text("GRANTPATH_MAIL_USER", "", "The name to sign in there, if it asks for one.")
EMAIL_HOST_PASSWORD = env.secret("GRANTPATH_MAIL_PASSWORD", "The password to sign in there.")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("GRANTPATH_MAIL_FROM", "grantpath@localhost", "Who the mail is from.")
NOTIFY = env.names("GRANTPATH_NOTIFY", (), "Addresses to which a failed scan is told by mail.")

# Static files: found where they lie in a bare checkout, collected and hashed where `ciem.run` serves them.

STATIC_URL = "/static/"
STATIC_ROOT = GRANTPATH_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
COLLECTED = env.flag("GRANTPATH_COLLECTED", False, "Serve the static files that `collectstatic` hashed and compressed.")
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not COLLECTED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
FILE_UPLOAD_TEMP_DIR = GRANTPATH_HOME / "incoming"  # a system's temporary folder may be small, and others read it
FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True)
FILE_UPLOAD_PERMISSIONS = 0o600  # Django would set 0o644 on what it collects, whatever the umask
FILE_UPLOAD_HANDLERS = ["ciem.scans.receiving.GuardedUploadHandler"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"ciem": {"level": env.text("GRANTPATH_LOG_LEVEL", "INFO", "How much the project itself logs.")}},
}
