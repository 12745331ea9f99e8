from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.auth import AgentRequest, agent_required
from accounts.models import Agent
from core.errors import DomainError, Invalid
from core.paging import keyset_page
from desk.ticket_page import Refusal
from desk.timeline import outgoing_of
from tickets import services
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage
from tickets.querysets import NEWEST_FIRST
from tickets.selectors import outbox_of


@require_GET
@agent_required
def outbox(request: AgentRequest) -> HttpResponse:
    """Own messages on their way and gone, newest first."""
    return _page(request, cursor=str(request.GET.get("cursor", "")))


def _page(request: AgentRequest, *, cursor: str = "", error: DomainError | None = None) -> HttpResponse:
    mine = outbox_of(request.agent).select_related("ticket__requester", "author").prefetch_related("attachments")
    try:
        page = keyset_page(mine, NEWEST_FIRST, cursor=cursor, size=30)
    except Invalid as refusal:
        error, page = refusal, keyset_page(mine, NEWEST_FIRST, size=30)
    context = {
        "messages_out": [_row(message, request.agent) for message in page.items],
        "next_url": f"?cursor={page.next_cursor}" if page.next_cursor else "",
        "previous_url": f"?cursor={page.previous_cursor}" if page.previous_cursor else "",
        "error": Refusal(error) if error else None,
    }
    return render(request, "desk/outbox.html", context, status=error.status if error else 200)


def _row(message: OutboundMessage, agent: Agent) -> dict[str, Any]:
    ticket = message.ticket
    return outgoing_of(message, agent, name=ticket.requester.name) | {
        "status": message.status,
        "status_label": OutboundStatus(message.status).label,
        "may_be_undone": message.may_be_undone,
        "ticket_url": reverse("desk:ticket", args=[ticket.reference]),
        "reference": ticket.reference,
        "subject": ticket.subject,
        "recipients": [*message.to_recipients, *message.cc_recipients],
        "at": message.sent_at or message.released_at or message.created_at,
        "last_error": message.last_error,
    }


@require_POST
@agent_required
def undo(request: AgentRequest, message_id: UUID) -> HttpResponse:
    """Take an own reply back; its text, copies and files stand in the composer again."""
    message = get_object_or_404(outbox_of(request.agent), pk=message_id)
    try:
        services.undo_message(message.pk, by=request.agent)
    except DomainError as error:
        return _page(request, error=error)
    messages.success(request, _("Taken back before it was sent. Your text stands in the reply below."))
    here = reverse("desk:ticket", args=[message.ticket.reference])
    return redirect(f"{here}?compose=reply&restore={message.pk}")
