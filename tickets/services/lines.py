"""Lines on the main thread about what an app above does with the ticket."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from core.actors import Actor
from core.service import service
from tickets.enums import EntryKind
from tickets.models import Ticket, TimelineEntry
from tickets.services._common import add_entry, lock


@service
def tell_inside(which: UUID | Ticket, *, by: Actor, facts: Mapping[str, Any], words: str = "") -> TimelineEntry:
    """For staff alone. It asks for no right: the app above has done so. A ticket that it has locked in this transaction
    is taken as it is; by `words` the ticket is found.
    """
    ticket = which if isinstance(which, Ticket) else lock(which)
    return add_entry(ticket, EntryKind.SYSTEM, author=by, at=timezone.now(), facts=dict(facts), words=words)
