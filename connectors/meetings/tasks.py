"""Queue messages carry no work, only the word that some is due; the timer says it too."""

import time

from celery import shared_task

from connectors.meetings import services

WORKING_SECONDS = 60.0


@shared_task(name=services.TASK, soft_time_limit=170, time_limit=180, ignore_result=True)
def send_due() -> int:
    total, ends = 0, time.monotonic() + WORKING_SECONDS
    while time.monotonic() < ends and (done := services.send_due_meetings()):
        total += done
    return total
