"""Case flags of a ticket: add, clear, and what belongs to single ones."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.auth import AgentRequest, agent_required
from desk.flags import FlagForm, SentimentForm
from desk.forms import NeededReasonForm
from desk.unfinished import posted_or_typed
from desk.views.forms import form_act
from desk.workspace import visible_ticket
from tickets import services
from tickets.models import CaseFlag, Ticket


@require_http_methods(["GET", "POST"])
@agent_required
def flags(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)

    def add(values: dict[str, Any]) -> None:
        services.add_flag(ticket.pk, by=request.agent, **values)

    words = {"title": _("Add flag"), "submit": _("Add flag"), "icon": "flag"}
    return form_act(
        request, ticket, FlagForm(posted_or_typed(request), auto_id="flag-%s"), add, said=_("Flagged"), words=words
    )


@require_http_methods(["GET", "POST"])
@agent_required
def flag(request: AgentRequest, reference: str, flag_id: UUID, name: str) -> HttpResponse:
    """`clear`, `waiver` of a photo, `sentiment` of a case in social media."""
    ticket = visible_ticket(request.agent, reference)
    found = get_object_or_404(ticket.case_flags, pk=flag_id)
    if name not in STEPS:
        raise Http404
    return STEPS[name](request, ticket, found)


def _clear(request: AgentRequest, ticket: Ticket, found: CaseFlag) -> HttpResponse:
    return form_act(
        request,
        ticket,
        NeededReasonForm(posted_or_typed(request), auto_id="clear-%s"),
        lambda values: services.clear_flag(found.pk, by=request.agent, reason=values["reason"]),
        said=_("Flag cleared"),
        words={
            "title": _("Clear flag: %(flag)s") % {"flag": found.get_type_display()},
            "submit": _("Clear flag"),
            "icon": "check",
            "lead": found.shown_reason,
        },
    )


def _waiver(request: AgentRequest, ticket: Ticket, found: CaseFlag) -> HttpResponse:
    return form_act(
        request,
        ticket,
        NeededReasonForm(posted_or_typed(request), auto_id="waiver-%s"),
        lambda values: services.waive_photo(found.pk, by=request.agent, reason=values["reason"]),
        said=_("Noted that there is no photo"),
        words={
            "title": _("There is no photo of the damage"),
            "submit": _("Go on without a photo"),
            "icon": "check",
            "lead": _("The reason stands on the timeline, for colleagues alone."),
        },
    )


def _sentiment(request: AgentRequest, ticket: Ticket, found: CaseFlag) -> HttpResponse:
    return form_act(
        request,
        ticket,
        SentimentForm(
            posted_or_typed(request), initial={"sentiment": found.sentiment or "neutral"}, auto_id="sentiment-%s"
        ),
        lambda values: services.record_sentiment(found.pk, by=request.agent, sentiment=values["sentiment"]),
        said=_("Sentiment recorded"),
        words={
            "title": _("Record the sentiment"),
            "submit": _("Record the sentiment"),
            "icon": "check",
            "lead": _("How people write about the case at its end. The customer does not see it."),
        },
    )


STEPS = {"clear": _clear, "waiver": _waiver, "sentiment": _sentiment}
