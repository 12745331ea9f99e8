"""Alerts on the ticket page and on their own (domain.md section 10; acceptance 095 to 106)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client

from accounts.enums import Role
from accounts.models import Agent
from desk.notified import address_of
from desk.selectors import badges
from live.models import Change
from notifications.models import Notification
from sla.alerts.models import Alert, AlertRecipient
from tests.desk.pages import html_of, statements_of
from tests.factories import AgentFactory
from tests.sla.alerts.conftest import MONDAY_NINE, Watched
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
BUTTON = "<span>Acknowledge</span>"


def browser(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent.user, backend="accounts.auth.AgentBackend")
    return client


def page_of(agent: Agent, ticket: Ticket) -> str:
    return html_of(browser(agent).get(f"/t/{ticket.reference}/"))


def strip_in(html: str) -> str:
    return html.partition('id="ticket-alerts"')[2].partition('id="ticket-tabs"')[0].partition("workspace__scroll")[0]


@pytest.fixture
def watched(db: None) -> Iterator[Watched]:
    with time_machine.travel(MONDAY_NINE, tick=False) as clock:
        yield Watched(clock)


@pytest.fixture
def late(watched: Watched) -> Ticket:
    """Told its owner at 15 minutes, and its supervisor, too, at 30."""
    ticket = watched.ticket()
    watched.walk(30)
    return ticket


def test_the_strip_says_what_stands_how_far_it_has_come_and_who_was_told(watched: Watched, late: Ticket) -> None:
    strip = strip_in(page_of(watched.owner, late))
    assert strip.index("Nobody has worked on it") < strip.index("Not resolved in time")
    assert strip.index("Level 2") < strip.index("1 earlier level") < strip.index("Level 1"), "the highest first"
    assert "told: Olga, Sara" in strip
    assert strip.count(BUTTON) == 3


def test_only_whom_it_was_for_is_offered_to_acknowledge(watched: Watched, late: Ticket) -> None:
    colleague = AgentFactory(teams=[watched.team])
    strip = strip_in(page_of(colleague, late))
    assert ("Level 2" in strip, BUTTON in strip) == (True, False)
    alert = Alert.objects.get(ticket=late, level=2)
    answer = browser(colleague).post(f"/t/{late.reference}/alerts/{alert.pk}/acknowledge/")
    assert answer.status_code == 403
    assert "This alert went to others." in html_of(answer)
    assert Alert.objects.get(pk=alert.pk).status == "open"
    assert strip_in(page_of(watched.supervisor, late)).count(BUTTON) == 1, "level 2 alone was for the supervisor"


def test_106_what_is_acknowledged_says_by_whom_and_the_next_level_stands_beside_it(
    watched: Watched,
    late: Ticket,
) -> None:
    alert = Alert.objects.get(ticket=late, level=2)
    answer = browser(watched.supervisor).post(f"/t/{late.reference}/alerts/{alert.pk}/acknowledge/")
    assert answer.url == f"/t/{late.reference}/"
    assert "acknowledged by Sara" in strip_in(page_of(watched.owner, late))
    watched.walk(15)
    assert "Level 3" in strip_in(page_of(watched.owner, late))


def test_099_a_note_takes_the_alert_off_the_page_and_off_the_number_beside_it(watched: Watched, late: Ticket) -> None:
    assert [badges(agent).alerts for agent in (watched.owner, watched.supervisor, watched.manager)] == [3, 1, 0]
    watched.note(late)
    strip = strip_in(page_of(watched.owner, late))
    assert ("Nobody has worked on it" in strip, "Not resolved in time" in strip) == (False, True)
    assert [badges(agent).alerts for agent in (watched.owner, watched.supervisor)] == [1, 0]


def test_a_ticket_without_alerts_asks_for_none(watched: Watched) -> None:
    ticket = watched.ticket()
    url = f"/t/{ticket.reference}/"
    page = browser(watched.owner)
    before = len(statements_of(page, url))
    watched.walk(30)
    assert len(statements_of(page, url)) == before + 2


def test_the_page_shows_open_ones_of_ones_own_and_what_one_asks_for(watched: Watched, late: Ticket) -> None:
    page = browser(watched.owner)
    html = html_of(page.get("/alerts/"))
    assert html.count(BUTTON) == 3
    assert f'href="/t/{late.reference}/"' in html
    assert html_of(page.get("/alerts/?condition=not_completed")).count(BUTTON) == 1
    assert html_of(page.get("/alerts/?level=2")).count(BUTTON) == 1
    assert "Nothing matches" in html_of(page.get("/alerts/?status=cleared"))
    watched.note(late)
    cleared = html_of(page.get("/alerts/?status=cleared&condition=not_updated"))
    assert (cleared.count("reminders__item"), BUTTON in cleared) == (2, False)
    assert html_of(page.get("/alerts/?status=any")).count("reminders__words") == 3
    assert "No open alerts" in html_of(browser(AgentFactory(teams=[watched.team])).get("/alerts/"))


def test_who_leads_supervises_or_manages_a_team_sees_those_of_its_tickets(watched: Watched, late: Ticket) -> None:
    lead = AgentFactory(roles=[Role.TEAM_LEAD], teams=[watched.team])
    watched.team.lead = lead
    watched.team.save()
    for agent, rows in (
        (lead, 3),
        (watched.supervisor, 3),
        (watched.manager, 3),
        (AgentFactory(roles=[Role.AUDITOR]), 3),
    ):
        assert html_of(browser(agent).get("/alerts/?show=teams")).count("reminders__words") == rows
    elsewhere = AgentFactory(roles=[Role.SUPERVISOR])
    plain = AgentFactory(teams=[watched.team])
    for agent in (elsewhere, plain):
        assert "reminders__words" not in html_of(browser(agent).get("/alerts/?show=teams"))
    assert "Of my teams" not in html_of(browser(plain).get("/alerts/"))


def test_acknowledging_on_the_page_leads_back_to_it_as_it_was_narrowed(watched: Watched, late: Ticket) -> None:
    alert = Alert.objects.get(ticket=late, level=2)
    page = browser(watched.owner)
    answer = page.post(f"/alerts/{alert.pk}/acknowledge/", {"next": "/alerts/?level=2"})
    assert answer.url == "/alerts/?level=2"
    again = page.post(f"/alerts/{alert.pk}/acknowledge/")
    assert again.status_code == 409
    assert "This alert is “Acknowledged”" in html_of(again)
    assert not AlertRecipient.objects.filter(alert=alert, is_open=True).exists()


def test_of_a_ticket_out_of_sight_the_page_tells_neither_reference_nor_subject(watched: Watched) -> None:
    admin = AgentFactory(roles=[Role.ADMIN])
    watched.team.supervisor = watched.team.manager = None
    watched.team.save()
    ticket = watched.ticket(owned=False, subject="Payroll canary")
    watched.walk(5)
    html = html_of(browser(admin).get("/alerts/"))
    assert "on a ticket you do not see" in html
    assert [word in html for word in (ticket.reference, "Payroll canary", BUTTON)] == [False, False, False]
    told = browser(admin).get("/alerts/").content
    assert ticket.reference.encode() not in told


def test_a_page_of_alerts_costs_as_much_for_many_as_for_one(watched: Watched) -> None:
    page = browser(watched.manager)
    costs = []
    for count in (1, 4):
        for _number in range(count):
            watched.ticket(owned=False)
        watched.jump(minutes=6)
        page.get("/alerts/")
        costs.append(len(statements_of(page, "/alerts/")))
    assert costs[0] == costs[1]


def test_who_is_told_next_stands_beside_the_feed_for_those_who_answer_for_the_ticket(watched: Watched) -> None:
    ticket = watched.ticket()
    url = f"/t/{ticket.reference}/around/forecast/"
    html = html_of(browser(watched.owner).get(url)).partition("<section")[2]
    places = [
        html.index(word) for word in ("Nobody has worked on it", "Level 1", "Olga", "Level 3", "Max", "Not resolved")
    ]
    assert places == sorted(places)
    assert "Somebody owns it." in html
    colleague = browser(AgentFactory(teams=[watched.team]))
    assert colleague.get(url).status_code == 403
    shown = [url in page_of(agent, ticket) for agent in (watched.owner, watched.supervisor)]
    assert (shown, url in html_of(colleague.get(f"/t/{ticket.reference}/"))) == ([True, True], False)


def test_news_of_many_tickets_lead_to_the_page_of_all(watched: Watched) -> None:
    for _number in range(2):
        watched.ticket(owned=False)
    watched.jump(minutes=5)
    row = Notification.objects.get(recipient=watched.manager, ticket=None)
    assert address_of(watched.manager, row) == "/alerts/"


def test_the_number_beside_alerts_is_that_of_open_ones_and_stands_only_while_there_are_some(watched: Watched) -> None:
    page = browser(watched.owner)
    item = '<li data-live-with-number hidden><a class="rail__link" href="/alerts/"'
    assert item in html_of(page.get("/queue/mine/"))
    watched.ticket()
    watched.at(watched.now + timedelta(minutes=16))
    watched.sweep()
    assert item not in html_of(page.get("/queue/mine/"))
    assert page.get("/live/badges/").json()["alerts"] == "1"


def test_a_refused_acknowledgement_keeps_what_the_page_was_narrowed_to(watched: Watched, late: Ticket) -> None:
    alert = Alert.objects.get(ticket=late, level=2)
    colleague = AgentFactory(teams=[watched.team])
    here = "/alerts/?level=2&status=any"
    answer = browser(colleague).post(f"/alerts/{alert.pk}/acknowledge/", {"next": here})
    assert (answer.status_code, answer.context["here"]) == (403, here)


def told_live() -> set[Any]:
    """Whose open pages hear that their numbers are others."""
    return set(Change.objects.filter(kind="told").values_list("person_id", flat=True))


def test_the_number_of_others_goes_down_live_when_somebody_acknowledges(watched: Watched, late: Ticket) -> None:
    page = browser(watched.supervisor)
    assert page.get("/live/badges/").json()["alerts"] == "1"
    Change.objects.all().delete()
    connection.run_on_commit.clear()  # what was said before, in this one transaction of the test, is said once
    browser(watched.owner).post(f"/alerts/{Alert.objects.get(ticket=late, level=2).pk}/acknowledge/")
    assert told_live() == {watched.owner.pk, watched.supervisor.pk}
    assert page.get("/live/badges/").json()["alerts"] == ""


def test_the_number_of_others_goes_down_live_when_somebody_works_on_the_ticket(watched: Watched, late: Ticket) -> None:
    page = browser(watched.supervisor)
    Change.objects.all().delete()
    watched.note(late)
    assert told_live() == {watched.owner.pk, watched.supervisor.pk}
    assert page.get("/live/badges/").json()["alerts"] == ""
    Change.objects.all().delete()
    watched.note(late, "Still dead.")
    assert told_live() == set(), "nothing of it was open any more"
