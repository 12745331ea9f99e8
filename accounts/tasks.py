"""Queue messages carry no work, only the word that some is due."""

from celery import shared_task

from accounts import mail


@shared_task(name="accounts.send_account_mail", soft_time_limit=50, time_limit=60, ignore_result=True)
def send_account_mail() -> int:
    """Send what is due, batch by batch, until nothing is left."""
    return mail.send_all_account_mail()
