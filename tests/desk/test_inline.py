"""Values edited in the row of a list, and the quick filters above it."""

import re
from typing import Any

import pytest

from tests.desk.conftest import Desk
from tests.desk.pages import html_of
from tests.desk.test_list_looks import subjects
from tests.factories import TicketFactory
from tickets.enums import Priority
from tickets.models import Ticket
from tickets.services import cancel_ticket, edit_ticket

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def url_of(ticket: Ticket, name: str = "priority", **more: str) -> str:
    return f"/t/{ticket.reference}/inline/{name}/?columns=reference,tags,status" + "".join(
        f"&{key}={value}" for key, value in more.items()
    )


def post(desk: Desk, person: Any, ticket: Ticket, name: str = "priority", **values: str) -> Any:
    return desk.browser(person).post(url_of(ticket, name), values, headers=HTMX)


def test_the_row_comes_with_the_control_open_and_then_with_the_new_value(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, subject="Tunnel", owner=desk.mara)
    browser = desk.browser(desk.mara)
    opened = html_of(browser.get(url_of(ticket), headers=HTMX))
    assert opened.strip().startswith('<li class="queue-row" id="row-')
    assert [text in opened for text in ("<html", 'name="priority"', 'name="version" value="2"')] == [False, True, True]
    assert 'name="priority"' not in html_of(browser.get(url_of(ticket, closed="1"), headers=HTMX))
    saved = html_of(post(desk, desk.mara, ticket, priority="high", version="2"))
    assert ("Priority of" in saved, "High. Change" in saved, 'name="priority"' in saved) == (True, True, False)
    assert (Ticket.objects.get().priority, Ticket.objects.get().history.first().actor_name) == ("high", "Mara Weiss")


def test_tags_are_edited_in_place_and_the_row_keeps_its_columns(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara, requester=desk.dana)
    edit_ticket(ticket.pk, by=desk.mara, version=2, tags=["vpn"])
    opened = html_of(desk.browser(desk.mara).get(url_of(ticket, "tags"), headers=HTMX))
    assert 'value="vpn"' in opened
    saved = html_of(post(desk, desk.mara, ticket, "tags", tags="cellar, vpn"))
    assert ("cellar, vpn" in saved, "Dana Roth" in saved) == (True, False)
    assert post(desk, desk.mara, ticket, "tags", tags="").status_code == 200
    assert list(ticket.tags.all()) == []


def test_a_refusal_comes_with_the_row_and_the_control_still_open(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    for values, status, said in (
        ({"priority": "critical"}, 400, "Say why the priority is raised to critical."),
        ({"priority": "burning"}, 400, "burning"),
        ({"priority": "high", "version": "1"}, 409, "Somebody has changed this meanwhile"),
    ):
        response = post(desk, desk.mara, ticket, **values)
        assert (response.status_code, said in html_of(response), 'name="priority"' in html_of(response)) == (
            status,
            True,
            True,
        )
    refused = post(desk, desk.jonas, ticket, priority="high")
    assert (refused.status_code, "Mara Weiss owns ticket" in html_of(refused)) == (403, True)
    assert Ticket.objects.get().priority == Priority.MEDIUM


def test_057_an_old_version_shows_what_stands_there_now_beside_what_was_chosen(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    edit_ticket(ticket.pk, by=desk.lea, version=2, priority="low")
    response = post(desk, desk.mara, ticket, priority="high", version="2")
    html = html_of(response)
    assert (response.status_code, "Priority is now: Low" in html) == (409, True)
    assert re.findall(r'<option value="(\w+)" selected>', html) == ["high"]
    assert post(desk, desk.mara, ticket, priority="high", version="3").status_code == 200


def test_only_those_who_may_change_it_get_the_control_and_nobody_on_ended_ones(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    link = f"/t/{ticket.reference}/inline/priority/"
    shown = {
        person.name: link in html_of(desk.browser(person).get("/queue/all/"))
        for person in (desk.mara, desk.jonas, desk.lea, desk.aude)
    }
    assert shown == {"Mara Weiss": True, "Jonas Kern": False, "Lea Brandt": True, "Aude Petit": False}
    cancel_ticket(ticket.pk, by=desk.mara, code="withdrawn")
    assert link not in html_of(desk.browser(desk.mara).get("/queue/all/"))


def test_without_script_the_link_leads_to_the_form_and_a_post_saves_all_the_same(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    browser = desk.browser(desk.mara)
    assert f'href="/t/{ticket.reference}/fields/"' in html_of(browser.get("/queue/all/"))
    assert browser.get(url_of(ticket)).headers["Location"] == f"/t/{ticket.reference}/fields/"
    saved = browser.post(url_of(ticket), {"priority": "low"})
    assert (saved.headers["Location"], Ticket.objects.get().priority) == (f"/t/{ticket.reference}/", "low")
    refused = desk.browser(desk.jonas).post(url_of(ticket), {"priority": "high"})
    assert (refused.status_code, "Mara Weiss owns ticket" in html_of(refused)) == (403, True)


def test_quick_filters_put_a_term_in_force_and_take_it_away(desk: Desk) -> None:
    TicketFactory(team=desk.team, subject="Mine and high", owner=desk.mara, priority=Priority.HIGH)
    TicketFactory(team=desk.team, subject="High", priority=Priority.HIGH)
    TicketFactory(team=desk.team, subject="Mine", owner=desk.mara)
    browser = desk.browser(desk.mara)
    first = browser.get("/queue/team/?sort=created_at")
    quick = {str(link["label"]): link["url"] for link in first.context["quick"]}
    assert quick["My own"] == "?q=owner%3Ame&sort=created_at"
    second = browser.get(f"/queue/team/{quick['My own']}")
    assert subjects(second) == ["Mine and high", "Mine"]
    [high] = [link for link in second.context["quick"] if str(link["label"]) == "High and critical"]
    third = browser.get(f"/queue/team/{high['url']}")
    assert subjects(third) == ["Mine and high"]
    links = {str(link["label"]): link for link in third.context["quick"]}
    assert (links["My own"]["is_current"], links["Nobody's"]["is_current"]) == (True, False)
    assert subjects(browser.get(f"/queue/team/{links['My own']['url']}")) == ["Mine and high", "High"]
    nobodys = links["Nobody's"]["url"]
    assert subjects(browser.get(f"/queue/team/{nobodys}")) == ["High"]


def test_quick_filters_leave_out_what_the_list_decides_itself(desk: Desk) -> None:
    browser = desk.browser(desk.mara)
    labels = {
        view: [str(link["label"]) for link in browser.get(f"/queue/{view}/").context["quick"]]
        for view in ("mine", "unowned")
    }
    assert labels == {
        "mine": ["New", "Waiting", "High and critical", "Late or at risk"],
        "unowned": ["High and critical", "Late or at risk"],
    }
