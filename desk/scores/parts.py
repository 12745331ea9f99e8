"""The priority score as the ticket page tells it: what it is made of, in words."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from core.labels import label_of
from desk.sections import Section
from sla.scores.policies import may_override
from sla.scores.selectors import breakdown_of
from sla.scores.wording import why_of
from tickets.enums import Priority
from tickets.models import Ticket

Part = dict[str, Any]  # what a template takes


def score_section(ticket: Ticket, reader: Agent) -> Part:
    """What `desk/scores/_score.html` wants."""
    told = breakdown_of(ticket)
    is_theirs = ticket.is_open and may_override(reader, ticket)
    override = told.override
    return {
        "score": told.score,
        "computed": told.computed,
        "base": {"value": told.base, "words": _("Priority %(priority)s") % {"priority": _priority(ticket)}},
        "factors": [
            {"value": factor.value.normalize(), "words": why_of(factor.name, ticket)}
            for factor in told.factors
            if factor.applies
        ],
        "next_change_at": told.next_change_at if ticket.is_open else None,
        "override": {"by": override.by.name, "until": override.until, "reason": override.reason} if override else None,
        "override_url": reverse("desk:score", args=[ticket.reference]) if is_theirs else "",
        "free_url": reverse("desk:score-free", args=[ticket.reference]) if is_theirs and override else "",
    }


def _priority(ticket: Ticket) -> str:
    return str(label_of(Priority, ticket.priority))


SCORE = Section(title=gettext_lazy("Priority score"), template="desk/scores/_score.html", read=score_section)
