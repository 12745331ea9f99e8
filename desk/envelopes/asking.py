"""Whom help can be asked of, what is known before the form is filled, and who is meant by a skill."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import Role
from accounts.models import Agent, Skill, Team
from accounts.selectors import absent_ids
from desk.composing import id_in
from envelopes.enums import EnvelopeStatus
from envelopes.models import Envelope
from tickets.around import drafts_on
from tickets.enums import DraftMode
from tickets.models import Ticket

WORK_TICKETS = [Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR]
LOOKED_BACK = 300
"""Envelopes among which the team most asked is looked for."""
TEAM, SKILL, PERSON = "team", "skill", "person"


@dataclass(frozen=True)
class Target:
    """Whom an envelope is addressed to, as services take it."""

    team: Team | None
    agent: Agent | None
    skill: Skill | None = None


class TargetField(forms.ChoiceField):
    """One choice among teams, skills and people. A skill means whoever has it, is there and helps least at the moment.

    Three queries for the choices, once they are shown; one to four for what was chosen.
    """

    def __init__(self, *, agent: Agent, besides: Agent | None) -> None:
        self.people = helpers(agent, besides)
        super().__init__(label=_("Whom do you ask?"), choices=self._choices)

    def _choices(self) -> list[Any]:
        choices: list[Any] = [
            ("", "–"),
            (_("Teams"), [(f"{TEAM}:{team.pk}", team.name) for team in _teams()]),
            (_("Skills"), [(f"{SKILL}:{skill.pk}", skill.name) for skill in _skills(self.people)]),
            (_("People"), [(f"{PERSON}:{one.pk}", one.name) for one in self.people.order_by("name")]),
        ]
        return [(label, rows) for label, rows in choices if rows]

    def clean(self, value: Any) -> Target:
        text = self.to_python(value)
        if text in self.empty_values:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        kind, _colon, key = text.partition(":")
        found = self._target(kind, id_in(key))
        if found is None:
            message = self.error_messages["invalid_choice"] % {"value": text}
            raise forms.ValidationError(message, code="invalid_choice")
        return found

    def _target(self, kind: str, chosen: UUID | None) -> Target | None:
        """None for what is no choice. As the choices say, but without asking for all of them."""
        team = _teams().filter(pk=chosen).first() if kind == TEAM and chosen else None
        agent = self.people.filter(pk=chosen).first() if kind == PERSON and chosen else None
        if kind == SKILL and chosen and _skills(self.people).filter(pk=chosen).exists():
            expert = most_at_hand(self.people, chosen)
            if expert is None:
                raise forms.ValidationError(_("Nobody who knows this is there today. Ask a team."))
            return Target(expert.primary_team, expert, Skill.objects.get(pk=chosen))
        return Target(team, agent) if team or agent else None


def helpers(agent: Agent, besides: Agent | None) -> Any:  # a queryset of agents
    """Who can be asked by name: neither who asks nor who owns the ticket."""
    mine = [person.pk for person in (agent, besides) if person is not None]
    return Agent.objects.active().filter(roles__overlap=WORK_TICKETS).exclude(pk__in=mine)


def _teams() -> Any:  # a queryset
    return Team.objects.filter(is_active=True)


def _skills(people: Any) -> Any:
    return Skill.objects.filter(holders__agent__in=people).distinct()


def most_at_hand(people: Any, skill_id: UUID) -> Agent | None:
    """Of those who have the skill and are not absent: who has the fewest active envelopes, then knows it best."""
    active = Count("envelopes", filter=Q(envelopes__status=EnvelopeStatus.ACTIVE), distinct=True)
    found = people.filter(skills__skill=skill_id).annotate(active=active).select_related("primary_team")
    candidates = list(found.order_by("active", "-skills__level", "name"))
    absent = absent_ids(candidates, at=timezone.now())
    return next((one for one in candidates if one.pk not in absent), None)


def likely_target(ticket: Ticket, agent: Agent) -> str:
    """What the form begins with: the team most asked about tickets of this category, else whom this person asked last,
    else the team most asked. One query.
    """
    newest = Envelope.objects.filter(team__is_active=True).order_by("-opened_at", "-id")
    rows = list(newest.values_list("team", "ticket__category", "requested_by")[:LOOKED_BACK])
    category_id = ticket.category_id
    of_category = [team for team, category, _by in rows if category_id is not None and category == category_id]
    own = [team for team, _category, by in rows if by == agent.pk][:1]
    for teams in (of_category, own, [team for team, _category, _by in rows]):
        if teams:
            return f"{TEAM}:{Counter(teams).most_common(1)[0][0]}"
    return ""


def known_reason(ticket: Ticket) -> str:
    """The note that was begun on the ticket, if there is one: it mostly says what help is needed."""
    draft = drafts_on(ticket).get(DraftMode.NOTE)
    return draft.body_text if draft else ""


def kept_target(text: str) -> str:
    """A target named in an address, or nothing."""
    kind, _colon, key = text.partition(":")
    return text if kind in (TEAM, SKILL, PERSON) and id_in(key) else ""
