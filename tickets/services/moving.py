"""A mail that stands on the wrong ticket goes to the right one, and back (ruling 12).

The entry itself never changes: a `Placement` says where it is shown. Owners stay who they are, on both tickets.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.errors import Invalid, NotFound
from core.events import publish
from core.history import get_or_record, record_deletion
from core.service import service
from tickets.enums import (
    AuthorType,
    ClosureCode,
    EntryKind,
    LinkKind,
    OutboundKind,
    PlacementCause,
    TicketStatus,
    Unsent,
    Visibility,
)
from tickets.errors import EntryNotMovable, NothingToUndo, RoleForbids
from tickets.events import CustomerReplied, EntryMoved, TicketCancelled, TicketReopened
from tickets.models import Placement, Ticket, TicketLink, TicketParticipant, TimelineEntry
from tickets.policies import is_staff_role
from tickets.selectors import entries_of, place_of
from tickets.services._common import add_entry, change_status, index_words, lock, refuse_if_ended, touch
from tickets.services.lifecycle import RESOLUTION_FIELDS
from tickets.services.outgoing import cancel_held_messages, drop_all_scheduled
from tickets.services.ownership import OFFER_FIELDS, tell_former_candidate
from tickets.services.redaction import index_anew

S = TicketStatus
MACHINE_MADE = (
    EntryKind.SYSTEM,
    EntryKind.CHANGE,
    EntryKind.LINK,
    EntryKind.STATUS_CHANGE,
    EntryKind.OWNERSHIP,
    EntryKind.PRIORITY_CHANGE,
    EntryKind.FLAG,
    EntryKind.SLA_EVENT,
    EntryKind.ALERT,
    EntryKind.CONNECTOR,
)
"""Kinds that hold nothing by themselves: a ticket with no others left has lost what it was about."""


@service
def move_entry(
    entry_id: UUID, *, to: Ticket, by: Agent, may_resume: bool = True, along: Sequence[UUID] = ()
) -> Placement:
    """Show a mail on the ticket `to` instead of where it stands, and let it act there as if it had just come in.

    `along` are further entries of the same mail, as the words of whoever forwarded it; those that stand elsewhere stay.
    `may_resume` is False for mail that never reopens (ruling 17). A ticket that nobody owns and on which nothing else
    stands ends as a duplicate of `to`, so that answers to it arrive there. Raises RoleForbids, NotFound for a ticket
    out of sight, EntryNotMovable, Invalid, or TicketClosed.
    """
    entry, source, target = _locked(entry_id, to.pk, by=by)
    if entry.kind != EntryKind.EMAIL_INBOUND:
        raise EntryNotMovable
    if source.pk == target.pk:
        raise Invalid({"ticket": _("The mail stands on this ticket already.")})
    refuse_if_ended(target)
    others = _standing_on(source, along)
    is_left_empty = _is_left_empty(source, [entry, *others])
    placement = place_elsewhere(entry, source, target, PlacementCause.MOVE, by=by, along=others, ends=is_left_empty)
    if placement.has_ended_ticket:
        _end(source, target, by=by, at=placement.at)
    if may_resume:
        act_as_arrived(target, entry, at=placement.at)
    return placement


@service
def undo_move(entry_id: UUID, *, by: Agent, along: Sequence[UUID] = ()) -> Placement:
    """Put a moved mail back where it came from, with `along`; a ticket that ended by the move is open again.

    What the mail has set going on the other ticket (resumed, reopened) stays: people have seen it. Raises RoleForbids,
    NotFound, NothingToUndo, or TicketClosed if the first ticket has ended for another reason.
    """
    if not is_staff_role(by):
        raise RoleForbids
    last = Placement.objects.filter(entry=entry_id).order_by("-id").first()
    if last is None or last.cause != PlacementCause.MOVE:
        raise NothingToUndo(allowed=["move"])
    entry, target, source = _locked(entry_id, last.from_ticket_id, by=by)
    if source.pk != last.from_ticket_id or target.pk != last.to_ticket_id:
        raise NothingToUndo(allowed=["move"])
    was_ended = last.has_ended_ticket and source.closure_code == ClosureCode.DUPLICATE and source.owner is None
    if was_ended and source.status == S.CANCELLED:
        _restore(source, target, by=by)
    refuse_if_ended(source)
    return place_elsewhere(entry, target, source, PlacementCause.UNDO, by=by, along=_standing_on(target, along))


def _locked(entry_id: UUID, other_id: UUID, *, by: Agent) -> tuple[TimelineEntry, Ticket, Ticket]:
    """The entry, the ticket it stands on and the other one, both locked in the order of their ids."""
    if not is_staff_role(by):
        raise RoleForbids
    place = place_of(entry_id)
    both = {place, other_id}
    if Ticket.objects.visible_to(by).filter(pk__in=both).count() < len(both):
        raise NotFound
    tickets = {ticket_id: lock(ticket_id) for ticket_id in sorted(both)}
    if place_of(entry_id) != place:  # somebody else moved it while we waited
        raise EntryNotMovable
    return TimelineEntry.objects.select_related("contact").get(pk=entry_id), tickets[place], tickets[other_id]


def _standing_on(ticket: Ticket, entry_ids: Sequence[UUID]) -> list[TimelineEntry]:
    return list(entries_of(ticket).filter(pk__in=entry_ids)) if entry_ids else []


def place_elsewhere(
    entry: TimelineEntry,
    source: Ticket,
    target: Ticket,
    cause: PlacementCause,
    *,
    by: Agent,
    along: Sequence[TimelineEntry] = (),
    ends: bool = False,
) -> Placement:
    """Write the placements and all that follows from where an entry, and those that go along, stand."""
    at = timezone.now()
    for other in along:
        Placement.objects.create(entry=other, from_ticket=source, to_ticket=target, cause=cause, by=by, at=at)
    placement = Placement.objects.create(
        entry=entry, from_ticket=source, to_ticket=target, cause=cause, by=by, at=at, has_ended_ticket=ends
    )
    facts = {"sender": entry.author_name, "cause": str(cause)}
    away = {"event": "moved_away", "reference": target.reference, **facts}
    here = {"event": "moved_here", "reference": source.reference, **facts}
    add_entry(source, EntryKind.SYSTEM, author=by, at=at, facts=away)
    add_entry(target, EntryKind.SYSTEM, author=by, at=at, facts=here)
    _take_people_along(entry, source, target, by=by)
    for ticket in (source, target):
        recount(ticket)
    index_anew(source)
    for placed in (entry, *along):
        if placed.body_text:
            index_words(target, placed.body_text)
    moved = EntryMoved(
        ticket_id=target.pk,
        from_ticket_id=source.pk,
        entry_id=entry.pk,
        cause=str(cause),
        by_id=by.pk,
        occurred_at=at,
    )
    publish(moved)
    return placement


def _take_people_along(entry: TimelineEntry, source: Ticket, target: Ticket, *, by: Agent) -> None:
    """Who takes part by this mail alone takes part where it stands, and nowhere else: taking part opens a ticket to
    answers.
    """
    named = [address.lower() for address in (entry.email_from, *entry.email_to, *entry.email_cc) if address]
    people = {row.contact_id: row for row in source.participants.select_related("contact")}
    people = {pk: row for pk, row in people.items() if pk == entry.contact_id or row.contact.email.lower() in named}
    contacts = [row.contact for row in people.values()]
    if entry.contact is not None and entry.visibility == Visibility.PUBLIC and entry.contact not in contacts:
        contacts.append(entry.contact)
    for contact in contacts:
        if contact.pk != target.requester_id:
            get_or_record(TicketParticipant.objects.all(), by=by, ticket=target, contact=contact)
    left = entries_of(source).public()
    for row in people.values():
        spellings = [row.contact.email, row.contact.email.lower()]
        other = Q(contact=row.contact) | Q(email_to__overlap=spellings) | Q(email_cc__overlap=spellings)
        if not left.filter(other).exists():
            record_deletion(row, by=by)


def recount(ticket: Ticket) -> None:
    """When the customer last wrote follows from the entries that stand here; creation counts, as it always does."""
    written = entries_of(ticket).public().filter(author_type=AuthorType.CUSTOMER)
    newest = written.aggregate(newest=Max("created_at"))["newest"]
    touch(ticket, last_customer_message_at=max(newest, ticket.created_at) if newest else ticket.created_at)


def _is_left_empty(ticket: Ticket, moved: Sequence[TimelineEntry]) -> bool:
    """Nobody owns it, and beside this mail it holds nothing of people: no word, no task."""
    if ticket.owner_id is not None or ticket.status != S.NEW or ticket.tasks.exists():
        return False
    human = ~Q(kind__in=MACHINE_MADE) & ~Q(outbound_message__kind=OutboundKind.ACKNOWLEDGEMENT)
    return not entries_of(ticket).exclude(pk__in=[entry.pk for entry in moved]).filter(human).exists()


def _end(ticket: Ticket, target: Ticket, *, by: Agent, at: datetime) -> None:
    former, old = ticket.offered_to, ticket.status
    kind = LinkKind.DUPLICATE_OF
    get_or_record(TicketLink.objects.all(), by=by, from_ticket=ticket, to_ticket=target, kind=kind)
    ticket.cancel(code=ClosureCode.DUPLICATE, at=at)
    fields = ["closure_code", "closed_at", "waiting_since", *OFFER_FIELDS]
    change_status(ticket, old, by=by, at=at, code=str(ClosureCode.DUPLICATE), fields=fields)
    cancel_held_messages(ticket, by=by, at=at)
    tell_former_candidate(ticket, former, by=by, at=at)
    publish(TicketCancelled(ticket_id=ticket.pk, code=str(ClosureCode.DUPLICATE), occurred_at=at))


def _restore(ticket: Ticket, target: Ticket, *, by: Agent) -> None:
    for link in TicketLink.objects.filter(from_ticket=ticket, to_ticket=target, kind=LinkKind.DUPLICATE_OF):
        record_deletion(link, by=by)
    old = ticket.status
    ticket.restore()
    change_status(ticket, old, by=by, at=timezone.now(), fields=["closure_code", "closed_at"])


def act_as_arrived(ticket: Ticket, entry: TimelineEntry, *, at: datetime) -> None:
    """What the customer's mail would have done, had it come here at once: only if it came after what it answers."""
    contact = entry.contact
    if contact is None or entry.visibility != Visibility.PUBLIC:
        return
    drop_all_scheduled(ticket, reason=Unsent.CUSTOMER_WROTE, by=contact, at=at)
    old = ticket.status
    if old == S.WAITING_CUSTOMER and (ticket.waiting_since is None or entry.created_at > ticket.waiting_since):
        ticket.customer_replied()
        change_status(ticket, old, by=contact, at=at, fields=["waiting_since"])
    elif old == S.RESOLVED and (ticket.resolved_at is None or entry.created_at > ticket.resolved_at):
        ticket.reopen()
        change_status(ticket, old, by=contact, at=at, fields=[*RESOLUTION_FIELDS, "reopen_count"])
        publish(TicketReopened(ticket_id=ticket.pk, occurred_at=at))
    was_answered = ticket.first_response_at is not None
    publish(CustomerReplied(ticket_id=ticket.pk, entry_id=entry.pk, was_answered=was_answered, occurred_at=at))
