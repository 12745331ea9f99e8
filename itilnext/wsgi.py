"""Pages and API. `/events/` has a process of its own (asgi.py)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itilnext.settings.dev")

application = get_wsgi_application()
