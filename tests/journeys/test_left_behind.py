"""What pages do, and what of them is seen, once nobody or another is signed in; what is kept for offline."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.factories import ContactFactory, TicketFactory
from tests.factories.people import PASSWORD
from tests.journeys.board import drag
from tests.journeys.chromium import open_page, sign_in, without_worker
from tests.journeys.desk import Desk
from tickets.enums import Priority, ViewScope
from tickets.models import Ticket
from tickets.services import save_view


@pytest.fixture
def tickets(desk: Desk) -> list[Ticket]:
    dana = ContactFactory(first_name="Dana", last_name="Roth", email="dana@acme.test")
    subjects = ("Printer in ward 3", "Scanner jams")
    return [TicketFactory(team=desk.team, requester=dana, subject=subject, owner=desk.mara) for subject in subjects]


@pytest.fixture
def context(chromium: Browser, live_site: str, service_workers: Any) -> Iterator[BrowserContext]:
    usual: Any = {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", "service_workers": service_workers}
    found = chromium.new_context(base_url=live_site, **usual)
    yield found
    found.close()


def signs_out(page: Page) -> None:
    page.locator("form[action='/logout/'] button").evaluate("button => button.form.requestSubmit()")
    page.wait_for_url("**/login/")


def moves(page: Page, ticket: Ticket, column: str) -> None:
    """By mouse, from card to column."""
    card, cell = page.locator(f"#card-{ticket.reference}"), page.locator(f'[data-cell][data-column="{column}"]')
    drag(page, card, cell)


@without_worker
def test_moves_on_a_board_whose_session_is_over_go_back_and_then_on(
    context: BrowserContext, desk: Desk, tickets: list[Ticket]
) -> None:
    """Both cards stand where they stood, and both are moved once somebody is signed in again."""
    page = context.new_page()
    sign_in(page, desk.mara)
    open_page(page, "/board/team/?by=priority")
    signs_out_elsewhere(context)
    gate = {"is_shut": True}

    def slowly(route: object) -> None:
        while gate["is_shut"]:
            page.wait_for_timeout(20)
        route.continue_()  # type: ignore[attr-defined]  # playwright's Route

    page.route("**/move/**", slowly)
    for ticket in tickets:
        moves(page, ticket, "high")
    high, medium = (page.locator(f'[data-cell][data-column="{column}"]') for column in ("high", "medium"))
    expect(high.locator(".board-card")).to_have_count(2)
    gate["is_shut"] = False
    dialog = page.get_by_role("dialog", name="Sign in to go on")
    expect(dialog).to_be_visible()
    expect(medium.locator(".board-card:not([aria-busy])")).to_have_count(2)
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(high.locator(".board-card:not([aria-busy])")).to_have_count(2)
    expect(page.locator("#undo-region")).to_contain_text("Priority: High")
    assert set(Ticket.objects.values_list("priority", flat=True)) == {Priority.HIGH}
    assert sorted(ticket.entries.filter(kind="priority_change").count() for ticket in tickets) == [1, 1]


BACK = "window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"


def signs_out_elsewhere(context: BrowserContext) -> None:
    other = context.new_page()
    other.goto("/queue/mine/")
    signs_out(other)
    other.close()


def test_nobody_goes_back_to_a_page_after_signing_out(
    context: BrowserContext, desk: Desk, tickets: list[Ticket]
) -> None:
    """The event stands for a page that the browser has kept whole, which is switched off under test."""
    page = context.new_page()
    sign_in(page, desk.mara)
    open_page(page, f"/t/{tickets[0].reference}/")
    with page.expect_response("**/account/session/"):
        page.evaluate(BACK)
    expect(page.get_by_role("heading", name="Printer in ward 3")).to_be_visible()
    signs_out_elsewhere(context)
    page.evaluate(BACK)
    page.wait_for_url(f"**/login/?next=%2Ft%2F{tickets[0].reference}%2F")
    assert "Printer in ward 3" not in page.content()


def test_the_palette_shows_nobody_what_it_remembers_of_another(context: BrowserContext, desk: Desk) -> None:
    save_view(by=desk.mara, base="all", name="Layoffs", scope=ViewScope.PERSONAL)
    page = context.new_page()
    sign_in(page, desk.mara)
    open_page(page, "/queue/mine/")
    option = page.get_by_role("option", name="Layoffs")
    page.keyboard.press("Control+k")
    expect(option).to_be_visible()
    signs_out_elsewhere(context)
    sign_in(page, desk.jonas)
    page.route("**/palette/**", lambda route: route.abort())  # what is remembered alone
    open_page(page, "/queue/mine/")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette").get_by_role("option").first).to_be_visible()
    expect(option).to_have_count(0)


def test_a_narrowed_timeline_is_no_copy_of_the_ticket(
    context: BrowserContext, desk: Desk, tickets: list[Ticket]
) -> None:
    page, address = context.new_page(), f"/t/{tickets[0].reference}/"
    sign_in(page, desk.mara)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.goto(address)
    page.wait_for_function("caches.open('pages').then((it) => it.keys()).then((keys) => keys.length >= 1)")
    page.goto(f"{address}?find=nothing-of-this")
    page.goto("/queue/mine/")  # kept after the one before
    page.wait_for_function("caches.open('pages').then((it) => it.keys()).then((keys) => keys.length >= 2)")
    context.set_offline(True)
    page.goto(address)
    expect(page.locator("main").get_by_role("status").first).to_contain_text("Offline. This is a copy from")
    expect(page.locator(".entry").first).to_be_visible()
