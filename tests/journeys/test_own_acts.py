"""An act from the head of the ticket: its new state stands there at once, and what else it has changed follows."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Contact
from tests.factories import TicketFactory
from tests.journeys.chromium import open_page
from tests.journeys.desk import Desk
from tickets.models import Ticket
from tickets.services import add_note

HOLD_NEXT_LOOK = """() => {
    const [real, wait] = [window.fetch, new Promise((resolve) => { window.letGo = resolve; })];
    window.fetch = async (url, options) => {
        if (window.held || !String(url).includes("/t/") || options?.method) return real(url, options);
        window.held = true;
        const answer = await real(url, options);
        document.documentElement.dataset.answered = "";
        await wait;
        return answer;
    };
}"""
"""The next look for news gets its answer at once, and the page gets it when `letGo` is called."""


@pytest.fixture
def free(desk: Desk, dana: Contact) -> Ticket:
    ticket: Ticket = TicketFactory(team=desk.team, requester=dana, subject="Printer offline")
    return ticket


def test_the_rest_follows_around_a_note_that_is_being_written(page: Page, desk: Desk, free: Ticket) -> None:
    open_page(page, f"/t/{free.reference}/")
    page.locator("#composer-note > summary").click()
    text = page.locator("#composer-note [data-composer-text]")
    text.fill("Half a")
    page.get_by_role("button", name="Accept ticket").click()
    expect(page.locator("#ticket-owner")).to_contain_text("(you)")
    text.press("End")
    text.press_sequentially(" sentence")
    expect(page.locator("#composer-reply")).to_have_count(1)
    expect(page.locator("#reply-refused")).to_have_count(0)
    expect(page.locator("#timeline-entries")).to_contain_text("Mara Weiss")
    expect(text).to_have_value("Half a sentence")
    expect(text).to_be_focused()
    assert [el.get_attribute("id") for el in page.locator("#composers > details").all()] == [
        "composer-reply",
        "composer-note",
    ]
    expect(page.locator("[data-live-new]")).to_be_hidden()


def test_news_asked_for_before_the_act_do_not_take_its_state_back(page: Page, desk: Desk, free: Ticket) -> None:
    open_page(page, f"/t/{free.reference}/")
    page.wait_for_selector("html[data-live]", state="attached")
    page.evaluate(HOLD_NEXT_LOOK)
    add_note(free.pk, by=desk.jonas, body_text="Seen before.")
    page.wait_for_selector("html[data-answered]", state="attached")
    page.get_by_role("button", name="Accept ticket").click()
    expect(page.locator("#ticket-owner")).to_contain_text("(you)")
    page.evaluate(
        """() => {
            window.wasTakenBack = false;
            new MutationObserver(() => {
                window.wasTakenBack ||= document.querySelector("form[action$='/accept/']") !== null;
            }).observe(document.body, { childList: true, subtree: true });
            window.letGo();
        }"""
    )
    expect(page.locator("#composer-reply")).to_have_count(1)
    expect(page.locator("#timeline-entries")).to_contain_text("Seen before.")
    assert page.evaluate("window.wasTakenBack") is False


def test_a_look_that_failed_is_repeated_and_tells_what_others_wrote(page: Page, desk: Desk, free: Ticket) -> None:
    add_note(free.pk, by=desk.jonas, body_text="It is in ward 3.")
    open_page(page, f"/t/{free.reference}/")
    page.wait_for_selector("html[data-live]", state="attached")
    page.evaluate(
        """() => {
            const [real, later] = [window.fetch, window.setTimeout];
            window.setTimeout = (call, ms, ...rest) => later(call, Math.min(ms, 500), ...rest);
            window.fetch = async (url, options) => {
                if (window.failed || !String(url).includes("/t/") || options?.method) return real(url, options);
                window.failed = true;
                document.documentElement.dataset.failed = "";
                return new Response("", { status: 502 });
            };
        }"""
    )
    page.get_by_role("button", name="Accept ticket").click()
    page.wait_for_selector("html[data-failed]", state="attached")
    add_note(free.pk, by=desk.jonas, body_text="I look at the cable.")
    expect(page.locator("#composer-reply")).to_have_count(1)
    expect(page.locator("#timeline-entries")).to_contain_text("I look at the cable.")
    expect(page.get_by_text("1 new entry")).to_be_attached()
