"""The board in a real browser: cards moved by mouse, finger and keyboard; refused ones come back and say why."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Contact
from tests.factories import TicketFactory
from tests.journeys.board import drag
from tests.journeys.chromium import Watch, axe_finds_nothing, listens, open_page, tab_to, without_worker
from tests.journeys.conftest import Browsers
from tests.journeys.desk import Desk
from tickets.enums import Priority, TicketStatus
from tickets.models import Ticket


@pytest.fixture
def tickets(desk: Desk, dana: Contact) -> dict[str, Ticket]:
    """A new ticket, one of Mara's whose customer has an answer, one of hers whose customer has none."""
    found = {
        "new": TicketFactory(team=desk.team, requester=dana, subject="Printer in ward 3"),
        "answered": TicketFactory(team=desk.team, requester=dana, subject="Scanner", owner=desk.mara),
        "asking": TicketFactory(team=desk.team, requester=dana, subject="Phone", owner=desk.mara),
    }
    Ticket.objects.filter(pk=found["answered"].pk).update(last_customer_message_at=None)
    return found


def open_board(page: Page, address: str) -> None:
    """With the script in place that moves the cards."""
    page.goto(address, wait_until="networkidle")
    listens(page)


def card_of(page: Page, ticket: Ticket) -> Locator:
    return page.locator(f"#card-{ticket.reference}")


def cell(page: Page, column: str, lane: str = "") -> Locator:
    return page.locator(f'[data-cell][data-column="{column}"][data-lane="{lane}"]')


def tally(page: Page, column: str) -> Locator:
    return page.locator(f'[data-tally="{column}"]')


def now(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def test_a_card_dragged_with_the_mouse_is_the_act_of_the_button(
    page: Page, desk: Desk, tickets: dict[str, Ticket]
) -> None:
    open_board(page, "/board/team/")
    drag(page, card_of(page, tickets["new"]), cell(page, "in_progress"))
    expect(page.locator("#status-region")).to_contain_text("Assigned to you")
    expect(cell(page, "in_progress").locator(card_of(page, tickets["new"]))).to_be_visible()
    assert (now(tickets["new"]).owner, now(tickets["new"]).status) == (desk.mara, TicketStatus.IN_PROGRESS)
    drag(page, card_of(page, tickets["answered"]), cell(page, "waiting"))
    expect(page.locator("#status-region")).to_contain_text("Waiting for the customer")
    assert now(tickets["answered"]).status == TicketStatus.WAITING_CUSTOMER
    expect(tally(page, "waiting")).to_have_text("1")
    assert page.url.endswith("/board/team/"), "the click that ends a drag opens nothing"


def test_137_a_refused_card_comes_back_and_says_why(page: Page, watch: Watch, tickets: dict[str, Ticket]) -> None:
    watch.expected = (409,)
    open_board(page, "/board/team/")
    drag(page, card_of(page, tickets["asking"]), cell(page, "waiting"))
    alert = page.get_by_role("alert").filter(has_text="has had no answer since their last message")
    expect(alert).to_be_visible()
    expect(cell(page, "in_progress").locator(card_of(page, tickets["asking"]))).to_be_visible()
    expect(tally(page, "waiting")).to_have_text("0")
    assert now(tickets["asking"]).status == TicketStatus.IN_PROGRESS


@without_worker
def test_the_move_shows_before_the_server_has_answered_and_is_undone_without_an_answer(
    page: Page, watch: Watch, tickets: dict[str, Ticket]
) -> None:
    open_board(page, "/board/team/")
    watch.expected = ("net::ERR_FAILED",)
    page.route("**/move/**", lambda route: route.abort())
    drag(page, card_of(page, tickets["new"]), cell(page, "in_progress"))
    expect(page.get_by_role("alert").filter(has_text="The server does not answer")).to_be_visible()
    expect(cell(page, "new").locator(card_of(page, tickets["new"]))).to_be_visible()
    page.unroute("**/move/**")
    gate = {"is_shut": True}

    def slowly(route: Any) -> None:
        while gate["is_shut"]:
            page.wait_for_timeout(20)
        route.continue_()

    page.route("**/move/**", slowly)
    drag(page, card_of(page, tickets["new"]), cell(page, "in_progress"))
    moved = cell(page, "in_progress").locator(card_of(page, tickets["new"]))
    expect(moved).to_have_attribute("aria-busy", "true")
    expect(tally(page, "in_progress")).to_have_text("3")
    assert now(tickets["new"]).status == TicketStatus.NEW
    gate["is_shut"] = False
    expect(moved).not_to_have_attribute("aria-busy", "true")
    assert now(tickets["new"]).status == TicketStatus.IN_PROGRESS


def test_two_cards_moved_in_a_hurry_both_arrive(page: Page, desk: Desk, tickets: dict[str, Ticket]) -> None:
    other = TicketFactory(team=desk.team, subject="Second printer")
    open_board(page, "/board/team/")
    for ticket in (tickets["new"], other):
        drag(page, card_of(page, ticket), cell(page, "in_progress"))
    expect(tally(page, "in_progress")).to_have_text("4")
    expect(page.locator(".board-card[aria-busy]")).to_have_count(0)
    assert (now(tickets["new"]).owner, now(other).owner) == (desk.mara, desk.mara)


def test_escape_and_a_drop_outside_move_nothing(page: Page, tickets: dict[str, Ticket]) -> None:
    open_board(page, "/board/team/")
    drag(page, card_of(page, tickets["new"]), cell(page, "in_progress"), drop=False)
    expect(page.locator(".board-card--ghost")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".board-card--ghost")).to_have_count(0)
    page.mouse.up()
    drag(page, card_of(page, tickets["new"]), page.get_by_role("heading", level=1))
    expect(page.locator(".board-card--ghost")).to_have_count(0)
    expect(cell(page, "new").locator(card_of(page, tickets["new"]))).to_be_visible()
    assert now(tickets["new"]).status == TicketStatus.NEW


def test_a_click_opens_the_ticket(page: Page, tickets: dict[str, Ticket]) -> None:
    open_board(page, "/board/team/")
    card_of(page, tickets["new"]).click()
    page.wait_for_url(f"**/t/{tickets['new'].reference}/")


def test_a_finger_moves_a_card_by_its_grip_and_scrolls_elsewhere(
    browsers: Browsers, desk: Desk, tickets: dict[str, Ticket]
) -> None:
    page = browsers(desk.mara, has_touch=True, viewport={"width": 1024, "height": 800})
    open_board(page, "/board/team/?by=priority&lanes=status")
    card, touch = card_of(page, tickets["new"]), page.context.new_cdp_session(page)

    def swipe(start: Any, end: Any) -> None:
        begin = (start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
        for kind, x, y in (
            ("touchStart", *begin),
            ("touchMove", begin[0] + 2, begin[1] + 12),
            ("touchMove", end["x"] + end["width"] / 2, end["y"] + 30),
        ):
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    below = cell(page, "medium", "in_progress")
    swipe(card.bounding_box(), below.bounding_box())
    expect(page.locator(".board-card--ghost")).to_have_count(0)
    expect(cell(page, "medium", "new").locator(card)).to_be_visible()
    page.locator("[data-board-scroll]").evaluate("board => board.scrollTo(0, 0)")
    swipe(card.locator("[data-grip]").bounding_box(), below.bounding_box())
    expect(page.locator("#status-region")).to_contain_text("Assigned to you")
    assert now(tickets["new"]).owner == desk.mara


def test_the_board_with_the_keyboard_alone(page: Page, desk: Desk, tickets: dict[str, Ticket]) -> None:
    """ux.md section 4: arrows walk through cards and columns, M asks where to, in both dimensions."""
    open_page(page, "/queue/mine/")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/board/team/")
    open_board(page, "/board/team/?by=status&lanes=priority")

    def focused() -> str:
        return str(page.evaluate("document.activeElement.closest('.board-card')?.id ?? ''"))

    page.keyboard.press("ArrowDown")
    assert focused() == f"card-{tickets['new'].reference}"
    page.keyboard.press("ArrowRight")
    first = focused()
    page.keyboard.press("ArrowDown")
    assert {first, focused()} == {f"card-{tickets[name].reference}" for name in ("answered", "asking")}
    page.keyboard.press("ArrowUp")
    assert focused() == first
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("m")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert focused() == f"card-{tickets['new'].reference}"
    page.keyboard.press("m")
    tab_to(page, dialog.get_by_label("Status"))
    page.keyboard.press("i")  # as in any native choice: the one that begins with this letter
    tab_to(page, dialog.get_by_role("button", name="Move ticket"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**#card-{tickets['new'].reference}")
    expect(cell(page, "in_progress", "medium").locator(card_of(page, tickets["new"]))).to_be_visible()
    assert now(tickets["new"]).owner == desk.mara


def test_resolving_by_dragging_asks_for_the_note_in_a_dialog(page: Page, tickets: dict[str, Ticket]) -> None:
    open_board(page, "/board/team/?by=status&lanes=priority")
    drag(page, card_of(page, tickets["answered"]), cell(page, "resolved", "high"))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("What was done?")).to_be_visible()
    expect(cell(page, "in_progress", "medium").locator(card_of(page, tickets["answered"]))).to_be_visible()
    axe_finds_nothing(page)
    dialog.get_by_label("How was it resolved?").select_option("fixed")
    dialog.get_by_label("What was done?").fill("Restarted.")
    dialog.get_by_role("button", name="Move ticket").click()
    expect(cell(page, "resolved", "high").locator(card_of(page, tickets["answered"]))).to_be_visible()
    assert (now(tickets["answered"]).status, now(tickets["answered"]).priority) == (
        TicketStatus.RESOLVED,
        Priority.HIGH,
    )


PLACES = (("Critical", "2"), ("High", "Delete"), ("Medium", "1"), ("Low", "Delete"))
"""In the order of the form; the key that is pressed in each field."""


def test_a_board_gets_a_name_and_its_columns_an_order_by_keyboard(page: Page, tickets: dict[str, Ticket]) -> None:
    open_board(page, "/board/team/?by=priority&q=status:open")
    page.keyboard.press("Shift+V")
    tab_to(page, page.get_by_label("Name"))
    page.keyboard.type("Worst first")
    for name, place in PLACES:
        tab_to(page, page.get_by_role("spinbutton", name=name))
        page.keyboard.press(place)  # what stands there is selected on the way in
    page.keyboard.press("Enter")
    page.wait_for_url("**/board/my-worst-first/")
    expect(page.locator(".board__title a")).to_have_text(["Medium", "Critical"])
    open_board(page, "/board/my-worst-first/?by=status&q=status:new")
    tab_to(page, page.get_by_role("button", name="Save", exact=True), most=100)
    page.keyboard.press("Enter")
    page.wait_for_url("**/board/my-worst-first/")
    expect(page.locator(".board__title a")).to_have_text(["New", "In progress", "Escalated", "Waiting", "Resolved"])
    expect(tally(page, "new")).to_have_text("1")
