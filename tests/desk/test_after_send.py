"""Where a send leads: on the ticket, to the next of its list, or back to the list (ux.md 2)."""

import re

import pytest

from accounts.models import Agent
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, reply_form, url_of
from tests.factories import TicketFactory
from tickets.models import OutboundMessage, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def tickets(desk: Desk) -> list[Ticket]:
    """As "All" shows them, the newest first."""
    return [TicketFactory(team=desk.team, requester=desk.dana, owner=desk.mara) for _number in range(3)][::-1]


@pytest.mark.parametrize("after", ["stay", "next", "list"])
def test_a_send_leads_where_the_person_has_chosen(desk: Desk, tickets: list[Ticket], after: str) -> None:
    browser, (first, second, _third) = desk.browser(desk.mara), tickets
    leads = {
        "stay": url_of(first) + "?from=all#outgoing",
        "next": url_of(second) + "?from=all",
        "list": "/queue/all/",
    }
    values = reply_form(browser, first, body="Hello Dana.", after=after)
    page = {"Referer": f"http://testserver{url_of(first)}?from=all"}
    answer = browser.post(url_of(first, "reply/"), values, headers=page)
    assert answer.url == leads[after]
    undo = f'action="/outbox/{OutboundMessage.objects.get().pk}/undo/"'
    assert undo in html_of(browser.get(answer.url))
    assert Agent.objects.get(pk=desk.mara.pk).panels.get("after_send", "stay") == after
    selected = re.findall(r'<option value="(\w+)" selected>', html_of(browser.get(url_of(second))))
    assert after in selected


def test_behind_the_last_one_comes_the_list(desk: Desk, tickets: list[Ticket]) -> None:
    browser, last = desk.browser(desk.mara), tickets[-1]
    values = reply_form(browser, last, body="Hello Dana.", after="next")
    page = {"Referer": f"http://testserver{url_of(last)}?from=all"}
    assert browser.post(url_of(last, "reply/"), values, headers=page).url == "/queue/all/"


def test_without_a_list_the_next_one_is_that_of_the_start_view(desk: Desk, tickets: list[Ticket]) -> None:
    browser = desk.browser(desk.mara)
    shown = re.findall(r'href="/t/([^/]+)/" data-key-row', html_of(browser.get("/queue/mine/")))
    first = Ticket.objects.get(reference=shown[0])
    values = reply_form(browser, first, body="Hello Dana.", after="next")
    assert browser.post(url_of(first, "reply/"), values).url == f"/t/{shown[1]}/"
