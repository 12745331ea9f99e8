"""Where envelopes object before a ticket changes; registered in `ready()`."""

from collections.abc import Sequence

from accounts.models import Agent
from core.actors import Actor
from core.errors import DomainError
from envelopes.enums import EnvelopeStatus
from envelopes.errors import (
    EnvelopeActForbidden,
    EnvelopesStillOpen,
    EnvelopeTasksOpen,
    EnvelopeTransition,
    ExpertsOnlyRead,
    NotOwnerOrExpert,
)
from envelopes.models import Envelope
from envelopes.policies import helps_on, may_act
from envelopes.transitions import steps_from
from tickets.enums import TaskStatus
from tickets.models import Task, Ticket
from tickets.policies import acts_as_owner, is_in_charge


def refusal_of_act(actor: Actor, envelope: Envelope, step: str) -> DomainError | None:
    """What the services refuse first, for edges that would tell something by how they look at what was given."""
    if may_act(actor, envelope, step):
        return None
    if step == "envelopes":
        return NotOwnerOrExpert(reference=envelope.ticket.reference)
    return EnvelopeActForbidden(number=envelope.number, reference=envelope.ticket.reference)


def no_open_envelope(ticket: Ticket) -> DomainError | None:
    rows = list(ticket.envelopes.open().select_related("team", "assigned_to").order_by("number"))
    return still_open(rows) if rows else None


def still_open(envelopes: Sequence[Envelope]) -> EnvelopesStillOpen:
    rows = [
        {"id": str(each.pk), "number": each.number, "target": each.target, "status": str(each.status)}
        for each in envelopes
    ]
    names = ", ".join(f"{each.number} {each.target} ({EnvelopeStatus(each.status).label})" for each in envelopes)
    return EnvelopesStillOpen(names=names, envelopes=rows)


def work_ends_with_the_envelope(task: Task) -> DomainError | None:
    """A guard of tasks: those of an envelope are worked, handed on and opened again while it is open."""
    envelope = Envelope.objects.filter(tasks__task=task).first() if task.is_hidden else None
    if envelope is None or envelope.is_open:
        return None
    status = EnvelopeStatus(envelope.status)
    return EnvelopeTransition(number=envelope.number, status=status.label, allowed=steps_from(status))


def no_open_task(envelope: Envelope) -> DomainError | None:
    """Why it is not sealed yet: what had to be done in it is not."""
    unfinished = Task.objects.filter(
        envelope_task__envelope=envelope, is_mandatory=True, status__in=[TaskStatus.TODO, TaskStatus.IN_PROGRESS]
    )
    titles = ", ".join(unfinished.order_by("created_at", "id").values_list("title", flat=True))
    return EnvelopeTasksOpen(number=envelope.number, titles=titles) if titles else None


def experts_write_in_their_envelope(actor: Actor, ticket: Ticket) -> DomainError | None:
    """While they help, also those who could write notes as members of the ticket's team; its owner and those in charge
    of it do not lose by helping what they are there for (ruling 9; object rule 4).
    """
    if not isinstance(actor, Agent) or acts_as_owner(actor, ticket) or is_in_charge(actor, ticket):
        return None
    return ExpertsOnlyRead(reference=ticket.reference) if helps_on(actor, ticket) else None
