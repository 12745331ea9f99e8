"""What happens because time has passed."""

from datetime import datetime
from uuid import UUID

from core.actors import TIMER
from core.events import publish
from core.history import record
from core.service import service
from core.sweep import run_each
from envelopes.enums import EnvelopeStatus
from envelopes.events import EnvelopeTimedOut
from envelopes.models import Envelope
from envelopes.services._common import lock

BATCH = 500


def time_out_due_envelopes(*, now: datetime) -> int:
    """Bring up, once a cycle, what nobody has accepted within 240 business minutes."""
    due = Envelope.objects.due_to_time_out(now).values_list("pk", flat=True)[:BATCH]
    return run_each(list(due), lambda envelope_id: time_out_envelope(envelope_id, at=now))


@service
def time_out_envelope(envelope_id: UUID, *, at: datetime) -> bool:
    """The envelope stays asked; False if it was answered meanwhile."""
    envelope = lock(envelope_id)
    due, since = envelope.timeout_due_at, envelope.pending_since
    if envelope.status != EnvelopeStatus.PENDING or due is None or due > at or since is None:
        return False
    envelope.timeout_due_at, envelope.timeout_notified_at = None, at
    record(envelope, by=TIMER)
    publish(
        EnvelopeTimedOut(
            envelope_id=envelope.pk,
            ticket_id=envelope.ticket_id,
            by_id=None,
            pending_since=since.isoformat(),
            occurred_at=at,
        )
    )
    return True
