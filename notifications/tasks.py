"""Queue messages carry no work, only the word that some is due; beat says it too."""

import time

from celery import shared_task

from notifications import services

WORKING_SECONDS = 30.0
"""With the slowest letter behind them still within the worker's time; beat goes on with the rest."""


@shared_task(name="notifications.deliver_due", soft_time_limit=110, time_limit=120, ignore_result=True)
def deliver_due() -> int:
    """Plan and deliver batch by batch until nothing is due, or the time is up."""
    total, ends = 0, time.monotonic() + WORKING_SECONDS
    while time.monotonic() < ends and (done := services.deliver_due()):
        total += done
    return total
