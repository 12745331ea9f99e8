"""A site on the network, behind a proxy that speaks HTTPS and sets `X-Forwarded-Proto` and `X-Forwarded-For`."""

from itilnext import env
from itilnext.settings.base import *
from itilnext.settings.base import LOGGING

DEBUG = False
SECRET_KEY = env.secret("SECRET_KEY")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.names(
    "CSRF_TRUSTED_ORIGINS", default=",".join(f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS)
)
DEMO = False

env.secret("DATABASE_URL")  # required here: no default may stand in for the real one
env.secret("REDIS_URL")
env.secret("EMAIL_URL")
env.text("DEFAULT_FROM_EMAIL")
env.text("SITE_URL")
env.text("MESSAGE_ID_DOMAIN")

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # asked by probes inside the network, without TLS
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
TRUSTED_PROXY_COUNT = env.whole_number("TRUSTED_PROXY_COUNT", default=1)

LOGGING["handlers"]["console"]["formatter"] = "json"
