"""What `ready()` of the app registers for reminders to customers."""

from core import timers
from sla.client_reminders import (
    receivers,  # noqa: F401  # they subscribe when imported
    services,
)


def register() -> None:
    timers.register("customers_asked_again", services.ask_due_customers, order=44)
