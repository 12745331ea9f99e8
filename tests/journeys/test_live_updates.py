"""Two people, two browsers: what one does the other sees without reloading (issue 4 "Live", ux.md section 5)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.factories import TicketFactory
from tests.journeys.chromium import COLOUR, Watch, axe_finds_nothing, open_page, scrolls_no_wider
from tests.journeys.conftest import Browsers
from tests.journeys.desk import Desk
from tickets.models import Ticket
from tickets.services import add_note, record_customer_message
from tickets.services.creation import Message


@pytest.fixture
def jonas(browsers: Browsers, desk: Desk) -> Page:
    """Jonas at his browser, beside Mara at hers (`page`)."""
    return browsers(desk.jonas)


def open_and_listen(page: Page, address: str) -> None:
    open_page(page, address)
    page.wait_for_selector("html[data-live]", state="attached")


def customer_writes(ticket: Ticket, text: str) -> None:
    record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text=text))


def test_what_arrives_stands_at_the_end_and_moves_and_touches_nothing(page: Page, desk: Desk, ticket: Ticket) -> None:
    """Mara reads further up and writes; the customer's answer and a colleague's note come in below."""
    for number in range(25):
        add_note(ticket.pk, by=desk.jonas, body_text=f"Step {number}: the spooler was looked at.\n" * 3)
    open_and_listen(page, f"/t/{ticket.reference}/")
    page.keyboard.press("r")
    box = page.get_by_role("textbox", name="Reply to Dana Roth")
    box.fill("Dear Dana, half a sentence")
    timeline = page.locator("#timeline")
    timeline.evaluate("el => { el.scrollTop = 300; }")
    line = page.locator("#timeline .entry").filter(has_text="Step 8:")
    before = line.bounding_box()

    customer_writes(ticket, "The paper is stuck.")
    come = timeline.locator(".entry").filter(has_text="The paper is stuck.")
    expect(come).to_have_count(1)
    add_note(ticket.pk, by=desk.jonas, body_text="I look at the cable.")
    expect(timeline.locator(".entry").filter(has_text="I look at the cable.")).to_have_count(1)

    assert line.bounding_box() == before
    expect(box).to_be_focused()
    expect(box).to_have_value("Dear Dana, half a sentence")
    order = timeline.locator(".entry[id]").evaluate_all("els => els.map((el) => Number(el.id.slice(1)))")
    assert order == sorted(order)
    waiting = page.get_by_role("button", name="2 new entries")
    waiting.click()
    expect(come).to_be_in_viewport()
    expect(waiting).to_be_hidden()
    expect(box).to_have_value("Dear Dana, half a sentence")


def test_the_head_follows_the_acts_of_others(page: Page, jonas: Page, desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, subject="Nobody's yet")
    open_and_listen(jonas, f"/t/{ticket.reference}/")
    open_and_listen(page, f"/t/{ticket.reference}/")
    page.keyboard.press("a")
    expect(jonas.locator("#ticket-owner")).to_contain_text("Mara Weiss")
    expect(jonas.get_by_role("button", name="Accept ticket")).to_have_count(0)
    expect(jonas.locator("#reply-refused")).to_contain_text("Mara Weiss owns this ticket")


def test_who_is_here_and_who_writes_is_said_beside_the_reply(
    page: Page, jonas: Page, desk: Desk, ticket: Ticket
) -> None:
    open_and_listen(page, f"/t/{ticket.reference}/")
    open_and_listen(jonas, f"/t/{ticket.reference}/")
    expect(page.locator(".workspace__dock")).to_contain_text("Jonas Kern is viewing")
    expect(jonas.locator(".workspace__dock")).to_contain_text("Mara Weiss is viewing")
    page.keyboard.press("r")
    page.keyboard.type("Dear Dana")
    expect(jonas.locator(".workspace__dock")).to_contain_text("Mara Weiss is writing a reply")
    expect(page.locator(".workspace__dock")).to_contain_text("Jonas Kern is viewing")
    jonas.goto("/queue/mine/")
    expect(page.locator(".workspace__dock")).not_to_contain_text("Jonas Kern")
    expect(page.get_by_role("button", name="Send to Dana Roth", exact=True)).to_be_enabled()


def test_lists_wait_with_what_is_new_until_asked(jonas: Page, desk: Desk, ticket: Ticket) -> None:
    """A changed row and a new one: both are offered, nothing moves; the full stop brings them."""
    open_and_listen(jonas, "/queue/team/")
    rows = jonas.locator(".queue-row")
    expect(rows).to_have_count(1)
    customer_writes(ticket, "The paper is stuck.")
    expect(jonas.get_by_role("button", name="1 update")).to_be_visible()
    new = TicketFactory(team=desk.team, subject="Scanner is silent")
    expect(jonas.get_by_role("button", name="2 updates")).to_be_visible(timeout=20_000)
    expect(rows).to_have_count(1)
    jonas.keyboard.press(".")
    expect(rows).to_have_count(2)
    expect(jonas.locator(f"#row-{new.reference}")).to_contain_text("Scanner is silent")
    expect(jonas.locator("[data-live-refresh]")).to_be_hidden()


def test_the_numbers_in_the_tabs_follow_what_happens_and_are_asked_for_once_for_many_acts(
    jonas: Page, desk: Desk, ticket: Ticket
) -> None:
    asked: list[str] = []
    jonas.on("request", lambda request: asked.append(request.url) if "/live/lists/" in request.url else None)
    open_and_listen(jonas, "/queue/team/")
    tabs = jonas.get_by_role("navigation", name="Lists")
    expect(tabs.get_by_role("link", name="Unowned")).to_have_text("Unowned 0")
    for number in range(6):
        TicketFactory(team=desk.team, subject=f"Scanner {number} is silent")
    expect(tabs.get_by_role("link", name="Unowned")).to_have_text("Unowned 6")
    expect(tabs.get_by_role("link", name="Team", exact=False).first).to_have_text("Team 7")
    assert len(asked) <= 2
    expect(jonas.locator(".queue-row")).to_have_count(1)


def test_the_bell_counts_by_itself(page: Page, desk: Desk, ticket: Ticket) -> None:
    from core.events import deliver_all

    open_and_listen(page, "/queue/mine/")
    bell = page.locator("#navigation").get_by_role("link", name="Notifications")
    expect(bell.locator(".badge")).to_have_count(0)
    customer_writes(ticket, "The paper is stuck.")
    deliver_all()
    expect(bell.locator(".badge")).to_have_text("1")


def test_a_lost_stream_is_said_and_comes_back_without_a_gap(
    page: Page, watch: Watch, desk: Desk, ticket: Ticket, events_away: Callable[[bool], None]
) -> None:
    watch.expected = ("net::ERR_INCOMPLETE_CHUNKED_ENCODING", 502)
    open_and_listen(page, f"/t/{ticket.reference}/")
    events_away(True)
    lost = page.get_by_text("Live updates paused, reconnecting")
    expect(lost).to_be_visible(timeout=15_000)
    add_note(ticket.pk, by=desk.jonas, body_text="Said meanwhile.")
    events_away(False)
    expect(page.locator("#timeline .entry").filter(has_text="Said meanwhile.")).to_have_count(1, timeout=25_000)
    expect(lost).to_be_hidden()


def test_signing_out_elsewhere_is_said_on_the_open_page(page: Page, watch: Watch, ticket: Ticket) -> None:
    watch.expected = (401,)
    open_and_listen(page, f"/t/{ticket.reference}/")
    other = page.context.new_page()
    other.goto("/queue/mine/")
    other.locator("form[action='/logout/'] button").evaluate("button => button.form.requestSubmit()")
    other.wait_for_url("**/login/")
    expect(page.get_by_role("alert").filter(has_text="Your session is over")).to_be_visible(timeout=15_000)


def test_axe_finds_nothing_in_what_is_shown_live(page: Page, jonas: Page, desk: Desk, ticket: Ticket) -> None:
    page.emulate_media(reduced_motion="reduce")  # no colour is measured on its way to another
    for number in range(12):
        add_note(ticket.pk, by=desk.jonas, body_text=f"Step {number}: the spooler was looked at.\n" * 3)
    open_and_listen(jonas, f"/t/{ticket.reference}/")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        open_and_listen(page, f"/t/{ticket.reference}/")
        expect(page.locator(".presence__person")).to_have_count(1)
        page.evaluate("document.querySelector('#timeline').scrollTop = 0; window.scrollTo(0, 0)")
        customer_writes(ticket, "The paper is stuck.")
        expect(page.get_by_role("button", name="1 new entry")).to_be_visible()
        is_sound(page, f"ticket at {width}")
        open_and_listen(page, "/queue/team/")
        customer_writes(ticket, "It is stuck again.")
        expect(page.get_by_role("button", name="1 update")).to_be_visible()
        page.evaluate("document.querySelector('[data-live-lost]').hidden = false")
        is_sound(page, f"list at {width}")


def is_sound(page: Page, what: str) -> None:
    axe_finds_nothing(page, what)
    scrolls_no_wider(page, what)
    page.emulate_media(color_scheme="dark")
    axe_finds_nothing(page, f"{what}, dark", rules=COLOUR)
    page.emulate_media(color_scheme="light")
