from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.auth import AgentRequest, agent_required
from accounts.models import Agent
from connectors.mail.sentences import error_in_words
from core.errors import DomainError, Invalid, NotFound
from core.paging import keyset_page
from desk.delivery import words_of_failure
from desk.drafts import keep_taken_back
from desk.forms import ScheduleForm
from desk.outgoing import outgoing_of
from desk.people.views.common import asked_for_next
from desk.refusals import Refusal
from desk.scheduling import moment_in_words
from desk.services import take_back
from desk.ticket_page import refused
from desk.timeline import restore_url
from desk.undoing import recent_acts_of
from desk.views.forms import form_act
from desk.workspace import visible_ticket
from tickets import services
from tickets.enums import OutboundStatus, SendWhen
from tickets.errors import NotScheduled
from tickets.models import OutboundMessage
from tickets.querysets import NEWEST_FIRST
from tickets.selectors import messages_in_hand_of, outbox_of


@require_GET
@agent_required
def outbox(request: AgentRequest) -> HttpResponse:
    """Own messages on their way and gone, and own acts that can be taken back; newest first."""
    return _page(request, cursor=str(request.GET.get("cursor", "")))


def _page(request: AgentRequest, *, cursor: str = "", error: DomainError | None = None) -> HttpResponse:
    mine = outbox_of(request.agent).select_related("author", "handover").prefetch_related("attachments")
    try:
        page = keyset_page(mine, NEWEST_FIRST, cursor=cursor, size=30)
    except Invalid as refusal:
        error, page = refusal, keyset_page(mine, NEWEST_FIRST, size=30)
    context = {
        "messages_out": [_row(message, request.agent) for message in page.items],
        "next_url": f"?cursor={page.next_cursor}" if page.next_cursor else "",
        "previous_url": f"?cursor={page.previous_cursor}" if page.previous_cursor else "",
        "undoable": recent_acts_of(request.agent) if not cursor else [],
        "error": Refusal(error) if error else None,
    }
    return render(request, "desk/outbox.html", context, status=error.status if error else 200)


def _row(message: OutboundMessage, agent: Agent) -> dict[str, Any]:
    ticket, has_failed = message.ticket, message.status == OutboundStatus.FAILED
    shown = outgoing_of(message, agent, name=ticket.requester.name)
    return shown | {
        "status": message.status,
        "status_label": _("Scheduled") if shown["moment"] else OutboundStatus(message.status).label,
        "may_be_undone": message.may_be_undone,
        "ticket_url": reverse("desk:ticket", args=[ticket.reference]),
        "reference": ticket.reference,
        "subject": ticket.subject,
        "recipients": [*message.to_recipients, *message.cc_recipients],
        "at": message.sent_at or message.released_at or message.created_at,
        "last_error": words_of_failure(message) if has_failed else error_in_words(message.last_error),
        "restore_url": restore_url(ticket, message.pk) if has_failed else "",
    }


@require_POST
@agent_required
def undo(request: AgentRequest, message_id: UUID) -> HttpResponse:
    """Take an own reply back; its text, copies and files stand in the composer again."""
    message = get_object_or_404(messages_in_hand_of(request.agent), pk=message_id)
    try:
        services.undo_message(message.pk, by=request.agent)
    except DomainError as error:
        return _page(request, error=error)
    keep_taken_back(message, by=request.agent)
    messages.success(request, _("Taken back before it was sent. Your text stands in the reply below."))
    return redirect(restore_url(message.ticket, message.pk))


@require_POST
@agent_required
def undo_act(request: AgentRequest, entry_id: UUID) -> HttpResponse:
    """Take an own act of the last minutes back; then the page where it was asked for, else the ticket."""
    try:
        ticket = take_back(entry_id, by=request.agent)
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return _page(request, error=error)
    messages.success(request, _("Taken back"))
    return redirect(asked_for_next(request) or reverse("desk:ticket", args=[ticket.reference]))


@require_http_methods(["GET", "POST"])
@agent_required
def schedule(request: AgentRequest, message_id: UUID) -> HttpResponse:
    """Another moment for a reply that waits for one; `when=now` sends it."""
    message = get_object_or_404(messages_in_hand_of(request.agent), pk=message_id)
    ticket = visible_ticket(request.agent, message.ticket.reference)
    if request.method != "POST" and not (message.is_scheduled and message.status == OutboundStatus.HELD):
        return refused(request, ticket, NotScheduled(status=OutboundStatus(message.status).label))
    initial = {"when": SendWhen.AT, "send_at": message.release_at}
    form = ScheduleForm(request.POST if request.method == "POST" else None, initial=initial, auto_id="schedule-%s")

    def move(values: dict[str, Any]) -> None:
        when = values["when"]
        send_at = values["send_at"] if when == SendWhen.AT else None
        services.reschedule_message(message.pk, by=request.agent, when=when, send_at=send_at)

    words = {
        "title": _("When is the reply to be sent?"),
        "submit": _("Save the moment"),
        "icon": "clock",
        "lead": moment_in_words(message.release_at, ticket.requester),
    }
    return form_act(request, ticket, form, move, said=_("The reply has another moment"), words=words)
