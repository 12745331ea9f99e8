"""Saved views as tabs: pinned ones first, with how much stands in them, at a cost that does not grow."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from desk.pins import COUNTED, counts_of
from desk.selectors import COUNT_CAP
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of
from tests.factories import TicketFactory
from tickets.enums import Priority
from tickets.services import cancel_ticket, delete_view, save_view

pytestmark = pytest.mark.django_db


def tabs(response: Any) -> list[tuple[str, str]]:
    return [(str(tab["label"]), tab["count"]) for tab in response.context["tabs"]][4:]


def counted(desk: Desk, **filters: str) -> dict[str, int]:
    view = save_view("A", by=desk.mara, base="all", filters=filters)
    found = counts_of(desk.mara, [view])
    delete_view(view.pk, by=desk.mara)
    return found


def test_pinned_views_stand_first_in_the_order_each_person_gives_them(desk: Desk) -> None:
    for name in ("One", "Three", "Two"):
        save_view(name, by=desk.lea, scope="team", team=desk.team, base="team", filters={"q": "words"})
    mara = desk.browser(desk.mara)

    def pin(slug: str, place: str) -> list[str]:
        assert mara.post(f"/queue/{slug}/pin/", {"place": place}).headers["Location"] == f"/queue/{slug}/"
        return [label for label, _count in tabs(mara.get("/queue/mine/"))]

    assert pin("two", "last") == ["Two", "One", "Three"]
    assert pin("three", "last") == ["Two", "Three", "One"]
    assert pin("three", "earlier") == pin("three", "earlier") == ["Three", "Two", "One"]
    assert pin("three", "off") == ["Two", "One", "Three"]
    assert [label for label, _count in tabs(desk.browser(desk.jonas).get("/queue/mine/"))] == ["One", "Three", "Two"]
    assert mara.post("/queue/two/pin/", {"place": "first"}).status_code == 404
    assert mara.post("/queue/team/pin/", {"place": "last"}).status_code == 404, "it stands there anyway"


def test_what_can_be_done_with_a_pin_is_offered_where_it_stands(desk: Desk) -> None:
    save_view("One", by=desk.mara, base="team")
    save_view("Two", by=desk.mara, base="team")
    browser = desk.browser(desk.mara)

    def offered(slug: str) -> list[str]:
        html = html_of(browser.get(f"/queue/{slug}/"))
        return [words for words in ("Pin to the front", "Move forward", "Unpin") if words in html]

    assert (offered("my-one"), offered("team")) == (["Pin to the front"], [])
    for slug in ("my-one", "my-two"):
        browser.post(f"/queue/{slug}/pin/", {"place": "last"})
    assert (offered("my-one"), offered("my-two")) == (["Unpin"], ["Move forward", "Unpin"])


def test_a_view_that_is_gone_leaves_the_pins_with_the_next_one(desk: Desk) -> None:
    gone = save_view("One", by=desk.mara, base="team")
    save_view("Two", by=desk.mara, base="team")
    browser = desk.browser(desk.mara)
    browser.post("/queue/my-one/pin/", {"place": "last"})
    delete_view(gone.pk, by=desk.mara)
    assert [label for label, _count in tabs(browser.get("/queue/mine/"))] == ["Two"]
    browser.post("/queue/my-two/pin/", {"place": "last"})
    desk.mara.refresh_from_db()
    assert desk.mara.list_settings == {"pins": ["my-two"]}


def test_tabs_tell_how_many_tickets_in_sight_stand_in_their_lists(desk: Desk) -> None:
    TicketFactory.create_batch(2, team=desk.team, priority=Priority.HIGH)
    TicketFactory(team=desk.other_team, priority=Priority.HIGH)
    cancel_ticket(TicketFactory(team=desk.team, priority=Priority.HIGH).pk, by=desk.mara, code="withdrawn")
    save_view("High", by=desk.lea, scope="team", team=desk.team, base="all", filters={"q": "status:open priority:high"})
    save_view("Low", by=desk.lea, scope="team", team=desk.team, base="team", filters={"priority": "low"})
    page = desk.browser(desk.mara).get("/queue/mine/")
    assert tabs(page) == [("High", "2"), ("Low", "0")]
    assert re.search(r'<span class="tabs__count" data-live-number="[^"]+">2</span>', html_of(page))


@pytest.mark.parametrize(
    "filters",
    [
        {"status": "any"},
        {"status": "closed"},
        {"q": "status:closed"},
        {"q": "status:open printer"},
        {"q": 'status:open "printer off"'},
        {"q": "status:open -printer"},
        {},
    ],
)
def test_what_would_be_asked_of_the_whole_table_has_no_number(desk: Desk, filters: dict[str, str]) -> None:
    """Of everybody's list all statuses but those in work and resolved, and words, which are searched for."""
    TicketFactory(team=desk.team)
    assert counted(desk, **filters) == {}


def test_numbers_end_at_the_cap_and_are_asked_of_open_tickets_in_one_statement(desk: Desk) -> None:
    views = [save_view(f"V{number}", by=desk.mara, base="team", filters={"priority": "low"}) for number in range(8)]
    with CaptureQueriesContext(connection) as asked:
        found = counts_of(desk.mara, views)
    statements = [query["sql"] for query in asked if "tickets_ticket" in query["sql"]]
    assert (list(found), len(statements)) == ([view.slug for view in views[:COUNTED]], 1)
    assert statements[0].count(f"LIMIT {COUNT_CAP + 1}") == COUNTED
    assert statements[0].count('"status" IN (') == COUNTED
    with CaptureQueriesContext(connection) as again:
        assert counts_of(desk.mara, views) == found
    assert [query for query in again if "tickets_ticket" in query["sql"]] == []


def test_a_changed_view_is_counted_anew(desk: Desk) -> None:
    TicketFactory(team=desk.team, priority=Priority.LOW)
    view = save_view("A", by=desk.mara, base="team", filters={"priority": "high"})
    browser = desk.browser(desk.mara)
    assert tabs(browser.get("/queue/mine/")) == [("A", "0")]
    browser.post(f"/queue/{view.slug}/save/", {"priority": "low"})
    assert tabs(browser.get("/queue/mine/")) == [("A", "1")]


def test_a_filter_that_can_no_longer_be_read_has_no_number_and_breaks_no_page(desk: Desk) -> None:
    save_view("Gone", by=desk.mara, base="team", filters={"q": "tag:gone"})
    assert tabs(desk.browser(desk.mara).get("/queue/mine/")) == [("Gone", "")]


def test_counted_tabs_cost_a_list_one_statement_and_only_now_and_then(desk: Desk) -> None:
    browser = desk.browser(desk.mara)
    bare = len(statements_of(browser, "/queue/team/"))
    for number in range(COUNTED + 2):
        save_view(f"V{number}", by=desk.mara, base="team", filters={"priority": "low"})
    assert len(statements_of(browser, "/queue/team/")) == bare


def test_open_pages_ask_how_much_stands_in_the_lists_at_the_same_cost_however_much_that_is(desk: Desk) -> None:
    view = save_view("High ones", by=desk.mara, base="team", filters={"priority": "high"})
    browser, costs = desk.browser(desk.mara), []
    for expected in ("1", "2"):
        TicketFactory(team=desk.team, priority=Priority.HIGH)
        found = browser.get("/live/lists/").json()
        assert found == {"mine": "0", "team": expected, "unowned": expected, view.slug: expected}
        assert tabs(browser.get("/queue/mine/")) == [("High ones", expected)], "for pages that come later, too"
        costs.append(len(statements_of(browser, "/live/lists/")))
    assert costs[0] == costs[1]
