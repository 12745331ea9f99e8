"""What an edit of the matrix would do to the watches that run: told before it is saved, by the planner and the people
by which it would happen. Source: issue "Time".
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from sla.alerts.models import AlertRule, AlertWatch
from sla.alerts.people import Around
from sla.alerts.planning import moments
from sla.alerts.selectors import Rules, Standing, people_around, standing_of

LOOKED_AT = 1_000
"""So many watches of the cell, the newest, tell what an edit would do."""

Told = dict[tuple[UUID, int], datetime]
"""Person and level -> when they are told of it."""


class Effect(models.TextChoices):
    """On one message to one person."""

    AT_ONCE = "at_once", _("At once")
    ADDED = "added", _("In addition")
    SOONER = "sooner", _("Sooner")
    LATER = "later", _("Later")
    NO_MORE = "no_more", _("No more")


@dataclass(frozen=True)
class OnPerson:
    agent: Agent
    counts: Sequence[tuple[Effect, int]]
    """Messages by effect, all effects in their order."""


@dataclass(frozen=True)
class Effects:
    watched: int
    """Watches of the cell that run and were looked at."""
    changed: int
    """Tickets of which somebody would be told otherwise."""
    people: Sequence[OnPerson]
    """Whom that concerns, by name."""


def effects_of(edited: AlertRule, *, now: datetime) -> Effects:
    """If `edited`, a rule that is not saved yet, held from `now` on. A fixed number of queries."""
    cell = {"condition": edited.condition, "ticket__priority": edited.priority}
    watches = AlertWatch.objects.filter(**cell, anchor_at__isnull=False).order_by("-pk")[:LOOKED_AT]
    standings = standing_of({watch.ticket_id for watch in watches})
    around = people_around([standing.ticket for standing in standings.values()], at=now)
    agents: dict[UUID, Agent] = {}
    counts: dict[UUID, Counter[Effect]] = {}
    changed = watched = 0
    for watch in watches:
        before = standings[watch.ticket_id]
        after = replace(before, rules=_with(edited, before.rules))
        watched += before.anchor_of(watch) is not None
        people = around[watch.ticket_id]
        old, new = (_told(standing, watch, people, agents, now) for standing in (before, after))
        changed += old != new
        for agent_id, effect in _between(old, new, now):
            counts.setdefault(agent_id, Counter())[effect] += 1
    concerned = sorted((agents[pk] for pk in counts), key=lambda agent: (agent.name, agent.pk))
    rows = [OnPerson(agent, [(effect, counts[agent.pk][effect]) for effect in Effect]) for agent in concerned]
    return Effects(watched, changed, rows)


def _with(edited: AlertRule, rules: Rules) -> Rules:
    key = (edited.priority, edited.condition, edited.level)
    others = {each: rule for each, rule in rules.items() if each != key}
    return others | ({key: edited} if edited.is_active else {})


def _told(standing: Standing, watch: AlertWatch, around: Around, agents: dict[UUID, Agent], now: datetime) -> Told:
    """Who is told of which level when, if nobody does anything; of levels that come together of the highest."""
    anchor = standing.anchor_of(watch)
    if anchor is None:
        return {}
    coming = moments(anchor, standing.thresholds(watch.condition), since=watch.next_level)
    told: Told = {}
    for at, together in groupby(((level, max(at, now)) for level, at in coming), key=itemgetter(1)):
        level = max(level for level, _at in together)
        for agent in around.people(standing.rule(watch.condition, level).recipients):
            told[agent.pk, level] = at
            agents[agent.pk] = agent
    return told


def _between(old: Told, new: Told, now: datetime) -> Iterable[tuple[UUID, Effect]]:
    for key in {**old, **new}:
        before, after = old.get(key), new.get(key)
        if after == before:
            continue
        if after is None:
            yield key[0], Effect.NO_MORE
        elif after <= now:
            yield key[0], Effect.AT_ONCE
        elif before is None:
            yield key[0], Effect.ADDED
        else:
            yield key[0], Effect.SOONER if after < before else Effect.LATER
