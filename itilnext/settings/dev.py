"""A workstation, and what `make run` serves: plain HTTP on loopback, no secrets to set."""

import hashlib

from itilnext import env
from itilnext.local.secrets import secret_key
from itilnext.settings.base import *
from itilnext.settings.base import ITILNEXT_HOME

DEBUG = env.boolean("DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY", default="") or secret_key(ITILNEXT_HOME)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", default="localhost,127.0.0.1,[::1],.localhost")
DEMO = env.boolean("ITILNEXT_DEMO", default=True)

# Browsers keep cookies by host, whatever the port: two desks on one machine must not sign each other out.
_DESK = hashlib.sha256(str(ITILNEXT_HOME).encode()).hexdigest()[:8]
SESSION_COOKIE_NAME = f"session_{_DESK}"
CSRF_COOKIE_NAME = f"csrf_{_DESK}"
