"""What apps above need of a ticket on which they get help: whether it waits, who reads along, what is written aside.

None of these asks for a right: the app above, which alone knows who takes part in the help, has done so. A ticket that
it has locked in this transaction is taken as it is.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Agent
from core.actors import Actor
from core.service import service
from tickets.enums import EntryKind, TicketStatus, Visibility
from tickets.models import Ticket, TicketReader, TimelineEntry
from tickets.services._common import add_entry, change_status, lock, touch, touched
from tickets.services.attachments import NewFile, store_files
from tickets.services.creation import Message

S = TicketStatus
TOLD_INSIDE = (EntryKind.ENVELOPE_CREATED, EntryKind.ENVELOPE_COMPLETED, EntryKind.SYSTEM)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """An agent, or the people of a team, to read a ticket's main thread; a row of `TicketReader`."""

    agent_id: UUID | None = None
    team_id: UUID | None = None
    is_for_those_in_charge: bool = False
    until: datetime | None = None


@service
def wait_for_colleagues(which: UUID | Ticket, *, by: Actor) -> Ticket:
    """The ticket waits for help that it cannot go on without; only one in progress does, any other stays as it is.

    Limits of work in progress are not asked: whoever gets help is not to be kept from it by a full column.
    """
    ticket = _locked(which)
    if ticket.status == S.IN_PROGRESS:
        now, old = timezone.now(), ticket.status
        ticket.wait_for_colleagues(at=now)
        change_status(ticket, old, by=by, at=now, fields=["waiting_since"])
    return ticket


@service
def end_wait_for_colleagues(which: UUID | Ticket, *, by: Actor) -> Ticket:
    """The help is there: the ticket is in progress again, unless something else has moved it on meanwhile."""
    ticket = _locked(which)
    if ticket.status == S.WAITING_INTERNAL:
        now, old = timezone.now(), ticket.status
        ticket.resume()
        change_status(ticket, old, by=by, at=now, fields=["waiting_since"])
    return ticket


@service
def set_readers(which: UUID | Ticket, *, source: UUID, readers: Collection[Reader], by: Actor) -> None:
    """Who reads the ticket because of `source` from now on, in place of whoever did so before."""
    ticket = _locked(which)
    standing = {
        Reader(
            agent_id=row.agent_id,
            team_id=row.team_id,
            is_for_those_in_charge=row.is_for_those_in_charge,
            until=row.until,
        ): row.pk
        for row in TicketReader.objects.filter(source=source)
    }
    wanted = set(readers)
    if gone := [pk for reader, pk in standing.items() if reader not in wanted]:
        TicketReader.objects.filter(pk__in=gone).delete()
    if new := wanted - standing.keys():
        TicketReader.objects.bulk_create(TicketReader(ticket=ticket, source=source, **vars(reader)) for reader in new)
    if gone or new:
        touched(ticket.pk, at=timezone.now())


@service
def write_aside(
    which: UUID | Ticket,
    *,
    by: Actor,
    body_text: str = "",
    kind: EntryKind = EntryKind.ENVELOPE_MESSAGE,
    facts: Mapping[str, Any] | None = None,
    message: Message | None = None,
    files: Sequence[NewFile] = (),
) -> TimelineEntry:
    """An entry that is on nobody's main thread and is not found by its words; the app above says who reads it, and with
    it its files. A mail's `message` is kept whole.
    """
    ticket = _locked(which)
    now = timezone.now()
    fields = message.entry_fields(**(facts or {})) if message else {"facts": dict(facts or {})}
    entry = add_entry(
        ticket,
        kind,
        author=by,
        at=now,
        visibility=Visibility.ENVELOPE_ONLY,
        body_text=message.body_text if message else body_text,
        **fields,
    )
    store_files(message.files if message else files, entry=entry)
    if isinstance(by, Agent):
        touch(ticket, last_staff_activity_at=now)
    return entry


@service
def tell_of_help(
    which: UUID | Ticket, *, kind: EntryKind, by: Actor, facts: Mapping[str, Any], body_text: str = ""
) -> TimelineEntry:
    """A line on the main thread that help was asked for, has come or could not be asked for, for the ticket's own
    people.
    """
    if kind not in TOLD_INSIDE:
        raise ValueError(f"{kind} is not about help")
    ticket = _locked(which)
    now = timezone.now()
    return add_entry(ticket, kind, author=by, at=now, facts=dict(facts), body_text=body_text)


def _locked(which: UUID | Ticket) -> Ticket:
    return which if isinstance(which, Ticket) else lock(which)


def forget_former_readers(*, now: datetime) -> int:
    """A timer: remove those whose time is over. They see nothing since then; this only keeps the table small."""
    old = TicketReader.objects.filter(until__lte=now).values("pk")[:500]
    return TicketReader.objects.filter(pk__in=old).delete()[0]
