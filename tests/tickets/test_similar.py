"""Similar tickets: rare words count more, only what is in sight is named (domain.md 24, permissions.md 3.5)."""

import pytest
from django.db import connection

from accounts.enums import Role
from accounts.models import Agent, Team
from tests.database import connect_as_owner
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tickets import similar
from tickets.models import Ticket
from tickets.services import cancel_ticket, merge_ticket
from tickets.similar import similar_tickets

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return TeamFactory()


@pytest.fixture
def mara(team: Team) -> Agent:
    return AgentFactory(teams=[team])


def make(team: Team, subject: str, **values: object) -> Ticket:
    return TicketFactory(team=team, subject=subject, **values)


def subjects(ticket: Ticket, reader: Agent) -> list[str]:
    return [found.subject for found in similar_tickets(ticket, seen_by=reader)]


def test_the_most_words_in_common_come_first_and_one_word_alone_is_not_enough(team: Team, mara: Agent) -> None:
    asked = make(team, "Printer offline in ward three")
    make(team, "Printer out of paper")
    make(team, "Printer offline since noon")
    make(team, "Ward three: printer offline")
    make(team, "VPN drops")
    assert subjects(asked, mara) == ["Ward three: printer offline", "Printer offline since noon"]


def test_case_accents_and_the_ticket_itself_do_not_count(team: Team, mara: Agent) -> None:
    asked = make(team, "Zugang München gesperrt")
    make(team, "ZUGANG MUNCHEN GESPERRT")
    assert subjects(asked, mara) == ["ZUGANG MUNCHEN GESPERRT"]


def test_only_tickets_in_sight_are_found(team: Team, mara: Agent) -> None:
    elsewhere = TeamFactory()
    asked = make(team, "Payroll export fails")
    make(elsewhere, "Payroll export fails again")
    assert subjects(asked, mara) == []
    assert subjects(asked, AgentFactory(roles=[Role.AUDITOR])) == ["Payroll export fails again"]
    assert subjects(asked, AgentFactory(roles=[Role.ADMIN])) == []


def test_duplicates_that_were_merged_are_left_out_and_ended_tickets_are_not(team: Team, mara: Agent) -> None:
    asked = make(team, "Payroll export fails")
    merged = make(team, "Payroll export fails too", owner=mara, requester=asked.requester)
    ended = make(team, "Payroll export fails sometimes", owner=mara)
    cancel_ticket(ended.pk, by=mara, code="withdrawn")
    merge_ticket(merged.pk, into=asked, by=mara)
    assert subjects(asked, mara) == ["Payroll export fails sometimes"]


def test_a_subject_without_a_telling_word_has_no_similar_tickets(team: Team, mara: Agent) -> None:
    make(team, "It is up")
    for subject in ("?!", "a b", "' & | :*"):
        assert subjects(make(team, subject), mara) == [], subject


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_rare_words_weigh_more_and_reach_beyond_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the statistics that PostgreSQL keeps: "printer" stands everywhere, "zeppelin" in two tickets."""
    monkeypatch.setattr(similar, "WALKED", 3)
    monkeypatch.setattr(similar, "WALKED_PER_TEAM", 3)
    team = TeamFactory()
    mara = AgentFactory(teams=[team])
    make(team, "Printer zeppelin jam")
    for number in range(40):
        make(team, f"Printer office {number}")
    asked = make(team, "Zeppelin printer office")
    with connect_as_owner() as owner:
        owner.execute("ANALYZE tickets_searchdocument")
    found = subjects(asked, mara)
    assert found[0] == "Printer zeppelin jam", found
    words = {word.text: word for word in similar._telling_words(asked.subject)}
    assert words["zeppelin"].weight > words["printer"].weight


def test_three_statements_whatever_is_found(team: Team, mara: Agent, django_assert_num_queries: object) -> None:
    asked = make(team, "Printer offline in ward three")
    for number in range(8):
        make(team, f"Printer offline in ward three {number}")
    assert len(subjects(asked, mara)) == 5
    reader = Agent.objects.get(pk=mara.pk)
    Ticket.objects.visible_to(reader).first()
    with django_assert_num_queries(3):  # type: ignore[operator]  # the fixture has no type
        similar_tickets(asked, seen_by=reader)
    assert connection.in_atomic_block
