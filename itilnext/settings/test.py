"""The test suite: real PostgreSQL and Valkey, a database of its own for each run, nothing leaves the machine."""

import os

from itilnext.local import testing

# Settings start servers here, and only here: they are loaded before any conftest, and need the addresses.
testing.provide_servers()

from itilnext.settings.base import *  # noqa: E402
from itilnext.settings.base import DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

DEBUG = False
SECRET_KEY = "test-only-0123456789-0123456789-0123456789-0123456789"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
DEMO = True
SLA_BOOK_SECONDS = 0  # tests edit policies by rows, too
KILL_AT = os.environ.get("KILL_AT", "")

# The tables are made by the role that owns them, and then used through the application's role, as in production.
DATABASES["owner"]["TEST"] = {"NAME": testing.database_name(), "DEPENDENCIES": []}
DATABASES["default"]["TEST"] = {"MIRROR": "owner"}
for database in DATABASES.values():
    database["CONN_MAX_AGE"] = 0
# Tables of a few rows are planned alike for all values; planning took three times as long as the work.
_options = DATABASES["default"]["OPTIONS"]
_options["options"] = _options["options"].replace("force_custom_plan", "force_generic_plan")

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns of a missing folder
