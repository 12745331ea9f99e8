"""Who may do what with a ticket (permissions.md section 2). Pure answers about role and ownership, not about state."""

from collections.abc import Callable
from uuid import UUID

from django.db.models import Q

from accounts.enums import Role, Scope
from accounts.models import Agent, ApiClient, Team
from accounts.selectors import reach_of
from core.actors import Actor, SystemActor
from tickets.enums import ASIDE, FlagType, TextScope
from tickets.models import CalibrationItem, OutboundMessage, Resolution, Task, Ticket
from tickets.models.texts import SharedText
from tickets.resolution_enums import EmpowermentTier


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


def may_keep_views(actor: Actor) -> bool:
    """Own views: whoever works at the desk in any role, auditors and admins too; programs have none."""
    return isinstance(actor, Agent) and actor.is_active and bool(actor.roles)


def may_share_views(actor: Actor, team: Team | None) -> bool:
    """Views of a team: those in charge of it, and admins, who configure. Of everybody (None): admins alone."""
    if not isinstance(actor, Agent):
        return False
    if actor.has_role(Role.ADMIN):
        return True
    return team is not None and team.pk in reach_of(actor).in_charge


def may_act_in_bulk(actor: Actor) -> bool:
    """Whoever works on tickets at all; what each ticket allows is asked of its own service."""
    return is_staff_role(actor)


def may_accept(actor: Actor, ticket: Ticket) -> bool:
    if not isinstance(actor, Agent) or not works_tickets(actor):
        return False
    is_foreign = ticket.team_id in reach_of(actor).foreign
    return works_in(actor, ticket.team) or is_foreign or ticket.offered_to_id == actor.pk


def may_keep_drafts(actor: Actor) -> bool:
    """Whoever may write something somewhere; auditors only read, programs have no half-written texts."""
    roles = (Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN)
    return isinstance(actor, Agent) and actor.is_active and actor.has_role(*roles)


def may_keep_texts(actor: Actor) -> bool:
    """Canned responses and templates of one's own: whoever may write something somewhere."""
    return may_keep_drafts(actor)


def may_keep_texts_of(actor: Actor, scope: str, *, team_id: UUID | None) -> bool:
    """The own ones; those of a team: its lead, supervisor or manager, and admins; everybody's: admins, since they reach
    beyond anybody's scope.
    """
    if not isinstance(actor, Agent) or not may_keep_texts(actor):
        return False
    if scope == TextScope.PERSONAL or actor.has_role(Role.ADMIN):
        return True
    return scope == TextScope.TEAM and team_id in reach_of(actor).in_charge


def may_edit_text(actor: Actor, text: SharedText) -> bool:
    if text.scope == TextScope.PERSONAL and text.owner_id != getattr(actor, "pk", None):
        return False
    return may_keep_texts_of(actor, text.scope, team_id=text.team_id)


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


Way = Callable[[Agent, Ticket], bool]
flag_ways: list[Way] = []
"""How else than by role or ownership somebody may add flags, such as by working in an envelope of the ticket; higher
apps add theirs in `ready()`.
"""
legal_ways: list[Way] = []
"""How else somebody may clear a legal flag: as its legal expert."""


def may_flag(actor: Actor, ticket: Ticket) -> bool:
    """Add a case flag: the owner, all in charge of the team, and whoever `flag_ways` lets."""
    return may_keep_flags(actor, ticket) or _has_way(actor, ticket, flag_ways)


def may_clear_flag(actor: Actor, ticket: Ticket, type: str) -> bool:
    """As adding it, save experts; a legal one: supervisor, manager, legal expert alone."""
    if type == FlagType.LEGAL:
        return oversees(actor, ticket) or _has_way(actor, ticket, legal_ways)
    return may_keep_flags(actor, ticket)


def may_keep_flags(actor: Actor, ticket: Ticket) -> bool:
    """Clear it, and what belongs to it, such as the waiver of a photo: the owner and all in charge of the team."""
    if isinstance(actor, ApiClient):
        return actor.has_scope(Scope.FLAGS_WRITE)
    return isinstance(actor, SystemActor) or acts_as_owner(actor, ticket) or is_in_charge(actor, ticket)


def _has_way(actor: Actor, ticket: Ticket, ways: list[Way]) -> bool:
    return isinstance(actor, Agent) and any(way(actor, ticket) for way in ways)


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
    """Its assignee, and all who may add tasks to its ticket, or to the help that a hidden one belongs to."""
    return is_assignee(actor, task) or may_shape_task(actor, task)


def may_shape_task(actor: Actor, task: Task) -> bool:
    """Whoever adds tasks where it stands, and so says what has to be done there. One query for a hidden one."""
    if may_create_task(actor, task.ticket):
        return True
    return task.is_hidden and Task.objects.worked_beside(actor).filter(pk=task.pk).exists()


def is_assignee(actor: Actor, task: Task) -> bool:
    """The person a task was given to; where it was given to a team alone, whoever works tickets there."""
    if not isinstance(actor, Agent) or not actor.is_active:
        return False
    if task.assigned_to_id is not None or task.team_id is None:
        return task.assigned_to_id == actor.pk
    return works_tickets(actor) and task.team_id in reach_of(actor).member


def may_undo(actor: Actor, message: OutboundMessage) -> bool:
    """Its author; while it waits for its moment also the owner or deputy, as its author may be away by then. What is
    not the customer's is taken back where it was written.
    """
    if not isinstance(actor, Agent) or message.kind in ASIDE:
        return False
    return message.author_id == actor.pk or (message.is_scheduled and acts_as_owner(actor, message.ticket))


def may_exceed_limits(actor: Actor, team_id: UUID) -> bool:
    """Go beyond a hard limit of work in progress, with a reason: the team's supervisor or manager."""
    return isinstance(actor, Agent) and team_id in reach_of(actor).overseen


def is_staff_role(actor: Actor) -> bool:
    """Roles that work tickets at all; the others are refused by their role, not for want of ownership."""
    return isinstance(actor, Agent) and actor.has_role(Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER)


def may_read_records(actor: Actor) -> bool:
    """Tickets and their records in the operators' window, in scope; an admin configures and reads none (section 1)."""
    return isinstance(actor, Agent) and actor.has_role(Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR)


compensation_ways: list[Callable[[Agent], Q]] = []
"""Tickets of which somebody else reads what was granted, such as by taking part in their work; higher apps add theirs
in `ready()`.
"""


def may_read_compensation(actor: Actor, ticket: Ticket) -> bool:
    """What the customer was granted: owner and deputy, participants, lead and above in scope, auditors (object rule
    11). One query for each way of others.
    """
    if answers_for_compensation(actor, ticket):
        return True
    row = Ticket.objects.filter(pk=ticket.pk)
    return isinstance(actor, Agent) and any(row.filter(way(actor)).exists() for way in compensation_ways)


def answers_for_compensation(actor: Actor, ticket: Ticket) -> bool:
    """By role or ownership; no query."""
    is_auditor = isinstance(actor, Agent) and actor.has_role(Role.AUDITOR)
    return is_auditor or acts_as_owner(actor, ticket) or is_in_charge(actor, ticket)


def is_own_case(actor: Actor, resolution: Resolution) -> bool:
    """Whoever wrote it down, in their own or the owner's name, and who owns the ticket or covers for them now."""
    if not isinstance(actor, Agent):
        return False
    return actor.pk in (resolution.agent_id, resolution.created_by_id) or acts_as_owner(actor, resolution.ticket)


def holds_tier(actor: Actor, resolution: Resolution) -> bool:
    """The role of its tier or a higher one, for the ticket's team."""
    if not isinstance(actor, Agent):
        return False
    reach, team_id = reach_of(actor), resolution.ticket.team_id
    if resolution.empowerment_tier == EmpowermentTier.MANAGER:
        return team_id in reach.managed
    return team_id in reach.in_charge


def may_approve(actor: Actor) -> bool:
    """Anything at all, by role; what, `holds_tier` tells."""
    return isinstance(actor, Agent) and actor.has_role(Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER)


def may_take_part_in_calibration(actor: Actor) -> bool:
    roles = (Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER)
    return isinstance(actor, Agent) and actor.has_role(*roles)


def may_read_calibration(actor: Actor) -> bool:
    """Queue and figures, in scope; auditors all."""
    is_auditor = isinstance(actor, Agent) and actor.has_role(Role.AUDITOR)
    return is_auditor or may_take_part_in_calibration(actor)


def may_run_calibration(actor: Actor) -> bool:
    """Generate and close: the timer, and managers."""
    return isinstance(actor, SystemActor) or (isinstance(actor, Agent) and actor.has_role(Role.MANAGER))


def may_review(actor: Actor, item: CalibrationItem) -> bool:
    """By role and scope; whether they decided about it themselves is another question."""
    return may_take_part_in_calibration(actor) and is_in_charge(actor, item.resolution.ticket)
