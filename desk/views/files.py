"""Files and mails as they came: each download is authorised, and nothing of it can act on our pages."""

from uuid import UUID

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from desk.mail_frames import FILE_POLICY, as_text, framed
from desk.workspace import visible_ticket
from tickets.enums import EntryKind
from tickets.models import TimelineEntry
from tickets.selectors import attachments_visible_to, entries_of


@require_GET
@agent_required  # type: ignore[arg-type]  # a stream is no HttpResponse to the type checker
def attachment(request: AgentRequest, attachment_id: UUID) -> FileResponse:
    """A clean file of a visible ticket, always as a download; every other one is missing."""
    file = get_object_or_404(attachments_visible_to(request.agent), pk=attachment_id)
    if not file.may_be_served:
        raise Http404
    try:
        content = file.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(content, as_attachment=True, filename=file.filename, content_type=file.content_type)
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def _entry(request: AgentRequest, reference: str, entry_id: UUID) -> TimelineEntry:
    ticket = visible_ticket(request.agent, reference)
    entry: TimelineEntry = get_object_or_404(entries_of(ticket).main_thread(), pk=entry_id)
    entry.ticket = ticket
    return entry


@require_GET
@xframe_options_sameorigin
@agent_required
def original(request: AgentRequest, reference: str, entry_id: UUID) -> HttpResponse:
    """A mail in its own layout; remote images load only once a person has allowed them for the ticket."""
    entry = _entry(request, reference, entry_id)
    return framed(request, entry, may_load=entry.ticket.remote_images_allowed)


@require_GET
@agent_required
def whole_text(request: AgentRequest, reference: str, entry_id: UUID) -> HttpResponse:
    """A long message whole, as plain text."""
    entry = _entry(request, reference, entry_id)
    if entry.kind not in (
        EntryKind.EMAIL_INBOUND,
        EntryKind.EMAIL_OUTBOUND,
        EntryKind.NOTE,
        EntryKind.CHAT,
        EntryKind.PHONE_NOTE,
    ):
        raise Http404
    return as_text(entry)
