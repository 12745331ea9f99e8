"""Whom a level of an alert tells (domain.md section 10). Plain Python over rows that are read already."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.models import Agent, Team
from sla.alerts.enums import Recipient


@dataclass(frozen=True, slots=True)
class Around:
    """Who is what to a ticket; with whoever stands in for the absent."""

    owner: Agent | None
    team: Team
    admins: Sequence[Agent]
    deputies: Mapping[UUID, Agent | None]
    """Absent agent -> their deputy."""

    def people(self, roles: Collection[str]) -> list[Agent]:
        """Each once. One who is missing is replaced by the next level up, at last by the admins; an absent one is told,
        and their deputy, too.
        """
        found: dict[UUID, Agent] = {}
        for role in Recipient:
            for agent in self._holders(role) if role in roles else ():
                found.setdefault(agent.pk, agent)
                deputy = self.deputies.get(agent.pk)
                if deputy is not None and deputy.is_active:
                    found.setdefault(deputy.pk, deputy)
        return list(found.values())

    def _holders(self, role: Recipient) -> Sequence[Agent]:
        ladder = list(Recipient)
        for step in ladder[ladder.index(role) :]:
            holder = next((agent for agent in self._candidates(step) if agent is not None and agent.is_active), None)
            if holder is not None:
                return [holder]
        return self.admins

    def _candidates(self, role: Recipient) -> Sequence[Agent | None]:
        if role == Recipient.TECH:
            return [self.owner]
        return [agent for agent in self._above(role) if agent != self.owner]

    def _above(self, role: Recipient) -> Sequence[Agent | None]:
        """Whoever owns the ticket, too, where they are it themselves: nobody is above themselves."""
        team, owner, parent = self.team, self.owner, self.team.parent
        if role == Recipient.SUPERVISOR:
            return [owner.supervisor if owner else None, team.lead, team.supervisor]
        return [team.manager, parent.manager if parent else None]
