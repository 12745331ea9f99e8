"""Test settings in processes of their own: what the suite's real web server, worker and beat run with."""

from ipaddress import ip_network

from itilnext import env
from itilnext.settings.test import *
from itilnext.settings.test import DATABASES, MAIL_ROOT, STORAGES

DATABASES["default"]["CONN_MAX_AGE"] = env.whole_number("LIVE_CONN_MAX_AGE", default=0)  # seconds
STORAGES["staticfiles"] = {"BACKEND": "core.storage.HashedStaticFilesStorage"}
globals().update(env.email("EMAIL_URL", default="maildir:", folder=MAIL_ROOT))
LIVE_BEAT_SECONDS = 1.0
LIVE_SESSION_SECONDS = 2.0
REMOTE_IMAGE_NETWORKS = [ip_network("127.0.0.1/32")]  # where the tests' servers of images listen
