"""What `ready()` of the app registers for reminders."""

from core import timers
from sla.reminders import (
    receivers,  # noqa: F401  # they subscribe when imported
    services,
)


def register() -> None:
    timers.register("idle_tickets_checked", services.check_idle_tickets, order=40)
    timers.register("reminders_triggered", services.trigger_due_reminders, order=42)
