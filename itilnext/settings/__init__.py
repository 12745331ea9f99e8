"""Settings, one module an environment. With them comes the queue's application, so that shared tasks find it."""

from itilnext.celery import app as celery_app

__all__ = ["celery_app"]
