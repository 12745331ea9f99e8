"""What `make run` serves, and in front of everything a middleware that tells how long it took."""

from itilnext.settings.dev import *  # noqa: F403
from itilnext.settings.dev import MIDDLEWARE

MIDDLEWARE = ["tests.bench.timing.ServerTimingMiddleware", *MIDDLEWARE]
DEMO = False
