"""The switcher for recently opened tickets, and panels that come as they were left (issue 4, "Three-panel ticket
workspace").
"""

import re

import pytest
from django.core.cache import cache

from accounts.models import Agent
from accounts.services import edit_preferences
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of, url_of
from tests.factories import TicketFactory
from tickets.models import Ticket
from tickets.services import add_note, edit_ticket, offer_ticket, withdraw_offer

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


def listed(desk: Desk, agent: Agent) -> list[str]:
    html = html_of(desk.browser(agent).get("/recent/", headers=HTMX))
    return re.findall(r'href="/t/([^/]+)/"', html)


def attributes(html: str) -> list[str]:
    found = re.search(r'data-rail="([^"]*)" data-details="([^"]*)" data-details-width="([^"]*)"', html)
    assert found
    return list(found.groups())


def test_the_tickets_opened_last_come_first_once_each_and_for_this_person_alone(desk: Desk) -> None:
    first, second, third = (TicketFactory(team=desk.team, owner=desk.mara) for _number in range(3))
    assert listed(desk, desk.mara) == []
    for opened in (first, second, third, first):
        desk.browser(desk.mara).get(url_of(opened))
    assert listed(desk, desk.mara) == [first.reference, third.reference, second.reference]
    assert listed(desk, desk.jonas) == []


def test_what_a_page_fetches_by_itself_opens_and_reads_nothing(desk: Desk, ticket: Ticket) -> None:
    """A ticket left open on a second screen."""
    browser, other = desk.browser(desk.mara), TicketFactory(team=desk.team, owner=desk.mara)
    for opened in (ticket, other):
        browser.get(url_of(opened))
    add_note(ticket.pk, by=desk.jonas, body_text="Said by Jonas.")
    fetched = html_of(browser.get(url_of(ticket), headers=HTMX | {"Live-Update": "1"}))
    assert "Said by Jonas." in fetched
    assert listed(desk, desk.mara) == [other.reference, ticket.reference]
    assert "New since your last visit" in html_of(browser.get(url_of(ticket)))


def test_the_timeline_opens_at_the_first_thing_others_have_said_since(desk: Desk, ticket: Ticket) -> None:
    """Own words, and what the system wrote, are no news; nor is anything on a first visit."""
    mark, browser = "New since your last visit", desk.browser(desk.mara)
    assert mark not in html_of(browser.get(url_of(ticket)))
    edit_ticket(ticket.pk, by=desk.lea, version=ticket.version, priority="high")
    add_note(ticket.pk, by=desk.mara, body_text="Said by myself.")
    assert mark not in html_of(browser.get(url_of(ticket)))
    note = add_note(ticket.pk, by=desk.jonas, body_text="Said by Jonas.")
    add_note(ticket.pk, by=desk.jonas, body_text="And once more.")
    assert mark not in html_of(browser.get(url_of(ticket), {"show": "customer"}))  # hides it, so it is not read
    html = html_of(browser.get(url_of(ticket)))
    assert re.findall(r'data-first-unread>[^<]*</p>\s*<article class="[^"]*" id="e(\d+)"', html) == [str(note.seq)]
    assert mark not in html_of(browser.get(url_of(ticket)))
    assert mark not in html_of(desk.browser(desk.lea).get(url_of(ticket)))


def test_ten_are_listed_and_none_that_went_out_of_sight(desk: Desk) -> None:
    hidden = TicketFactory(team=desk.other_team)
    desk.other_team.lead = desk.lea
    desk.other_team.save()
    desk.nina.teams.add(desk.team)
    offer_ticket(hidden.pk, to=Agent.objects.get(pk=desk.nina.pk), by=Agent.objects.get(pk=desk.lea.pk))
    desk.browser(desk.nina).get(url_of(hidden))
    assert listed(desk, desk.nina) == [hidden.reference]
    desk.nina.teams.remove(desk.other_team)
    withdraw_offer(hidden.pk, by=Agent.objects.get(pk=desk.lea.pk))
    assert listed(desk, desk.nina) == []
    tickets = [TicketFactory(team=desk.team) for _number in range(12)]
    for opened in tickets:
        desk.browser(desk.mara).get(url_of(opened))
    assert listed(desk, desk.mara) == [opened.reference for opened in reversed(tickets[2:])]


def test_acts_and_missing_tickets_are_not_openings(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    browser.post(url_of(ticket, "watch/"))
    browser.get("/t/INC-1999-000001/")
    assert listed(desk, desk.mara) == []


def test_every_page_holds_the_switcher_and_pays_nothing_for_it(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    before = len(statements_of(browser, url_of(ticket)))
    html = html_of(browser.get(url_of(ticket)))
    assert ('popovertarget="recent-menu"' in html, 'href="/recent/" hx-get="/recent/"' in html) == (True, True)
    for _number in range(3):
        browser.get(url_of(TicketFactory(team=desk.team)))
    assert len(statements_of(browser, url_of(ticket))) == before
    page = html_of(browser.get("/recent/"))
    assert (page.lstrip().startswith("<!doctype html>"), "Printer offline" in page) == (True, True)


def test_a_lost_cache_forgets_and_breaks_nothing(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    browser.get(url_of(ticket))
    cache.set(f"recent-tickets:{desk.mara.pk}", "rubbish")
    assert (listed(desk, desk.mara), browser.get(url_of(ticket)).status_code) == ([], 200)


def test_panels_come_as_they_were_left_without_a_statement_more(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    before = len(statements_of(browser, url_of(ticket)))
    assert attributes(html_of(browser.get(url_of(ticket)))) == ["open", "open", "20"]
    answer = browser.post("/account/panels/", {"details": "closed", "next": url_of(ticket)})
    assert (answer.status_code, answer.url) == (302, url_of(ticket))
    browser.post("/account/panels/", {"rail": "narrow", "details_width": "28"})
    assert attributes(html_of(browser.get(url_of(ticket)))) == ["narrow", "closed", "28"]
    assert attributes(html_of(browser.get("/queue/mine/"))) == ["narrow", "closed", "28"]
    assert attributes(html_of(desk.browser(desk.jonas).get(url_of(ticket)))) == ["open", "open", "20"]
    assert len(statements_of(browser, url_of(ticket))) == before
    html = html_of(browser.get(url_of(ticket)))
    button = re.search(r'<button[^>]*name="details"[^>]*>', html)
    assert button
    assert ('value="open"' in button[0], 'aria-expanded="false"' in button[0]) == (True, True)


@pytest.mark.parametrize(
    "values", [{"rail": "gone"}, {"details_width": "17"}, {"details_width": "99"}, {"details": ""}]
)
def test_layouts_that_do_not_exist_are_refused(values: dict[str, str], desk: Desk) -> None:
    answer = desk.browser(desk.mara).post("/account/panels/", values)
    assert (answer.status_code, Agent.objects.get(pk=desk.mara.pk).panels) == (400, {})


def test_the_layout_moves_neither_version_nor_history(desk: Desk) -> None:
    before = Agent.objects.get(pk=desk.mara.pk)
    desk.browser(desk.mara).post("/account/panels/", {"rail": "narrow"})
    after = Agent.objects.get(pk=desk.mara.pk)
    assert (after.version, after.history.count()) == (before.version, before.history.count())
    edit_preferences(after.pk, by=after, theme="dark")
    assert Agent.objects.get(pk=desk.mara.pk).panels == {"rail": "narrow"}
