"""Wires the apps of ITIL-NEXT together; holds no rules and is imported by none of them."""

from itilnext.celery import app as celery_app

__all__ = ["celery_app"]
