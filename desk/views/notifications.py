from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.auth import AgentRequest, agent_required
from core.errors import Invalid
from core.paging import Page, keyset_page
from desk.composing import id_in
from desk.notified import address_of
from notifications.models import Notification
from notifications.selectors import notifications_of
from notifications.services import mark_read
from notifications.wording import describe, is_told_of_its_ticket
from tickets.querysets import NEWEST_FIRST


@dataclass
class Group:
    """What is new on one ticket, or one thing that is on none in sight."""

    reference: str
    subject: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    unread: list[UUID] = field(default_factory=list)


def grouped(items: Iterable[Notification]) -> list[Group]:
    """The news of each ticket together, where its newest stands."""
    groups: dict[UUID, Group] = {}
    for row in items:
        ticket = row.ticket if row.ticket is not None and is_told_of_its_ticket(row) else None
        if (key := ticket.pk if ticket else row.pk) not in groups:
            groups[key] = Group(ticket.reference, ticket.subject) if ticket else Group("", "")
        groups[key].rows.append({"notification": row, "text": describe(row)})
        if row.read_at is None:
            groups[key].unread.append(row.pk)
    return list(groups.values())


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
        "groups": grouped(page.items),
        "has_unread": any(row.read_at is None for row in page.items),
        "next_url": f"?cursor={page.next_cursor}" if page.next_cursor else "",
        "previous_url": f"?cursor={page.previous_cursor}" if page.previous_cursor else "",
        "error": error,
    }
    return render(request, "desk/notifications.html", context, status=error.status if error else 200)


@require_POST
@agent_required
def read_all(request: AgentRequest) -> HttpResponse:
    """All of them, or those that are named."""
    named = [found for given in request.POST.getlist("id") if (found := id_in(given)) is not None]
    mark_read(request.agent, named if "id" in request.POST else None)
    return redirect("desk:notifications")


@require_POST
@agent_required
def open_one(request: AgentRequest, notification_id: UUID) -> HttpResponse:
    """Mark one as read and go where it points, if that can still be seen, or is kept still."""
    row = get_object_or_404(notifications_of(request.agent), pk=notification_id)
    mark_read(request.agent, [row.pk])
    return redirect(address_of(request.agent, row))
