"""What was tried on a ticket: entries marked as attempts that worked or did not."""

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.actors import Actor
from core.errors import Invalid, NotFound
from core.events import publish
from core.service import service
from tickets.enums import SPOKEN, AttemptOutcome, AuthorType, EntryKind
from tickets.errors import EntryNoAttempt
from tickets.events import AttemptMarked
from tickets.models import AttemptMark, TimelineEntry
from tickets.selectors import entries_of
from tickets.services._common import add_entry, check_version, lock, refuse_if_ended
from tickets.services._noting import refuse_unless_may_note


def may_be_attempt(entry: TimelineEntry) -> bool:
    """Somebody's words, not those that the desk itself writes."""
    return entry.kind in SPOKEN and entry.author_type != AuthorType.SYSTEM


@service
def mark_attempt(
    ticket_id: UUID, *, entry_id: UUID, by: Actor, outcome: str, version: int | None = None
) -> AttemptMark | None:
    """Say what became of what an entry tells; a later mark replaces it, and all are kept. Whoever may write notes may.

    Repeating the mark in force changes nothing; the answer is the mark in force, None for an entry never marked. Raises
    NotFound for an entry that does not stand on the ticket, EntryNoAttempt, Invalid, TicketClosed or StaleVersion.
    """
    ticket = lock(ticket_id)
    refuse_unless_may_note(by, ticket)
    if outcome not in AttemptOutcome:
        raise Invalid({"outcome": _("Say whether it worked.")})
    entry = entries_of(ticket).main_thread().filter(pk=entry_id).first()
    if entry is None:
        raise NotFound
    refuse_if_ended(ticket)
    if not may_be_attempt(entry):
        raise EntryNoAttempt
    check_version(ticket, version)
    last = AttemptMark.objects.filter(entry=entry).order_by("-id").first()
    if outcome == (last.outcome if last else AttemptOutcome.NONE):
        return last
    now = timezone.now()
    agent = by if isinstance(by, Agent) else None
    mark = AttemptMark.objects.create(
        entry=entry, home_id=entry.ticket_id, outcome=outcome, by=agent, by_name=by.audit_name, at=now
    )
    facts = {"event": "attempt", "seq": entry.seq, "outcome": str(outcome), "of": entry.author_name}
    add_entry(ticket, EntryKind.SYSTEM, author=by, at=now, facts=facts)
    publish(AttemptMarked(ticket_id=ticket.pk, entry_id=entry.pk, outcome=str(outcome), occurred_at=now))
    return mark
