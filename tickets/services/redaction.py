"""Blanking what must not stay: the one change a timeline knows."""

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import Role
from accounts.models import Agent
from core.errors import Invalid
from core.history import record
from core.service import service
from tickets.enums import EntryKind, ScanStatus
from tickets.errors import RedactionForbidden
from tickets.extensions import redaction_ways
from tickets.files import REDACTED
from tickets.models import Attachment, OutboundMessage, SearchDocument, Ticket, TimelineEntry
from tickets.selectors import entries_of, place_of
from tickets.services._common import add_entry, index_words, lock_places, save


@service
def redact_entry(entry_id: UUID, *, by: Agent, reason: str) -> TimelineEntry:
    """Blank the body of an entry for good, by an admin; row, author, time and reason stay.

    What repeats the body goes with it: the ticket's description, the copy of a sent mail, the words of the search, and
    what apps above keep of it; files of the entry are not served any more. Repeating it changes nothing. Raises
    RedactionForbidden, Invalid.
    """
    if not by.has_role(Role.ADMIN):
        raise RedactionForbidden
    if not reason.strip():
        raise Invalid({"reason": _("A redaction needs a reason.")})
    tickets, place = lock_places(entry_id), place_of(entry_id)
    ticket = next(ticket for ticket in tickets if ticket.pk == place)
    entry = TimelineEntry.objects.get(pk=entry_id)
    if entry.redacted_at is not None:
        return entry
    at = timezone.now()
    TimelineEntry.objects.filter(pk=entry.pk).update(
        body_text="", body_html="", redacted_at=at, redacted_by=by, redaction_reason=reason.strip()
    )
    for one in tickets:  # an entry that was moved leaves its words in the description of each ticket it began
        _blank_copies(one, entry, by=by)
    told_there = [way(entry, by) for way in redaction_ways]
    if not any(told_there):
        add_entry(ticket, EntryKind.SYSTEM, author=by, at=at, facts={"event": "redacted", "seq": entry.seq})
    entry.refresh_from_db()
    return entry


def _blank_copies(ticket: Ticket, entry: TimelineEntry, *, by: Agent) -> None:
    if ticket.description and ticket.description == entry.body_text:
        ticket.description = ticket.description_html = ""
        save(ticket, by=by, reason="redaction", fields=["description", "description_html"])
    OutboundMessage.objects.filter(entry=entry).update(body_text="", body_html="")
    for attachment in Attachment.objects.filter(entry=entry):
        attachment.scan_status, attachment.scan_note = ScanStatus.FAILED, REDACTED
        record(attachment, by=by, update_fields=["scan_status", "scan_note"])
    index_anew(ticket)


def index_anew(ticket: Ticket) -> None:
    """Words cannot be taken out one by one: the document is written again from what is left."""
    SearchDocument.objects.filter(ticket=ticket).delete()
    index_words(ticket, f"{ticket.subject} {ticket.requester.name} {ticket.requester.email}")
    for text in entries_of(ticket).main_thread().exclude(body_text="").values_list("body_text", flat=True).iterator():
        index_words(ticket, text)
