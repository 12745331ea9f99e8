"""From acceptance to the end: wait, resume, resolve, confirm, close, reopen, cancel (domain.md section 4)."""

from datetime import datetime
from typing import Never
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.calendars import work_calendar_of
from accounts.models import Agent, Contact
from core.actors import Actor
from core.errors import Invalid
from core.events import publish
from core.service import service
from core.worktime import add_business_days
from tickets import guards
from tickets.columns import places_of
from tickets.enums import CANCEL_CODES, ClosureCode, ResolutionCode, TaskStatus, TicketStatus, Unsent
from tickets.errors import OpenTasks, OwnersActForbidden, ReplyFirst
from tickets.events import TicketCancelled, TicketClosed, TicketReopened, TicketResolved
from tickets.flagging import refuse_other_text
from tickets.models import Ticket
from tickets.placeholders import filled
from tickets.policies import may_cancel_unowned, may_reopen
from tickets.services._common import (
    change_status,
    check_version,
    deputised,
    lock,
    not_possible,
    refuse_unless_in,
    refuse_unless_owner,
)
from tickets.services._wip import Exceeded, refuse_if_full, tell_exceeded
from tickets.services.outgoing import cancel_held_messages, drop_all_scheduled, release_held_messages, tell_resolution
from tickets.services.ownership import OFFER_FIELDS, tell_former_candidate

S = TicketStatus
AUTO_CLOSE_BUSINESS_DAYS = 5


@service
def wait_for_customer(ticket_id: UUID, *, by: Agent, version: int | None = None, over_limit: str = "") -> Ticket:
    """The customer is to act. Raises ReplyFirst if they have had no answer to their last message, WipLimitReached."""
    ticket = lock(ticket_id)
    refuse_unless_owner(by, ticket)
    refuse_unless_in(ticket, (S.IN_PROGRESS, S.WAITING_INTERNAL))
    if ticket.has_unanswered_message:
        raise ReplyFirst(reference=ticket.reference, allowed=["reply"])
    exceeded = _refuse_if_full(ticket, S.WAITING_CUSTOMER, by=by, over_limit=over_limit)
    check_version(ticket, version)
    now, old = timezone.now(), ticket.status
    ticket.wait_for_customer(at=now)
    change_status(ticket, old, by=by, at=now, fields=["waiting_since"])
    tell_exceeded(ticket, exceeded, by=by, at=now)
    return ticket


@service
def resume_ticket(ticket_id: UUID, *, by: Agent, version: int | None = None, over_limit: str = "") -> Ticket:
    """Go on working without waiting any longer. Raises WipLimitReached."""
    ticket = lock(ticket_id)
    refuse_unless_owner(by, ticket)
    refuse_unless_in(ticket, (S.WAITING_CUSTOMER, S.WAITING_INTERNAL))
    exceeded = _refuse_if_full(ticket, S.IN_PROGRESS, by=by, over_limit=over_limit)
    check_version(ticket, version)
    now, old = timezone.now(), ticket.status
    ticket.resume()
    change_status(ticket, old, by=by, at=now, fields=["waiting_since"])
    tell_exceeded(ticket, exceeded, by=by, at=now)
    return ticket


def _refuse_if_full(ticket: Ticket, status: TicketStatus, *, by: Agent, over_limit: str) -> list[Exceeded]:
    """Ask the limits of the column in which `ticket` stands with its new status, and of its priority's."""
    after = places_of(ticket.team_id, status, ticket.priority)
    return refuse_if_full(ticket, after, by=by, over_limit=over_limit)


@service
def refuse_status(ticket_id: UUID, *, by: Agent) -> Never:
    """The answer to a wish for a status that no step of a person leads to, such as new again: an owner's act like the
    others. Raises NotOwner or OwnersActForbidden, else InvalidTransition with what is possible.
    """
    ticket = lock(ticket_id)
    refuse_unless_owner(by, ticket)
    raise not_possible(ticket)


@service
def resolve_ticket(
    ticket_id: UUID, *, by: Agent, code: str, note: str, version: int | None = None, over_limit: str = ""
) -> Ticket:
    """The outcome is reached: tell the customer, with links to confirm or object; it closes after 5 business days.

    Raises Invalid, OpenTasks, EnforcedTextMissing, NoEnforcedText, WipLimitReached, or what a guard objects.
    """
    ticket = lock(ticket_id)
    refuse_unless_owner(by, ticket)
    refuse_unless_in(ticket, (S.IN_PROGRESS, S.WAITING_CUSTOMER, S.WAITING_INTERNAL))
    _check_resolution(code, note)
    note = filled(note.strip(), ticket, by=by, field="resolution_note")
    open_tasks = ticket.tasks.filter(is_mandatory=True, status__in=[TaskStatus.TODO, TaskStatus.IN_PROGRESS])
    if titles := list(open_tasks.values_list("title", flat=True)):
        raise OpenTasks(titles=", ".join(titles))
    guards.ask(guards.resolve_guards, ticket)
    refuse_other_text(note, ticket, by=by)
    exceeded = _refuse_if_full(ticket, S.RESOLVED, by=by, over_limit=over_limit)
    check_version(ticket, version)
    now, old = timezone.now(), ticket.status
    release_held_messages(ticket, by=by, at=now)
    closes_at = add_business_days(work_calendar_of(ticket.team), now, AUTO_CLOSE_BUSINESS_DAYS)
    ticket.resolve(code=ResolutionCode(code), note=note, at=now, auto_closes_at=closes_at)
    change_status(
        ticket,
        old,
        by=by,
        at=now,
        reason=note,
        code=str(code),
        fields=[*RESOLUTION_FIELDS, "resolution_code", "resolution_note"],
    )
    tell_resolution(ticket, note=note, author=by, on_behalf_of=deputised(by, ticket), at=now)
    publish(TicketResolved(ticket_id=ticket.pk, by_id=by.pk, occurred_at=now))
    tell_exceeded(ticket, exceeded, by=by, at=now)
    return ticket


RESOLUTION_FIELDS = ("resolved_at", "value_delivered_at", "auto_closes_at", "waiting_since")


def _check_resolution(code: str, note: str) -> None:
    fields = {}
    if code not in ResolutionCode:
        fields["resolution_code"] = _("Choose how the ticket was resolved.")
    if not note.strip():
        fields["resolution_note"] = _("Say what was done; the customer reads it.")
    if fields:
        raise Invalid(fields)


@service
def confirm_ticket(ticket_id: UUID, *, by: Agent, version: int | None = None) -> Ticket:
    """Close on the customer's word."""
    ticket = lock(ticket_id)
    refuse_unless_owner(by, ticket)
    refuse_unless_in(ticket, (S.RESOLVED,))
    check_version(ticket, version)
    return _close(ticket, by=by, at=timezone.now(), is_confirmed=True)


@service
def confirm_by_customer(ticket_id: UUID, *, by: Contact, round: int) -> Ticket:
    """Close by the signed link of the resolution number `round`; raises InvalidTransition for an older one."""
    ticket = lock(ticket_id)
    if ticket.status != S.RESOLVED or ticket.reopen_count != round:
        raise not_possible(ticket)
    return _close(ticket, by=by, at=timezone.now(), is_confirmed=True)


@service
def auto_close_ticket(ticket_id: UUID, *, by: Actor, at: datetime) -> bool:
    """Close a resolved ticket whose time is over; False if somebody wrote or reopened meanwhile."""
    ticket = lock(ticket_id)
    if ticket.status != S.RESOLVED or ticket.auto_closes_at is None or ticket.auto_closes_at > at:
        return False
    _close(ticket, by=by, at=at, is_confirmed=False)
    return True


def _close(ticket: Ticket, *, by: Actor, at: datetime, is_confirmed: bool) -> Ticket:
    old = ticket.status
    if is_confirmed:
        ticket.confirm(at=at)
    else:
        ticket.auto_close(at=at)
    change_status(
        ticket,
        old,
        by=by,
        at=at,
        code=str(ticket.closure_code),
        fields=["closed_at", "closure_code", "customer_confirmed_at", "auto_closes_at"],
    )
    by_id = by.pk if isinstance(by, Agent) else None
    publish(TicketClosed(ticket_id=ticket.pk, is_confirmed=is_confirmed, by_id=by_id, occurred_at=at))
    return ticket


@service
def reopen_ticket(
    ticket_id: UUID, *, by: Agent, reason: str = "", version: int | None = None, over_limit: str = ""
) -> Ticket:
    """Work goes on with the same owner: by the owner, a supervisor or a manager. Raises WipLimitReached."""
    ticket = lock(ticket_id)
    if not may_reopen(by, ticket):
        refuse_unless_owner(by, ticket)
    refuse_unless_in(ticket, (S.RESOLVED,))
    exceeded = _refuse_if_full(ticket, S.IN_PROGRESS, by=by, over_limit=over_limit)
    check_version(ticket, version)
    now = timezone.now()
    _reopen(ticket, by=by, at=now, reason=reason.strip())
    tell_exceeded(ticket, exceeded, by=by, at=now)
    return ticket


@service
def reopen_by_customer(ticket_id: UUID, *, by: Contact, round: int, reason: str = "") -> Ticket:
    """Reopen by the signed link "not solved" of the resolution number `round`."""
    ticket = lock(ticket_id)
    if ticket.status != S.RESOLVED or ticket.reopen_count != round:
        raise not_possible(ticket)
    now = timezone.now()
    drop_all_scheduled(ticket, reason=Unsent.CUSTOMER_WROTE, by=by, at=now)
    return _reopen(ticket, by=by, at=now, reason=reason.strip())


def _reopen(ticket: Ticket, *, by: Actor, at: datetime, reason: str) -> Ticket:
    old = ticket.status
    ticket.reopen()
    change_status(ticket, old, by=by, at=at, reason=reason, fields=[*RESOLUTION_FIELDS, "reopen_count"])
    by_id = by.pk if isinstance(by, Agent) else None
    publish(TicketReopened(ticket_id=ticket.pk, by_id=by_id, occurred_at=at))
    return ticket


@service
def cancel_ticket(ticket_id: UUID, *, by: Agent, code: str, version: int | None = None) -> Ticket:
    """End a ticket that is none: duplicate, spam, withdrawn, created in error. The owner, or the team while it is
    unowned.
    """
    ticket = lock(ticket_id)
    if ticket.owner is not None:
        refuse_unless_owner(by, ticket)
    elif not may_cancel_unowned(by, ticket):
        raise OwnersActForbidden
    refuse_unless_in(ticket, (S.NEW, S.IN_PROGRESS, S.WAITING_CUSTOMER, S.WAITING_INTERNAL))
    if code not in CANCEL_CODES:
        raise Invalid(
            {"closure_code": _("Choose why the ticket ends: duplicate, spam, withdrawn or created in error.")}
        )
    check_version(ticket, version)
    now, old = timezone.now(), ticket.status
    former = ticket.offered_to
    ticket.cancel(code=ClosureCode(code), at=now)
    change_status(
        ticket, old, by=by, at=now, code=code, fields=["closure_code", "closed_at", "waiting_since", *OFFER_FIELDS]
    )
    cancel_held_messages(ticket, by=by, at=now)
    tell_former_candidate(ticket, former, by=by, at=now)
    publish(TicketCancelled(ticket_id=ticket.pk, code=code, occurred_at=now))
    return ticket
