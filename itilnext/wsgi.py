"""Pages and API. `/events/` has a process of its own (asgi.py)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itilnext.settings.dev")

application = get_wsgi_application()

from accounts.checks import refuse_demo_accounts  # noqa: E402  # models need the application set up

refuse_demo_accounts()
