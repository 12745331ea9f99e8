"""Reads of resolutions: what is granted and awaited on a ticket, and who decides."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from accounts.enums import Role, Tier
from accounts.models import Agent, Team
from accounts.selectors import absent_ids, reach_of, read_reaches
from core.actors import Actor
from core.errors import DomainError
from tickets.guards import flags_on
from tickets.models import EmpowermentConfig, Resolution, Ticket
from tickets.policies import compensation_ways, is_own_case
from tickets.resolution_enums import COUNTED, GRANTED, ApprovalStatus, EmpowermentTier
from tickets.resolution_errors import ApprovalPending
from tickets.tiers import USUAL, USUAL_CURRENCY, VIP_FLAG, Limits, agent_limit

SHOWN_WITH = ("agent", "created_by", "approved_by", "rejected_by")


def resolutions_of(ticket: Ticket) -> QuerySet[Resolution]:
    return Resolution.objects.filter(ticket=ticket).select_related(*SHOWN_WITH)


def resolutions_in_sight(actor: Actor) -> QuerySet[Resolution]:
    """Of visible tickets, as far as `actor` may read what their customers were granted (object rule 11)."""
    if not isinstance(actor, Agent):
        return Resolution.objects.none()
    rows = Resolution.objects.filter(ticket__in=Ticket.objects.visible_to(actor).values("pk"))
    if actor.has_role(Role.AUDITOR):
        return rows
    reach = reach_of(actor)
    mine = Q(owner__in=reach.covers | {actor.pk}) | Q(team__in=reach.in_charge)
    for way in compensation_ways:
        mine |= way(actor)
    return rows.filter(ticket__in=Ticket.objects.filter(mine).order_by().values("pk"))


def granted_on(ticket: Ticket) -> list[Resolution]:
    """What the customer may be told of as granted, oldest first."""
    return list(Resolution.objects.filter(ticket=ticket, approval_status__in=GRANTED).order_by("created_at", "id"))


def running_total(ticket: Ticket, currency: str) -> Decimal:
    """All that is granted or asked for in this currency on the ticket, and on those merged into it: two tickets about
    one thing have one limit. Taken apart again, each counts its own. Exact only under the ticket's lock.
    """
    return total_on(ids_with_merged(ticket), currency)


def total_on(ticket_ids: Collection[UUID], currency: str) -> Decimal:
    rows = Resolution.objects.filter(ticket__in=ticket_ids, currency=currency, approval_status__in=COUNTED)
    return rows.aggregate(total=Sum("amount"))["total"] or Decimal("0.00")


def ids_with_merged(ticket: Ticket) -> set[UUID]:
    """The ticket, and those that have ended as duplicates of it or of one of these. A query for each step."""
    found = newest = {ticket.pk}
    while newest:
        newest = set(Ticket.objects.filter(merged_into__in=newest).order_by().values_list("pk", flat=True)) - found
        found = found | newest
    return found


def limits_of(team: Team, currency: str) -> Limits | None:
    """What was set for the team; else the usual limits in euros, and none in any other currency."""
    row = EmpowermentConfig.objects.filter(team=team, currency=currency).first()
    if row is not None:
        return row.limits
    return USUAL if currency == USUAL_CURRENCY else None


def personal_limit(owner: Agent, by: Agent) -> Decimal:
    """Where a deputy writes, theirs and the owner's count, the lower one."""
    return min(owner.empowerment_limit, by.empowerment_limit)


def alone_up_to(ticket: Ticket, currency: str, *, by: Agent) -> Decimal | None:
    """What `by` may write down on the ticket in all without an approval; None where each amount needs one."""
    limits = limits_of(ticket.team, currency)
    if limits is None or ticket.owner is None:
        return None
    is_vip = is_for_vip(ticket, flags_on([ticket.pk])[ticket.pk])
    return agent_limit(limits, personal=personal_limit(ticket.owner, by), is_vip=is_vip)


def is_for_vip(ticket: Ticket, flags: set[str]) -> bool:
    """By flag, or by the tier of the contact or a company of theirs."""
    tiers = {ticket.requester.effective_tier, ticket.company.tier if ticket.company else ""}
    return VIP_FLAG in flags or Tier.VIP in tiers


def no_pending_approval(ticket: Ticket) -> DomainError | None:
    """A guard of resolving."""
    rows = Resolution.objects.filter(ticket=ticket, approval_status=ApprovalStatus.PENDING).order_by("created_at", "id")
    titles = ", ".join(str(row) for row in rows)
    return ApprovalPending(titles=titles) if titles else None


def approvals_for(agent: Agent) -> QuerySet[Resolution]:
    """What waits for a decision that `agent` may take, oldest first."""
    reach = reach_of(agent)
    tiers = Q(empowerment_tier=EmpowermentTier.TEAM_LEAD, ticket__team__in=reach.in_charge)
    tiers |= Q(empowerment_tier=EmpowermentTier.MANAGER, ticket__team__in=reach.managed)
    own = Q(agent=agent) | Q(created_by=agent) | Q(ticket__owner__in=reach.covers | {agent.pk})
    waiting = Resolution.objects.filter(tiers, approval_status=ApprovalStatus.PENDING).exclude(own)
    return waiting.select_related("ticket__team", "ticket__requester", "agent").order_by("created_at", "id")


def approvers_of(resolution: Resolution) -> list[list[Agent]]:
    """Who decides, nearest level first; empty levels are left out.

    Of a team lead's tier the lead, then the supervisor, then managers; of a manager's the team's manager, then those of
    the teams above it. Whoever wrote it down, owns the ticket or covers for its owner is passed over, and who is absent
    today as long as somebody is there.
    """
    team = resolution.ticket.team
    managers = [[manager] for manager in managers_of(team)]
    levels = managers
    if resolution.empowerment_tier != EmpowermentTier.MANAGER:
        levels = [_holding(team.lead, Role.TEAM_LEAD), _holding(team.supervisor, Role.SUPERVISOR), *managers]
    read_reaches([agent for level in levels for agent in level], at=timezone.now())
    seen: set[UUID] = set()
    found = []
    for level in levels:
        people = [agent for agent in level if agent.pk not in seen and not is_own_case(agent, resolution)]
        seen |= {agent.pk for agent in people}
        if people:
            found.append(people)
    away = absent_ids([agent for level in found for agent in level], at=timezone.now())
    present = [[agent for agent in level if agent.pk not in away] for level in found]
    return [level for level in present if level] or found


def _holding(agent: Agent | None, role: Role) -> list[Agent]:
    return [agent] if agent is not None and agent.has_role(role) else []


def managers_of(team: Team) -> Sequence[Agent]:
    """The team's manager, then those of the teams above, as an org unit includes its teams' children (ruling 5)."""
    found: list[Agent] = []
    above: Team | None = team
    seen = set()
    while above is not None and above.pk not in seen:
        seen.add(above.pk)
        found += _holding(above.manager, Role.MANAGER)
        above = above.parent
    return found


def names_of_approvers(resolution: Resolution) -> str:
    """For hints; a dash where the team has nobody of that tier."""
    levels = approvers_of(resolution)
    return ", ".join(agent.name for agent in levels[0]) if levels else "–"
