"""Who may do what with a ticket (permissions.md section 2). Pure answers about role and ownership, not about state."""

from accounts.enums import Role, Scope
from accounts.models import Agent, ApiClient, Team
from accounts.selectors import reach_of
from core.actors import Actor, SystemActor
from tickets.models import OutboundMessage, Task, Ticket


def acts_as_owner(actor: Actor, ticket: Ticket) -> bool:
    """The owner, or the deputy of an owner who is absent today."""
    if not isinstance(actor, Agent) or ticket.owner_id is None or not actor.is_active:
        return False
    return ticket.owner_id == actor.pk or (works_tickets(actor) and ticket.owner_id in reach_of(actor).covers)


def works_tickets(agent: Agent) -> bool:
    """Roles that can own a ticket at all; managers, auditors and admins never do."""
    return agent.has_role(Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR)


def works_in(actor: Actor, team: Team) -> bool:
    """Agent of the team, its lead, or its supervisor: those who accept tickets and write notes."""
    if not isinstance(actor, Agent):
        return False
    reach = reach_of(actor)
    is_member = team.pk in reach.member and works_tickets(actor)
    return is_member or team.pk in reach.led or team.pk in reach.supervised


def is_in_charge(actor: Actor, ticket: Ticket) -> bool:
    """Lead, supervisor or manager of the ticket's team."""
    return isinstance(actor, Agent) and ticket.team_id in reach_of(actor).in_charge


def oversees(actor: Actor, ticket: Ticket) -> bool:
    """Supervisor or manager of the ticket's team."""
    return isinstance(actor, Agent) and ticket.team_id in reach_of(actor).overseen


def may_create(actor: Actor) -> bool:
    if isinstance(actor, ApiClient):
        return actor.has_scope(Scope.TICKETS_CREATE)
    if isinstance(actor, Agent):
        return actor.has_role(Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER)
    return True


def may_export(actor: Actor) -> bool:
    """Lists as files, always within what the actor sees."""
    if isinstance(actor, ApiClient):
        return actor.has_scope(Scope.EXPORT)
    roles = (Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR)
    return isinstance(actor, Agent) and actor.has_role(*roles)


def may_accept(actor: Actor, ticket: Ticket) -> bool:
    if not isinstance(actor, Agent) or not works_tickets(actor):
        return False
    is_foreign = ticket.team_id in reach_of(actor).foreign
    return works_in(actor, ticket.team) or is_foreign or ticket.offered_to_id == actor.pk


def may_keep_drafts(actor: Actor) -> bool:
    """Whoever may write something somewhere; auditors only read, programs have no half-written texts."""
    roles = (Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN)
    return isinstance(actor, Agent) and actor.is_active and actor.has_role(*roles)


def may_route(actor: Actor, ticket: Ticket) -> bool:
    """Offer, withdraw an offer, change the team, while unowned."""
    if isinstance(actor, ApiClient):
        return actor.has_scope(Scope.TICKETS_ROUTE)
    return isinstance(actor, SystemActor) or is_in_charge(actor, ticket)


def may_transfer(actor: Actor, ticket: Ticket) -> bool:
    return isinstance(actor, Agent) and (actor.has_role(Role.ADMIN) or oversees(actor, ticket))


def may_edit(actor: Actor, ticket: Ticket) -> bool:
    """Subject, category, product, language, tags: owner, lead, supervisor."""
    if isinstance(actor, ApiClient):
        return actor.has_scope(Scope.TICKETS_WRITE)
    reach = reach_of(actor)
    return acts_as_owner(actor, ticket) or ticket.team_id in reach.led | reach.supervised


def may_prioritise(actor: Actor, ticket: Ticket) -> bool:
    """Priority: as `may_edit`, and managers."""
    return may_edit(actor, ticket) or is_in_charge(actor, ticket)


def may_note(actor: Actor, ticket: Ticket) -> bool:
    """Internal notes: all who work in the team or are in charge of it, and the owner."""
    if isinstance(actor, ApiClient):
        return actor.has_scope(Scope.NOTES_WRITE)
    if isinstance(actor, SystemActor):
        return True
    return acts_as_owner(actor, ticket) or works_in(actor, ticket.team) or is_in_charge(actor, ticket)


def may_cancel_unowned(actor: Actor, ticket: Ticket) -> bool:
    return works_in(actor, ticket.team)


def may_merge(actor: Actor, ticket: Ticket) -> bool:
    """End it as a duplicate, undo that, or split it: its owner; its lead or supervisor while nobody owns it."""
    if not isinstance(actor, Agent):
        return False
    reach = reach_of(actor)
    is_over_unowned = ticket.owner_id is None and ticket.team_id in reach.led | reach.supervised
    return acts_as_owner(actor, ticket) or is_over_unowned


def may_reopen(actor: Actor, ticket: Ticket) -> bool:
    return acts_as_owner(actor, ticket) or oversees(actor, ticket)


def may_create_task(actor: Actor, ticket: Ticket) -> bool:
    """Owner, lead, supervisor; a manager does not work on tickets."""
    if isinstance(actor, ApiClient):
        return actor.has_scope(Scope.TASKS_WRITE)
    reach = reach_of(actor)
    return acts_as_owner(actor, ticket) or ticket.team_id in reach.led | reach.supervised


def may_work_task(actor: Actor, task: Task) -> bool:
    """Its assignee, and all who may add tasks to its ticket."""
    return is_assignee(actor, task) or may_create_task(actor, task.ticket)


def is_assignee(actor: Actor, task: Task) -> bool:
    """The person a task was given to; where it was given to a team alone, whoever works tickets there."""
    if not isinstance(actor, Agent) or not actor.is_active:
        return False
    if task.assigned_to_id is not None or task.team_id is None:
        return task.assigned_to_id == actor.pk
    return works_tickets(actor) and task.team_id in reach_of(actor).member


def may_undo(actor: Actor, message: OutboundMessage) -> bool:
    """Its author; while it waits for its moment also the owner or deputy, as its author may be away by then."""
    if not isinstance(actor, Agent):
        return False
    return message.author_id == actor.pk or (message.is_scheduled and acts_as_owner(actor, message.ticket))


def is_staff_role(actor: Actor) -> bool:
    """Roles that work tickets at all; the others are refused by their role, not for want of ownership."""
    return isinstance(actor, Agent) and actor.has_role(Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER)


def may_read_records(actor: Actor) -> bool:
    """Tickets and their records in the operators' window, in scope; an admin configures and reads none (section 1)."""
    return isinstance(actor, Agent) and actor.has_role(Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR)
