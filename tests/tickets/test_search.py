"""Search: what is found, by whom, and what nonsense does (issue 2 "Pages", permissions.md 3.5)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role, Scope
from accounts.models import Agent
from core.actors import Actor
from core.errors import Invalid
from tests.factories import AbsenceFactory, AgentFactory, ApiClientFactory, ContactFactory, TeamFactory, TicketFactory
from tickets import search
from tickets.models import SearchDocument, Ticket
from tickets.search import search_tickets
from tickets.services import accept_ticket, add_note, change_team, offer_ticket
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db


def found(actor: Actor, q: str, cursor: str | None = "", size: int = 50) -> list[str]:
    return [ticket.subject for ticket in search_tickets(actor, q, cursor or "", size=size).items]


@pytest.fixture
def agent() -> Agent:
    return AgentFactory(teams=[TeamFactory()])


@pytest.fixture
def ticket(agent: Agent) -> Ticket:
    return TicketFactory(
        team=agent.teams.get(),
        subject="Zugang für Frau Müller",
        requester=ContactFactory(first_name="Žaneta", last_name="Großmann", email="z.grossmann@werft-nord.example"),
        message=Message(body_text="Das Gerät NB-48213 meldet: naïve Schlüsselprüfung fehlgeschlagen (10.4.2)."),
    )


@pytest.mark.parametrize(
    "q",
    [
        "Zugang",
        "zugang FRAU",
        "Frau zugang",  # in any order
        "muller",  # without the accent
        "MÜLLER",
        "schlussel",  # the beginning of the last word
        "Gerät naive",
        "zaneta grossmann",
        "z.grossmann@werft-nord.example",
        "werft-nord",
        "werft-no",
        "48213",
        "NB-48213",
        "10.4.2",
        '"Frau Müller"',  # quotation marks do not count
        "Müller, Frau: Zugang!",
    ],
)
def test_found_by_words_of_subject_message_and_requester(agent: Agent, ticket: Ticket, q: str) -> None:
    assert found(agent, q) == [ticket.subject]


@pytest.mark.parametrize("q", ["zug frau", "Frau Meier", "übergang", "Zugang Zugangs", "4821 NB", "-"])
def test_not_found_when_a_word_is_missing_or_only_begun(agent: Agent, ticket: Ticket, q: str) -> None:
    assert found(agent, q) == []


def test_notes_and_later_messages_are_found(agent: Agent, ticket: Ticket) -> None:
    accept_ticket(ticket.pk, by=agent)
    add_note(ticket.pk, by=agent, body_text="Rückruf über die Leitstelle vereinbart.")
    assert found(agent, "leitstelle rückruf") == [ticket.subject]


NONSENSE = [
    "",
    "   ",
    "!!! ??? ---",
    "& | ! ( ) <-> :*",
    "a & | b",
    "drucker:*A !",
    "'",
    "\\",
    "a'b\\c'' \\' :*",
    "%s %(words)s {beyond} {}",
    "foo.example/a'b\\c",
    "½ ﷺ \u202e \U0001f600",
    "\x00",
    "dru\x00cker",
    "\ud800",
    "wort " * 5000,
    "x" * 10_240,
    "1'; DROP TABLE tickets_ticket; --",
]


@pytest.mark.parametrize("q", NONSENSE)
def test_nonsense_never_fails(agent: Agent, ticket: Ticket, q: str) -> None:
    assert found(agent, q) == []


def test_a_character_that_is_none_parts_words(agent: Agent, ticket: Ticket) -> None:
    assert found(agent, "frau\x00zugang") == [ticket.subject]


def test_newest_first_and_page_by_page(agent: Agent) -> None:
    team = agent.teams.get()
    for number in range(5):
        TicketFactory(team=team, subject=f"Toner {number}")
    TicketFactory(team=team, subject="Papier")
    first = search_tickets(agent, "toner", size=2)
    assert [ticket.subject for ticket in first.items] == ["Toner 4", "Toner 3"]
    assert first.previous_cursor is None
    second = search_tickets(agent, "toner", size=2, cursor=first.next_cursor or "")
    third = search_tickets(agent, "toner", size=2, cursor=second.next_cursor or "")
    assert [ticket.subject for ticket in (*second.items, *third.items)] == ["Toner 2", "Toner 1", "Toner 0"]
    assert third.next_cursor is None
    back = search_tickets(agent, "toner", size=2, cursor=third.previous_cursor or "")
    assert back.items == second.items
    assert search_tickets(agent, "toner", size=2, cursor=back.previous_cursor or "").items == first.items


def test_cursor_from_elsewhere_is_refused(agent: Agent, ticket: Ticket) -> None:
    with pytest.raises(Invalid):
        search_tickets(agent, "zugang", cursor="bm9uc2Vuc2U")


def test_who_finds_what() -> None:
    team, other = TeamFactory(), TeamFactory()
    owner, member = AgentFactory(teams=[team]), AgentFactory(teams=[team])
    TicketFactory(team=team, owner=owner, subject="Monitor flackert")
    assert found(member, "monitor") == ["Monitor flackert"]
    assert found(AgentFactory(teams=[other]), "monitor") == []
    assert found(AgentFactory(roles=[Role.AUDITOR]), "monitor") == ["Monitor flackert"]
    assert found(AgentFactory(roles=[Role.ADMIN]), "monitor") == []
    assert found(ApiClientFactory(scopes=[Scope.TICKETS_READ], teams=[team]), "monitor") == ["Monitor flackert"]
    assert found(ApiClientFactory(scopes=[Scope.TICKETS_READ], teams=[other]), "monitor") == []
    assert found(ApiClientFactory(scopes=[Scope.TICKETS_READ_ALL]), "monitor") == ["Monitor flackert"]
    assert found(ContactFactory(), "monitor") == []


def test_owned_covered_and_offered_tickets_outside_the_teams_are_found() -> None:
    team, other = TeamFactory(), TeamFactory(lead=AgentFactory(roles=[Role.TEAM_LEAD]))
    owner = AgentFactory(teams=[other])
    TicketFactory(team=other, owner=owner, subject="Kabel eins")
    owner.teams.set([team])
    deputy = AgentFactory(teams=[team])
    AbsenceFactory(agent=owner, deputy=deputy)
    candidate = AgentFactory(teams=[other])
    offer_ticket(TicketFactory(team=other, subject="Kabel zwei").pk, to=candidate, by=other.lead)
    candidate.teams.set([team])
    expected = ((owner, "Kabel eins"), (deputy, "Kabel eins"), (candidate, "Kabel zwei"))
    for person, subject in expected:
        assert found(Agent.objects.get(pk=person.pk), "kabel") == [subject]
    assert found(AgentFactory(teams=[team]), "kabel") == []


def test_unowned_tickets_of_an_open_team_are_found_by_all_agents() -> None:
    team = TeamFactory(allow_foreign_accept=True)
    TicketFactory(team=team, subject="Maus frei")
    TicketFactory(team=team, subject="Maus vergeben", owner=AgentFactory())
    assert found(AgentFactory(teams=[TeamFactory()]), "maus") == ["Maus frei"]


def test_found_in_the_new_team_after_a_change() -> None:
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    old, new = TeamFactory(lead=lead), TeamFactory()
    ticket = TicketFactory(team=old, subject="Tastatur klemmt")
    change_team(ticket.pk, by=lead, team=new)
    assert found(AgentFactory(teams=[old]), "tastatur") == []
    assert found(AgentFactory(teams=[new]), "tastatur") == ["Tastatur klemmt"]


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Fills teams with many tickets by copying one; walks are made short, so that the index has to answer too."""
    monkeypatch.setattr(search, "WALKED", 20)
    monkeypatch.setattr(search, "WALKED_PER_TEAM", 5)

    def fill(ticket: Ticket, count: int) -> None:
        newest = ticket.created_at + timedelta(hours=1)
        copies = [
            Ticket(
                subject=ticket.subject,
                requester=ticket.requester,
                team=ticket.team,
                reference=f"INC-1999-{ticket.reference[-6:]}{number:04}",
                created_at=newest + timedelta(seconds=number),
            )
            for number in range(count)
        ]
        Ticket.objects.bulk_create(copies)
        words = SearchDocument.objects.get(ticket=ticket).words
        SearchDocument.objects.bulk_create(
            SearchDocument(ticket=copy, team=copy.team, created_at=copy.created_at, words=words) for copy in copies
        )

    return fill


def test_smallest_team_finds_its_newest_hit_of_the_commonest_word(crowd: Callable[..., None]) -> None:
    small = TeamFactory()
    TicketFactory(team=small, subject="Drucker im Archiv, alt")
    TicketFactory(team=small, subject="Drucker im Archiv, neu")
    crowd(TicketFactory(subject="Drucker überall"), 500)
    member = AgentFactory(teams=[small])
    assert found(member, "drucker", size=1) == ["Drucker im Archiv, neu"]
    assert found(member, "drucker") == ["Drucker im Archiv, neu", "Drucker im Archiv, alt"]


def test_old_hits_below_many_newer_tickets_are_found(crowd: Callable[..., None]) -> None:
    """Where the walk over the newest ends without enough hits, the index finds the rest, in order and without a gap."""
    member = AgentFactory(teams=TeamFactory.create_batch(3))
    first, second, third = member.teams.all()
    TicketFactory(team=first, subject="Scanner A")
    TicketFactory(team=second, subject="Scanner B")
    for team in (first, second):
        crowd(TicketFactory(team=team, subject="Anderes"), 60)
    newest = TicketFactory(team=third, subject="Scanner C", requester=ContactFactory())
    assert found(member, "scanner") == ["Scanner C", "Scanner B", "Scanner A"]
    page = search_tickets(member, "scanner", size=2)
    assert page.items[0] == newest
    assert found(member, "scanner", size=2, cursor=page.next_cursor or "") == ["Scanner A"]


def test_old_hit_of_a_team_below_many_newer_hits_of_others_is_found(crowd: Callable[..., None]) -> None:
    small = TeamFactory()
    TicketFactory(team=small, subject="Drucker im Archiv")
    crowd(TicketFactory(team=small, subject="Anderes"), 60)
    crowd(TicketFactory(subject="Drucker überall"), 100)
    assert found(AgentFactory(teams=[small]), "drucker", size=1) == ["Drucker im Archiv"]


def test_a_quiet_teams_old_hits_do_not_hide_a_busy_teams_newer_one(crowd: Callable[..., None]) -> None:
    quiet, busy = TeamFactory.create_batch(2)
    for number in range(3):
        TicketFactory(team=quiet, subject=f"Router {number}")
    TicketFactory(team=busy, subject="Router neu")
    crowd(TicketFactory(team=busy, subject="Anderes"), 60)
    assert found(AgentFactory(teams=[quiet, busy]), "router", size=2) == ["Router neu", "Router 2"]


def test_walk_and_index_agree_on_every_page(crowd: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    member = AgentFactory(teams=TeamFactory.create_batch(2))
    for team in member.teams.all():
        crowd(TicketFactory(team=team, subject="Netzteil"), 40)

    def all_pages() -> list[str]:
        references: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = search_tickets(member, "netzteil", size=7, cursor=cursor)
            references += [ticket.reference for ticket in page.items]
            cursor = page.next_cursor
        return references

    by_both = all_pages()
    monkeypatch.setattr(search, "WALKED_PER_TEAM", 10_000)
    by_walk = all_pages()
    in_order = Ticket.objects.order_by("-created_at", "-id").values_list("reference", flat=True)
    assert by_both == by_walk == list(in_order)
    assert len(by_walk) == 82


def test_costs_the_same_queries_for_one_and_for_many_hits(agent: Agent) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            tickets = search_tickets(Agent.objects.get(pk=agent.pk), "toner").items
            assert all(ticket.requester.name and ticket.team.name for ticket in tickets)
        return len(captured)

    TicketFactory(team=agent.teams.get(), subject="Toner")
    once = queries()
    for _number in range(10):
        TicketFactory(team=agent.teams.get(), subject="Toner")
    assert queries() == once <= 8


def test_a_conversation_of_endless_different_words_still_takes_messages(agent: Agent, ticket: Ticket) -> None:
    """PostgreSQL refuses documents beyond 1 MB; the message must be stored all the same."""
    accept_ticket(ticket.pk, by=agent)
    for part in range(14):
        words = " ".join(f"{part:02}{number:05}{'x' * 80}" for number in range(1100))
        add_note(ticket.pk, by=agent, body_text=words)
    assert ticket.entries.filter(kind="note").count() == 14
    assert found(agent, "0000000" + "x" * 80) == [ticket.subject]
    assert found(agent, "1300000" + "x" * 80) == []
