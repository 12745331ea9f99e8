"""Two tickets about one thing become one, and are parted again (rulings 12 and 21).

Entries are placed, never changed, and owners stay who they are on both tickets: what ends is the ticket, not ownership.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Contact
from core.errors import DomainError, Invalid, NotFound
from core.events import publish
from core.history import get_or_record, record_deletion
from core.service import service
from tickets import guards
from tickets.enums import OPEN, AuthorType, ClosureCode, EntryKind, LinkKind, PlacementCause, TicketStatus
from tickets.errors import MergeAcrossCustomers, MergeTargetEnded, UnmergeImpossible
from tickets.events import MergeUndone, TicketCancelled, TicketMerged
from tickets.models import Placement, Ticket, TicketLink, TimelineEntry
from tickets.policies import may_merge
from tickets.querysets import TimelineQuerySet
from tickets.selectors import entries_of, entries_to_merge
from tickets.services._common import (
    add_entry,
    change_status,
    check_version,
    index_words,
    lock,
    not_possible,
    not_the_owner,
    refuse_unless_in,
)
from tickets.services.moving import act_as_arrived, recount
from tickets.services.outgoing import cancel_held_messages
from tickets.services.ownership import OFFER_FIELDS, tell_former_candidate
from tickets.services.participants import join
from tickets.services.redaction import index_anew
from tickets.transitions import transitions_from

S = TicketStatus
UNDO_DAYS = 7


@service
def merge_ticket(ticket_id: UUID, *, into: Ticket, by: Agent, version: int | None = None) -> Ticket:
    """End a ticket as a duplicate of `into`, where all that people wrote on it stands from then on.

    Raises NotFound for a ticket out of sight, RoleForbids, NotOwner, InvalidTransition, MergeTargetEnded,
    MergeAcrossCustomers, Invalid for the ticket itself, or what a higher app's guard objects.
    """
    source, target = _locked(ticket_id, into.pk, by=by)
    if not may_merge(by, source):
        raise not_the_owner(by, source)
    if refusal := refusal_to_merge(source, target):
        raise refusal
    guards.ask(guards.merge_guards, source)
    check_version(source, version)
    at = timezone.now()
    entries = list(entries_to_merge(source).select_related("contact").in_order())
    people = [source.requester, *(row.contact for row in source.participants.select_related("contact"))]
    joined = _join(target, people, by=by, at=at)
    _link, is_linked = get_or_record(
        TicketLink.objects.all(), by=by, from_ticket=source, to_ticket=target, kind=LinkKind.DUPLICATE_OF
    )
    facts = {"reference": target.reference, "count": len(entries)}
    add_entry(source, EntryKind.SYSTEM, author=by, at=at, facts={"event": "merged_away", **facts})
    _end(source, target, by=by, at=at, undo={"joined": [str(pk) for pk in joined], "linked": is_linked})
    facts = {"reference": source.reference, "count": len(entries)}
    add_entry(target, EntryKind.SYSTEM, author=by, at=at, facts={"event": "merged_here", **facts})
    _place(entries, source, target, PlacementCause.MERGE, by=by, at=at)
    newest = [entry for entry in entries if entry.is_public and entry.author_type == AuthorType.CUSTOMER]
    if newest:
        act_as_arrived(target, newest[-1], at=at)
    ids = tuple(entry.pk for entry in entries)
    publish(TicketMerged(ticket_id=source.pk, into_id=target.pk, entry_ids=ids, by_id=by.pk, occurred_at=at))
    return source


@service
def unmerge_ticket(ticket_id: UUID, *, by: Agent, version: int | None = None) -> Ticket:
    """Part a merged ticket from the other one again: its former status, its owner as ever, its entries back.

    What the merge has set going on the other ticket (resumed it) stays: people have seen it. Raises NotFound,
    RoleForbids, NotOwner, InvalidTransition for a ticket that was not merged, or UnmergeImpossible.
    """
    into_id = Ticket.objects.values_list("merged_into", flat=True).get(pk=ticket_id)
    source, target = _locked(ticket_id, into_id or ticket_id, by=by)
    if not may_merge(by, source):
        raise not_the_owner(by, source)
    if source.merged_into_id is None or source.merged_into_id != target.pk:
        refuse_unless_in(source, ())
    ended = source.entries.filter(kind=EntryKind.STATUS_CHANGE, facts__has_key="merge").latest("seq")
    merged = list(_still_there(source, target, ended.created_at).in_order())
    _refuse_late(source, target, ended, merged)
    check_version(source, version)
    at = timezone.now()
    undo = ended.facts["merge"]
    _place(merged, target, source, PlacementCause.UNDO, by=by, at=at)
    _restore(source, ended, by=by, at=at)
    _part(target, undo["joined"], by=by)
    if undo["linked"]:
        for link in TicketLink.objects.filter(from_ticket=source, to_ticket=target, kind=LinkKind.DUPLICATE_OF):
            record_deletion(link, by=by)
    facts = {"event": "unmerged", "reference": source.reference}
    add_entry(target, EntryKind.SYSTEM, author=by, at=at, facts=facts)
    ids = tuple(entry.pk for entry in merged)
    publish(MergeUndone(ticket_id=source.pk, from_id=target.pk, entry_ids=ids, by_id=by.pk, occurred_at=at))
    return source


def may_be_unmerged(ticket: Ticket) -> bool:
    """Whether its time is not over; what has been written since, the act itself asks."""
    return ticket.closed_at is not None and timezone.now() <= ticket.closed_at + timedelta(days=UNDO_DAYS)


def refusal_to_merge(source: Ticket, target: Ticket) -> DomainError | None:
    """What stands between two tickets and their merge, apart from who asks."""
    if source.pk == target.pk:
        return Invalid({"ticket": _("A ticket is not merged into itself.")})
    allowed = transitions_from(S(source.status))
    if source.status not in OPEN:
        return not_possible(source)
    if target.status not in OPEN:
        return MergeTargetEnded(reference=target.reference, allowed=allowed)
    is_same_customer = source.requester_id == target.requester_id and source.company_id == target.company_id
    if source.company_id != target.company_id or (source.company_id is None and not is_same_customer):
        return MergeAcrossCustomers(reference=source.reference, other=target.reference, allowed=allowed)
    return None


def _locked(ticket_id: UUID, other_id: UUID, *, by: Agent) -> tuple[Ticket, Ticket]:
    """Both as they are now, locked in the order of their ids as everywhere."""
    both = {ticket_id, other_id}
    if Ticket.objects.visible_to(by).filter(pk__in=both).count() < len(both):
        raise NotFound
    tickets = {pk: lock(pk) for pk in sorted(both)}
    return tickets[ticket_id], tickets[other_id]


def _join(target: Ticket, people: list[Contact], *, by: Agent, at: datetime) -> list[UUID]:
    """Whoever took part in the merged ticket takes part here: their later mail follows. The answer is who is new."""
    known = {target.requester_id, *target.participants.values_list("contact_id", flat=True)}
    new = [contact for contact in people if contact.pk not in known]
    return [contact.pk for contact in join(target, new, by=by, at=at)]


def _part(target: Ticket, joined: list[str], *, by: Agent) -> None:
    """Whom the merge alone brought here takes part no longer."""
    for row in target.participants.filter(contact__in=[UUID(pk) for pk in joined]):
        if not entries_of(target).public().filter(contact=row.contact_id).exists():
            record_deletion(row, by=by)


def _end(ticket: Ticket, target: Ticket, *, by: Agent, at: datetime, undo: dict[str, Any]) -> None:
    former, old, since = ticket.offered_to, ticket.status, ticket.waiting_since
    ticket.merge(into=target, at=at)
    change_status(
        ticket,
        old,
        by=by,
        at=at,
        fields=["closure_code", "closed_at", "merged_into", "waiting_since", *OFFER_FIELDS],
        code=str(ClosureCode.DUPLICATE),
        merge=undo | {"waiting_since": since.isoformat() if since else ""},
    )
    cancel_held_messages(ticket, by=by, at=at)
    tell_former_candidate(ticket, former, by=by, at=at)
    publish(TicketCancelled(ticket_id=ticket.pk, code=str(ClosureCode.DUPLICATE), occurred_at=at))


def _restore(ticket: Ticket, ended: TimelineEntry, *, by: Agent, at: datetime) -> None:
    since = ended.facts["merge"]["waiting_since"]
    ticket.unmerge(former=S(ended.facts["from"]), waiting_since=datetime.fromisoformat(since) if since else None)
    fields = ["closure_code", "closed_at", "merged_into", "waiting_since"]
    change_status(ticket, S.CANCELLED, by=by, at=at, fields=fields)


def _still_there(source: Ticket, target: Ticket, ended_at: datetime) -> TimelineQuerySet:
    """The entries that this merge placed, without those that were moved on since."""
    placed = Placement.objects.filter(from_ticket=source, to_ticket=target, at=ended_at)
    return entries_of(target).filter(pk__in=placed.filter(cause=PlacementCause.MERGE).values("entry"))


def _refuse_late(source: Ticket, target: Ticket, ended: TimelineEntry, merged: list[TimelineEntry]) -> None:
    """Ruling 21: within seven days, while nobody has written to or as the customer on either ticket."""
    at = source.closed_at
    elsewhere = [entry.pk for entry in merged]
    written = [entries_of(ticket).public().exclude(pk__in=elsewhere) for ticket in (source, target)]
    is_written = any(entries.filter(Q(seq__gt=ended.seq) | Q(placements__at__gt=at)).exists() for entries in written)
    if not may_be_unmerged(source) or is_written or target.status == S.CANCELLED:
        raise UnmergeImpossible(reference=source.reference, days=UNDO_DAYS, allowed=transitions_from(S(source.status)))


def _place(
    entries: list[TimelineEntry], source: Ticket, target: Ticket, cause: PlacementCause, *, by: Agent, at: datetime
) -> None:
    Placement.objects.bulk_create(
        [Placement(entry=entry, from_ticket=source, to_ticket=target, cause=cause, by=by, at=at) for entry in entries]
    )
    for ticket in (source, target):
        recount(ticket)
    index_anew(source)
    for entry in entries:
        if entry.body_text:
            index_words(target, entry.body_text)
