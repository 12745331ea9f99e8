"""The board of help: envelopes that nobody has accepted, for those who may, and for those who could offer to.

Four statements for a page, however many envelopes there are.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from accounts.models import Agent, Skill
from accounts.selectors import reach_of
from core.paging import keyset_page
from envelopes.enums import EnvelopeKind, EnvelopeStatus
from envelopes.models import Envelope, HelpOffer
from envelopes.policies import acts_of, may_offer_help
from envelopes.querysets import EnvelopeQuerySet
from envelopes.selectors import EnvelopeRow, rows_for, taking_part

S = EnvelopeStatus
PAGE = 50
MOST_URGENT_FIRST = ("-score", "due", "id")
"""How urgent it is, the ticket says; among tickets alike what is due first."""
NAMED_SKILLS = 4
"""Of a team, those that most of its people have."""


@dataclass(frozen=True)
class Wanted:
    """What the board is narrowed to."""

    is_elsewhere: bool = False
    """Asked of others: what one could offer help with."""
    skill_id: UUID | None = None
    team_id: UUID | None = None


@dataclass(frozen=True)
class HelpRow:
    envelope: EnvelopeRow
    skills: tuple[str, ...]
    """The one that the request names, for its readers; else those of the asked team, most common first."""
    due_at: datetime | None
    """When an acceptance is promised, which follows from the line on the main thread that help was asked for."""
    is_late: bool
    """Nobody has accepted it in time, and that was told; for its readers."""
    acts: tuple[str, ...]
    """What the reader may do; names as in the API's paths."""
    may_offer: bool
    has_offered: bool


@dataclass(frozen=True)
class HelpPage:
    rows: list[HelpRow]
    next_cursor: str | None
    previous_cursor: str | None


def help_page(agent: Agent, wanted: Wanted, cursor: str = "", *, size: int = PAGE) -> HelpPage:
    """Envelopes of this part of the board, those of the most urgent tickets first.

    Raises Invalid for a cursor of another list.
    """
    part = _elsewhere(agent) if wanted.is_elsewhere else _for_me(agent)
    found = _narrowed(part, wanted, agent).annotate(
        score=F("ticket__priority_score"), due=Coalesce(F("response_due_at"), F("opened_at"))
    )
    page = keyset_page(found.with_people(), MOST_URGENT_FIRST, cursor=cursor, size=size)
    envelopes: list[Envelope] = page.items
    shown = {row.id: row for row in rows_for(envelopes, agent)}
    named = {each.pk: each.skill.name for each in envelopes if each.skill and shown[each.pk].is_readable}
    skills = _skills_of({each.team_id for each in envelopes if each.team_id is not None and each.pk not in named})
    offered = _offered_by(agent, envelopes)
    rows = [
        HelpRow(
            envelope=shown[each.pk],
            skills=(named[each.pk],) if each.pk in named else skills.get(each.team_id, ()),
            due_at=each.response_due_at,
            is_late=each.timeout_notified_at is not None and shown[each.pk].is_readable,
            acts=acts_of(agent, each),
            may_offer=wanted.is_elsewhere and may_offer_help(agent, each),
            has_offered=each.pk in offered,
        )
        for each in envelopes
    ]
    return HelpPage(rows, page.next_cursor, page.previous_cursor)


def _asked_of(agent: Agent) -> Q:
    """Addressed to the reader or their teams; and, once nobody has accepted it in time, to the next level: those in
    charge of the team that was asked.
    """
    reach = reach_of(agent)
    by_name = Q(assigned_to=agent) | Q(team__in=reach.member | reach.led)
    unanswered = Q(team__in=reach.in_charge, timeout_notified_at__isnull=False)
    return Q(status=S.PENDING) & (by_name | unanswered)


def _for_me(agent: Agent) -> EnvelopeQuerySet:
    return Envelope.objects.thread_visible_to(agent).filter(_asked_of(agent)).exclude(ticket__owner=agent)


def _elsewhere(agent: Agent) -> EnvelopeQuerySet:
    """What one knows of by the tickets in sight. Legal advice comes from those it is asked of alone."""
    own = {agent.pk} | reach_of(agent).covers
    known = Envelope.objects.visible_to(agent).filter(status__in=[S.PENDING, S.DECLINED])
    known = known.exclude(kind=EnvelopeKind.LEGAL).exclude(ticket__owner__in=own)
    return known.exclude(_asked_of(agent)).exclude(Exists(taking_part(agent.pk)))


def _narrowed(envelopes: EnvelopeQuerySet, wanted: Wanted, agent: Agent) -> EnvelopeQuerySet:
    if wanted.team_id is not None:
        envelopes = envelopes.filter(team=wanted.team_id)
    if wanted.skill_id is not None:
        known = Agent.teams.through.objects.filter(
            team=OuterRef("team"), agent__is_active=True, agent__skills__skill=wanted.skill_id
        )
        read = Q(Exists(Envelope.objects.thread_visible_to(agent).filter(pk=OuterRef("pk")).order_by()))
        envelopes = envelopes.filter(
            read & Q(skill=wanted.skill_id) | (Q(skill__isnull=True) | ~read) & Q(Exists(known))
        )
    return envelopes


def _skills_of(team_ids: Collection[UUID]) -> dict[Any, tuple[str, ...]]:
    if not team_ids:
        return {}
    members: Any = Agent.teams.through.objects.filter(team__in=team_ids, agent__is_active=True)
    held = members.filter(agent__skills__isnull=False).values_list("team", "agent__skills__skill__name")
    names: dict[Any, list[str]] = defaultdict(list)
    for team_id, name, _count in held.annotate(count=Count("agent")).order_by("-count", "agent__skills__skill__name"):
        names[team_id].append(name)
    return {team_id: tuple(known[:NAMED_SKILLS]) for team_id, known in names.items()}


def _offered_by(agent: Agent, envelopes: Collection[Envelope]) -> set[UUID]:
    mine = HelpOffer.objects.standing().filter(agent=agent, envelope__in=[each.pk for each in envelopes])
    return set(mine.values_list("envelope", flat=True))


def skills_to_choose() -> list[Skill]:
    """Those that somebody has who is there."""
    return list(Skill.objects.filter(holders__agent__is_active=True).distinct().order_by("name"))


def offers_on(envelope: Envelope, *, besides: Collection[UUID]) -> list[HelpOffer]:
    """Who can help and was not asked, in the order in which they said so; without those who help in the meantime."""
    if not envelope.is_open:
        return []
    standing = envelope.offers.standing().exclude(agent__in=besides).filter(agent__is_active=True)
    return list(standing.select_related("agent").order_by("created_at", "id"))
