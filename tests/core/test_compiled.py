"""Queries put into SQL once: they answer as their querysets do, for any values and any reach."""

from itertools import combinations
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Absence, Agent, Company, User
from core.arrays import any_id
from core.compiled import Compiled
from tests.factories import AgentFactory, CompanyFactory, ContactFactory, TeamFactory, TicketFactory
from tickets.in_sight import InSight
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def test_it_reads_what_its_queryset_reads_in_one_statement() -> None:
    mine = AgentFactory(roles=[Role.AGENT], name="Mara Stein")
    read = Compiled(lambda pk: User.objects.select_related("agent", "api_client").filter(pk=pk), uuid4())
    with CaptureQueriesContext(connection) as statements:
        found = read.first(mine.user_id)
        assert found is not None
        assert (found.pk, found.agent.name, found.agent.roles) == (mine.user_id, "Mara Stein", ["agent"])
        assert not hasattr(found, "api_client")
    assert len(statements) == 1
    assert read.first(uuid4()) is None


def test_deferred_columns_and_lists_of_values_work() -> None:
    acme = CompanyFactory(name="Acme")
    read = Compiled(lambda ids: Company.objects.filter(any_id("pk", ids)).only("name"), [uuid4()])
    (found,) = read.fetch([acme.pk, uuid4()])
    assert (found, found.name, found.get_deferred_fields() >= {"domains", "tier"}) == (acme, "Acme", True)
    assert read.fetch([]) == []


def test_a_slot_that_is_forgotten_is_a_mistake() -> None:
    read = Compiled(lambda _pk: Company.objects.all(), uuid4())
    with pytest.raises(ImproperlyConfigured):
        read.fetch(uuid4())


def test_conditions_that_exclude_everything_read_nothing() -> None:
    with CaptureQueriesContext(connection) as statements:
        assert Compiled(lambda pk: Company.objects.filter(pk=pk, pk__in=[]), uuid4()).fetch(uuid4()) == []
    assert len(statements) == 0


def people_of_every_reach() -> list[Agent]:
    """Members of none, one and two teams, beside those who see by role, cover, or may accept elsewhere."""
    teams = [TeamFactory(), TeamFactory(), TeamFactory(allow_foreign_accept=True)]
    people = [
        AgentFactory(roles=[role], teams=list(of))
        for role in (Role.AGENT, Role.ADMIN)
        for count in range(3)
        for of in combinations(teams, count)
    ]
    people += [AgentFactory(roles=[Role.AUDITOR]), AgentFactory(roles=[Role.AGENT], teams=teams, is_active=False)]
    deputy, away = AgentFactory(roles=[Role.AGENT], teams=teams[:1]), AgentFactory(roles=[Role.AGENT], teams=teams[1:2])
    for team in teams:
        for owner in (None, away, people[1]):
            TicketFactory(team=team, owner=owner, requester=ContactFactory())
    today = timezone.localdate()
    Absence.objects.create(agent=away, deputy=deputy, kind="vacation", starts_on=today, ends_on=today)
    return [*people, deputy, away]


def test_what_an_agent_sees_is_the_same_as_by_the_queryset() -> None:
    """Asked twice over, so that an outline compiled for one person answers another."""
    read = InSight(lambda seen, _agent, reference: seen.filter(reference=reference).only("reference"), "slot")
    people = people_of_every_reach()
    seen = {person.pk: set(Ticket.objects.visible_to(person).values_list("reference", flat=True)) for person in people}
    assert {len(references) for references in seen.values()} >= {0, 1, 3, 9}
    for person in [*people, *people]:
        for reference in Ticket.objects.values_list("reference", flat=True):
            assert bool(read.fetch(person, reference)) is (reference in seen[person.pk])
