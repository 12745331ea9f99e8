"""Giving help: accepting an envelope, declining or releasing it, writing in it, bringing others in, sealing it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.errors import AgentAbsent, AgentInactive
from accounts.models import Agent
from accounts.selectors import is_absent
from core.actors import Actor
from core.errors import DomainError, Invalid
from core.events import publish
from core.history import record
from core.service import service
from envelopes.clock import clock
from envelopes.enums import Awaiting, EnvelopeStatus, OlaMetric, Outcome
from envelopes.errors import AcceptedAlready, AtEnvelopeCapacity, NotAddressed, OwnersOwnEnvelope
from envelopes.events import (
    EnvelopeAccepted,
    EnvelopeCompleted,
    EnvelopeDeclined,
    EnvelopePosted,
    EnvelopeReleased,
    ExpertInvited,
)
from envelopes.guards import no_open_task
from envelopes.models import Envelope, EnvelopeBookmark, EnvelopeTask
from envelopes.policies import (
    is_addressed,
    is_assigned,
    is_expert,
    may_add_task,
    may_complete,
    may_invite,
    may_post,
    may_release,
)
from envelopes.selectors import active_envelope_count, readers_among
from envelopes.services._common import (
    check_version,
    end_tasks,
    end_wait,
    join,
    lock,
    needed,
    not_yours,
    refuse_open_children,
    refuse_unless_in,
    save,
    take_out,
    why_no_expert,
    write,
)
from envelopes.transitions import steps_from
from tickets.enums import EntryKind
from tickets.models import Task, TimelineEntry
from tickets.services import NewFile, create_hidden_task, tell_of_help

S = EnvelopeStatus


@service
def accept_envelope(envelope_id: UUID, *, by: Agent, version: int | None = None) -> Envelope:
    """Become the expert. The ticket's owner stays who they are, and is told.

    Raises NotAddressed, EnvelopeTransition if somebody was faster, or why `by` cannot take it.
    """
    envelope = lock(envelope_id)
    facts: dict[str, Any] = {"number": envelope.number, "reference": envelope.ticket.reference}
    if not is_addressed(by, envelope):
        raise NotAddressed(target=envelope.target, **facts)
    if by.pk == envelope.ticket.owner_id:
        raise OwnersOwnEnvelope(**facts)
    if envelope.status == S.ACTIVE and envelope.assigned_to is not None and envelope.assigned_to_id != by.pk:
        raise AcceptedAlready(expert=envelope.assigned_to.name, allowed=steps_from(envelope.status), **facts)
    refuse_unless_in(envelope, S.PENDING)
    now = timezone.now()
    agent = Agent.objects.for_update().get(pk=by.pk)
    if refusal := _refusal_to_take(agent, at=now):
        raise refusal
    check_version(envelope, version)
    envelope.accept(expert=agent, at=now)
    if envelope.completion_due_at is None:  # after a release the promise keeps its start
        envelope.completion_started_at = now
        envelope.completion_due_at = clock().due_at(envelope, OlaMetric.COMPLETION, start=now)
    join(envelope, agent, by=by)
    save(envelope, by=by)
    write(envelope, by=by, event="envelope_accepted", expert=agent.name)
    publish(EnvelopeAccepted(envelope_id=envelope.pk, ticket_id=envelope.ticket_id, by_id=by.pk, occurred_at=now))
    return envelope


def _refusal_to_take(agent: Agent, *, at: datetime) -> DomainError | None:
    if not agent.is_active:
        return AgentInactive(agent=agent.name)
    if is_absent(agent, at=at):
        return AgentAbsent(agent=agent.name)
    count = active_envelope_count(agent)
    if count >= agent.max_envelopes:
        return AtEnvelopeCapacity(agent=agent.name, count=count, limit=agent.max_envelopes)
    return None


@service
def decline_envelope(envelope_id: UUID, *, by: Agent, reason: str, version: int | None = None) -> Envelope:
    """The addressed person will not help: it is back with their team, or with whoever asked.

    Raises EnvelopeActForbidden, EnvelopeTransition, Invalid, StaleVersion.
    """
    envelope = lock(envelope_id)
    if not is_assigned(by, envelope):
        raise not_yours(envelope)
    refuse_unless_in(envelope, S.PENDING)
    reason = needed(reason, "reason", _("Say why you cannot help."))
    check_version(envelope, version)
    now = timezone.now()
    envelope.decline()
    save(envelope, by=by)
    write(envelope, by=by, event="envelope_declined", body_text=reason, expert=by.name)
    publish(EnvelopeDeclined(envelope_id=envelope.pk, ticket_id=envelope.ticket_id, by_id=by.pk, occurred_at=now))
    return envelope


@service
def release_envelope(envelope_id: UUID, *, by: Agent, reason: str, version: int | None = None) -> Envelope:
    """Give it back to the team's queue, or to whoever asked. What was promised runs on; the expert no longer writes.

    Raises EnvelopeActForbidden, EnvelopeTransition, Invalid, StaleVersion.
    """
    envelope = lock(envelope_id)
    if not may_release(by, envelope):
        raise not_yours(envelope)
    refuse_unless_in(envelope, S.ACTIVE)
    reason = needed(reason, "reason", _("Say why it goes back."))
    check_version(envelope, version)
    now, expert = timezone.now(), envelope.assigned_to
    if expert is None:
        raise ValueError("an active envelope has an expert")
    take_out(envelope, expert, by=by, at=now)
    envelope.release(at=now, timeout_due_at=clock().timeout_at(envelope, start=now))
    save(envelope, by=by)
    if by.pk == expert.pk:
        write(envelope, by=by, event="envelope_released", body_text=reason, expert=expert.name)
    else:
        write(envelope, by=by, event="envelope_taken", body_text=reason, expert=expert.name, taken_by=by.name)
    publish(
        EnvelopeReleased(
            envelope_id=envelope.pk,
            ticket_id=envelope.ticket_id,
            by_id=by.pk,
            former_agent_id=expert.pk,
            occurred_at=now,
        )
    )
    return envelope


@service
def post_in_envelope(
    envelope_id: UUID, *, by: Agent, body_text: str, files: Sequence[NewFile] = (), version: int | None = None
) -> TimelineEntry:
    """Write in the thread; it is the other side's turn then. Nobody reads it, or gets its files, but who reads the
    envelope.

    Raises EnvelopeActForbidden, EnvelopeTransition, Invalid, StaleVersion.
    """
    envelope = lock(envelope_id)
    if not may_post(by, envelope):
        raise not_yours(envelope)
    refuse_unless_in(envelope, S.ACTIVE)
    body_text = needed(body_text, "body", _("A message needs some text."))
    check_version(envelope, version)
    now, is_from_expert = timezone.now(), is_expert(by, envelope)
    entry = write(envelope, by=by, body_text=body_text, files=files)
    envelope.awaiting = Awaiting.OWNER if is_from_expert else Awaiting.EXPERT
    is_first_response = is_from_expert and envelope.first_expert_response_at is None
    if is_first_response:
        envelope.first_expert_response_at = now
    record(envelope, by=by)
    publish(
        EnvelopePosted(
            envelope_id=envelope.pk,
            ticket_id=envelope.ticket_id,
            by_id=by.pk,
            entry_id=entry.pk,
            awaiting=str(envelope.awaiting),
            is_first_response=is_first_response,
            occurred_at=now,
        )
    )
    return entry


@service
def invite_expert(envelope_id: UUID, *, by: Agent, agent: Agent, version: int | None = None) -> Envelope:
    """Bring somebody in: they read the whole thread and write in it. Repeating it changes nothing.

    Raises EnvelopeActForbidden, EnvelopeTransition, Invalid, StaleVersion.
    """
    envelope = lock(envelope_id)
    if not may_invite(by, envelope):
        raise not_yours(envelope)
    refuse_unless_in(envelope, S.ACTIVE)
    if why := why_no_expert(agent, envelope.ticket):
        raise Invalid({"agent": why})
    check_version(envelope, version)
    if not join(envelope, agent, by=by, invited_by=by):
        return envelope
    now = timezone.now()
    save(envelope, by=by)
    write(envelope, by=by, event="envelope_invited", expert=agent.name)
    publish(
        ExpertInvited(
            envelope_id=envelope.pk, ticket_id=envelope.ticket_id, by_id=by.pk, agent_id=agent.pk, occurred_at=now
        )
    )
    return envelope


@service
def complete_envelope(
    envelope_id: UUID, *, by: Agent, summary: str, outcome: str = "", version: int | None = None
) -> Envelope:
    """Seal it: its summary stands on the ticket's main thread, inside. The ticket itself is not resolved by it.

    Its mandatory tasks are done by then; what else is unfinished of them ends with it. Raises EnvelopeActForbidden,
    EnvelopeTransition, Invalid, EnvelopesStillOpen for those opened from it, EnvelopeTasksOpen, StaleVersion.
    """
    envelope = lock(envelope_id)
    if not may_complete(by, envelope):
        raise not_yours(envelope)
    refuse_unless_in(envelope, S.ACTIVE)
    summary = needed(summary, "summary", _("Say in a summary what the help came to."))
    if outcome and outcome not in Outcome:
        raise Invalid({"outcome": _("Choose what came of it.")})
    refuse_open_children(envelope)
    if refusal := no_open_task(envelope):
        raise refusal
    check_version(envelope, version)
    now, expert = timezone.now(), envelope.assigned_to
    if expert is None:
        raise ValueError("an active envelope has an expert")
    end_tasks(envelope, by=by)
    envelope.complete(summary=summary, outcome=str(outcome), at=now)
    save(envelope, by=by)
    facts = {"number": envelope.number, "target": envelope.target, "expert": expert.name, "outcome": str(outcome)}
    write(envelope, by=by, event="envelope_sealed", expert=expert.name)
    tell_of_help(
        envelope.ticket,
        kind=EntryKind.ENVELOPE_COMPLETED,
        by=by,
        facts={"event": "envelope_completed", **facts},
        body_text=summary,
    )
    if envelope.is_blocking:
        end_wait(envelope.ticket, by=by)
    publish(
        EnvelopeCompleted(
            envelope_id=envelope.pk,
            ticket_id=envelope.ticket_id,
            by_id=by.pk,
            expert_id=expert.pk,
            outcome=str(outcome),
            occurred_at=now,
        )
    )
    return envelope


@service
def add_envelope_task(
    envelope_id: UUID,
    *,
    by: Agent,
    title: str,
    description: str = "",
    due_at: datetime | None = None,
    is_mandatory: bool = False,
    assigned_to: Agent | None = None,
    blocked_by: Iterable[UUID] = (),
    version: int | None = None,
) -> Task:
    """A task that only those see who read the envelope; its own steps are those of every task, while the envelope is
    open. It waits for others of the envelope, or for tasks that all who read the ticket see.

    Raises EnvelopeActForbidden, EnvelopeTransition, Invalid, StaleVersion.
    """
    envelope = lock(envelope_id)
    if not may_add_task(by, envelope):
        raise not_yours(envelope)
    refuse_unless_in(envelope, S.ACTIVE)
    if assigned_to is not None and assigned_to.pk not in readers_among([assigned_to], envelope):
        raise Invalid({"assigned_to": _("%(agent)s cannot see this envelope.") % {"agent": assigned_to.name}})
    check_version(envelope, version)
    task = create_hidden_task(
        envelope.ticket_id,
        by=by,
        title=title,
        description=description,
        due_at=due_at,
        is_mandatory=is_mandatory,
        assigned_to=assigned_to,
        blocked_by=blocked_by,
        kin=Q(envelope_task__envelope=envelope),
    )
    EnvelopeTask.objects.create(task=task, envelope=envelope)
    write(envelope, by=by, event="envelope_task", title=task.title)
    return task


@service
def mark_envelope_read(envelope_id: UUID, *, by: Actor, seq: int) -> None:
    """Remember how far somebody has read; never back. The caller has found the envelope among what they may read."""
    if not isinstance(by, Agent):
        return
    row, _is_new = EnvelopeBookmark.objects.get_or_create(envelope_id=envelope_id, person=by, defaults={"seq": seq})
    EnvelopeBookmark.objects.filter(pk=row.pk, seq__lt=seq).update(seq=seq)
