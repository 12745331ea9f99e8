"""Asking for help: opening an envelope, asking somebody else, taking the question back, asking anew."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Skill, Team
from core.actors import Actor, SystemActor
from core.errors import Invalid
from core.events import publish
from core.service import service
from envelopes.clock import clock
from envelopes.enums import OPEN, EnvelopeKind, EnvelopeStatus, OlaMetric
from envelopes.errors import NotOwnerOrExpert, ParentNotOpen, TooDeep
from envelopes.events import EnvelopeCancelled, EnvelopeOpened, EnvelopeRedirected, EnvelopeReopened
from envelopes.models import FIRST_LEVEL, LAST_LEVEL, Envelope
from envelopes.policies import may_cancel, may_open, may_open_below, may_redirect, may_reopen
from envelopes.services._common import (
    check_version,
    end_tasks,
    end_wait,
    id_of,
    let_wait,
    lock,
    needed,
    not_yours,
    refuse_unless_in,
    refuse_unless_ticket_open,
    save,
    target_of,
    why_no_expert,
    write,
)
from envelopes.services.vendors import usable_vendors
from envelopes.services.words import index_reason
from envelopes.transitions import steps_from
from tickets.enums import EntryKind
from tickets.errors import TicketUnowned
from tickets.models import Ticket
from tickets.policies import may_accept as may_accept_ticket
from tickets.services import drop_held_asides, lock_ticket, tell_of_help

S = EnvelopeStatus


@service
def open_envelope(
    ticket_id: UUID,
    *,
    by: Agent | SystemActor,
    reason: str,
    team: Team | None = None,
    assigned_to: Agent | None = None,
    skill: Skill | None = None,
    is_blocking: bool = True,
    kind: str = EnvelopeKind.INTERNAL,
    vendor_addresses: Sequence[str] = (),
    version: int | None = None,
) -> Envelope:
    """Ask a team or a person for help; the ticket keeps its owner, and waits for colleagues if it is in progress and
    the envelope blocks. The desk itself opens legal ones only, on unowned tickets too. Help of a vendor may name whom
    its mails go to. `skill` says what whoever helps is to know; named alone it asks who has it, is there and helps
    least.

    Raises NotOwnerOrExpert, TicketUnowned, TicketClosed, TicketNotOpen, Invalid or StaleVersion (of the ticket).
    """
    ticket = lock_ticket(ticket_id)
    _refuse_unless_open_to(by, ticket, kind=kind)
    envelope = Envelope(ticket=ticket, level=FIRST_LEVEL, kind=kind, is_blocking=is_blocking, skill=skill)
    if vendor_addresses:
        envelope.vendor_addresses = usable_vendors(envelope, vendor_addresses)
    return _open(envelope, by=by, reason=reason, team=team, agent=assigned_to, version=version)


def _refuse_unless_open_to(by: Agent | SystemActor, ticket: Ticket, *, kind: str) -> None:
    if not may_open(by, ticket, kind=kind):
        if ticket.owner is None and may_accept_ticket(by, ticket):
            raise TicketUnowned(reference=ticket.reference, allowed=["accept"])
        raise NotOwnerOrExpert(reference=ticket.reference)
    refuse_unless_ticket_open(ticket)


@service
def refuse_unless_help_may_be_asked(ticket_id: UUID, *, by: Agent) -> None:
    """Raises what `open_envelope` would whatever is asked, before its form is shown."""
    _refuse_unless_open_to(by, lock_ticket(ticket_id), kind=EnvelopeKind.INTERNAL)


@service
def open_next_level(
    parent_id: UUID,
    *,
    by: Agent,
    reason: str,
    team: Team | None = None,
    assigned_to: Agent | None = None,
    skill: Skill | None = None,
    is_blocking: bool = True,
    version: int | None = None,
) -> Envelope:
    """Ask for help with the help: a child one level deeper, by an expert of an active envelope or the ticket's owner.

    Raises NotOwnerOrExpert, TicketClosed, TicketNotOpen, EnvelopeTransition, TooDeep, Invalid or StaleVersion (of the
    envelope above).
    """
    parent = lock(parent_id)
    if not may_open_below(by, parent):
        raise NotOwnerOrExpert(reference=parent.ticket.reference)
    refuse_unless_ticket_open(parent.ticket)
    refuse_unless_in(parent, S.ACTIVE)
    if parent.level >= LAST_LEVEL:
        raise TooDeep(levels=LAST_LEVEL, allowed=["messages", "invite"])
    envelope = Envelope(
        ticket=parent.ticket, parent_envelope=parent, level=parent.level + 1, kind=parent.kind, is_blocking=is_blocking
    )
    envelope.skill = skill
    return _open(envelope, by=by, reason=reason, team=team, agent=assigned_to, version=version)


def _open(
    envelope: Envelope, *, by: Actor, reason: str, team: Team | None, agent: Agent | None, version: int | None
) -> Envelope:
    """`version`: of what it is opened from, the envelope above or the ticket."""
    ticket = envelope.ticket
    if envelope.kind not in EnvelopeKind:
        raise Invalid({"kind": _("Choose what kind of help it is.")})
    team, agent = target_of(ticket, team=team, agent=agent, skill=envelope.skill, by=by)
    envelope.reason = needed(reason, "reason", _("Say what help is needed."))
    above = envelope.parent_envelope
    check_version(above or ticket, version)
    now = timezone.now()
    envelope.number = (ticket.envelopes.aggregate(last=Max("number"))["last"] or 0) + 1
    envelope.path = [*(above.path if above else ()), envelope.pk]
    envelope.team, envelope.assigned_to = team, agent
    envelope.requested_by = by if isinstance(by, Agent) else None
    envelope.opened_at = envelope.pending_since = now
    envelope.response_due_at = clock().due_at(envelope, OlaMetric.RESPONSE, start=now)
    envelope.timeout_due_at = clock().timeout_at(envelope, start=now)
    save(envelope, by=by)
    index_reason(envelope)
    facts = {"event": "envelope_created", "number": envelope.number, "target": envelope.target}
    tell_of_help(ticket, kind=EntryKind.ENVELOPE_CREATED, by=by, facts=facts)
    let_wait(envelope, by=by)
    publish(EnvelopeOpened(envelope_id=envelope.pk, ticket_id=ticket.pk, by_id=id_of(by), occurred_at=now))
    return envelope


@service
def redirect_envelope(
    envelope_id: UUID,
    *,
    by: Agent,
    team: Team | None = None,
    assigned_to: Agent | None = None,
    skill: Skill | None = None,
    version: int | None = None,
) -> Envelope:
    """Ask somebody else: the requester, the owner, the lead of the team asked so far, a supervisor. What was promised
    keeps its start; the new team's calendar counts. Without another `skill` the one first named stays; one that is
    named alone asks as when opening, though nobody twice in a row.

    Raises EnvelopeActForbidden, EnvelopeTransition, Invalid, StaleVersion.
    """
    envelope = lock(envelope_id)
    if not may_redirect(by, envelope):
        raise not_yours(envelope)
    refuse_unless_in(envelope, S.PENDING, S.DECLINED)
    team, assigned_to = target_of(
        envelope.ticket, team=team, agent=assigned_to, skill=skill, by=by, besides=envelope.assigned_to
    )
    _refuse_same_target(envelope, team=team, agent=assigned_to)
    check_version(envelope, version)
    now, former, before = timezone.now(), envelope.assigned_to_id, envelope.target
    envelope.team, envelope.assigned_to, envelope.skill = team, assigned_to, skill or envelope.skill
    envelope.response_due_at = clock().due_at(envelope, OlaMetric.RESPONSE, start=envelope.opened_at)
    if envelope.completion_due_at is not None:
        start = _completion_began_at(envelope)
        envelope.completion_due_at = clock().due_at(envelope, OlaMetric.COMPLETION, start=start)
    timeout = clock().timeout_at(envelope, start=now)
    envelope.redirect(team=team, agent=assigned_to, at=now, timeout_due_at=timeout)
    save(envelope, by=by)
    told: dict[str, Any] = {"from": before, "to": envelope.target}
    write(envelope, by=by, event="envelope_redirected", **told)
    publish(
        EnvelopeRedirected(
            envelope_id=envelope.pk,
            ticket_id=envelope.ticket_id,
            by_id=by.pk,
            former_agent_id=former,
            occurred_at=now,
        )
    )
    return envelope


def _completion_began_at(envelope: Envelope) -> datetime:
    """Of one that was accepted and given back: when it was last opened again, else first accepted. One query."""
    told = envelope.posts.filter(entry__facts__event__in=("envelope_accepted", "envelope_reopened"))
    moments = told.order_by("entry__seq").values_list("entry__facts__event", "entry__created_at")
    first, *later = moments
    return next((at for event, at in reversed(later) if event == "envelope_reopened"), first[1])


def _refuse_same_target(envelope: Envelope, *, team: Team | None, agent: Agent | None) -> None:
    """Asking the same again would only put off the moment at which nobody's having accepted it is brought up."""
    if (team, agent) == (envelope.team, envelope.assigned_to):
        field = "assigned_to" if agent else "team"
        raise Invalid({field: _("%(target)s has been asked already.") % {"target": envelope.target}})


@service
def cancel_envelope(envelope_id: UUID, *, by: Actor, reason: str, version: int | None = None) -> Envelope:
    """No help is needed any more. Envelopes opened from this one end with it.

    Raises EnvelopeActForbidden, EnvelopeTransition, Invalid, StaleVersion.
    """
    envelope = lock(envelope_id)
    if not may_cancel(by, envelope):
        raise not_yours(envelope)
    refuse_unless_in(envelope, *OPEN)
    reason = needed(reason, "reason", _("Say why no help is needed."))
    check_version(envelope, version)
    if _cancel(envelope, by=by, reason=reason):
        end_wait(envelope.ticket, by=by)
    return envelope


@service
def cancel_envelopes_of(ticket_id: UUID, *, by: Actor) -> int:
    """With the end of a ticket all help on it ends; answers how many envelopes were open."""
    ticket = lock_ticket(ticket_id)
    roots = Envelope.objects.open().filter(ticket=ticket_id).order_by("level", "number").values_list("pk", flat=True)
    count = 0
    for envelope_id in list(roots):
        envelope = lock(envelope_id)
        if envelope.is_open:  # else it has ended with the one above
            _cancel(envelope, by=by, event="envelope_ended")
            count += 1
    end_wait(ticket, by=by)
    return count


def _cancel(envelope: Envelope, *, by: Actor, reason: str = "", event: str = "envelope_cancelled") -> bool:
    """The innermost first: none is closed above an open one. Answers whether any of them was blocking."""
    is_blocking = envelope.is_blocking
    for child in envelope.children.open().order_by("number"):
        child.ticket = envelope.ticket
        is_blocking |= _cancel(child, by=by, reason=reason, event=event)
    now = timezone.now()
    mails = envelope.vendor_messages.values_list("pk", flat=True)
    drop_held_asides(mails, ticket_id=envelope.ticket_id, by=by)  # nobody waits for an answer any more
    end_tasks(envelope, by=by)
    envelope.cancel(reason=reason, at=now)
    save(envelope, by=by)
    write(envelope, by=by, event=event, body_text=reason)
    publish(EnvelopeCancelled(envelope_id=envelope.pk, ticket_id=envelope.ticket_id, by_id=id_of(by), occurred_at=now))
    return is_blocking


@service
def reopen_envelope(envelope_id: UUID, *, by: Agent, version: int | None = None) -> Envelope:
    """The owner needs more of the same expert; a new cycle of the completion clock begins.

    Raises EnvelopeActForbidden, TicketClosed, TicketNotOpen, EnvelopeTransition, ParentNotOpen, StaleVersion.
    """
    envelope = lock(envelope_id)
    if not may_reopen(by, envelope):
        raise not_yours(envelope)
    refuse_unless_ticket_open(envelope.ticket)
    refuse_unless_in(envelope, S.COMPLETED)
    above = envelope.parent_envelope
    if above is not None and not above.is_open:
        raise ParentNotOpen(number=above.number, allowed=steps_from(above.status))
    if envelope.assigned_to is not None and (why := why_no_expert(envelope.assigned_to, envelope.ticket)):
        raise Invalid({"assigned_to": [why, _("Ask for help anew.")]})
    check_version(envelope, version)
    now = timezone.now()
    envelope.reopen()
    envelope.completion_started_at = now
    envelope.completion_due_at = clock().due_at(envelope, OlaMetric.COMPLETION, start=now)
    save(envelope, by=by)
    write(envelope, by=by, event="envelope_reopened")
    let_wait(envelope, by=by)
    publish(EnvelopeReopened(envelope_id=envelope.pk, ticket_id=envelope.ticket_id, by_id=by.pk, occurred_at=now))
    return envelope
