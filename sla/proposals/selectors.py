"""Proposals, and what can be proposed about."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import BusinessCalendar, Company, Team
from core.actors import Actor
from sla.alerts.enums import AlertCondition
from sla.alerts.models import AlertRule
from sla.models import SlaPolicy
from sla.proposals.models import Proposal
from sla.proposals.policies import may_see_proposals
from tickets.enums import Priority
from tickets.models import Category

NAMED: Mapping[str, type[Any]] = {"company": Company, "team": Team, "category": Category, "calendar": BusinessCalendar}
"""Fields that hold the id of something with a name."""


def proposals_for(actor: Actor) -> QuerySet[Proposal]:
    """All, with their people, for those who may read what they are about."""
    rows = Proposal.objects.select_related("proposed_by", "decided_by")
    return rows if may_see_proposals(actor) else rows.none()


def names_in(proposal: Proposal) -> dict[str, str]:
    """Id -> name, of all things that its values name. At most one query a kind."""
    found: dict[str, str] = {}
    for name, model in NAMED.items():
        ids = {UUID(value) for value in (proposal.values.get(name), proposal.former.get(name)) if value}
        if ids:
            found |= {str(row.pk): str(row) for row in model.objects.filter(pk__in=ids)}
    return found


def policies_now() -> list[SlaPolicy]:
    return list(SlaPolicy.objects.order_by("kind", "order", "name"))


def calendars_now() -> list[BusinessCalendar]:
    """With their parts."""
    return list(BusinessCalendar.objects.prefetch_related("windows").order_by("name"))


def matrix_now() -> list[AlertRule]:
    """By priority, condition and level, as people read it."""
    priorities, conditions = list(Priority), list(AlertCondition)
    return sorted(
        AlertRule.objects.all(),
        key=lambda rule: (
            priorities.index(Priority(rule.priority)),
            conditions.index(AlertCondition(rule.condition)),
            rule.level,
        ),
    )
