"""What `ready()` of the app registers for alerts."""

from core import timers
from sla.alerts import (
    receivers,  # noqa: F401  # they subscribe when imported
    services,
    wording,
)
from tickets.extensions import creation_ways


def register() -> None:
    """After the clocks, whose due dates alerts are counted from."""
    creation_ways.append(services.begin_watching)
    wording.register()
    timers.register("alerts_raised", services.raise_due_alerts, order=41)
    timers.register("alerts_told", services.tell_of_alerts, order=43)
