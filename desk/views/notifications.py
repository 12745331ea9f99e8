from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.auth import AgentRequest, agent_required
from connectors.mail.models import MailMessage
from core.errors import Invalid
from core.paging import Page, keyset_page
from envelopes.selectors import readable_envelope
from notifications.enums import EventType
from notifications.models import Notification
from notifications.selectors import notifications_of
from notifications.services import mark_read
from notifications.wording import describe
from tickets.in_sight import is_in_sight
from tickets.models import BulkAct
from tickets.querysets import NEWEST_FIRST


@require_GET
@agent_required
def notifications(request: AgentRequest) -> HttpResponse:
    error: Invalid | None = None
    page: Page[Notification] = Page([], None, None)
    try:
        cursor = str(request.GET.get("cursor", ""))
        page = keyset_page(notifications_of(request.agent), NEWEST_FIRST, cursor=cursor, size=30)
    except Invalid as refusal:
        error = refusal
    context = {
        "rows": [{"notification": row, "text": describe(row)} for row in page.items],
        "has_unread": any(row.read_at is None for row in page.items),
        "next_url": f"?cursor={page.next_cursor}" if page.next_cursor else "",
        "previous_url": f"?cursor={page.previous_cursor}" if page.previous_cursor else "",
        "error": error,
    }
    return render(request, "desk/notifications.html", context, status=error.status if error else 200)


@require_POST
@agent_required
def read_all(request: AgentRequest) -> HttpResponse:
    mark_read(request.agent)
    return redirect("desk:notifications")


@require_POST
@agent_required
def open_one(request: AgentRequest, notification_id: UUID) -> HttpResponse:
    """Mark one as read and go where it points, if that can still be seen, or is kept still."""
    row = get_object_or_404(notifications_of(request.agent), pk=notification_id)
    mark_read(request.agent, [row.pk])
    mail_id = row.payload.get("mail")
    if mail_id and MailMessage.objects.openable_by(request.agent).filter(pk=mail_id).exists():
        return redirect("mail:message", message_id=mail_id)
    if row.ticket and is_in_sight(request.agent, row.ticket.pk):
        number = row.payload.get("number")
        if number and readable_envelope(request.agent, ticket=row.ticket, number=number) is not None:
            return redirect("desk:envelope", reference=row.ticket.reference, number=number)
        return redirect("desk:ticket", reference=row.ticket.reference)
    act_id = row.payload.get("act_id") if row.event_type == EventType.BULK_ENDED else None
    if act_id and BulkAct.objects.filter(pk=act_id, person=request.agent).exists():
        return redirect("desk:bulk-act", act_id=act_id)
    return redirect("desk:notifications")
