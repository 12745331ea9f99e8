"""Queue messages carry no work, only the word that some is due; beat says it too."""

import time

from celery import shared_task

from connectors.mail import services
from connectors.mail.services.sending import WORKING


@shared_task(name="connectors.mail.poll_mailboxes", soft_time_limit=110, time_limit=120, ignore_result=True)
def poll_mailboxes() -> int:
    return services.poll_mailboxes()


@shared_task(name="connectors.mail.process_due", soft_time_limit=110, time_limit=120, ignore_result=True)
def process_due() -> int:
    return services.process_due()


@shared_task(name="connectors.mail.send_due", soft_time_limit=110, time_limit=120, ignore_result=True)
def send_due() -> int:
    """Send batch by batch until nothing is due, or the time is up: beat goes on with the rest."""
    total, ends = 0, time.monotonic() + WORKING.total_seconds()
    while time.monotonic() < ends and (done := services.send_due_mail()):
        total += done
    return total


@shared_task(name="connectors.mail.file_copies", soft_time_limit=110, time_limit=120, ignore_result=True)
def file_copies() -> int:
    return services.file_sent_copies()


@shared_task(name="connectors.mail.keep_subscriptions", soft_time_limit=110, time_limit=120, ignore_result=True)
def keep_subscriptions() -> int:
    return services.keep_subscriptions()
