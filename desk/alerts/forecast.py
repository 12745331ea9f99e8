"""Who gets what next for a ticket, and when: a section beside its feed, for those who answer for it."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from desk.alerts.parts import LOOKS, Part
from desk.sections import Section
from notifications.preview import Arrival
from sla.alerts.errors import ForecastForbidden
from sla.alerts.forecast import Outlook, Reminding, Step, Told, forecast_of
from sla.alerts.policies import may_see_forecast
from tickets.models import Ticket


def _read(ticket: Ticket, _reader: Agent) -> dict[str, Any]:
    forecast = forecast_of(ticket, now=timezone.now())
    return {
        "outlooks": [_outlook(outlook) for outlook in forecast.outlooks],
        "remindings": [_reminding(reminding) for reminding in forecast.remindings],
        "customer_asked_at": forecast.customer_asked_at,
    }


def _outlook(outlook: Outlook) -> Part:
    return {
        "words": outlook.condition.label,
        "silence": outlook.silence.label if outlook.silence else "",
        "steps": [_step(step) for step in outlook.steps],
    }


def _step(step: Step) -> Part:
    tone, icon = LOOKS[step.level]
    label = _("Level %(level)s") % {"level": step.level}
    return {
        "level": label,
        "tone": tone,
        "icon": icon,
        "at": step.at,
        "people": [_person(told) for told in step.people],
    }


def _reminding(reminding: Reminding) -> Part:
    return {
        "words": reminding.kind.label,
        "at": reminding.at,
        "people": [_person(told) for told in reminding.people],
    }


def _person(told: Told) -> Part:
    return {"name": told.agent.name, "ways": [_way(arrival) for arrival in told.arrivals]}


def _way(arrival: Arrival) -> Part:
    return {
        "channel": arrival.channel.label,
        "later_at": None if arrival.is_now else arrival.at,
        "reason": arrival.reason,
    }


FORECAST = Section(
    title=gettext_lazy("Who is told next"),
    template="desk/alerts/_forecast.html",
    read=_read,
    is_for=lambda ticket: ticket.is_open,
    may_see=may_see_forecast,
    refusal=ForecastForbidden,
)
