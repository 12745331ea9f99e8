"""Whom help can be asked of, and what is known before the form is filled."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Skill, Team
from desk.composing import id_in
from envelopes.models import Envelope
from envelopes.people import askable, known_skills
from tickets.around import drafts_on
from tickets.enums import DraftMode
from tickets.models import Ticket

LOOKED_BACK = 300
"""Envelopes among which the team most asked is looked for."""
TEAM, SKILL, PERSON = "team", "skill", "person"


@dataclass(frozen=True)
class Target:
    """Whom an envelope is addressed to, as services take it: a team, a person, or whoever has a skill."""

    team: Team | None
    agent: Agent | None
    skill: Skill | None = None


class TargetField(forms.ChoiceField):
    """One choice among teams, skills and people. Who is meant by a skill, the services say.

    Three queries for the choices, once they are shown; one for what was chosen.
    """

    def __init__(self, *, ticket: Ticket, by: Agent) -> None:
        self.people = askable(ticket, by=by)
        super().__init__(label=_("Whom do you ask?"), choices=self._choices)

    def _choices(self) -> list[Any]:
        choices: list[Any] = [
            ("", "–"),
            (_("Teams"), [(f"{TEAM}:{team.pk}", team.name) for team in _teams()]),
            (_("Skills"), [(f"{SKILL}:{skill.pk}", skill.name) for skill in known_skills(self.people)]),
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
        skill = known_skills(self.people).filter(pk=chosen).first() if kind == SKILL and chosen else None
        return Target(team, agent, skill) if team or agent or skill else None


def _teams() -> Any:  # a queryset
    return Team.objects.filter(is_active=True)


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
