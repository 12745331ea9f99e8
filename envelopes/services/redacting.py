"""What an envelope repeats of an entry that is redacted."""

from accounts.models import Agent
from core.history import record
from envelopes.models import Envelope
from envelopes.services._common import write
from envelopes.services.words import forget_words
from tickets.enums import EntryKind, Visibility
from tickets.files import REDACTED
from tickets.models import TimelineEntry


def blank_words_of(entry: TimelineEntry, by: Agent) -> bool:
    """Registered in `tickets.extensions.redaction_ways`: with the line that help was asked for goes the reason, with
    the one of its end the summary, with that of a withdrawal what was said then. Of an entry in a thread it is told
    there and not on the main thread.
    """
    envelope = _envelope_of(entry)
    if envelope is None:
        return False
    match entry.kind, entry.facts.get("event"):
        case EntryKind.ENVELOPE_CREATED, _:
            envelope.reason = REDACTED
        case EntryKind.ENVELOPE_COMPLETED, _ if envelope.summary == entry.body_text:
            envelope.summary = REDACTED
        case _, "envelope_cancelled":
            envelope.cancel_reason = REDACTED
    forget_words(envelope, entry)
    record(envelope, by=by, reason="redaction", update_fields=["reason", "summary", "cancel_reason"])
    if entry.visibility != Visibility.ENVELOPE_ONLY:
        return False
    write(envelope, by=by, event="redacted", seq=entry.seq)
    return True


def _envelope_of(entry: TimelineEntry) -> Envelope | None:
    envelopes = Envelope.objects.for_update().select_related("ticket")
    if entry.kind in (EntryKind.ENVELOPE_CREATED, EntryKind.ENVELOPE_COMPLETED):
        return envelopes.get(ticket=entry.ticket_id, number=entry.facts["number"])
    return envelopes.filter(posts__entry=entry).first()
