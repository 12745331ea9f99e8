"""Queue messages carry no work, only the word that some is due."""

from celery import shared_task

from core import events, timers


@shared_task(name="core.deliver_events", soft_time_limit=50, time_limit=60, ignore_result=True)
def deliver_events() -> int:
    """Deliver what is due, batch by batch, until nothing is left."""
    return events.deliver_all()


@shared_task(name="core.run_timers", soft_time_limit=110, time_limit=120, ignore_result=True)
def run_timers() -> None:
    """Everything that is due in any app; `/readyz` looks at the heartbeat it leaves."""
    timers.run_all()
