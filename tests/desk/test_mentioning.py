"""A colleague named in a note who does not hear of the ticket is offered as a watcher: one click, never silently."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.desk.conftest import Desk
from tests.desk.pages import html_of, note_form, url_of
from tests.factories import TicketFactory
from tickets.models import Ticket, TicketWatch

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


def noted(browser: Client, ticket: Ticket, body: str) -> Any:
    return browser.post(url_of(ticket, "note/"), note_form(browser, ticket, body=body))


def offers_in(html: str) -> list[str]:
    return re.findall(r"Add ([\w ]+) as a watcher", html)


def test_who_does_not_watch_is_offered_and_added_by_one_click(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    answer = noted(browser, ticket, "@Jonas Kern and @Lea Brandt, look at this.")
    entry = ticket.entries.latest("seq")
    assert answer.url == url_of(ticket) + f"?mentioned={entry.pk}#e{entry.seq}"
    page = html_of(browser.get(answer.url))
    assert offers_in(page) == ["Jonas Kern", "Lea Brandt"]
    assert not TicketWatch.objects.exists()

    values = {"person": str(desk.jonas.pk), "mentioned": str(entry.pk)}
    answer = browser.post(url_of(ticket, "watchers/"), values)
    assert list(TicketWatch.objects.values_list("person__name", flat=True)) == ["Jonas Kern"]
    page = html_of(browser.get(answer.url))
    assert ("Jonas Kern is told of what happens" in page, offers_in(page)) == (True, ["Lea Brandt"])


def test_nothing_is_offered_for_those_who_hear_of_it_anyway(desk: Desk, ticket: Ticket) -> None:
    TicketWatch.objects.create(ticket=ticket, person=desk.lea)
    answer = noted(desk.browser(desk.jonas), ticket, "@Lea Brandt, @Mara Weiss: look.")
    entry = ticket.entries.latest("seq")
    assert answer.url == url_of(ticket) + f"#e{entry.seq}"
    assert offers_in(html_of(desk.browser(desk.jonas).get(url_of(ticket), {"mentioned": str(entry.pk)}))) == []


def test_who_may_not_see_the_ticket_is_said_so_and_becomes_no_watcher(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    answer = noted(browser, ticket, "@Nina Vogt, look.")
    assert (answer.status_code, "Nina Vogt may not see this ticket" in html_of(answer)) == (400, True)
    refused = browser.post(url_of(ticket, "watchers/"), {"person": str(desk.nina.pk)})
    assert (refused.status_code, TicketWatch.objects.exists()) == (400, False)


def test_nobody_is_offered_what_another_has_written(desk: Desk, ticket: Ticket) -> None:
    """An address that was passed on offers nothing to whoever follows it."""
    answer = noted(desk.browser(desk.mara), ticket, "@Lea Brandt, look.")
    assert offers_in(html_of(desk.browser(desk.jonas).get(answer.url))) == []
    assert offers_in(html_of(desk.browser(desk.mara).get(url_of(ticket), {"mentioned": "nothing"}))) == []
