"""What is promised follows the ticket: urgency is inherited, and rises with it (domain.md section 5)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core.actors import Actor
from core.history import record
from core.service import service
from envelopes.clock import clock
from envelopes.enums import OlaMetric
from envelopes.models import Envelope
from envelopes.services._common import lock, write
from tickets.models import TimelineEntry
from tickets.services import lock_ticket


@service
def renew_dues(ticket_id: UUID, *, by: Actor) -> int:
    """Compute anew what the ticket's open envelopes still have to keep, from the starts that count: for whoever changes
    the ticket's own due date or what it follows from. Answers how many envelopes are due at another moment now.

    What has been kept or missed already stays as it was: no answer is owed once somebody has accepted.
    """
    lock_ticket(ticket_id)
    rows = Envelope.objects.open().filter(ticket=ticket_id).order_by("pk").values_list("pk", flat=True)
    return sum(_renew(lock(envelope_id), by=by) for envelope_id in list(rows))


@service
def tell_of_due(envelope_id: UUID, *, by: Actor, event: str, **facts: Any) -> TimelineEntry:
    """A line in the envelope's thread on what was promised there; the app above says how it reads."""
    return write(lock(envelope_id), by=by, event=event, **facts)


def _renew(envelope: Envelope, *, by: Actor) -> bool:
    metric, name, start = _running(envelope)
    due = clock().due_at(envelope, metric, start=start)
    if due == getattr(envelope, name):
        return False
    setattr(envelope, name, due)
    record(envelope, by=by, update_fields=[name])
    return True


def _running(envelope: Envelope) -> tuple[OlaMetric, str, datetime]:
    """The clock that runs, the field that says when it is due, and from when on it counts."""
    if envelope.completion_started_at is not None:
        return OlaMetric.COMPLETION, "completion_due_at", envelope.completion_started_at
    return OlaMetric.RESPONSE, "response_due_at", envelope.opened_at
