"""Alerts as the ticket page and the page of all of them show them."""

from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent
from core.labels import label_of
from sla.alerts.enums import LAST_LEVEL, AlertCondition, AlertStatus
from sla.alerts.models import Alert
from sla.alerts.policies import may_acknowledge
from sla.alerts.selectors import standing_on
from tickets.around import surroundings_of
from tickets.models import Ticket

Part = dict[str, Any]  # what a template takes
LOOKS = {1: ("warn", "bell"), 2: ("warn", "triangle-alert"), LAST_LEVEL: ("danger", "octagon-alert")}
"""Level -> tone and icon of its chip."""


def strip_of(ticket: Ticket, agent: Agent) -> list[Part]:
    """Of each condition the highest level that stands, with lower ones below it; nothing is read where none stands."""
    if not surroundings_of(ticket).also["alerts"]:
        return []
    url = reverse("desk:ticket", args=[ticket.reference])
    rows = [
        part_of(alert, agent, acknowledge_url=f"{url}alerts/{alert.pk}/acknowledge/") for alert in standing_on(ticket)
    ]
    groups = (list(group) for _name, group in groupby(rows, key=lambda row: row["condition"]))
    return [highest | {"lower": lower} for highest, *lower in groups]


def part_of(alert: Alert, agent: Agent, *, acknowledge_url: str) -> Part:
    """`alert` comes with its people; the address stays out for who may not acknowledge it now."""
    told = list(alert.recipients.all())
    is_theirs = any(person.pk == agent.pk for person in told) and may_acknowledge(agent)
    tone, icon = LOOKS[alert.level]
    is_over = alert.status == AlertStatus.CLEARED
    return {
        "id": alert.pk,
        "condition": alert.condition,
        "words": label_of(AlertCondition, alert.condition),
        "level": _("Level %(level)s") % {"level": alert.level},
        "tone": "" if is_over else tone,
        "icon": "check" if is_over else icon,
        "at": alert.triggered_at,
        "told": ", ".join(person.name for person in told),
        "status": alert.status,
        "status_label": label_of(AlertStatus, alert.status),
        "acknowledged_by": alert.acknowledged_by.name if alert.acknowledged_by else "",
        "acknowledged_at": alert.acknowledged_at,
        "cleared_at": alert.cleared_at,
        "acknowledge_url": acknowledge_url if is_theirs and alert.status == AlertStatus.OPEN else "",
    }


def row_of(alert: Alert, agent: Agent) -> Part:
    """A row of the page of all alerts; rows must come from `alerts_for`."""
    row = part_of(alert, agent, acknowledge_url=reverse("desk:alert-acknowledge", args=[alert.pk]))
    is_in_sight = vars(alert)["is_ticket_in_sight"]
    reference = alert.ticket.reference if is_in_sight else ""
    return row | {
        "reference": reference,
        "subject": alert.ticket.subject if is_in_sight else "",
        "url": reverse("desk:ticket", args=[reference]) if reference else "",
    }
