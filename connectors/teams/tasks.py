"""Queue messages carry no work, only the word that some is due; the timer says it too."""

import time

from celery import shared_task

from connectors.teams import services

WORKING_SECONDS = 60.0


@shared_task(name=services.TASK, soft_time_limit=110, time_limit=120, ignore_result=True)
def post_due() -> int:
    total, ends = 0, time.monotonic() + WORKING_SECONDS
    while time.monotonic() < ends and (done := services.deliver_due_posts()):
        total += done
    return total
