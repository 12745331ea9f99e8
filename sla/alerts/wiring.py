"""What `ready()` of the app registers for alerts."""

from core import timers
from sla.alerts import (
    receivers,  # noqa: F401  # they subscribe when imported
    services,
    wording,
)
from tickets.around import kept_above
from tickets.extensions import creation_ways

STANDING = (
    "EXISTS (SELECT FROM sla_alert s WHERE s.ticket_id = tickets_ticket.id AND s.status IN ('open', 'acknowledged'))"
)


def register() -> None:
    """After the clocks, whose due dates alerts are counted from."""
    creation_ways.append(services.begin_watching)
    kept_above["alerts"] = STANDING
    wording.register()
    timers.register("matrix_followed", services.follow_matrix, order=40)
    timers.register("alerts_raised", services.raise_due_alerts, order=41)
    timers.register("alerts_told", services.tell_of_alerts, order=43)
