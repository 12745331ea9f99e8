"""What helpers have contributed: sealed envelopes and what came of them (metrics.md M23, by `completed_at`). Shown so
that help is recognised: names stand in their order, and nobody is told a colleague's.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q

from accounts.enums import Role
from accounts.models import Agent, Team
from accounts.selectors import reach_of
from envelopes.enums import EnvelopeStatus, Outcome
from envelopes.models import Envelope, EnvelopeParticipant
from tickets.enums import TicketStatus
from tickets.figures import Share


@dataclass(frozen=True)
class Contribution:
    who: Agent | Team
    ids: tuple[UUID, ...]
    """Sealed envelopes whose expert the agent was, or which were the team's."""
    outcomes: dict[str, Share]
    """What share of them came to what; those sealed without an outcome are part of the whole."""
    took_part_ids: tuple[UUID, ...]
    """Sealed envelopes in which an agent helped beside their expert."""

    @property
    def completed(self) -> int:
        return len(self.ids)

    @property
    def took_part(self) -> int:
        return len(self.took_part_ids)


@dataclass(frozen=True)
class Contributions:
    by_agent: list[Contribution]
    by_team: list[Contribution]


def contributions(reader: Agent, start: datetime, end: datetime, *, team_id: UUID | None = None) -> Contributions:
    """Of envelopes sealed in [start, end) on tickets that were not cancelled: the reader's own, those of teams in their
    charge, all for auditors. A team's are those asked of it, or else given by who has it as the first. `team_id`
    narrows them to those of one team. Two queries.
    """
    helpers = EnvelopeParticipant.objects.select_related("agent").order_by("created_at", "id")
    sealed: list[Any] = list(
        Envelope.objects.filter(status=EnvelopeStatus.COMPLETED, completed_at__gte=start, completed_at__lt=end)
        .exclude(ticket__status=TicketStatus.CANCELLED)
        .filter(_scope(reader))
        .select_related("assigned_to__primary_team", "team")
        .prefetch_related(Prefetch("participants", helpers, to_attr="helpers"))
        .order_by("completed_at", "id")
    )
    led: dict[Any, list[Any]] = defaultdict(list)
    beside: dict[Any, list[Any]] = defaultdict(list)
    teams: dict[Any, list[Any]] = defaultdict(list)
    for each in sealed:
        team = _team_of(each)
        if team_id is not None and (team is None or team.pk != team_id):
            continue
        is_charged = _is_in_charge(reader, team)
        for helper in dict.fromkeys([each.assigned_to, *(row.agent for row in each.helpers)]):
            if is_charged or helper == reader:
                (led if helper == each.assigned_to else beside)[helper].append(each)
        if is_charged and team is not None:
            teams[team].append(each)
    people = sorted(led.keys() | beside.keys(), key=_name)
    return Contributions(
        by_agent=[_contribution(agent, led[agent], beside[agent]) for agent in people],
        by_team=[_contribution(team, teams[team], ()) for team in sorted(teams, key=_name)],
    )


def _scope(reader: Agent) -> Q:
    if reader.has_role(Role.AUDITOR):
        return Q()
    helped = EnvelopeParticipant.objects.filter(envelope=OuterRef("pk"), agent=reader)
    charge = reach_of(reader).in_charge
    of_charge = Q(team__in=charge) | Q(team__isnull=True, assigned_to__primary_team__in=charge)
    return Q(assigned_to=reader) | Q(Exists(helped)) | of_charge


def _team_of(envelope: Envelope) -> Team | None:
    if envelope.team is not None or envelope.assigned_to is None:
        return envelope.team
    return envelope.assigned_to.primary_team


def _is_in_charge(reader: Agent, team: Team | None) -> bool:
    return reader.has_role(Role.AUDITOR) or (team is not None and team.pk in reach_of(reader).in_charge)


def _name(who: Agent | Team) -> tuple[str, UUID]:
    return who.name, who.pk


def _contribution(who: Agent | Team, completed: Sequence[Envelope], beside: Sequence[Envelope]) -> Contribution:
    ids = tuple(each.pk for each in completed)
    found = {outcome.value: sum(each.outcome == outcome for each in completed) for outcome in Outcome}
    return Contribution(
        who=who,
        ids=ids,
        outcomes={outcome: Share(count, ids) for outcome, count in found.items() if count},
        took_part_ids=tuple(each.pk for each in beside),
    )
