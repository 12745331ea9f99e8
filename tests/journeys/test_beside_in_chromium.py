"""The list at the left of a ticket in a real browser (issue 4, "Three-panel ticket workspace")."""

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.services.panels import keep_panels
from tests.factories import TicketFactory
from tests.journeys.chromium import (
    Watch,
    axe_finds_nothing,
    held_back,
    listens,
    open_page,
    scrolls_no_wider,
    tab_to,
    without_worker,
)
from tests.journeys.conftest import Browsers
from tests.journeys.desk import Desk
from tests.journeys.test_ticket_tools_in_chromium import kept
from tickets.models import Ticket
from tickets.services import accept_ticket, add_note


@pytest.fixture
def tickets(desk: Desk) -> list[Ticket]:
    """Forty nobody owns, in the order of their list."""
    for number in range(40):
        TicketFactory(team=desk.team, subject=f"Printer {number:02} is silent")
    return list(Ticket.objects.in_queue_order())


def at(ticket: Ticket, origin: str = "unowned") -> str:
    return f"/t/{ticket.reference}/?from={origin}"


def panel(page: Page) -> Locator:
    return page.locator("#list-panel")


def current(page: Page) -> Locator:
    return panel(page).locator('.queue-line:has([aria-current="page"])')


def test_it_comes_after_the_page_marks_the_ticket_and_j_and_k_go_through_it(
    page: Page, desk: Desk, tickets: list[Ticket]
) -> None:
    open_page(page, at(tickets[12]))
    expect(current(page)).to_have_attribute("id", f"row-{tickets[12].reference}")
    expect(current(page)).to_be_in_viewport(ratio=1)
    page.keyboard.press("j")
    page.wait_for_url(f"**{at(tickets[13])}")
    listens(page)
    expect(current(page)).to_have_attribute("id", f"row-{tickets[13].reference}")
    page.keyboard.press("k")
    page.wait_for_url(f"**{at(tickets[12])}")
    panel(page).get_by_role("link", name=tickets[14].subject).click()
    page.wait_for_url(f"**{at(tickets[14])}")
    expect(page.locator("h1")).to_have_text(tickets[14].subject)
    expect(current(page)).to_be_in_viewport(ratio=1)
    axe_finds_nothing(page)


@without_worker
def test_rows_seen_before_stand_there_until_the_list_has_come_and_where_it_was(
    page: Page, desk: Desk, tickets: list[Ticket]
) -> None:
    open_page(page, at(tickets[10]))
    expect(current(page)).to_have_count(1)
    panel(page).evaluate("el => { el.scrollTop = 700; }")
    held = held_back(page, "**/list/**")
    open_page(page, at(tickets[11]))
    expect(current(page)).to_have_attribute("id", f"row-{tickets[11].reference}")
    assert panel(page).evaluate("el => el.scrollTop") == 700
    held.pop().continue_()
    expect(panel(page).locator("[data-live-list]")).to_be_attached()
    assert panel(page).evaluate("el => el.scrollTop") == 700


@without_worker
def test_a_first_load_that_takes_its_time_shows_the_skeleton_and_one_that_fails_says_so(
    page: Page, watch: Watch, desk: Desk, ticket: Ticket
) -> None:
    watch.expected = ("net::ERR_FAILED",)
    held = held_back(page, "**/list/**")
    open_page(page, at(ticket, "mine"))
    skeleton = panel(page).locator(".skeleton")
    expect(skeleton).to_be_visible()
    held.pop().abort()
    expect(panel(page).get_by_text("This could not be loaded")).to_be_visible()
    expect(skeleton).to_be_hidden()
    expect(panel(page).get_by_role("link", name="Open the list")).to_have_attribute("href", "/queue/mine/")
    expect(page.locator("#composer-reply")).to_be_visible()


def test_closed_it_asks_nothing_and_it_is_as_wide_as_it_was_left(page: Page, desk: Desk, ticket: Ticket) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/list/" in request.url else None)
    open_page(page, at(ticket, "mine"))
    expect(current(page)).to_have_count(1)
    handle = page.get_by_role("separator", name="Width of the list")
    before = panel(page).bounding_box()
    tab_to(page, handle, most=100)
    page.keyboard.press("ArrowRight")
    after = panel(page).bounding_box()
    assert before
    assert after
    assert after["width"] == before["width"] * 22 / 20
    page.keyboard.press("Shift+L")
    expect(panel(page)).to_be_hidden()
    kept(page, desk, {"list_width": 22, "list": "closed"})
    asked.clear()
    page.reload(wait_until="networkidle")
    expect(panel(page)).to_be_hidden()
    assert asked == []
    listens(page)
    page.keyboard.press("Shift+L")
    expect(current(page)).to_have_count(1)


@pytest.mark.parametrize("width", [1199, 768])
def test_below_1200_it_is_a_drawer_behind_its_button(width: int, page: Page, desk: Desk, ticket: Ticket) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    open_page(page, at(ticket, "mine"))
    expect(panel(page)).to_be_hidden()
    page.locator("#ticket-head").get_by_role("button", name="List beside the ticket").click()
    expect(current(page)).to_be_visible()
    axe_finds_nothing(page)
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.get_by_role("button", name="List beside the ticket")).to_be_hidden()
    scrolls_no_wider(page)


def test_what_happens_on_its_tickets_waits_and_the_row_of_the_open_one_tells_at_once(
    page: Page, desk: Desk, tickets: list[Ticket]
) -> None:
    open_page(page, at(tickets[2], "team"))
    expect(current(page)).to_contain_text("New")
    page.wait_for_selector("html[data-live=list]", state="attached")
    accept_ticket(tickets[2].pk, by=desk.jonas)
    expect(current(page)).to_contain_text("In progress")
    refresh = panel(page).locator("[data-live-refresh]")
    expect(refresh).to_be_hidden()
    other = panel(page).locator(f"#row-{tickets[4].reference}")
    accept_ticket(tickets[4].pk, by=desk.jonas)
    expect(refresh).to_have_text("1 update")
    expect(other).to_contain_text("New")
    page.keyboard.press(".")
    expect(other).to_contain_text("In progress")
    expect(refresh).to_be_hidden()


def test_a_ticket_that_its_acceptance_takes_out_of_the_list_tells_so_in_its_row(
    page: Page, desk: Desk, tickets: list[Ticket]
) -> None:
    open_page(page, at(tickets[3]))
    expect(current(page)).to_contain_text("New")
    page.wait_for_selector("html[data-live=list]", state="attached")
    page.keyboard.press("a")
    expect(current(page)).to_contain_text("In progress")
    expect(current(page)).to_have_attribute("id", f"row-{tickets[3].reference}")


def test_wide_panels_leave_the_ticket_its_room(page: Page, desk: Desk, ticket: Ticket) -> None:
    keep_panels(desk.mara.pk, by=desk.mara, list_width=32, details_width=32)
    page.set_viewport_size({"width": 1280, "height": 800})
    open_page(page, at(ticket, "mine"))
    wide = page.evaluate("document.querySelector('.workspace__centre').offsetWidth")
    expect(page.locator("#context-panel")).to_be_visible()
    assert wide >= 26 * 16
    scrolls_no_wider(page)


def test_without_scripts_no_empty_list_stands_there_and_buttons_do_not_count(
    browsers: Browsers, desk: Desk, ticket: Ticket
) -> None:
    page = browsers(desk.mara, java_script_enabled=False)
    page.goto(at(ticket, "mine"))
    expect(page.locator("#ticket-head")).to_be_visible()
    expect(panel(page)).to_be_hidden()
    expect(page.locator(".list-button").first).to_be_hidden()
    page.locator("#composer-reply > summary").click()
    expect(page.get_by_role("button", name="Send to Dana Roth and those in Cc", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Send to Dana Roth", exact=True)).to_have_count(0)


def test_an_act_on_the_ticket_leaves_the_list_and_its_place(page: Page, desk: Desk, tickets: list[Ticket]) -> None:
    open_page(page, at(tickets[12]))
    expect(current(page)).to_have_count(1)
    panel(page).evaluate("el => { el.scrollTop = 600; el.dataset.same = ''; }")
    page.keyboard.press("a")
    expect(page.locator("#composer-reply")).to_be_visible()
    add_note(tickets[12].pk, by=desk.jonas, body_text="Seen.")
    expect(page.get_by_text("Seen.")).to_be_visible()
    assert panel(page).evaluate("el => [el.scrollTop, 'same' in el.dataset]") == [600, True]
