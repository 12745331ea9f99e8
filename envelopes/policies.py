"""Who may do what with an envelope (permissions.md section 2). Pure answers about role and part in it, not state."""

from collections.abc import Callable
from uuid import UUID

from django.db.models import Exists, Q, QuerySet

from accounts.enums import Role
from accounts.models import Agent, Team
from accounts.selectors import reach_of
from core.actors import Actor, SystemActor
from envelopes.enums import EnvelopeKind, EnvelopeStatus
from envelopes.models import Envelope, EnvelopeParticipant
from envelopes.transitions import steps_from
from tickets.models import Ticket
from tickets.policies import acts_as_owner, works_tickets


def may_open(actor: Actor, ticket: Ticket, *, kind: str = EnvelopeKind.INTERNAL) -> bool:
    """From the ticket: its owner or deputy; legal advice also the desk itself."""
    if isinstance(actor, SystemActor):
        return kind == EnvelopeKind.LEGAL
    return acts_as_owner(actor, ticket)


def may_open_below(actor: Actor, parent: Envelope) -> bool:
    return acts_as_owner(actor, parent.ticket) or is_expert(actor, parent)


def is_expert(actor: Actor, envelope: Envelope) -> bool:
    """Has accepted it or was invited into it, and has not left. One query."""
    if not isinstance(actor, Agent) or not actor.is_active:
        return False
    return envelope.participants.filter(agent=actor, left_at__isnull=True).exists()


def helps_on(agent: Agent, ticket: Ticket) -> bool:
    """Is an expert of an envelope of the ticket that is worked on. One query."""
    return agent.is_active and _helping(agent, ticket).exists()


def advises_on_law(agent: Agent, ticket: Ticket) -> bool:
    """As `helps_on`, in a legal envelope and for the legal team: whom somebody else has brought in is no lawyer, nor is
    the owner, who asks. One query, none for the owner.
    """
    if not agent.is_active or agent.pk == ticket.owner_id:
        return False
    reach = reach_of(agent)
    is_of_team = Team.objects.filter(is_legal=True, pk__in=reach.member | reach.led)
    mine = _helping(agent, ticket).filter(envelope__kind=EnvelopeKind.LEGAL)
    return mine.filter(Exists(is_of_team)).exists()


def helped_tickets(agent: Agent) -> Q:
    """Tickets on which `helps_on` says yes: whoever works on the case reads what was granted (object rule 11)."""
    rows = EnvelopeParticipant.objects.filter(agent=agent.pk, left_at__isnull=True)
    active = rows.filter(envelope__status=EnvelopeStatus.ACTIVE).order_by()
    return Q(pk__in=active.values("envelope__ticket")) if agent.is_active else Q(pk__in=())


def _helping(agent: Agent, ticket: Ticket) -> QuerySet[EnvelopeParticipant]:
    rows = EnvelopeParticipant.objects.filter(agent=agent, left_at__isnull=True)
    return rows.filter(envelope__ticket=ticket, envelope__status=EnvelopeStatus.ACTIVE)


def is_assigned(actor: Actor, envelope: Envelope) -> bool:
    """Its expert, or, while it is asked, the person it is addressed to."""
    return isinstance(actor, Agent) and actor.is_active and envelope.assigned_to_id == actor.pk


def is_requester(actor: Actor, envelope: Envelope) -> bool:
    return isinstance(actor, Agent) and actor.is_active and envelope.requested_by_id == actor.pk


def supervises(actor: Actor, envelope: Envelope) -> bool:
    """Supervisor of the ticket's team or of the team that helps."""
    return isinstance(actor, Agent) and not _sides(envelope).isdisjoint(reach_of(actor).supervised)


def oversees(actor: Actor, envelope: Envelope) -> bool:
    """Supervisor or manager of either side."""
    return isinstance(actor, Agent) and not _sides(envelope).isdisjoint(reach_of(actor).overseen)


def leads_target(actor: Actor, envelope: Envelope) -> bool:
    return isinstance(actor, Agent) and envelope.team_id in reach_of(actor).led


def _sides(envelope: Envelope) -> set[UUID]:
    return {team_id for team_id in (envelope.ticket.team_id, envelope.team_id) if team_id is not None}


def is_addressed(actor: Actor, envelope: Envelope) -> bool:
    """The addressed person, or of the target team who works tickets there."""
    if not isinstance(actor, Agent) or not works_tickets(actor):
        return False
    reach = reach_of(actor)
    return envelope.assigned_to_id == actor.pk or envelope.team_id in reach.member | reach.led


def may_redirect(actor: Actor, envelope: Envelope) -> bool:
    own = is_requester(actor, envelope) or acts_as_owner(actor, envelope.ticket)
    return own or leads_target(actor, envelope) or supervises(actor, envelope)


def may_post(actor: Actor, envelope: Envelope) -> bool:
    return acts_as_owner(actor, envelope.ticket) or supervises(actor, envelope) or is_expert(actor, envelope)


def may_write_to_vendor(actor: Actor, envelope: Envelope) -> bool:
    """Whoever writes in it."""
    return may_post(actor, envelope)


def may_name_vendor(actor: Actor, envelope: Envelope) -> bool:
    """As bringing in an expert."""
    return may_invite(actor, envelope)


def may_invite(actor: Actor, envelope: Envelope) -> bool:
    return acts_as_owner(actor, envelope.ticket) or is_assigned(actor, envelope) or supervises(actor, envelope)


def may_offer_help(actor: Actor, envelope: Envelope) -> bool:
    """Who works tickets and is neither asked nor helped by it; legal advice comes from those it is asked of alone.
    Whether they are in it already, `is_expert` says.
    """
    if not isinstance(actor, Agent) or not works_tickets(actor) or envelope.kind == EnvelopeKind.LEGAL:
        return False
    is_asked = envelope.status == EnvelopeStatus.PENDING and is_addressed(actor, envelope)
    return not (is_asked or is_assigned(actor, envelope) or acts_as_owner(actor, envelope.ticket))


def may_take_offer(actor: Actor, envelope: Envelope) -> bool:
    """Whoever could ask that person by their name: to accept it, or to join its expert."""
    if envelope.status == EnvelopeStatus.ACTIVE:
        return may_invite(actor, envelope)
    return may_redirect(actor, envelope)


def may_release(actor: Actor, envelope: Envelope) -> bool:
    return is_assigned(actor, envelope) or leads_target(actor, envelope) or supervises(actor, envelope)


def may_complete(actor: Actor, envelope: Envelope) -> bool:
    return acts_as_owner(actor, envelope.ticket) or is_assigned(actor, envelope)


def may_cancel(actor: Actor, envelope: Envelope) -> bool:
    own = is_requester(actor, envelope) or acts_as_owner(actor, envelope.ticket)
    return own or oversees(actor, envelope)


def may_reopen(actor: Actor, envelope: Envelope) -> bool:
    return acts_as_owner(actor, envelope.ticket)


def may_see_contribution(actor: Actor) -> bool:
    """Whom the figures of help concern: who helps, who is in charge of helpers, auditors."""
    return isinstance(actor, Agent) and (works_tickets(actor) or actor.has_role(Role.MANAGER, Role.AUDITOR))


def may_add_task(actor: Actor, envelope: Envelope) -> bool:
    """Owner and experts, who so work on its tasks, too (`hidden.tasks_worked_by`)."""
    return acts_as_owner(actor, envelope.ticket) or is_expert(actor, envelope)


_ACTS: dict[str, Callable[[Actor, Envelope], bool]] = {
    "accept": lambda actor, envelope: is_addressed(actor, envelope) and envelope.ticket.owner_id != actor_id(actor),
    "decline": is_assigned,
    "redirect": may_redirect,
    "messages": may_post,
    "invite": may_invite,
    "vendor": may_name_vendor,
    "vendor_mails": may_write_to_vendor,
    "release": may_release,
    "complete": may_complete,
    "cancel": may_cancel,
    "reopen": may_reopen,
    "envelopes": may_open_below,
    "tasks": may_open_below,  # the same people, asked once
}


_OF_VENDORS: dict[str, tuple[str, ...]] = {
    EnvelopeStatus.PENDING: ("vendor",),
    EnvelopeStatus.ACTIVE: ("vendor", "vendor_mails"),
}


def may_act(actor: Actor, envelope: Envelope, step: str) -> bool:
    """Whether the step is theirs to take, whatever state the envelope is in; its name as in the API's paths."""
    return _ACTS[step](actor, envelope)


def actor_id(actor: Actor) -> UUID | None:
    return actor.pk if isinstance(actor, Agent) else None


def acts_of(actor: Actor, envelope: Envelope) -> tuple[str, ...]:
    """What `actor` may do with the envelope as it is now; names as in the API's paths."""
    steps = steps_from(envelope.status)
    if envelope.kind == EnvelopeKind.EXTERNAL_VENDOR:
        steps += _OF_VENDORS.get(envelope.status, ())
    answers = {may: may(actor, envelope) for may in {_ACTS[step] for step in steps}}  # some ask the same
    return tuple(step for step in steps if answers[_ACTS[step]])
