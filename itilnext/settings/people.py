"""People, their sign-in and their sessions; part of base.py."""

from datetime import timedelta

from itilnext import env

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.auth.AgentBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=24).total_seconds())
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"

SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_RENEW_SECONDS = 600
"""A session used after this many seconds is given its full age again, so 12 hours without use end it."""
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "desk.views.errors.csrf_failure"

AXES_FAILURE_LIMIT = 5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_CLIENT_IP_CALLABLE = "core.client_ip.client_ip"
AXES_USERNAME_FORM_FIELD = "username"  # else its check before a JSON sign-in looks for "email" and finds no failures
AXES_USERNAME_CALLABLE = "accounts.auth.sign_in_name"
AXES_LOCKOUT_CALLABLE = "desk.people.views.session.locked_out"
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "typed"]
"""Not kept with a failed sign-in, no more than the password; `typed` is what `desk.unfinished` carries along."""
SIGN_IN_SECONDS = 5.0
"""That a sign-in waits for each answer of Microsoft; nobody waits longer before a page."""
SECOND_FACTOR_ROLES = env.names("SECOND_FACTOR_ROLES", default="")
"""Roles whose people need a second factor beside their password; others may have one."""
TRUSTED_PROXY_COUNT = env.whole_number("TRUSTED_PROXY_COUNT", default=0)
"""How many reverse proxies in front add to `X-Forwarded-For`; 0: the header is not believed."""
