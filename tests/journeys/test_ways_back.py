"""Taking back what was done last, leaving what was begun, finding what stands elsewhere by now, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.services import edit_preferences
from tests.journeys.chromium import Watch, axe_finds_nothing, listens, open_page
from tests.journeys.desk import Desk
from tests.sessions import sign_in_without_form
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage, Ticket
from tickets.services import reply_to_customer


@pytest.fixture
def mara(chromium: Browser, desk: Desk, live_site: str) -> Iterator[tuple[Page, Watch]]:
    context = chromium.new_context(base_url=live_site, viewport={"width": 1440, "height": 900}, locale="en-GB")
    page, watch = context.new_page(), Watch(live_site)
    watch.over(page)
    sign_in_without_form(context, desk.mara, live_site)
    yield page, watch
    context.close()


def priority_of(ticket: Ticket) -> str:
    return Ticket.objects.get(pk=ticket.pk).priority


def opens_row(page: Page, ticket: Ticket) -> None:
    page.locator(f"#row-{ticket.reference} a.queue-row__priority").click()
    expect(page.locator(f"#row-{ticket.reference} .inline-edit select")).to_be_focused()


def test_z_takes_back_the_priority_changed_after_a_reply_and_not_the_reply(
    mara: tuple[Page, Watch], desk: Desk, ticket: Ticket
) -> None:
    """The newest act first, though the reply that is held stands on the page before it."""
    page, watch = mara
    reply_to_customer(ticket.pk, by=desk.mara, body_text="Please restart it.")
    OutboundMessage.objects.update(release_at="2099-01-01T00:00:00Z")
    open_page(page, f"/t/{ticket.reference}/?from=all")
    page.keyboard.press("p")
    page.get_by_role("option", name="High").click()
    undo = page.locator("#undo-region").get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_have_count(1)
    axe_finds_nothing(page)
    assert priority_of(ticket) == "high"
    page.keyboard.press("z")
    expect(page.get_by_text("Taken back", exact=True)).to_be_visible()
    assert page.url.endswith(f"/t/{ticket.reference}/?from=all")
    assert priority_of(ticket) == "medium"
    assert OutboundMessage.objects.get().status == OutboundStatus.HELD
    watch.finds_nothing()


def test_enter_saves_what_is_edited_in_a_row_and_escape_restores_it(
    mara: tuple[Page, Watch], desk: Desk, ticket: Ticket
) -> None:
    """Escape also for those who have switched the single keys off; the undo stays on the list."""
    page, watch = mara
    edit_preferences(desk.mara.pk, by=desk.mara, has_shortcuts=False)
    open_page(page, "/queue/all/")
    edit = page.locator(".inline-edit")
    opens_row(page, ticket)
    edit.locator("select").select_option("high")
    page.keyboard.press("Escape")
    expect(edit).to_have_count(0)
    assert priority_of(ticket) == "medium"
    opens_row(page, ticket)
    edit.locator("select").select_option("high")
    page.keyboard.press("Enter")
    expect(edit).to_have_count(0)
    assert priority_of(ticket) == "high"
    page.locator("#undo-region").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back", exact=True)).to_be_visible()
    assert page.url.endswith("/queue/all/")
    assert priority_of(ticket) == "medium"
    listens(page)
    page.locator("[data-pick]").first.check()
    page.locator("body").click(position={"x": 700, "y": 890})
    page.keyboard.press("Escape")
    expect(page.locator("#bulk[data-on]")).to_have_count(0)
    watch.finds_nothing()


def test_escape_goes_up_where_the_single_keys_are_off(mara: tuple[Page, Watch], desk: Desk, ticket: Ticket) -> None:
    page, watch = mara
    edit_preferences(desk.mara.pk, by=desk.mara, has_shortcuts=False)
    open_page(page, f"/t/{ticket.reference}/?from=all")
    page.locator("details.composer--note > summary").click()
    expect(page.get_by_role("textbox", name="Internal note")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("details.composer[open]")).to_have_count(0)
    page.keyboard.press("Escape")
    page.wait_for_url("**/queue/all/**")
    watch.finds_nothing()


RENEWED = """() => {
    const dock = document.getElementById("composers");
    const fresh = document.importNode(dock, true);
    fresh.dataset.fresh = "";
    dock.replaceWith(fresh);
}"""
"""As live updates put what has changed in the place of what stood there."""


def test_the_palette_does_what_stands_on_the_page_by_then(mara: tuple[Page, Watch], ticket: Ticket) -> None:
    page, watch = mara
    open_page(page, f"/t/{ticket.reference}/")
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("note")
    expect(page.locator("#palette").get_by_role("option", selected=True)).to_contain_text("note")
    page.evaluate(RENEWED)
    page.keyboard.press("Enter")
    expect(page.locator("[data-fresh] details.composer--note[open]")).to_be_visible()
    watch.finds_nothing()
