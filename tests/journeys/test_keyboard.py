"""The whole work by keyboard alone, in a real browser: keys, pickers, palette, help (acceptance 142, ux.md 4)."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Contact
from accounts.services import edit_preferences
from tests.factories import TicketFactory
from tests.journeys.chromium import COLOUR, axe_finds_nothing, listens, open_page, scrolls_no_wider, tab_to
from tests.journeys.desk import Desk
from tickets.enums import OutboundStatus, TicketStatus
from tickets.models import OutboundMessage, Ticket, TimelineEntry
from tickets.services import accept_ticket, add_note, record_customer_message
from tickets.services.creation import Message


@pytest.fixture
def tickets(desk: Desk, dana: Contact) -> list[Ticket]:
    """Two that nobody owns, as the list shows them: the newest first."""
    subjects = ("Scanner jams", "Printer in ward 3")
    return [TicketFactory(team=desk.team, requester=dana, subject=subject) for subject in subjects][::-1]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def opens_palette(page: Page, key: str) -> None:
    press(page, key)
    expect(page.locator("#palette").get_by_role("combobox")).to_be_focused()


def stays_on(page: Page, ticket: Ticket) -> bool:
    return f"/t/{ticket.reference}/" in page.url


def resolves_by_the_palette(page: Page) -> None:
    opens_palette(page, "Control+k")
    page.keyboard.type("resolv")
    press(page, "Enter")
    dialog = page.get_by_role("dialog", name="Resolve ticket")
    press(page, "Tab")
    expect(dialog.get_by_label("How was it resolved?")).to_be_focused()
    press(page, "ArrowDown", "Tab")
    page.keyboard.type("Restarted the spooler.")
    tab_to(page, dialog.get_by_role("button", name="Resolve ticket"))
    press(page, "Enter")
    expect(page.get_by_role("link", name="Reopen")).to_be_visible()
    listens(page)


def search_for(page: Page, ticket: Ticket) -> None:
    press(page, "g", "s")
    page.wait_for_url("**/search/")
    listens(page)
    press(page, "/")
    page.keyboard.type(ticket.reference)
    press(page, "Enter")
    page.wait_for_url(f"**/t/{ticket.reference}/")


def test_142_next_accept_reply_note_resolve_and_search_by_keyboard_alone(
    page: Page, desk: Desk, tickets: list[Ticket]
) -> None:
    """Without the mouse; letters are letters while somebody types."""
    first, second = tickets
    open_page(page, "/queue/unowned/?sort=-created_at")
    press(page, "ArrowDown", "Enter")
    page.wait_for_url(f"**/t/{first.reference}/?from=*")
    listens(page)
    press(page, "j")
    page.wait_for_url(f"**/t/{second.reference}/?from=*")
    listens(page)
    press(page, "k")
    page.wait_for_url(f"**/t/{first.reference}/?from=*")
    listens(page)
    press(page, "a")
    expect(page.locator("#composer-reply")).to_be_visible()
    assert Ticket.objects.get(pk=first.pk).owner == desk.mara

    press(page, "r")
    box = page.get_by_role("textbox", name="Reply to Dana Roth")
    expect(box).to_be_focused()
    page.keyboard.type("jukna?/1 g q w")
    expect(box).to_have_value("jukna?/1 g q w")
    assert stays_on(page, first)
    press(page, "Control+Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert OutboundMessage.objects.get().status == OutboundStatus.HELD
    listens(page)

    press(page, "n")
    expect(page.get_by_role("textbox", name="Internal note")).to_be_focused()
    page.keyboard.type("The spooler hangs.")
    press(page, "Control+Enter")
    expect(page.locator(".entry--note", has_text="The spooler hangs.")).to_be_visible()
    listens(page)

    resolves_by_the_palette(page)
    assert Ticket.objects.get(pk=first.pk).status == TicketStatus.RESOLVED

    opens_palette(page, "/")
    page.keyboard.type(second.reference)
    expect(page.get_by_role("option", name="Scanner jams")).to_be_visible()
    press(page, "Enter")
    page.wait_for_url(f"**/t/{second.reference}/")
    listens(page)
    search_for(page, first)


def test_142_single_keys_are_off_by_setting_and_one_can_choose_others(
    page: Page, desk: Desk, tickets: list[Ticket]
) -> None:
    edit_preferences(desk.mara.pk, by=desk.mara, has_shortcuts=False)
    open_page(page, f"/t/{tickets[0].reference}/")
    press(page, "n", "a", "j", "?")
    assert stays_on(page, tickets[0])
    expect(page.locator("dialog[open], details.composer[open]")).to_have_count(0)
    opens_palette(page, "Control+k")
    press(page, "Escape")

    edit_preferences(desk.mara.pk, by=desk.mara, has_shortcuts=True, keys={"note": "Shift+E", "row_next": "Shift+J"})
    open_page(page, f"/t/{tickets[0].reference}/?from=all")
    press(page, "n", "j")
    expect(page.locator("details.composer[open]")).to_have_count(0)
    press(page, "Shift+E")
    expect(page.get_by_role("textbox", name="Internal note")).to_be_focused()
    press(page, "Escape", "?")
    help_ = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_.locator('[data-of="note"]')).to_have_text("Shift E Internal note")
    expect(help_.locator("section [data-of=accept]")).to_be_visible()
    expect(help_.locator("[data-keys-elsewhere] [data-of=reply]")).to_have_count(1)
    axe_finds_nothing(page)
    press(page, "Escape")
    expect(help_).to_be_hidden()
    press(page, "Shift+J")
    page.wait_for_url(f"**/t/{tickets[1].reference}/?from=all")


SELECT = """part => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector(part));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
}"""


def quotes_what_is_selected(page: Page) -> None:
    """A message, but no note; Esc leaves the field, then closes what was opened, and discards nothing."""
    box = page.get_by_role("textbox", name="Reply to Dana Roth")
    page.evaluate(SELECT, ".entry--note .entry__body")
    press(page, "r")
    expect(box).to_have_value("")
    press(page, "Escape", "Escape")
    page.evaluate(SELECT, ".entry--customer-in .entry__body")
    press(page, "r")
    expect(box).to_have_value("> It is off again.\n\n")
    press(page, "Escape", "Escape")
    expect(box).to_be_hidden()
    press(page, "r")
    expect(box).to_have_value("> It is off again.\n\n")
    press(page, "Escape", "Escape")
    expect(box).to_be_hidden()
    page.evaluate("document.activeElement.blur()")


def test_keys_of_the_ticket(page: Page, desk: Desk, tickets: list[Ticket]) -> None:
    """Panels, entries, parts of the timeline, pickers, copies, and back to the list."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ticket = tickets[0]
    accept_ticket(ticket.pk, by=desk.mara)
    record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="It is off again."))
    for number in range(3):
        add_note(ticket.pk, by=desk.jonas, body_text=f"Step {number}")
    open_page(page, f"/t/{ticket.reference}/?from=team")
    quotes_what_is_selected(page)
    at = "document.activeElement.closest('[data-panel], .entry')?.id || document.activeElement.className"
    panels = []
    for _number in range(5):
        press(page, "w")
        panels.append(page.evaluate(at))
    assert panels[:3] == ["navigation", "list-panel", "timeline"]
    assert ("context-panel" in panels, len(set(panels))) == (True, 5)
    seqs = [
        f"e{seq}" for seq in TimelineEntry.objects.filter(ticket=ticket).order_by("seq").values_list("seq", flat=True)
    ]
    press(page, *["Alt+ArrowDown"] * 9)
    assert page.evaluate(at) == seqs[-1]
    press(page, "Alt+ArrowUp")
    assert page.evaluate(at) == seqs[-2]

    press(page, "p")
    expect(page.get_by_role("dialog", name="Change priority").get_by_role("option")).to_have_count(4)
    press(page, "2")
    expect(page.locator(".ticket-head__priority")).to_have_text("High")
    assert Ticket.objects.get(pk=ticket.pk).priority == "high"
    opens_palette(page, "s")
    page.keyboard.type("reso")
    press(page, "Enter")
    resolving = page.get_by_role("dialog", name="Resolve ticket")
    expect(resolving).to_be_visible()
    press(page, "Escape")
    expect(resolving).to_be_hidden()

    press(page, "y")
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == ticket.reference
    press(page, "Shift+Y")
    page.wait_for_function(f"async () => (await navigator.clipboard.readText()).endsWith('/t/{ticket.reference}/')")
    press(page, "3")
    page.wait_for_url("**show=internal*")
    listens(page)
    press(page, "Escape")
    page.wait_for_url("**/queue/team/")
    page.go_back()
    listens(page)
    press(page, "u")
    page.wait_for_url("**/queue/team/")


def test_the_palette_finds_actions_tickets_customers_and_views(page: Page, desk: Desk, tickets: list[Ticket]) -> None:
    open_page(page, "/queue/team/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/palette/" in request.url else None)
    press(page, "j", "x")
    opens_palette(page, "Control+k")
    field, options = page.locator("#palette").get_by_role("combobox"), page.locator("#palette").get_by_role("option")
    expect(field).to_be_focused()
    expect(options.first).to_have_text("AcceptA")
    assert field.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    expect(page.get_by_role("group", name="Views").get_by_role("option", name="Unowned").first).to_be_visible()
    assert len(asked) == 1
    page.keyboard.type("ward")
    expect(page.get_by_role("group", name="Tickets").get_by_role("option")).to_have_count(1)
    assert asked[1].endswith("/palette/?q=ward")
    field.fill("roth")
    expect(page.get_by_role("group", name="Customers").get_by_role("option", name="Dana Roth")).to_be_visible()
    field.fill("zzz zzz")
    expect(page.locator("[data-palette-none]")).to_be_visible()
    press(page, "Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("[data-key-row]").first).to_be_focused()

    opens_palette(page, "v")
    page.keyboard.type("unow")
    press(page, "Enter")
    page.wait_for_url("**/queue/unowned/")
    listens(page)
    opens_palette(page, "v")
    press(page, "4")
    page.wait_for_url("**/queue/all/")
    listens(page)
    press(page, "f")
    expect(page.locator("#filter-status")).to_be_focused()
    opens_palette(page, "Control+k")
    page.keyboard.type(tickets[1].reference)
    expect(page.get_by_role("option", name="Scanner jams")).to_be_visible()
    press(page, "Enter")
    page.wait_for_url(f"**/t/{tickets[1].reference}/")


def test_axe_finds_nothing_in_the_palette(page: Page, tickets: list[Ticket]) -> None:
    open_page(page, f"/t/{tickets[0].reference}/")
    opens_palette(page, "Control+k")
    for scheme, width in (("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
        page.set_viewport_size({"width": width, "height": 900})
        for typed in ("", "pri", "zzz zzz"):
            page.locator("#palette").get_by_role("combobox").fill(typed)
            if typed == "pri":
                expect(page.get_by_role("group", name="Tickets").get_by_role("option")).to_have_count(1)
            axe_finds_nothing(page, f"{typed} at {width}, {scheme}", rules=COLOUR if scheme == "dark" else ())
        scrolls_no_wider(page, "palette")
