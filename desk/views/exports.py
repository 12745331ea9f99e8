"""A list as a file: what the list shows under the same filter, all pages of it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from core.errors import Invalid
from core.tables import csv_rows, xlsx_rows
from desk.listing import listing_of
from desk.views.queues import state_in
from tickets.exporting import table_of
from tickets.policies import may_export

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_GET
@agent_required
def export(request: AgentRequest, view: str, kind: str) -> Any:  # a stream is no HttpResponse to Django
    """Streamed: the first rows leave before the last ones are read. Experts and admins get none."""
    if kind not in KINDS:
        raise Http404
    listing = listing_of(view, request.agent)
    if not may_export(request.agent):
        raise PermissionDenied
    try:
        state = state_in(request, listing)
        tickets = state.tickets(request.agent)
    except Invalid:  # the list explains what is wrong with its filter
        return redirect(f"{reverse('desk:queue', args=[view])}?{request.GET.urlencode()}")
    rows = table_of(tickets, state.ordering, timezone.get_current_timezone())
    pieces = csv_rows(rows) if kind == "csv" else xlsx_rows(rows, title=listing.label)
    name = f"{listing.slug}-{timezone.localdate():%Y-%m-%d}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(pieces, content_type=KINDS[kind], headers=headers)
