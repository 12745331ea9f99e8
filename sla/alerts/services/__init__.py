"""All writes on alerts, and on what is watched for them."""

from sla.alerts.services.acknowledging import acknowledge_alert
from sla.alerts.services.matrix import edit_rule
from sla.alerts.services.raising import raise_alerts, raise_due_alerts
from sla.alerts.services.telling import tell_of_alerts, tell_person
from sla.alerts.services.walking import follow_matrix
from sla.alerts.services.watching import (
    begin_again,
    begin_staleness,
    begin_watching,
    begin_watching_late,
    end_watching,
    follow_due,
    look_again,
    restart_staleness,
)

__all__ = [
    "acknowledge_alert",
    "begin_again",
    "begin_staleness",
    "begin_watching",
    "begin_watching_late",
    "edit_rule",
    "end_watching",
    "follow_due",
    "follow_matrix",
    "look_again",
    "raise_alerts",
    "raise_due_alerts",
    "restart_staleness",
    "tell_of_alerts",
    "tell_person",
]
