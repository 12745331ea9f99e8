"""Waiting, as pages show it, and stillness for who wants it (issue 4 "States", ux.md sections 5 and 6)."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.chromium import Watch, held_back, open_page, without_worker
from tests.journeys.conftest import Browsers
from tests.journeys.desk import Desk
from tickets.models import Ticket
from tickets.services import create_task

MOVES = """() => [...document.querySelectorAll("*")].flatMap((el) => [el, "::before", "::after"].map((part, at) => {
    const style = getComputedStyle(el, at ? part : null);
    const lasts = style.transitionDuration.split(",").some((time) => parseFloat(time) > 0);
    return style.animationName !== "none" || lasts ? `${el.tagName}.${el.className} ${style.animationName}` : "";
})).filter(Boolean)"""
"""What moves or could: names of animations and lengths of transitions, as computed."""


@without_worker
def test_an_answer_that_is_held_back_shows_the_bar_and_marks_what_will_change(
    page: Page, desk: Desk, ticket: Ticket
) -> None:
    open_page(page, f"/t/{ticket.reference}/")
    bar, head = page.locator("#busy"), page.locator("#ticket-head")
    expect(bar).to_have_css("opacity", "0")
    held = held_back(page, "**/wait/")
    Ticket.objects.filter(pk=ticket.pk).update(last_customer_message_at=None)
    head.get_by_role("button", name="Wait for customer").click()
    expect(bar).to_have_css("opacity", "1")
    expect(head).to_have_attribute("aria-busy", "true")
    expect(head).to_contain_text("In progress")  # the old content stays
    held.pop().continue_()
    expect(head).to_contain_text("Waiting for customer")
    expect(bar).to_have_css("opacity", "0")
    expect(head).not_to_have_attribute("aria-busy", "true")


def test_one_that_fails_leaves_nothing_busy(page: Page, watch: Watch, desk: Desk, ticket: Ticket) -> None:
    watch.expected = (500,)
    open_page(page, f"/t/{ticket.reference}/")
    page.route("**/wait/", lambda route: route.fulfill(status=500, body="<p>No</p>"))
    page.locator("#ticket-head").get_by_role("button", name="Wait for customer").click()
    expect(page.get_by_role("alert").filter(has_text="Something broke on our side")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    expect(page.locator("#busy")).to_have_css("opacity", "0")


@without_worker
def test_sections_that_come_later_show_a_skeleton_while_they_take_their_time(
    page: Page, desk: Desk, ticket: Ticket
) -> None:
    held = held_back(page, "**/around/similar/")
    open_page(page, f"/t/{ticket.reference}/")
    section = page.locator("#around-similar")
    section.scroll_into_view_if_needed()
    expect(section.locator(".skeleton")).to_be_visible()
    expect(page.locator("#busy")).to_have_css("opacity", "0")  # nobody waits for it
    held.pop().continue_()
    expect(section.locator(".skeleton")).to_have_count(0)


@pytest.mark.parametrize("address", ["/queue/team/", "/board/team/", "/t/{reference}/"])
def test_under_reduced_motion_nothing_moves(address: str, browsers: Browsers, desk: Desk, ticket: Ticket) -> None:
    create_task(ticket.pk, by=desk.mara, title="Look at the cable")
    moving = browsers(desk.mara)
    open_page(moving, address.format(reference=ticket.reference))
    assert moving.evaluate(MOVES) != []
    moving.emulate_media(reduced_motion="reduce")
    assert moving.evaluate(MOVES) == []
    moving.evaluate("""() => document.body.insertAdjacentHTML("beforeend",
        '<div class="skeleton"><div class="skeleton__line"></div></div><span class="button__busy"></span>')""")
    assert moving.evaluate(MOVES) == []
