"""Scores in the reader's language: lines of timelines, and each factor in words."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.enums import Tier
from core.labels import label_of
from sla.scores.enums import Part
from sla.scores.scoring import FLAGS
from tickets import wording
from tickets.enums import FlagType
from tickets.models import Ticket

Facts = dict[str, Any]


def _set(facts: Facts) -> str:
    until = date_format(timezone.localtime(datetime.fromisoformat(facts["until"])), "SHORT_DATETIME_FORMAT")
    return _("Priority score set to %(score)s until %(until)s") % {"score": facts["score"], "until": until}


def why_of(part: Part, ticket: Ticket) -> str:
    """What lets this factor apply to the ticket."""
    match part:
        case Part.SLA:
            return _("A promise is due soon or missed")
        case Part.CUSTOMER:
            is_vip = FlagType.VIP in ticket.flags or ticket.requester.effective_tier == Tier.VIP
            return _("VIP customer") if is_vip else _("Premium customer")
        case Part.ESCALATION:
            return _("Nobody accepts the help asked for")
        case Part.NO_RESPONSE:
            return _("The customer waits for an answer for more than a day")
        case Part.REOPENED:
            return _("Opened again")
    return ", ".join(str(label_of(FlagType, flag)) for flag in ticket.flags if flag in FLAGS)


def register() -> None:
    """Called once, in `ready()`."""
    wording.put("score_set", _set)
    wording.put("score_freed", lambda f: _("Priority score is computed again"))
