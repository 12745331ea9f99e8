"""The HTML of a mail as a newer sanitiser lets it through: the one change of a timeline besides a redaction."""

import hashlib
from uuid import UUID

from core.actors import Actor
from core.service import service
from tickets.models import HtmlCleaning, TimelineEntry
from tickets.selectors import place_of
from tickets.services._common import lock, save


@service
def replace_html(entry_id: UUID, *, html: str, sanitiser_version: int, by: Actor) -> bool:
    """Put `html` in the place of what an older sanitiser let through of the same mail; its text, author and time stay.

    The description of a ticket that the mail began goes along. False, and nothing is changed, for an entry without
    HTML, with the same, or whose text was redacted.
    """
    home, place = TimelineEntry.objects.values_list("ticket_id", flat=True).get(pk=entry_id), place_of(entry_id)
    tickets = [lock(ticket_id) for ticket_id in sorted({home, place})]  # in the order of ids, as everywhere
    old = TimelineEntry.objects.values_list("body_html", flat=True).get(pk=entry_id)
    if old in ("", html):
        return False
    digest = hashlib.sha256(html.encode()).hexdigest()
    HtmlCleaning.objects.create(entry_id=entry_id, sanitiser_version=sanitiser_version, html_sha256=digest)
    TimelineEntry.objects.filter(pk=entry_id).update(body_html=html)
    for ticket in tickets:
        if ticket.description_html == old:
            ticket.description_html = html
            save(ticket, by=by, reason="cleaned again", fields=["description_html"])
    return True
