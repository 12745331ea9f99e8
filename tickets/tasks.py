"""Queue messages carry no work, only the word that some is due."""

from celery import shared_task
from django.utils import timezone

from tickets import services


@shared_task(name="tickets.release_due_messages", soft_time_limit=50, time_limit=60, ignore_result=True)
def release_due_messages() -> int:
    return services.release_due_messages(now=timezone.now())
