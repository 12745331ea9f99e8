"""Queue messages carry no work, only the word that some is due."""

import time

from celery import shared_task
from django.utils import timezone

from core import wake
from tickets import services
from tickets.services.bulk import RUN

BULK_SECONDS = 10.0
"""Of one turn of acts on many tickets; the next words on the queue have theirs in between."""


@shared_task(name="tickets.release_due_messages", soft_time_limit=50, time_limit=60, ignore_result=True)
def release_due_messages() -> int:
    return services.release_due_messages(now=timezone.now())


@shared_task(name="tickets.scan_due_files", soft_time_limit=110, time_limit=120, ignore_result=True)
def scan_due_files() -> int:
    return services.scan_due_files()


@shared_task(name=RUN, soft_time_limit=50, time_limit=60, ignore_result=True)
def run_bulk_acts() -> int:
    """Go on for a while, then queue up again. Whoever is killed leaves the rest to the next, or to the timers."""
    done, ends_at = 0, time.monotonic() + BULK_SECONDS
    while count := services.run_bulk_acts():
        done += count
        if time.monotonic() > ends_at:
            wake.now(RUN)
            break
    return done
