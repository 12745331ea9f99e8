"""The worker's application. Tasks are found in the `tasks` modules of the installed apps."""

import os

from celery import Celery

import itilnext.garbage  # noqa: F401  # its signal

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itilnext.settings.dev")

app = Celery("itilnext")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
