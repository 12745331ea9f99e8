"""Lines in an envelope's thread about what an app above does in it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from core.actors import Actor
from core.service import service
from envelopes.services._common import lock, write
from tickets.models import TimelineEntry


@service
def tell_in_envelope(envelope_id: UUID, *, by: Actor, facts: Mapping[str, Any]) -> TimelineEntry:
    """For those who read the envelope. It asks for no right: the app above has done so."""
    told = dict(facts)
    return write(lock(envelope_id), by=by, event=told.pop("event"), **told)
