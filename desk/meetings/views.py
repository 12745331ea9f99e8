"""Meetings of a ticket and of an envelope: arranged, changed, cancelled, tried again."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.auth import AgentRequest, agent_required
from connectors.meetings import services
from connectors.meetings.enums import MeetingState
from connectors.meetings.models import Meeting
from connectors.meetings.policies import may_arrange
from connectors.meetings.selectors import calendar_for, meetings_seen_by
from core.errors import DomainError, Invalid, StaleVersion
from desk.forms import add_refusal
from desk.meetings.forms import EditMeetingForm, FarewellForm, MeetingForm
from desk.meetings.parts import answers_of, groups_of, part_of, place_of, usual_people, who_may_come
from desk.refusals import Refusal, refusal_for
from desk.stale import Difference, differences_in, take_current_version
from desk.unfinished import forget_typed, made_for, posted_or_typed
from desk.workspace import visible_ticket
from envelopes.enums import EnvelopeStatus
from envelopes.models import Envelope
from envelopes.selectors import readable_envelope
from tickets.models import Ticket

SHOWN = 50
USUAL_MINUTES = 30


@require_http_methods(["GET", "POST"])
@agent_required
def of_ticket(request: AgentRequest, reference: str) -> HttpResponse:
    """The ticket's own meetings; a POST arranges one."""
    return _meetings(request, visible_ticket(request.agent, reference), None)


@require_http_methods(["GET", "POST"])
@agent_required
def of_envelope(request: AgentRequest, reference: str, number: int) -> HttpResponse:
    """The meetings of an envelope, for those who read its thread; a POST arranges one."""
    envelope = readable_envelope(request.agent, ticket__reference=reference.upper(), number=number)
    if envelope is None:
        raise Http404
    return _meetings(request, visible_ticket(request.agent, reference), envelope)


def _meetings(request: AgentRequest, ticket: Ticket, envelope: Envelope | None) -> HttpResponse:
    form = MeetingForm(
        posted_or_typed(request),
        initial={"minutes": USUAL_MINUTES, "attendees": usual_people(request.agent, ticket, envelope)},
        people=who_may_come(envelope),
        auto_id="meeting-%s",
    )
    if request.method != "POST":
        return _list_page(request, ticket, envelope, form if _is_possible(request, ticket, envelope) else None)
    try:
        if may_arrange(request.agent, ticket, envelope) and not form.is_valid():
            return _list_page(request, ticket, envelope, form, status=400)
        wanted = form.wanted() if form.is_valid() else _nothing()
        made = services.arrange_meeting(
            ticket.pk, wanted, by=request.agent, envelope_id=envelope.pk if envelope else None
        )
    except Invalid as refusal:
        add_refusal(form, refusal)
        return _list_page(request, ticket, envelope, form, status=refusal.status)
    except DomainError as refusal:
        error = refusal_for(request.agent, ticket, refusal)
        return _list_page(request, ticket, envelope, form, error=error, status=refusal.status)
    forget_typed(request)
    messages.success(request, _("The invitation is on its way"))
    return redirect("desk:meeting", ticket.reference, made.pk)


def _nothing() -> services.Wanted:
    """For the refusal of those who may not arrange any."""
    return services.Wanted(title="", starts_at=timezone.now(), minutes=0, attendees=[])


def _is_possible(request: AgentRequest, ticket: Ticket, envelope: Envelope | None) -> bool:
    is_open = not ticket.is_ended and (envelope is None or envelope.status == EnvelopeStatus.ACTIVE)
    return is_open and may_arrange(request.agent, ticket, envelope) and calendar_for(ticket.team_id) is not None


def _list_page(
    request: AgentRequest,
    ticket: Ticket,
    envelope: Envelope | None,
    form: MeetingForm | None,
    *,
    error: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = Meeting.objects.filter(envelope=envelope) if envelope else Meeting.objects.of_ticket(ticket)
    context = {
        "ticket": ticket,
        "envelope": envelope,
        "place": place_of(ticket, envelope),
        "groups": groups_of(rows.with_all()[:SHOWN], timezone.now()),
        "form": form,
        "error": error,
        "made_for": made_for(request.agent),
    }
    return render(request, "desk/meetings/meetings.html", context, status=status)


def _seen(request: AgentRequest, reference: str, meeting_id: UUID) -> Meeting:
    """Also by the reference under which it was arranged, before its ticket was merged into another one."""
    its_own = Q(ticket__reference=reference.upper()) | Q(origin__reference=reference.upper())
    found = meetings_seen_by(request.agent).filter(its_own, pk=meeting_id).first()
    if found is None:
        raise Http404
    if found.envelope is not None:
        found.envelope.ticket = found.ticket
    return found


@require_http_methods(["GET", "POST"])
@agent_required
def meeting(request: AgentRequest, reference: str, meeting_id: UUID) -> HttpResponse:
    """One meeting; a POST changes its title, time or people."""
    found = _seen(request, reference, meeting_id)
    form = _edit_form(request, found, request.POST or None)
    if request.method != "POST":
        return _page(request, found)
    if may_arrange(request.agent, found.ticket, found.envelope) and not form.is_valid():
        return _page(request, found, form=form, status=400)
    version = form.cleaned_data.get("version") if form.is_valid() else None
    values = form.values() if form.is_valid() else {}
    try:
        services.change_meeting(found.pk, by=request.agent, version=version, **values)
    except Invalid as refusal:
        add_refusal(form, refusal)
        return _page(request, found, form=form, status=refusal.status)
    except StaleVersion as refusal:
        differences = differences_in(form)
        take_current_version(form, refusal)
        return _refused(request, found, refusal, form=form, differences=differences)
    except DomainError as refusal:
        return _refused(request, found, refusal, form=form)
    messages.success(request, _("Changed; the calendar tells the attendees"))
    return redirect("desk:meeting", found.ticket.reference, found.pk)


@require_POST
@agent_required
def cancel(request: AgentRequest, reference: str, meeting_id: UUID) -> HttpResponse:
    """With a word to the attendees."""
    found = _seen(request, reference, meeting_id)
    form = FarewellForm(request.POST, auto_id="farewell-%s")
    if may_arrange(request.agent, found.ticket, found.envelope) and not form.is_valid():
        return _page(request, found, farewell=form, status=400)
    try:
        farewell = form.cleaned_data["farewell"] if form.is_valid() else ""
        services.cancel_meeting(found.pk, by=request.agent, farewell=farewell)
    except Invalid as refusal:
        add_refusal(form, refusal)
        return _page(request, found, farewell=form, status=refusal.status)
    except DomainError as refusal:
        return _refused(request, found, refusal, farewell=form)
    messages.success(request, _("Cancelled; the calendar tells the attendees"))
    return redirect("desk:meeting", found.ticket.reference, found.pk)


@require_POST
@agent_required
def retry(request: AgentRequest, reference: str, meeting_id: UUID) -> HttpResponse:
    found = _seen(request, reference, meeting_id)
    try:
        services.retry_meeting(found.pk, by=request.agent)
    except DomainError as refusal:
        return _refused(request, found, refusal)
    messages.success(request, _("Tried again"))
    return redirect("desk:meeting", found.ticket.reference, found.pk)


def _refused(request: AgentRequest, found: Meeting, refusal: DomainError, **more: Any) -> HttpResponse:
    now = _seen(request, found.ticket.reference, found.pk)
    error = refusal_for(request.agent, found.ticket, refusal)
    return _page(request, now, error=error, status=refusal.status, **more)


def _edit_form(request: AgentRequest, found: Meeting, data: Any = None) -> EditMeetingForm:
    return EditMeetingForm(data, meeting=found, people=who_may_come(found.envelope), auto_id="meeting-%s")


def _page(
    request: AgentRequest,
    found: Meeting,
    *,
    form: EditMeetingForm | None = None,
    farewell: FarewellForm | None = None,
    differences: Sequence[Difference] = (),
    error: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    is_theirs = may_arrange(request.agent, found.ticket, found.envelope)
    is_changeable = is_theirs and not found.is_over(now)
    context = {
        "ticket": found.ticket,
        "place": place_of(found.ticket, found.envelope),
        "meeting": found,
        "part": part_of(found, now),
        "answers": answers_of(found),
        "form": (form or _edit_form(request, found)) if is_changeable and not found.ticket.is_ended else None,
        "differences": differences,
        "farewell": (farewell or FarewellForm(auto_id="farewell-%s")) if is_changeable else None,
        "may_retry": is_theirs and found.state == MeetingState.FAILED and (found.is_cancelled or found.ends_at > now),
        "error": error,
    }
    return render(request, "desk/meetings/meeting.html", context, status=status)
