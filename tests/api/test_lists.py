"""Lists: filters, pages that stay stable while rows are added, few statements."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role
from tests.api.conftest import signed_in
from tests.factories import (
    AgentFactory,
    CompanyFactory,
    ContactFactory,
    TeamFactory,
    TicketFactory,
)
from tickets.enums import Priority
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

LIST = "/api/v1/tickets/"


def references(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["reference"] for row in answer.json()["results"]]


def test_list_is_newest_first_and_holds_what_one_may_see() -> None:
    team = TeamFactory()
    first, second = TicketFactory(team=team), TicketFactory(team=team)
    TicketFactory()
    answer = signed_in(AgentFactory(teams=[team])).get(LIST)
    assert references(answer) == [second.reference, first.reference]
    assert (answer.json()["next"], answer.json()["previous"]) == (None, None)


def test_orders_know_when_tickets_are_due() -> None:
    """Domain.md section 11: of equally urgent ones what is due first, what nothing is promised on last."""
    team = TeamFactory()
    never, late, soon, worse = TicketFactory.create_batch(4, team=team)
    for ticket, days in ((never, None), (late, 9), (soon, 1), (worse, 5)):
        due = timezone.now() + timedelta(days=days) if days else None
        Ticket.objects.filter(pk=ticket.pk).update(resolution_due_at=due, priority_score=90 if ticket == worse else 60)
    client = signed_in(AgentFactory(teams=[team], roles=[Role.SUPERVISOR]))
    for ordering, expected in (
        ("-priority_score", [worse, soon, late, never]),
        ("priority_score", [never, late, soon, worse]),
        ("resolution_due_at", [soon, worse, late, never]),
        ("-resolution_due_at", [never, late, worse, soon]),
    ):
        references_ = [ticket.reference for ticket in expected]
        assert references(client.get(LIST, {"ordering": ordering})) == references_, ordering
        file = b"".join(client.get(f"{LIST}export.csv", {"ordering": ordering}).streaming_content).decode()
        assert [line.split(",")[0] for line in file.splitlines()[1:]] == references_, ordering


@pytest.mark.parametrize("ordering", ["-created_at", "created_at", "-priority_score", "resolution_due_at"])
def test_pages_join_up_while_rows_are_added(ordering: str) -> None:
    team = TeamFactory()
    tickets = TicketFactory.create_batch(7, team=team)
    Ticket.objects.filter(pk__in=[t.pk for t in tickets[:3]]).update(priority_score=70, resolution_due_at=None)
    client = signed_in(AgentFactory(teams=[team]))
    whole = references(client.get(LIST, {"ordering": ordering}))
    assert sorted(whole) == sorted(ticket.reference for ticket in tickets)
    seen = []
    address: str | None = f"{LIST}?page_size=3&ordering={ordering}"
    pages = []
    while address:
        answer = client.get(address)
        pages.append(references(answer))
        seen += pages[-1]
        address = answer.json()["next"]
        back = answer.json()["previous"]
        late = TicketFactory(team=team)
        Ticket.objects.filter(pk=late.pk).update(
            created_at=timezone.now() + timedelta(days=1 if ordering[0] == "-" else -1),
            priority_score=99,
            resolution_due_at=timezone.now() - timedelta(days=1),
        )
    assert seen == whole
    assert [len(page) for page in pages] == [3, 3, 1]
    assert back.startswith("http://testserver/api/v1/tickets/?")
    assert references(client.get(back)) == pages[1]


def test_page_links_keep_filters() -> None:
    team = TeamFactory()
    TicketFactory.create_batch(2, team=team, priority=Priority.HIGH)
    TicketFactory(team=team)
    client = signed_in(AgentFactory(teams=[team]))
    first = client.get(LIST, {"priority": "high", "page_size": 1})
    second = client.get(first.json()["next"])
    assert [row["priority"] for row in first.json()["results"] + second.json()["results"]] == ["high", "high"]
    assert second.json()["next"] is None


def test_cursor_of_another_ordering_is_400() -> None:
    team = TeamFactory()
    TicketFactory.create_batch(2, team=team)
    client = signed_in(AgentFactory(teams=[team]))
    following = client.get(LIST, {"page_size": 1}).json()["next"]
    answer = client.get(f"{following}&ordering=created_at")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["cursor"])


def test_filters_by_owner() -> None:
    team = TeamFactory()
    ann, bob = AgentFactory.create_batch(2, teams=[team])
    free, mine, his = TicketFactory(team=team), TicketFactory(team=team, owner=ann), TicketFactory(team=team, owner=bob)
    client = signed_in(ann)
    expected = {"me": mine, "none": free, str(bob.pk): his, bob.email: his, bob.name: his}
    for owner, ticket in expected.items():
        assert references(client.get(LIST, {"owner": owner})) == [ticket.reference], owner
    assert references(client.get(LIST, {"owner": "nobody of this name"})) == []


def test_filters_by_team_requester_company_status_priority_and_time() -> None:
    auditor = signed_in(AgentFactory(roles=[Role.AUDITOR]))
    company = CompanyFactory(name="Roth Ltd")
    contact = ContactFactory(company=company)
    team = TeamFactory(name="Network")
    ann = AgentFactory()
    wanted = TicketFactory(team=team, requester=contact, priority=Priority.LOW, owner=ann)
    other = TicketFactory()
    Ticket.objects.filter(pk=other.pk).update(created_at=datetime(2020, 1, 1, tzinfo=UTC))
    for query in (
        {"team": "network"},
        {"team": str(team.pk)},
        {"requester": contact.email},
        {"requester": str(contact.pk)},
        {"company": "roth ltd"},
        {"company": str(company.pk)},
        {"status": "in_progress"},
        {"status": ["in_progress", "closed"]},
        {"priority": "low"},
        {"created_after": "2020-01-01T00:00:00Z"},
    ):
        assert references(auditor.get(LIST, query)) == [wanted.reference], query
    assert references(auditor.get(LIST, {"created_after": "2019-12-31T23:59:59Z"})) == [
        wanted.reference,
        other.reference,
    ]
    assert references(auditor.get(LIST, {"status": "closed"})) == []


def test_q_and_search_find_words_only_in_what_one_may_see() -> None:
    team = TeamFactory()
    found = TicketFactory(team=team, subject="Toner is empty")
    TicketFactory(team=team, subject="Paper is empty")
    hidden = TicketFactory(subject="Toner is empty too")
    client = signed_in(AgentFactory(teams=[team]))
    for address in (f"{LIST}?q=toner", "/api/v1/search/?q=toner", f"/api/v1/search/?q={found.reference.lower()}"):
        assert references(client.get(address)) == [found.reference], address
    assert references(client.get("/api/v1/search/", {"q": hidden.reference})) == []
    assert references(client.get(LIST, {"q": "empty", "status": "closed"})) == []
    assert client.get("/api/v1/search/").json()["fields"].keys() == {"q"}


@pytest.mark.parametrize("count", [1, 3, 30])
def test_list_costs_at_most_eight_statements_however_long(count: int, django_assert_max_num_queries: Any) -> None:
    team = TeamFactory()
    ann = AgentFactory(teams=[team])
    TicketFactory.create_batch(count, team=team)
    client = signed_in(ann)
    with django_assert_max_num_queries(8):
        assert len(references(client.get(LIST))) == count


@pytest.mark.parametrize("path", ["agents/", "teams/", "contacts/", "companies/", "absences/", "outbox/"])
def test_every_list_has_the_promised_form(path: str) -> None:
    answer = signed_in(AgentFactory(teams=[TeamFactory()])).get(f"/api/v1/{path}")
    assert answer.status_code == 200
    assert list(answer.json()) == ["next", "previous", "results"]


def test_list_takes_the_filter_of_the_pages() -> None:
    team = TeamFactory(name="Network")
    agent = AgentFactory(teams=[team])
    wanted = TicketFactory(team=team, owner=agent, subject="Tunnel drops", priority=Priority.HIGH)
    TicketFactory(team=team, subject="Tunnel drops", priority=Priority.HIGH)
    TicketFactory(subject="Tunnel drops", priority=Priority.HIGH)
    client = signed_in(agent)
    assert references(client.get(LIST, {"filter": 'team:network priority:hoch owner:me "tunnel drops"'})) == [
        wanted.reference
    ]
    assert references(client.get(LIST, {"filter": "-owner:me", "q": "tunnel", "status": "in_progress"})) == []
    answer = client.get(LIST, {"filter": "state:new"})
    assert (answer.status_code, answer.json()["code"], list(answer.json()["fields"])) == (
        400,
        "validation_error",
        ["filter"],
    )
