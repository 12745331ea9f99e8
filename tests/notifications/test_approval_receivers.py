"""Who is told of approvals: those who can decide, then whoever asked (domain.md 8, 14; acceptance 063, 071)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.enums import Role
from accounts.models import Agent
from core.events import deliver_due
from notifications.models import Notification
from notifications.wording import describe
from tests.factories import AbsenceFactory, AgentFactory, TeamFactory, TicketFactory
from tests.factories.resolutions import a_resolution
from tickets.models import Ticket
from tickets.services import approve_resolution, cancel_ticket, reject_resolution, remind_of_approvals

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)


@pytest.fixture
def ticket() -> Ticket:
    people = [
        AgentFactory(name=name, roles=[role])
        for name, role in (("Lea Brandt", Role.TEAM_LEAD), ("Sam Okafor", Role.SUPERVISOR), ("Max Ott", Role.MANAGER))
    ]
    team = TeamFactory(lead=people[0], supervisor=people[1], manager=people[2])
    return TicketFactory(team=team, owner=AgentFactory(name="Mara Weiss", teams=[team]))


def news() -> dict[str, list[str]]:
    """What each has been told, all events delivered."""
    deliver_due(limit=1000)
    found: dict[str, list[str]] = {}
    for row in Notification.objects.select_related("recipient", "ticket").order_by("created_at", "id"):
        found.setdefault(row.recipient.name, []).append(describe(row))
    return found


def test_063_the_lead_is_asked_and_the_owner_told(ticket: Ticket) -> None:
    row = a_resolution(ticket, "100.01")
    asked = f"Mara Weiss asks for your approval on {ticket.reference}: Credit 100.01 EUR"
    assert news() == {"Lea Brandt": [asked]}
    assert Notification.objects.get().urgency == "urgent"
    approve_resolution(row.pk, by=ticket.team.lead)
    assert news()["Mara Weiss"] == [f"Approved on {ticket.reference}: Credit 100.01 EUR"]


def test_064_above_500_the_manager_is_asked(ticket: Ticket) -> None:
    a_resolution(ticket, "500.01")
    assert list(news()) == ["Max Ott"]


def test_063_what_agents_grant_alone_is_told_to_nobody(ticket: Ticket) -> None:
    a_resolution(ticket, "100.00")
    assert news() == {}


def test_without_a_lead_who_is_there_the_supervisor_is_asked(ticket: Ticket) -> None:
    AbsenceFactory(agent=ticket.team.lead)
    a_resolution(ticket, "150.00")
    assert list(news()) == ["Sam Okafor"]


def test_a_lead_who_covers_for_the_owner_is_not_asked(ticket: Ticket) -> None:
    AbsenceFactory(agent=ticket.owner, deputy=ticket.team.lead)
    a_resolution(ticket, "150.00")
    assert list(news()) == ["Sam Okafor"]


def test_071_a_rejection_is_told_with_its_reason(ticket: Ticket) -> None:
    row = a_resolution(ticket, "150.00")
    reject_resolution(row.pk, by=ticket.team.supervisor, reason="Out of warranty.")
    told = news()
    assert told == {"Mara Weiss": [f"Not approved on {ticket.reference}: Credit 150.00 EUR. Out of warranty."]}


def test_071_the_deputy_is_told_too_and_colleagues_nothing(ticket: Ticket) -> None:
    deputy = AgentFactory(name="Dora Lang")
    AgentFactory(name="Jonas Kern", teams=[ticket.team])
    row = a_resolution(ticket, "150.00")
    AbsenceFactory(agent=ticket.owner, deputy=deputy)
    reject_resolution(row.pk, by=ticket.team.lead, reason="No")
    assert sorted(news()) == ["Dora Lang", "Mara Weiss"]


def test_whose_cover_is_over_is_told_no_amounts(ticket: Ticket) -> None:
    deputy = AgentFactory(name="Dora Lang")
    absence = AbsenceFactory(agent=ticket.owner, deputy=deputy)
    row = a_resolution(ticket, "150.00", by=Agent.objects.get(pk=deputy.pk))
    absence.delete()
    approve_resolution(row.pk, by=ticket.team.lead)
    assert list(news()) == ["Mara Weiss"]


def test_after_240_business_minutes_the_level_above_is_told_too_once(ticket: Ticket) -> None:
    with time_machine.travel(NOON, tick=False):
        a_resolution(ticket, "150.00")
        news()
    with time_machine.travel(NOON + timedelta(hours=5), tick=False):
        for _run in range(2):
            remind_of_approvals(now=NOON + timedelta(hours=5))
        told = news()
    overdue = f"An approval on {ticket.reference} is overdue: Credit 150.00 EUR, asked for by Mara Weiss"
    assert (told["Lea Brandt"][1:], told["Sam Okafor"], "Max Ott" in told) == ([overdue], [overdue], False)


def test_the_end_of_the_ticket_is_told_as_withdrawal_to_who_did_not_end_it(ticket: Ticket) -> None:
    a_resolution(ticket, "150.00")
    cancel_ticket(ticket.pk, by=Agent.objects.get(pk=ticket.owner_id), code="withdrawn")
    assert news() == {"Mara Weiss": [f"Withdrawn on {ticket.reference}: Credit 150.00 EUR"]}
