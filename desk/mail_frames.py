"""A mail in its own layout, alone in a sandboxed frame, and its text whole: nothing of it can act on our pages."""

import base64
import re
from html import escape, unescape

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string

from accounts.auth import AgentRequest
from connectors.mail.remote_images import FOLDER, path_of
from desk.entry_files import content_of
from tickets.models import TimelineEntry

FRAME_POLICY = (
    "default-src 'none'; img-src {images}; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox {sandbox}"
)
FRAME_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
INLINE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
MAX_INLINE_BYTES = 8 * 1024 * 1024
"""Of all inline images of one mail together; they are sent as base64."""
IMAGE = r'(<img(?: [\w-]+="[^"]*")*?)'
"""An image up to one of its attributes, each of them whole, in the regular form that the sanitiser writes: a sender's
value may look like an attribute.
"""
CID = re.compile(IMAGE + r' src="(?i:cid):([^"]*)"')
BLOCKED = re.compile(IMAGE + r' data-blocked-src="((?i:https?)://[^"]*)"')


def framed(request: AgentRequest, entry: TimelineEntry, *, may_load: bool) -> HttpResponse:
    """The mail's stored HTML, which was sanitised when it arrived. 404 for what has none.

    Inline images come as `data:`, since the frame sends no session cookie (ruling 23); remote ones, if they `may_load`,
    from ourselves under signed addresses: the browser asks nobody else for anything.
    """
    if not entry.body_html:
        raise Http404
    html = _with_inline_images(entry)
    if may_load:
        html = BLOCKED.sub(lambda found: f'{found[1]} src="{_handed_on(request, found[2])}"', html)
    response = HttpResponse(render_to_string("desk/original.html", {"entry": entry, "html": html}))
    images = f"data: {request.build_absolute_uri(FOLDER)}" if may_load else "data:"
    response.headers["Content-Security-Policy"] = FRAME_POLICY.format(images=images, sandbox=FRAME_SANDBOX)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _handed_on(request: AgentRequest, url: str) -> str:
    return escape(path_of(unescape(url), reader_id=request.agent.pk)) or "data:,"


def as_text(entry: TimelineEntry) -> HttpResponse:
    """A long message whole, as plain text."""
    response = HttpResponse(entry.body_text, content_type="text/plain; charset=utf-8")
    response.headers["Content-Security-Policy"] = FILE_POLICY
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
    return CID.sub(lambda one: f'{one[1]} src="{found.get(one[2].strip("<>"), "data:,")}"', entry.body_html)
