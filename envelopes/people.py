"""Whom help can be asked of by name, who is meant by a skill, and who may have an envelope's tasks."""

from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Agent, Skill
from accounts.selectors import absent_ids
from envelopes.enums import EnvelopeStatus
from envelopes.models import Envelope, EnvelopeParticipant
from envelopes.selectors import readers_among
from tickets.models import Ticket

WORK_TICKETS = [Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR]


def askable(ticket: Ticket, *, by: Agent | None) -> QuerySet[Agent]:
    """Who can be asked by name: neither who asks nor who owns the ticket."""
    left_out = [pk for pk in (ticket.owner_id, by.pk if by else None) if pk is not None]
    return Agent.objects.active().filter(roles__overlap=WORK_TICKETS).exclude(pk__in=left_out)


def known_skills(people: QuerySet[Agent]) -> QuerySet[Skill]:
    """What these people know, each once."""
    return Skill.objects.filter(holders__agent__in=people).distinct()


def most_at_hand(people: QuerySet[Agent], skill_id: UUID) -> Agent | None:
    """Of those who have the skill and are not absent: who has the fewest active envelopes, then knows it best. Two
    queries.
    """
    active = Count("envelopes", filter=Q(envelopes__status=EnvelopeStatus.ACTIVE), distinct=True)
    found = people.filter(skills__skill=skill_id).annotate(active=active).select_related("primary_team")
    candidates = list(found.order_by("active", "-skills__level", "name"))
    absent = absent_ids(candidates, at=timezone.now())
    return next((one for one in candidates if one.pk not in absent), None)


def who_may_have_tasks_of(envelope: Envelope) -> QuerySet[Agent]:
    """Who works tickets and reads the envelope now, by name: for all others its tasks do not exist. As many queries
    for many as for one.
    """
    named = {envelope.ticket.owner_id, envelope.requested_by_id, envelope.assigned_to_id} - {None}
    takes_part = EnvelopeParticipant.objects.filter(envelope__path__contains=[envelope.pk], left_at__isnull=True)
    near = Q(pk__in=named) | Q(pk__in=takes_part.order_by().values("agent"))
    near |= Q(covered_absences__agent__in=named) | Q(roles__overlap=[Role.TEAM_LEAD, Role.SUPERVISOR])
    if envelope.status == EnvelopeStatus.PENDING and envelope.team_id is not None:
        near |= Q(teams=envelope.team_id)
    people = list(Agent.objects.active().filter(near, roles__overlap=WORK_TICKETS).distinct())
    return Agent.objects.filter(pk__in=readers_among(people, envelope)).order_by("name", "id")
