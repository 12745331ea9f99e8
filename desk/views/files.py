"""Files and mails as they came: each download is authorised, and nothing of it can act on our pages."""

import base64
import re
from uuid import UUID

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from desk.timeline import content_of
from desk.workspace import visible_ticket
from tickets.enums import EntryKind
from tickets.models import TimelineEntry
from tickets.selectors import attachments_visible_to, entries_of

FRAME_POLICY = (
    "default-src 'none'; img-src {images}; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox {sandbox}"
)
FRAME_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
INLINE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
MAX_INLINE_BYTES = 8 * 1024 * 1024
"""Of all inline images of one mail together; they are sent as base64."""
CID = re.compile(r'(<img\b[^<>]*?\bsrc=")cid:([^"]*)(")', re.IGNORECASE)
BLOCKED = re.compile(r'(<img\b[^<>]*?)\bdata-blocked-src="([^"]*)"', re.IGNORECASE)


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
    """A mail in its own layout, for a sandboxed frame: its stored HTML was sanitised when it arrived.

    Inline images come as `data:`, since the frame sends no session cookie (ruling 23); remote ones only once a person
    has allowed them for the ticket.
    """
    entry = _entry(request, reference, entry_id)
    if not entry.body_html:
        raise Http404
    may_load = entry.ticket.remote_images_allowed
    html = _with_inline_images(entry)
    if may_load:
        html = BLOCKED.sub(r'\1src="\2"', html)
    page = render_to_string("desk/original.html", {"entry": entry, "html": html})
    response = HttpResponse(page)
    images = "data: https: http:" if may_load else "data:"
    response.headers["Content-Security-Policy"] = FRAME_POLICY.format(images=images, sandbox=FRAME_SANDBOX)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _with_inline_images(entry: TimelineEntry) -> str:
    """`cid:` addresses of images replaced by the images themselves, as far as they are clean and fit."""
    if "cid:" not in entry.body_html:
        return entry.body_html
    left = MAX_INLINE_BYTES
    found: dict[str, str] = {}
    for file in entry.attachments.exclude(content_id="").filter(content_type__in=INLINE_TYPES).order_by("created_at"):
        if not file.may_be_served or file.size_bytes > left:
            continue
        left -= file.size_bytes
        encoded = base64.b64encode(content_of(file)).decode("ascii")
        found[file.content_id.strip("<>")] = f"data:{file.content_type};base64,{encoded}"
    return CID.sub(lambda match: match[1] + found.get(match[2].strip("<>"), "data:,") + match[3], entry.body_html)


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
    response = HttpResponse(entry.body_text, content_type="text/plain; charset=utf-8")
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response
