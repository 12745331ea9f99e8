"""Limits of columns: soft ones warn, hard ones refuse, leads set them."""

import json
import re

import pytest

from tests.desk.conftest import Desk
from tests.desk.moves import as_it_is, drop, place_on, refusal_in
from tests.desk.pages import html_of
from tests.factories import TicketFactory
from tickets.enums import TicketStatus
from tickets.models import Ticket, WipLimit
from tickets.services import (
    Limit,
    accept_ticket,
    release_message,
    reply_to_customer,
    set_wip_limits,
)

pytestmark = pytest.mark.django_db


def test_139_a_soft_limit_warns_and_a_hard_one_refuses(desk: Desk) -> None:
    set_wip_limits(desk.team.pk, by=desk.lea, limits={("status", "in_progress"): Limit(1)})
    first, second, third = (TicketFactory(team=desk.team) for _number in range(3))
    drop(desk, "mara", first, column="in_progress")
    said = drop(desk, "mara", second, column="in_progress").headers["HX-Trigger"]
    assert "“In progress” of Service Desk now has 2 tickets, its limit is 1." in json.loads(said)["say"]["text"]
    set_wip_limits(desk.team.pk, by=desk.lea, limits={("status", "in_progress"): Limit(2, "hard")})
    response = drop(desk, "mara", third, column="in_progress")
    assert (response.status_code, place_on(html_of(response), third)) == (409, "new")
    assert refusal_in(html_of(response)).startswith("Service Desk takes at most 2 tickets in “In progress” and has 2.")


def test_139_a_supervisor_is_asked_why_to_go_beyond_a_hard_limit(desk: Desk) -> None:
    set_wip_limits(desk.team.pk, by=desk.lea, limits={("status", "in_progress"): Limit(1, "hard")})
    accept_ticket(TicketFactory(team=desk.team).pk, by=desk.mara)
    ticket = TicketFactory(team=desk.team)
    response = drop(desk, "sam", ticket, column="in_progress")
    html = html_of(response)
    assert (response.status_code, 'name="over_limit"' in html, "<dialog" in html) == (409, True, True)
    assert "Service Desk takes at most 1 tickets in “In progress” and has 1." in html
    assert "field__error" not in html
    empty = drop(desk, "sam", ticket, plain=True, column="in_progress", asked="1", over_limit="")
    assert (empty.status_code, html_of(empty).count("field__error"), as_it_is(ticket).owner) == (409, 1, None)
    drop(desk, "sam", ticket, plain=True, column="in_progress", asked="1", over_limit="The mayor calls.")
    assert as_it_is(ticket).owner == desk.sam


def test_a_reply_that_waits_for_the_customer_is_released_whatever_the_limit(desk: Desk) -> None:
    """What follows a reply happens by itself; the button alone asks."""
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    message = reply_to_customer(ticket.pk, by=desk.mara, body_text="Please test.", then="wait_for_customer")
    set_wip_limits(desk.team.pk, by=desk.lea, limits={("status", "waiting"): Limit(1, "hard")})
    other = TicketFactory(team=desk.team, owner=desk.jonas)
    Ticket.objects.filter(pk=other.pk).update(status="waiting_customer")
    release_message(message.pk, now=message.release_at)
    assert as_it_is(ticket).status == TicketStatus.WAITING_CUSTOMER


def test_leads_set_limits_on_a_page(desk: Desk) -> None:
    browser, url = desk.browser(desk.lea), f"/board/limits/{desk.team.pk}/"
    assert url in html_of(browser.get("/board/team/"))
    assert url not in html_of(desk.browser(desk.mara).get("/board/team/"))
    page = html_of(browser.get(url))
    data = dict.fromkeys(re.findall(r'name="([a-z_]+-[a-z_]+-mode)"', page), "soft")
    assert len(data) == 8
    data |= {"status-waiting-most": "4", "status-waiting-mode": "hard", "priority-critical-most": "2"}
    assert browser.post(url, data).headers["Location"] == "/board/"
    found = WipLimit.objects.order_by("field").values_list("field", "column", "limit", "mode")
    assert list(found) == [("priority", "critical", 2, "soft"), ("status", "waiting", 4, "hard")]
    refused = browser.post(url, data | {"status-waiting-most": "0"})
    assert (refused.status_code, WipLimit.objects.count()) == (400, 2)
    assert desk.browser(desk.mara).post(url, data).status_code == 403
