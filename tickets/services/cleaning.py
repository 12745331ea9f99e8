"""The HTML of a mail as a newer sanitiser lets it through: the one change of a timeline besides a redaction."""

import hashlib
from uuid import UUID

from core.actors import Actor
from core.service import service
from tickets.enums import EntryKind
from tickets.models import HtmlCleaning, TimelineEntry
from tickets.services._common import lock_places, save

CAME_IN = (EntryKind.EMAIL_INBOUND, EntryKind.ENVELOPE_MESSAGE)
"""Kinds of mails from outside, if nobody of ours has written them; the timeline's wall lets no other HTML change."""


@service
def replace_html(entry_id: UUID, *, html: str, sanitiser_version: int, by: Actor) -> bool:
    """Put `html` in the place of what an older sanitiser let through of the same mail; its text, author and time stay.

    The description of a ticket that the mail began goes along. False, and nothing is changed, for an entry that is no
    mail from outside, without HTML, with the same, or whose text was redacted.
    """
    tickets = lock_places(entry_id)
    entry = TimelineEntry.objects.get(pk=entry_id)
    old = entry.body_html
    if entry.kind not in CAME_IN or entry.author_id is not None or old in ("", html):
        return False
    digest = hashlib.sha256(html.encode()).hexdigest()
    HtmlCleaning.objects.create(entry_id=entry_id, sanitiser_version=sanitiser_version, html_sha256=digest)
    TimelineEntry.objects.filter(pk=entry_id).update(body_html=html)
    for ticket in tickets:
        if ticket.description_html == old:
            ticket.description_html = html
            save(ticket, by=by, reason="cleaned again", fields=["description_html"])
    return True
