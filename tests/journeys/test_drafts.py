"""Drafts in a real browser: nothing typed is lost, nothing sent comes back, no window writes over another."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.chromium import Watch, axe_finds_nothing, first_held, held_back, open_page, without_worker
from tests.journeys.conftest import Browsers
from tests.journeys.desk import Desk
from tickets.models import Draft, OutboundMessage, Ticket

Open = Callable[[], Page]


@pytest.fixture
def windows(browsers: Browsers, desk: Desk, ticket: Ticket) -> Open:
    """Opens the ticket in another browser of Mara's."""

    def open_one() -> Page:
        page = browsers(desk.mara)
        open_page(page, f"/t/{ticket.reference}/")
        return page

    return open_one


def reply_in(page: Page) -> Any:
    return page.get_by_role("textbox", name="Reply to Dana Roth")


def state_in(page: Page) -> Any:
    return page.locator("#composer-reply [data-composer-state]")


def begin(page: Page, text: str) -> None:
    page.locator("#composer-reply > summary").click()
    reply_in(page).press_sequentially(text)


PAUSE_MS = 1_500
"""Longer than drafts.js waits after the last key."""


def drafts_asked(page: Page) -> list[str]:
    """What is saved or discarded from now on, as it is asked for."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/drafts/" in request.url else None)
    return asked


def kept(wanted: str, *, patience: float = 10.0) -> str:
    """The text of the only draft, as soon as it is the one wanted or patience ends."""
    end = time.monotonic() + patience
    while True:
        texts = list(Draft.objects.values_list("body_text", flat=True))
        if texts == [wanted] or time.monotonic() > end:
            return "|".join(texts)
        time.sleep(0.05)


def test_what_was_typed_is_there_in_another_browser_and_gone_when_sent(windows: Open) -> None:
    page = windows()
    begin(page, "Hello Dana, please")
    expect(state_in(page)).to_contain_text("Draft saved")
    expect(reply_in(page)).to_be_focused()
    page.keyboard.type(" restart it.")
    assert kept("Hello Dana, please restart it.") == "Hello Dana, please restart it."
    page.context.close()  # the browser is gone, without a word

    other = windows()
    expect(other.locator("#composer-reply [data-draft-badge]")).to_be_visible()
    other.locator("#composer-reply > summary").click()
    expect(reply_in(other)).to_have_value("Hello Dana, please restart it.")
    expect(reply_in(other)).to_be_focused()
    other.keyboard.type(" Thanks")
    expect(reply_in(other)).to_have_value("Hello Dana, please restart it. Thanks")
    axe_finds_nothing(other)
    other.get_by_role("button", name="Send to Dana Roth", exact=True).click()
    expect(other.get_by_role("button", name="Undo")).to_be_visible()
    assert (Draft.objects.count(), OutboundMessage.objects.count()) == (0, 1)
    other.get_by_role("button", name="Undo").click()
    expect(reply_in(other)).to_have_value("Hello Dana, please restart it. Thanks")


@pytest.mark.parametrize("service_workers", ["allow", "block"])
def test_leaving_at_once_saves_and_asks_nothing(windows: Open, service_workers: str) -> None:
    page = windows()
    if service_workers == "allow":
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page = windows()  # which the worker answers
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    begin(page, "Half a sen")
    page.get_by_role("link", name="Back to the queue").first.click()
    page.wait_for_url("**/queue/**")
    assert (kept("Half a sen"), asked) == ("Half a sen", [])


@without_worker
def test_leaving_while_a_save_is_on_its_way_keeps_what_was_typed_since(windows: Open, ticket: Ticket) -> None:
    page = windows()
    under_way: list[Route] = []
    page.route("**/drafts/**", lambda route: under_way.append(route) if not under_way else route.continue_())
    begin(page, "Half a sen")
    with page.expect_request("**/drafts/**"):
        page.keyboard.press("Control+s")
    page.keyboard.type("tence")
    page.goto("/queue/mine/")
    assert kept("Half a sentence") == "Half a sentence"


def test_of_two_windows_none_writes_over_the_other(windows: Open, watch: Watch) -> None:
    watch.expected = (409,)
    left, right = windows(), windows()
    begin(left, "From the left")
    expect(state_in(left)).to_contain_text("Draft saved")
    begin(right, "From the right")
    conflict = right.get_by_role("alert").filter(has_text="changed in another window")
    expect(conflict).to_be_visible()
    axe_finds_nothing(right)
    asked = drafts_asked(right)
    right.clock.install()  # runs as ever, and can be put forward
    right.keyboard.type(", and more")
    right.clock.fast_forward(PAUSE_MS)
    expect(reply_in(right)).to_have_value("From the right, and more")
    assert asked == []
    assert kept("From the left") == "From the left"
    right.get_by_role("button", name="Keep this text").click()
    expect(conflict).to_be_hidden()
    assert kept("From the right, and more") == "From the right, and more"


@without_worker
def test_a_save_on_its_way_does_not_arrive_after_the_sending(windows: Open) -> None:
    page = windows()
    asked, on_its_way = drafts_asked(page), held_back(page, "**/drafts/**")
    begin(page, "Hello Dana.")
    with page.expect_request("**/drafts/**"):
        page.keyboard.press("Control+s")
    page.get_by_role("button", name="Send to Dana Roth", exact=True).click()
    assert not OutboundMessage.objects.exists()
    first_held(page, on_its_way).continue_()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert len(asked) == 1, "leaving the page has saved nothing either"
    assert (Draft.objects.count(), OutboundMessage.objects.count()) == (0, 1)


def test_without_connection_it_says_so_and_saves_when_it_is_back(windows: Open, watch: Watch) -> None:
    watch.expected = ("net::ERR_INTERNET_DISCONNECTED",)
    page = windows()
    begin(page, "Hello")
    page.context.set_offline(True)
    expect(state_in(page)).to_contain_text("Not saved yet", timeout=5000)
    page.context.set_offline(False)
    expect(state_in(page)).to_contain_text("Draft saved", timeout=5000)
    assert kept("Hello") == "Hello"


def test_an_emptied_draft_is_discarded(windows: Open) -> None:
    page = windows()
    begin(page, "Hello")
    expect(page.get_by_role("button", name="Discard draft")).to_be_visible()
    reply_in(page).fill("")
    expect(page.get_by_role("button", name="Discard draft")).to_be_hidden()
    assert Draft.objects.count() == 0
    page.keyboard.type("Once more")
    page.get_by_role("button", name="Discard draft").click()
    expect(page.get_by_text("Draft discarded")).to_be_visible()
    assert Draft.objects.count() == 0


def test_what_was_typed_before_the_module_came_is_saved_too(page: Page, ticket: Ticket) -> None:
    """On the first page of a browser; on later ones the service worker has the module."""
    on_its_way = held_back(page, "**/js/drafts*.js")
    with page.expect_request("**/js/drafts*.js"):
        page.goto(f"/t/{ticket.reference}/", wait_until="commit")
    begin(page, "Quick as a fox")
    first_held(page, on_its_way).continue_()
    expect(state_in(page)).to_contain_text("Draft saved")
    assert kept("Quick as a fox") == "Quick as a fox"
