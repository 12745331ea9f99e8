"""Drafts in a real browser: nothing typed is lost, nothing sent comes back, no window writes over another."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from tests.factories import ContactFactory, TicketFactory
from tests.factories.people import PASSWORD
from tests.journeys.chromium import Watch, database_beside_playwright, launch
from tests.journeys.desk import Desk
from tickets.models import Draft, OutboundMessage, Ticket

Open = Callable[[], Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright, database_beside_playwright():
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    dana = ContactFactory(first_name="Dana", last_name="Roth", email="dana@acme.test")
    found: Ticket = TicketFactory(team=desk.team, requester=dana, subject="Printer in ward 3", owner=desk.mara)
    return found


@pytest.fixture
def browsers(chromium: Browser, desk: Desk, live_site: str, ticket: Ticket) -> Iterator[Open]:
    """Opens the ticket in another browser of Mara's."""
    opened: list[BrowserContext] = []

    def open_one() -> Page:
        context = chromium.new_context(base_url=live_site, viewport={"width": 1440, "height": 900}, locale="en-GB")
        opened.append(context)
        page = context.new_page()
        page.goto("/login/")
        page.get_by_label("E-mail").fill(desk.mara.email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/queue/mine/")
        page.goto(f"/t/{ticket.reference}/")
        return page

    yield open_one
    for context in opened:
        context.close()


def reply_in(page: Page) -> Any:
    return page.get_by_role("textbox", name="Reply to Dana Roth")


def state_in(page: Page) -> Any:
    return page.locator("#composer-reply [data-composer-state]")


def begin(page: Page, text: str) -> None:
    page.locator("#composer-reply > summary").click()
    reply_in(page).press_sequentially(text)


def kept(wanted: str, *, patience: float = 10.0) -> str:
    """The text of the only draft, as soon as it is the one wanted or patience ends."""
    end = time.monotonic() + patience
    while True:
        texts = list(Draft.objects.values_list("body_text", flat=True))
        if texts == [wanted] or time.monotonic() > end:
            return "|".join(texts)
        time.sleep(0.05)


def test_what_was_typed_is_there_in_another_browser_and_gone_when_sent(
    browsers: Open, live_site: str, ticket: Ticket
) -> None:
    page, watch = browsers(), Watch(live_site)
    watch.over(page)
    begin(page, "Hello Dana, please")
    expect(state_in(page)).to_contain_text("Draft saved")
    expect(reply_in(page)).to_be_focused()
    page.keyboard.type(" restart it.")
    assert kept("Hello Dana, please restart it.") == "Hello Dana, please restart it."
    page.context.close()  # the browser is gone, without a word

    other = browsers()
    expect(other.locator("#composer-reply [data-draft-badge]")).to_be_visible()
    other.locator("#composer-reply > summary").click()
    expect(reply_in(other)).to_have_value("Hello Dana, please restart it.")
    expect(reply_in(other)).to_be_focused()
    other.keyboard.type(" Thanks")
    expect(reply_in(other)).to_have_value("Hello Dana, please restart it. Thanks")
    assert Axe().run(other).response["violations"] == []
    other.get_by_role("button", name="Send to Dana Roth", exact=True).click()
    expect(other.get_by_role("button", name="Undo")).to_be_visible()
    assert (Draft.objects.count(), OutboundMessage.objects.count()) == (0, 1)
    other.get_by_role("button", name="Undo").click()
    expect(reply_in(other)).to_have_value("Hello Dana, please restart it. Thanks")
    watch.finds_nothing()


def test_leaving_at_once_saves_and_asks_nothing(browsers: Open) -> None:
    page = browsers()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    begin(page, "Half a sen")
    page.get_by_role("link", name="Back to the queue").first.click()
    page.wait_for_url("**/queue/**")
    assert (kept("Half a sen"), asked) == ("Half a sen", [])


def test_of_two_windows_none_writes_over_the_other(browsers: Open) -> None:
    left, right = browsers(), browsers()
    begin(left, "From the left")
    expect(state_in(left)).to_contain_text("Draft saved")
    begin(right, "From the right")
    conflict = right.get_by_role("alert").filter(has_text="changed in another window")
    expect(conflict).to_be_visible()
    assert Axe().run(right).response["violations"] == []
    right.keyboard.type(", and more")
    right.wait_for_timeout(1500)
    assert kept("From the left") == "From the left"
    right.get_by_role("button", name="Keep this text").click()
    expect(conflict).to_be_hidden()
    assert kept("From the right, and more") == "From the right, and more"


def test_a_save_on_its_way_does_not_arrive_after_the_sending(browsers: Open) -> None:
    page = browsers()

    def slowly(route: Route) -> None:
        page.wait_for_timeout(700)
        route.continue_()

    page.route("**/drafts/**", slowly)
    begin(page, "Hello Dana.")
    page.keyboard.press("Control+s")
    page.get_by_role("button", name="Send to Dana Roth", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.wait_for_timeout(1500)
    assert (Draft.objects.count(), OutboundMessage.objects.count()) == (0, 1)


def test_without_connection_it_says_so_and_saves_when_it_is_back(browsers: Open) -> None:
    page = browsers()
    begin(page, "Hello")
    page.context.set_offline(True)
    expect(state_in(page)).to_contain_text("Not saved yet", timeout=5000)
    page.context.set_offline(False)
    expect(state_in(page)).to_contain_text("Draft saved", timeout=5000)
    assert kept("Hello") == "Hello"


def test_an_emptied_draft_is_discarded(browsers: Open) -> None:
    page = browsers()
    begin(page, "Hello")
    expect(page.get_by_role("button", name="Discard draft")).to_be_visible()
    reply_in(page).fill("")
    expect(page.get_by_role("button", name="Discard draft")).to_be_hidden()
    assert Draft.objects.count() == 0
    page.keyboard.type("Once more")
    page.get_by_role("button", name="Discard draft").click()
    expect(page.get_by_text("Draft discarded")).to_be_visible()
    assert Draft.objects.count() == 0


def test_what_was_typed_before_the_module_came_is_saved_too(browsers: Open) -> None:
    page = browsers()
    page.route("**/js/drafts*.js", lambda route: (page.wait_for_timeout(1000), route.continue_()))
    page.reload()
    begin(page, "Quick as a fox")
    expect(state_in(page)).to_contain_text("Draft saved")
    assert kept("Quick as a fox") == "Quick as a fox"
