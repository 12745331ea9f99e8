"""What `ready()` of the app registers for scores."""

from core import timers
from sla.scores import (
    receivers,  # noqa: F401  # they subscribe when imported
    services,
    wording,
)
from tickets.extensions import creation_ways


def register() -> None:
    """Before alerts, which count from the due date that a new ticket gets here."""
    creation_ways.append(services.begin_promised_and_scored)
    wording.register()
    timers.register("scores_refreshed", services.refresh_due_scores, order=40)
