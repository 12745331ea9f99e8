"""Queries put into SQL once: they answer as their querysets do, for any values and any reach."""

import gc
import random
import threading
import weakref
from datetime import timedelta
from itertools import combinations
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections
from django.db.models import BooleanField, Exists, OuterRef
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.enums import Role
from accounts.models import Absence, Agent, Company, Contact, Team, User
from accounts.selectors import Reach
from core.arrays import any_id
from core.compiled import Compiled, KeptExpression, text_of
from core.labels import label_of
from desk.selectors import QUEUES, QueueFilter, open_counts, teams_in_sight, tickets_in
from desk.workspace import ticket_to_answer, visible_ticket
from tests.factories import AgentFactory, CompanyFactory, ContactFactory, TeamFactory, TicketFactory
from tickets.enums import Grade, Priority, TicketStatus
from tickets.in_sight import InSight, is_in_sight
from tickets.models import Ticket, TicketReader
from tickets.selectors import other_tickets_of

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


def test_what_would_be_lost_unseen_is_refused() -> None:
    by_id = Compiled(lambda pk: Company.objects.filter(pk=pk), uuid4())
    with pytest.raises(TypeError):
        by_id.fetch(uuid4(), "one too many")
    with pytest.raises(ImproperlyConfigured):
        Compiled(lambda pk: Agent.objects.prefetch_related("teams").filter(pk=pk), uuid4()).fetch(uuid4())


def test_nothing_of_the_thread_that_asked_first_is_kept() -> None:
    read = Compiled(lambda pk: Company.objects.filter(pk=pk), uuid4())
    kept: list[weakref.ref[object]] = []

    def ask() -> None:
        read.first(uuid4())
        kept.append(weakref.ref(connections["default"]))
        connections["default"].close()

    asking = threading.Thread(target=ask)
    asking.start()
    asking.join()
    gc.collect()
    assert kept[0]() is None
    assert read.first(uuid4()) is None  # in this thread, over its own connection


def test_labels_follow_the_language() -> None:
    words = {}
    for language in ("en", "de", "en"):
        with translation.override(language):
            words[language] = [label_of(TicketStatus, "new"), label_of(Priority, "high"), label_of(Grade, "high")]
    assert words == {"en": ["New", "High", "High"], "de": ["Neu", "Hoch", "Hoch"]}
    assert label_of(TicketStatus, "of another time") == "of another time"


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


def _asked_for_help(ticket: Ticket, reader: Agent, teams: list[Any], chance: random.Random) -> None:
    """Now and then, the reader or a team: for a while, for good, or no more; all of the team or those in charge."""
    if chance.random() < 0.3:
        ends = (None, timezone.now() + timedelta(hours=1), timezone.now() - timedelta(hours=1))
        until, of_team = chance.choice(ends), chance.random() < 0.6
        whom: dict[str, Any] = {"team": chance.choice(teams)} if of_team else {"agent": reader}
        is_for_few = of_team and chance.random() < 0.5
        TicketReader.objects.create(
            ticket=ticket, until=until, is_for_those_in_charge=is_for_few, source=uuid4(), **whom
        )


@pytest.mark.parametrize("seed", range(30))
def test_compiled_reads_agree_with_their_querysets_for_any_reach(seed: int) -> None:
    """Sets that overlap, the own id among those covered, auditors, deactivated people, nothing at all."""
    chance = random.Random(seed)
    teams, people, requester = TeamFactory.create_batch(3), AgentFactory.create_batch(3), ContactFactory()
    for team in teams:
        for owner in (None, people[0], people[1]):
            TicketFactory(team=team, owner=owner, requester=requester)
    Ticket.objects.filter(team=teams[0], owner=None).update(offered_to=people[2], offered_at=timezone.now())

    def some(rows: list[Any]) -> frozenset[UUID]:
        return frozenset(row.pk for row in rows if chance.random() < 0.4)

    reader = chance.choice(people)
    for ticket in Ticket.objects.all():
        _asked_for_help(ticket, reader, teams, chance)
    parts = ("member", "led", "supervised", "managed", "foreign")
    reach = Reach(**{part: some(teams) for part in parts}, covers=some(people), sees_everything=chance.random() < 0.15)
    reader.is_active = chance.random() > 0.15
    vars(reader)["_reach"] = reach
    seen = Ticket.objects.visible_to(reader)
    for ticket in Ticket.objects.all():
        is_seen = seen.filter(pk=ticket.pk).exists()
        assert is_in_sight(reader, ticket.pk) is is_seen
        others = seen.filter(requester=requester).exclude(pk=ticket.pk).order_by("-created_at", "-id")[:5]
        assert other_tickets_of(requester, besides=ticket, seen_by=reader) == list(others)
        for read in (visible_ticket, ticket_to_answer):
            if is_seen:
                assert read(reader, ticket.reference) == ticket
            else:
                with pytest.raises(Http404):
                    read(reader, ticket.reference)
    lists = [view for view in QUEUES.values() if view.shows_open_only]
    assert open_counts(reader) == {view.slug: tickets_in(view, reader, QueueFilter()).count() for view in lists}
    in_sight = [team.pk for team in Team.objects.order_by("name")]
    wanted = reach.teams | reach.foreign
    assert [team.pk for team in teams_in_sight(reader)] == [
        pk for pk in in_sight if reach.sees_everything or pk in wanted
    ]


def test_a_kept_part_stands_in_queries_in_which_its_rows_go_by_another_name() -> None:
    acme, other = CompanyFactory(name="Acme"), CompanyFactory(name="Other")
    dana = ContactFactory(company=acme)
    wanted = uuid4()
    is_of = Exists(Contact.objects.filter(company=OuterRef("pk"), pk=wanted, company__name=OuterRef("name")))
    kept = KeptExpression(text_of(Company.objects.all(), is_of, [wanted]), [dana.pk], BooleanField())
    rows = Company.objects.filter(pk__in=[acme.pk, other.pk]).annotate(is_found=kept)
    assert {row.pk: row.is_found for row in rows} == {acme.pk: True, other.pk: False}
    inside = rows.filter(is_found=True).values("pk")
    assert list(Contact.objects.filter(company__in=inside)) == [dana]
    assert list(Company.objects.filter(pk__in=inside)) == [acme]
