"""Offering, accepting, and the one recorded way in which an owner changes (domain.md section 3)."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.calendars import work_calendar_of
from accounts.enums import Availability, Scope
from accounts.errors import AgentAbsent, AgentInactive, ScopeMissing
from accounts.models import Absence, Agent, ApiClient
from accounts.selectors import is_absent
from core.actors import Actor
from core.errors import DomainError, Invalid
from core.events import publish
from core.service import service
from core.worktime import add_worked
from tickets.columns import places_of
from tickets.enums import EntryKind, TicketStatus, TransferReason, Visibility
from tickets.errors import (
    AcceptForbidden,
    AlreadyOwned,
    AtCapacity,
    InvalidTransferReason,
    LeaveTooShort,
    NotACandidate,
    NotInTeam,
    OwnersActForbidden,
    OwnershipImmutable,
    ReasonRequired,
    TicketClosed,
    TicketUnowned,
    TransferForbidden,
)
from tickets.events import OfferEnded, OwnershipTransferred, TicketAccepted, TicketOffered
from tickets.models import OwnershipTransfer, Ticket
from tickets.policies import is_staff_role, may_accept, may_route, may_transfer, works_tickets
from tickets.selectors import open_ticket_count
from tickets.services._common import add_entry, check_version, lock, not_possible, save
from tickets.services._wip import refuse_if_full, tell_exceeded
from tickets.services.outgoing import introduce
from tickets.transfers import MAX_ORDINARY_LEAVE_DAYS, MIN_REASON_CHARACTERS

OFFER_FIELDS = ("offered_to", "offered_at", "offer_lapses_at")


@service
def accept_ticket(ticket_id: UUID, *, by: Agent, version: int | None = None, over_limit: str = "") -> Ticket:
    """Make `by` the owner of a new ticket; from then on only an ownership transfer changes that.

    Raises NotInTeam or RoleForbids, AlreadyOwned if somebody was faster, WipLimitReached, or what `refusal_to_take`
    says.
    """
    ticket = lock(ticket_id)
    if not may_accept(by, ticket):
        raise NotInTeam(reference=ticket.reference, team=ticket.team.name) if is_staff_role(by) else AcceptForbidden
    if ticket.owner is not None:
        raise AlreadyOwned(reference=ticket.reference, owner=ticket.owner.name)
    if ticket.status != TicketStatus.NEW:
        raise not_possible(ticket)
    now = timezone.now()
    agent = Agent.objects.for_update().get(pk=by.pk)
    if refusal := refusal_to_take(agent, at=now):
        raise refusal
    after = places_of(ticket.team_id, TicketStatus.IN_PROGRESS, ticket.priority)
    exceeded = refuse_if_full(ticket, after, by=by, over_limit=over_limit)
    check_version(ticket, version)
    former = ticket.offered_to if ticket.offered_to_id != agent.pk else None
    ticket.accept(owner=agent, at=now)
    ticket.last_staff_activity_at = now
    fields = ("owner", "owner_accepted_at", *OFFER_FIELDS, "status", "last_staff_activity_at")
    save(ticket, by=by, fields=fields)
    facts = {"event": "accepted", "owner": agent.name}
    add_entry(ticket, EntryKind.OWNERSHIP, author=by, at=now, facts=facts)
    tell_former_candidate(ticket, former, by=by, at=now)
    publish(TicketAccepted(ticket_id=ticket.pk, owner_id=agent.pk, occurred_at=now))
    tell_exceeded(ticket, exceeded, by=by, at=now)
    return ticket


def refusal_to_take(agent: Agent, *, at: datetime) -> DomainError | None:
    """Why `agent` cannot become an owner now: deactivated, absent today, or at the limit."""
    if not agent.is_active:
        return AgentInactive(agent=agent.name)
    if is_absent(agent, at=at):
        return AgentAbsent(agent=agent.name)
    count = open_ticket_count(agent)
    if count >= agent.max_tickets:
        return AtCapacity(agent=agent.name, count=count, limit=agent.max_tickets)
    return None


@service
def offer_ticket(ticket_id: UUID, *, to: Agent, by: Actor, version: int | None = None) -> Ticket:
    """Propose an unowned ticket to a candidate of its team; the owner is only who accepts.

    Raises RoleForbids or ScopeMissing, OwnershipImmutable for an owned ticket, NotACandidate, or why they cannot
    take it.
    """
    ticket = _routable(ticket_id, by=by)
    now = timezone.now()
    if refusal := refusal_to_offer(ticket, to, at=now):
        raise refusal
    check_version(ticket, version)
    put_offer(ticket, to, by=by, at=now)
    return ticket


def refusal_to_offer(ticket: Ticket, agent: Agent, *, at: datetime) -> DomainError | None:
    """Why `agent` is no candidate now: not of the team, no role that owns tickets, not available, or unable to take."""
    is_member = agent.teams.filter(pk=ticket.team_id).exists()
    if not is_member or not works_tickets(agent) or agent.availability != Availability.AVAILABLE:
        return NotACandidate(agent=agent.name, team=ticket.team.name)
    return refusal_to_take(agent, at=at)


def tell_former_candidate(
    ticket: Ticket, agent: Agent | None, *, by: Actor, at: datetime, has_lapsed: bool = False
) -> None:
    """Publish that an offer is over which ended by something else than its answer."""
    if agent is None:
        return
    by_id = by.pk if isinstance(by, Agent) else None
    publish(OfferEnded(ticket_id=ticket.pk, agent_id=agent.pk, has_lapsed=has_lapsed, by_id=by_id, occurred_at=at))


def _routable(ticket_id: UUID, *, by: Actor) -> Ticket:
    """A locked ticket whose way is still open: unowned, new."""
    ticket = lock(ticket_id)
    if not may_route(by, ticket):
        raise ScopeMissing(scope=Scope.TICKETS_ROUTE) if isinstance(by, ApiClient) else OwnersActForbidden
    if ticket.owner is not None:
        raise OwnershipImmutable(reference=ticket.reference)
    if ticket.status != TicketStatus.NEW:
        raise not_possible(ticket)
    return ticket


def put_offer(ticket: Ticket, agent: Agent, *, by: Actor, at: datetime) -> None:
    """Write the offer; it lapses after the team's `offer_minutes` of business time."""
    if ticket.offered_to_id != agent.pk:
        tell_former_candidate(ticket, ticket.offered_to, by=by, at=at)
    ticket.offered_to, ticket.offered_at = agent, at
    ticket.offer_lapses_at = add_worked(work_calendar_of(ticket.team), at, timedelta(minutes=ticket.team.offer_minutes))
    save(ticket, by=by, fields=OFFER_FIELDS)
    add_entry(ticket, EntryKind.OWNERSHIP, author=by, at=at, facts={"event": "offered", "agent": agent.name})
    offered_by_id = by.pk if isinstance(by, Agent) else None
    publish(TicketOffered(ticket_id=ticket.pk, agent_id=agent.pk, offered_by_id=offered_by_id, occurred_at=at))


@service
def withdraw_offer(ticket_id: UUID, *, by: Actor, version: int | None = None) -> Ticket:
    """Take an offer back; the ticket stands in the team's queue again."""
    ticket = _routable(ticket_id, by=by)
    if ticket.offered_to is None:
        raise not_possible(ticket)
    check_version(ticket, version)
    _end_offer(ticket, by=by, at=timezone.now(), has_lapsed=False)
    return ticket


@service
def lapse_offer(ticket_id: UUID, *, by: Actor, at: datetime) -> bool:
    """End an offer whose time is over; False if it was answered meanwhile."""
    ticket = lock(ticket_id)
    if ticket.offer_lapses_at is None or ticket.offer_lapses_at > at:
        return False
    _end_offer(ticket, by=by, at=at, has_lapsed=True)
    return True


def _end_offer(ticket: Ticket, *, by: Actor, at: datetime, has_lapsed: bool) -> None:
    agent = ticket.offered_to
    if agent is None:
        raise ValueError("there is no offer to end")
    ticket.offered_to = ticket.offered_at = ticket.offer_lapses_at = None
    save(ticket, by=by, fields=OFFER_FIELDS)
    facts = {"event": "offer_lapsed" if has_lapsed else "offer_withdrawn", "agent": agent.name}
    add_entry(ticket, EntryKind.OWNERSHIP, author=by, at=at, facts=facts)
    tell_former_candidate(ticket, agent, by=by, at=at, has_lapsed=has_lapsed)


@service
def transfer_ownership(
    ticket_id: UUID, *, by: Agent, new_owner: Agent, reason_code: str, reason: str, version: int | None = None
) -> Ticket:
    """The one exception to immutable ownership: termination, or leave of more than 30 days (domain.md section 3.2).

    Raises TransferForbidden, TicketUnowned, TicketClosed, InvalidTransferReason, LeaveTooShort, ReasonRequired, or
    why the
    new owner cannot take the ticket. The customer gets one public introduction by the new owner.
    """
    ticket = lock(ticket_id)
    old_owner = ticket.owner
    if not may_transfer(by, ticket) or by.pk in (ticket.owner_id, new_owner.pk):
        raise TransferForbidden
    if old_owner is None:
        raise TicketUnowned(reference=ticket.reference, allowed=["accept", "offer"])
    if ticket.is_ended:
        raise TicketClosed(reference=ticket.reference)
    if new_owner.pk == old_owner.pk:
        raise Invalid({"new_owner": _("The ticket is already owned by this agent.")})
    now = timezone.now()
    _refuse_reason(old_owner, reason_code, reason, at=now)
    new_owner = Agent.objects.for_update().get(pk=new_owner.pk)
    if not works_tickets(new_owner):
        raise NotACandidate(agent=new_owner.name, team=ticket.team.name)
    if refusal := refusal_to_take(new_owner, at=now):
        raise refusal
    check_version(ticket, version)
    transfer = OwnershipTransfer.objects.create(
        ticket=ticket,
        old_owner=old_owner,
        new_owner=new_owner,
        reason_code=reason_code,
        reason=reason.strip(),
        authorised_by=by,
    )
    ticket.hand_over(transfer)
    save(ticket, by=by, fields=["owner"], reason=reason)
    _announce(ticket, transfer, by=by, at=now)
    return ticket


def _refuse_reason(old_owner: Agent, reason_code: str, reason: str, *, at: datetime) -> None:
    today = old_owner.today(at)
    if reason_code == TransferReason.TERMINATION:
        if old_owner.employment_ended_on is None or old_owner.employment_ended_on > today:
            raise InvalidTransferReason
    elif reason_code == TransferReason.EXTENDED_LEAVE:
        absences = Absence.objects.standing().filter(agent=old_owner).exclude(ends_on__lt=today)
        if not any(absence.is_long for absence in absences):
            raise LeaveTooShort(agent=old_owner.name, days=MAX_ORDINARY_LEAVE_DAYS)
    else:
        raise InvalidTransferReason
    if len(reason.strip()) < MIN_REASON_CHARACTERS:
        raise ReasonRequired(characters=MIN_REASON_CHARACTERS)


def _announce(ticket: Ticket, transfer: OwnershipTransfer, *, by: Agent, at: datetime) -> None:
    """One internal entry with names, type, reason and authoriser; one public introduction; the event."""

    facts = {
        "event": "transferred",
        "old_owner": transfer.old_owner.name,
        "new_owner": transfer.new_owner.name,
        "reason_code": str(transfer.reason_code),
        "authorised_by": by.name,
    }
    add_entry(
        ticket,
        EntryKind.OWNERSHIP,
        author=by,
        at=at,
        visibility=Visibility.INTERNAL,
        facts=facts,
        body_text=transfer.reason,
    )
    introduce(ticket, transfer.new_owner, at=at)
    publish(
        OwnershipTransferred(
            ticket_id=ticket.pk,
            transfer_id=transfer.pk,
            old_owner_id=transfer.old_owner_id,
            new_owner_id=transfer.new_owner_id,
            occurred_at=at,
        )
    )
