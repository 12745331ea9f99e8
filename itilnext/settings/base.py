"""Everything all environments share. What differs stands in dev.py, test.py and production.py, a few lines each."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from itilnext import env
from itilnext.broker import broker_url, next_database
from itilnext.settings.description import SPECTACULAR_SETTINGS  # noqa: F401  # one of them all
from itilnext.settings.people import *

BASE_DIR = Path(__file__).resolve().parents[2]
ITILNEXT_HOME = env.path("ITILNEXT_HOME", default=BASE_DIR / "var")
"""Folder of all data of a local run: database, mail, uploads, logs."""

# Apps -----------------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "desk",
    "live",
    "reports",
    "connectors.mail",
    "connectors.push",
    "connectors.entra",
    "connectors.microsoft365",
    "connectors.teams",
    "connectors.meetings",
    "connectors.base",
    "sla",
    "envelopes",
    "notifications",
    "tickets",
    "accounts",
    "core",
    "itilnext.admin.OperatorsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "simple_history",
    "pgtrigger",
    "csp",
    "axes",
]

MIDDLEWARE = [
    "core.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "core.sessions.SlidingSessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.auth.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "itilnext.urls"
WSGI_APPLICATION = "itilnext.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["core.templatetags.components"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "desk.context.navigation",
            ],
        },
    },
]

# Database: one database, two roles (docs/adr/0003-two-database-roles.md) ----------------------------------------------

_POSTGRESQL: dict[str, Any] = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database("DATABASE_URL", default="postgresql:///itilnext") | _POSTGRESQL,
}
# Prepared statements are parsed once a connection. They are still planned for the values at hand: a plan for any ticket
# joins all entries of the one that has 2,000 before it takes the newest 30.
_options = DATABASES["default"]["OPTIONS"]
_options |= {
    "server_side_binding": True,
    "prepare_threshold": 3,
    "options": f"{_options.get('options', '')} -c plan_cache_mode=force_custom_plan".strip(),
}
if env.secret("MIGRATION_DATABASE_URL", default=""):
    # The role that owns the tables. In production only the migrate job is given it.
    DATABASES["owner"] = env.database("MIGRATION_DATABASE_URL") | _POSTGRESQL
DATABASE_ROUTERS = ["core.routers.MigrateOnOwner"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Valkey or Redis: queue, and cache on the next database number --------------------------------------------------------

REDIS_URL = env.url("REDIS_URL", ("redis", "rediss", "unix"), default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "core.cache.ForgivingRedisCache",
        "LOCATION": env.url("CACHE_URL", ("redis", "rediss", "unix"), default=next_database(REDIS_URL)),
        "KEY_PREFIX": "itilnext",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}

# Worker and beat: queue messages only wake workers up, so losing one harms nothing ------------------------------------

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "socket_connect_timeout": 1,
    "socket_timeout": 10,
    "max_retries": 1,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "itilnext"
CELERY_TASK_TIME_LIMIT = 120
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "itilnext.beat.LeaderScheduler"
CELERY_BEAT_SCHEDULE = {
    # `expires`: with the worker gone, old words to wake up must not pile up in the queue.
    name: {"task": task, "schedule": seconds, "options": {"expires": 2 * seconds}}
    for name, task, seconds in (
        ("release-replies", "tickets.release_due_messages", 2.0),
        ("deliver-events", "core.deliver_events", 5.0),
        ("send-account-mail", "accounts.send_account_mail", 5.0),
        ("poll-mailboxes", "connectors.mail.poll_mailboxes", 5.0),
        ("send-mail", "connectors.mail.send_due", 5.0),
        ("deliver-notifications", "notifications.deliver_due", 5.0),
        ("process-mail", "connectors.mail.process_due", 15.0),
        ("run-timers", "core.run_timers", 60.0),
    )
}

# Browser security -----------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "frame-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "report-uri": ["/csp-report/"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

# Languages and time ---------------------------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["itilnext.formats"]

# Files ----------------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.path("ITILNEXT_STATIC_ROOT", default=ITILNEXT_HOME / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = ITILNEXT_HOME / "media"
MEDIA_URL = ""  # uploads are handed out by authorised views only
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "core.storage.HashedStaticFilesStorage"},
    "attachments": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": ITILNEXT_HOME / "attachments", "base_url": None},
    },
}
WHITENOISE_MAX_AGE = 60
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# E-mail ---------------------------------------------------------------------------------------------------------------

MAIL_ROOT = ITILNEXT_HOME / "mail"
"""Maildirs of the `files` backend, one folder an address."""
EMAIL_OAUTH: dict[str, str] = {}
"""Where access tokens for sending come from, if the mail server wants such."""
globals().update(env.email("EMAIL_URL", default="maildir:", folder=MAIL_ROOT))

DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", default="ITIL-NEXT <no-reply@itilnext.example>")
"""Sender of invitations and password mails; customers hear from the address of their mailbox."""
MAILBOX_SECRETS = "itilnext.env.secret"
REMOTE_IMAGE_NETWORKS = env.networks("REMOTE_IMAGE_NETWORKS")
"""Where images of mails are fetched from besides the public internet."""
"""What reads the secret of a mailbox by its name, which begins with `MAILBOX_`."""
SITE_URL = env.text("SITE_URL", default="http://localhost:8000")
"""Where people reach the pages; links in mails start with it."""
MESSAGE_ID_DOMAIN = env.text("MESSAGE_ID_DOMAIN", default="itilnext.example")
"""Right-hand side of the Message-IDs of our own mails."""

CLAMD_URL = env.url("CLAMD_URL", ("tcp", "unix")) if env.secret("CLAMD_URL", default="") else ""
"""Where clamd answers; empty: no virus scanner (ruling 22)."""
MAIL_BRAKES = {
    # A person does not write one mail a minute for an hour; a monitor that does is read in quarantine, as one.
    "sender": env.most_within("MAIL_BRAKE_SENDER", default="60/60"),
    # A lively thread of several people has ten an hour; three times that is machines talking.
    "thread": env.most_within("MAIL_BRAKE_THREAD", default="30/60"),
    # A mailer's hiccup repeats a mail a few times, and a person may send one twice; ten times says nothing new.
    "content": env.most_within("MAIL_BRAKE_CONTENT", default="10/60"),
    # "Thanks" - resolved - "thanks" happens once or twice a day; after the fourth time a person has to look.
    "reopening": env.most_within("MAIL_BRAKE_REOPENING", default="4/1440"),
    # Our own automatic answers: email.md section 5 wants a number a sender and day, and a breaker for each mailbox.
    # Twenty new requests a day are many for a person. A thousand an hour is an outage; who writes then writes again.
    "answers": env.most_within("MAIL_BRAKE_ANSWERS", default="20/1440"),
    "mailbox": env.most_within("MAIL_BRAKE_MAILBOX", default="1000/60"),
}
"""By the names of `connectors.mail.enums.BrakeKind`: so many within so many minutes; (0, 0) switches one off. The
numbers of domain.md and email.md where they name one, else chosen here, each with its reason.
"""

# API ------------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.BearerAuthentication",
        "core.api.protocol.CsrfCheckedSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.protocol.BoundedJsonParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.api.protocol.AlwaysFirst",
    "DEFAULT_THROTTLE_CLASSES": ["core.api.throttling.UserThrottle"],
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.ApiSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "core.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
API_ACTOR_OF = "accounts.auth.actor_of"
"""Who stands behind a signed-in user."""
SLA_BOOK_SECONDS = 1
"""For how long a process counts by the policies and calendars that it knows before it looks for newer ones."""

API_REQUESTS_PER_MINUTE = {
    "user": env.whole_number("API_REQUESTS_PER_MINUTE", default=6000),
    "address": env.whole_number("API_REQUESTS_PER_MINUTE_AND_ADDRESS", default=12000),
    "sign_in": env.whole_number("API_SIGN_INS_PER_MINUTE", default=60),
}
"""0: no limit. Sign-ins count by address, on top of what django-axes refuses."""
API_MAX_UPLOAD_BYTES = 50 * 1024 * 1024
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_TTL": timedelta(hours=12)}

METRICS_TOKEN = env.secret("METRICS_TOKEN", default="")
"""Bearer token for `/metrics` from elsewhere; loopback needs none."""

# Web push -------------------------------------------------------------------------------------------------------------

VAPID_PRIVATE_KEY = env.secret("VAPID_PRIVATE_KEY", default="")
"""Signs what is given to push services (RFC 8292): 32 bytes, base64url. Empty: one that follows from SECRET_KEY, so
that each installation has its own; whoever changes it has everybody allow messages anew.
"""
PUSH_HOSTS = env.names(
    "PUSH_HOSTS",
    default="fcm.googleapis.com,*.push.services.mozilla.com,*.notify.windows.com,*.push.apple.com",
)
"""Push services that browsers may name; what they name besides is refused."""

# Connections to other systems -----------------------------------------------------------------------------------------

CONNECTORS_KEYS = [key.strip() for key in env.secret("CONNECTORS_KEYS", default="").split(",") if key.strip()]
"""Encrypt the secrets of connections: 32 bytes each, base64url; the first one seals, all of them open. None: a key that
follows from SECRET_KEY.
"""
CONNECTOR_SECRETS = "itilnext.env.secret"
"""What reads a secret that a connection only names."""
CONNECTORS_LOOPBACK = env.boolean("CONNECTORS_LOOPBACK", default=False)
"""Whether connections that admins add may lead to this machine itself, also without TLS."""
CONNECTORS_PROXY = env.url("CONNECTORS_PROXY", ("http", "https")) if env.secret("CONNECTORS_PROXY", default="") else ""
CONNECTORS_CA_FILE = env.text("CONNECTORS_CA_FILE", default="")
"""Certificates of the CAs that are trusted, as PEM; empty: the usual ones."""
CONNECTORS_CONNECT_SECONDS = 5.0
CONNECTORS_READ_SECONDS = 30.0
CONNECTORS_WHOLE_SECONDS = 90.0
"""That one exchange may take altogether; the read time-out counts from one piece to the next."""
CONNECTORS_LONGEST_PAUSE_SECONDS = env.whole_number("CONNECTORS_LONGEST_PAUSE_SECONDS", default=3600)
"""That another system can ask for with one answer: a proxy's page must not close a connection for a day."""

MSGRAPH_TENANT_ID = env.text("MSGRAPH_TENANT_ID", default="")
MSGRAPH_CLIENT_ID = env.text("MSGRAPH_CLIENT_ID", default="")
"""With MSGRAPH_CLIENT_SECRET the first connection to Microsoft 365; further ones are rows that admins add."""
MSGRAPH_BASE_URL = env.url("MSGRAPH_BASE_URL", ("https",), default="https://graph.microsoft.com/v1.0")
MSGRAPH_AUTHORITY = env.url("MSGRAPH_AUTHORITY", ("https",), default="https://login.microsoftonline.com")
"""Base address of Graph and of the identity platform: other ones in national clouds."""
MSGRAPH_CA_FILE = env.text("MSGRAPH_CA_FILE", default="")
"""As CONNECTORS_CA_FILE, for Microsoft 365 alone."""
MSGRAPH_NOTIFICATION_URL = env.text("MSGRAPH_NOTIFICATION_URL", default="")
"""By which Microsoft reaches this desk, https; empty: SITE_URL where that is https, else there are no notifications."""
MSGRAPH_SUBSCRIPTION_MINUTES = env.whole_number("MSGRAPH_SUBSCRIPTION_MINUTES", default=4200)
"""Life of a subscription to mail; Microsoft refuses more than 4,230 of most tenants."""
MSGRAPH_REQUESTS_AT_ONCE = env.positive_int("MSGRAPH_REQUESTS_AT_ONCE", default=4)
"""For each mailbox, by all workers together; Exchange refuses more (integrations.md section 2, throttling)."""

TEAMS_WEBHOOK_HOSTS = env.names("TEAMS_WEBHOOK_HOSTS", default="*.logic.azure.com,*.api.powerplatform.com")
"""Where workflows of Microsoft Teams are reached; an address elsewhere is refused. Other clouds have others."""
TEAMS_CARDS_A_SECOND = env.positive_int("TEAMS_CARDS_A_SECOND", default=3)
"""Through one workflow, by all workers together; Teams slows down what is more than four."""
TEAMS_CA_FILE = env.text("TEAMS_CA_FILE", default="")
"""As CONNECTORS_CA_FILE, for workflows alone."""

# Live updates ---------------------------------------------------------------------------------------------------------

LIVE_BEAT_SECONDS = 15.0
"""How often an open stream says that it is; a page that hears nothing for three times as long connects anew."""
LIVE_LOOK_SECONDS = 2.0
"""How often the log is looked at without a word from Valkey; one statement a process."""
LIVE_SESSION_SECONDS = 20.0
"""How soon at the latest a stream ends whose session has ended in a way that says nothing: run out, new password."""
LIVE_STREAMS_OF_ONE = 30
"""Open pages of one person; further ones look every half minute instead."""

# Desk -----------------------------------------------------------------------------------------------------------------

DEMO = env.boolean("ITILNEXT_DEMO", default=False)
"""Whether this is a demo desk: `seed_demo` is allowed and the page "Customer's mailbox" exists."""
KILL_AT = ""
"""Step at which a process kills itself; only the kill tests set it (core/steps.py)."""

# Logs -----------------------------------------------------------------------------------------------------------------

LOG_LEVEL = env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "itilnext.logs.PlainFormatter"},
        "json": {"()": "itilnext.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.request": {"level": "ERROR"},
        "urllib3": {"level": "ERROR"},  # its warnings hold whole addresses
        "celery": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
