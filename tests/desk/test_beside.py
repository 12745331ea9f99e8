"""The list beside a ticket: which it is, what stands there, what it costs (issue 4, "Three-panel ticket workspace")."""

import re
from urllib.parse import quote

import pytest

from accounts.models import Agent
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of, url_of
from tests.factories import EnvelopeFactory, TicketFactory
from tickets.enums import Priority
from tickets.models import Ticket
from tickets.services import accept_ticket, resolve_ticket, save_view

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def beside(desk: Desk, ticket: Ticket, origin: str = "", *, who: Agent | None = None) -> str:
    query = f"?from={quote(origin)}" if origin else ""
    return html_of(desk.browser(who or desk.mara).get(url_of(ticket, f"list/{query}"), headers=HTMX))


def rows_in(html: str) -> list[str]:
    return re.findall(r'<li class="queue-line" id="row-([^"]+)"', html)


def current_in(html: str) -> list[str]:
    return re.findall(r'href="/t/([^/]+)/[^"]*" data-key-row aria-current="page"', html)


def test_it_is_the_own_queue_in_its_groups_with_the_open_ticket_marked(desk: Desk) -> None:
    work, helped = (TicketFactory(team=desk.team, owner=desk.mara) for _number in range(2))
    Ticket.objects.update(last_customer_message_at=None)
    EnvelopeFactory(ticket=helped, team=desk.other_team)
    TicketFactory(team=desk.team, owner=desk.jonas)
    html = beside(desk, helped)
    queue = html_of(desk.browser(desk.mara).get("/queue/mine/"))
    assert rows_in(html) == re.findall(r'<li class="queue-row[^"]*" id="row-([^"]+)"', queue)
    assert re.findall(r'<h3 class="queue__group"[^>]*>([^<]+?) <', html) == re.findall(
        r'<h2 class="queue__group"[^>]*>([^<]+?) <', queue
    )
    assert (current_in(html), set(rows_in(html))) == ([helped.reference], {work.reference, helped.reference})
    assert "Network" in html, "who helps, as in the queue"


def test_it_is_the_list_the_ticket_was_opened_from_and_its_links_keep_that(desk: Desk) -> None:
    high = TicketFactory(team=desk.team, priority=Priority.HIGH)
    TicketFactory(team=desk.team)
    html = beside(desk, high, "unowned?priority=high")
    assert rows_in(html) == [high.reference]
    assert f'href="/t/{high.reference}/?from=unowned%3Fpriority%3Dhigh"' in html
    view = save_view("High ones", by=desk.mara, base="team", filters={"priority": "high"})
    assert rows_in(beside(desk, high, view.slug)) == [high.reference]
    page = html_of(desk.browser(desk.mara).get(url_of(high, f"?from={view.slug}")))
    assert f'data-beside="/queue/{view.slug}/"' in page
    assert f'href="/queue/{view.slug}/" hx-get="/t/{high.reference}/list/?from={view.slug}"' in page
    plain = desk.browser(desk.mara).get(url_of(high, "list/?from=unowned%3Fpriority%3Dhigh"))
    assert (plain.status_code, plain["Location"]) == (302, "/queue/unowned/?priority=high"), "without script a link"


def test_of_a_long_list_the_rows_around_the_ticket_as_j_and_k_go_through_them(desk: Desk) -> None:
    for _number in range(45):
        TicketFactory(team=desk.team)
    order = [ticket.reference for ticket in Ticket.objects.in_queue_order()]
    near_end = Ticket.objects.get(reference=order[40])
    html = beside(desk, near_end, "unowned")
    assert (rows_in(html), current_in(html)) == (order[32:45], [order[40]])
    assert ("Beginning of the list" in html, "The whole list" in html) == (True, False)
    html = beside(desk, Ticket.objects.get(reference=order[3]), "unowned")
    assert (rows_in(html), current_in(html)) == (order[:20], [order[3]])
    assert ("Beginning of the list" in html, "The whole list" in html) == (False, True)
    Ticket.objects.filter(pk=near_end.pk).update(team=desk.other_team)
    desk.mara.teams.add(desk.other_team)
    gone = Ticket.objects.get(pk=near_end.pk)
    assert rows_in(beside(desk, gone, "unowned?team=" + str(desk.team.pk))) == order[32:45]
    following = desk.browser(desk.mara).get(url_of(gone, f"next/?from={quote(f'unowned?team={desk.team.pk}')}"))
    assert following["Location"].startswith(f"/t/{order[41]}/"), "it keeps its place, as for J"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_ticket_that_has_left_the_list_keeps_its_row_there_while_it_is_open(desk: Desk, place: int) -> None:
    for _number in range(3):
        TicketFactory(team=desk.team)
    order = list(Ticket.objects.in_queue_order())
    accept_ticket(order[place].pk, by=desk.mara)
    html = beside(desk, order[place], "unowned")
    assert (rows_in(html), current_in(html)) == ([ticket.reference for ticket in order], [order[place].reference])
    assert html.count("In progress") == 1
    other = order[(place + 1) % 3]
    assert order[place].reference not in rows_in(beside(desk, other, "unowned"))
    resolve_ticket(order[place].pk, by=desk.mara, code="fixed", note="Done.")
    browser = desk.browser(desk.mara)
    assert rows_in(html_of(browser.get(url_of(order[place], "list/"), headers=HTMX))) == []
    shown = html_of(browser.get(url_of(order[place], "list/?shown=1"), headers=HTMX))
    assert (rows_in(shown), "Resolved" in shown) == ([order[place].reference], True), "where the page shows it"


def test_a_ticket_that_never_stood_in_the_own_queue_is_not_marked_there(desk: Desk) -> None:
    mine, other = TicketFactory(team=desk.team, owner=desk.mara), TicketFactory(team=desk.team, owner=desk.jonas)
    html = beside(desk, other)
    assert (rows_in(html), current_in(html)) == ([mine.reference], [])
    resolve_ticket(mine.pk, by=desk.mara, code="fixed", note="Done.")
    assert "No ticket stands in this list" in beside(desk, other)


def test_nobody_sees_more_there_than_in_the_list(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team)
    TicketFactory(team=desk.other_team)
    assert rows_in(beside(desk, ticket, "all")) == [ticket.reference]
    assert desk.browser(desk.nina).get(url_of(ticket, "list/"), headers=HTMX).status_code == 404


@pytest.mark.parametrize("origin", ["", "unowned", "team?priority=medium", "all"])
def test_it_costs_the_same_however_many_tickets_and_the_page_nothing(desk: Desk, origin: str) -> None:
    """ux.md section 10: eight statements a partial; the ticket's own page reads nothing for it."""
    ticket = TicketFactory(team=desk.team, owner=None if origin == "unowned" else desk.mara)
    query = f"?from={quote(origin)}" if origin else ""
    browser = desk.browser(desk.mara)
    parts, pages = [], []
    for more in (1, 3):
        for _number in range(more):
            TicketFactory(team=desk.team, owner=desk.mara if origin == "" else None)
            EnvelopeFactory(ticket=TicketFactory(team=desk.team, owner=desk.mara), team=desk.other_team)
        parts.append(statements_of(browser, url_of(ticket, f"list/{query}"), HTMX))
        pages.append(len(statements_of(browser, url_of(ticket, query))))
    assert len(parts[0]) == len(parts[1]) <= 8, parts[1]
    assert pages[0] == pages[1] == len(statements_of(browser, url_of(ticket)))


def test_panel_and_width_come_as_they_were_left(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, owner=desk.mara)
    browser = desk.browser(desk.mara)
    assert 'data-list="open" data-list-width="20"' in html_of(browser.get(url_of(ticket)))
    browser.post("/account/panels/", {"list": "closed", "list_width": "26"})
    html = html_of(browser.get(url_of(ticket)))
    assert ('data-list="closed" data-list-width="26"' in html, 'aria-valuenow="26"' in html) == (True, True)
    assert browser.post("/account/panels/", {"list_width": "27"}).status_code == 400
