"""The tools of the ticket page in a real browser: panels, switcher, sections that come later, attempts (issue 4)."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import Agent
from tests.factories import CompanyFactory, ContactFactory, TicketFactory
from tests.journeys.chromium import Watch, axe_finds_nothing, listens, scrolls_no_wider, tab_to
from tests.journeys.desk import Desk
from tickets.enums import EntryKind
from tickets.models import AttemptMark, Ticket
from tickets.services import add_note, log_contact, mark_attempt, record_customer_message
from tickets.services.creation import Message


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    dana = ContactFactory(first_name="Dana", last_name="Roth", company=CompanyFactory(name="Acme GmbH"))
    made: Ticket = TicketFactory(team=desk.team, requester=dana, subject="Printer offline in ward", owner=desk.mara)
    TicketFactory(team=desk.team, requester=dana, subject="Ward printer offline again")
    return made


def at(ticket: Ticket, act: str = "") -> str:
    return f"/t/{ticket.reference}/{act}"


def show(page: Page, address: str) -> None:
    """Open a page and wait for its scripts, as a person does who presses a key."""
    page.goto(address, wait_until="networkidle")
    listens(page)


def kept(page: Page, desk: Desk, expected: dict[str, Any]) -> None:
    """What the server remembers, once it has been told."""
    for _again in range(50):
        if Agent.objects.get(pk=desk.mara.pk).panels == expected:
            return
        page.wait_for_timeout(100)
    assert Agent.objects.get(pk=desk.mara.pk).panels == expected


def test_panels_close_and_resize_by_keyboard_and_come_back_as_they_were_left(
    page: Page, desk: Desk, ticket: Ticket
) -> None:
    show(page, at(ticket))
    panel, beside = page.locator("#context-panel"), page.locator("#list-panel")
    label = page.locator(".rail__label", has_text="Queue")
    handle = page.get_by_role("separator", name="Width of the details")
    before = panel.bounding_box()
    tab_to(page, handle, most=100)
    page.keyboard.press("ArrowLeft")
    after = panel.bounding_box()
    assert before
    assert after
    assert after["width"] == before["width"] * 22 / 20
    kept(page, desk, {"details_width": 22})
    page.keyboard.press("Shift+I")
    expect(panel).to_be_hidden()
    wide = page.get_by_role("button", name="Wide navigation")
    expect(wide).to_be_hidden()  # three panels leave it its icons
    expect(label).to_have_css("opacity", "0")
    page.keyboard.press("Shift+L")
    expect(beside).to_be_hidden()
    expect(label).to_have_css("opacity", "1")
    wide.click()
    expect(label).to_have_css("opacity", "0")
    kept(page, desk, {"details_width": 22, "details": "closed", "list": "closed", "rail": "narrow"})
    page.reload(wait_until="commit")
    left = page.evaluate(
        "(({ rail, list, details, detailsWidth }) => [rail, list, details, detailsWidth])"
        "(document.documentElement.dataset)"
    )
    assert left == ["narrow", "closed", "closed", "22"]
    page.wait_for_load_state("networkidle")
    expect(panel).to_be_hidden()
    expect(beside).to_be_hidden()
    page.keyboard.press("Shift+L")
    expect(beside).to_be_visible()
    page.keyboard.press("Shift+I")
    expect(panel).to_be_visible()


def test_the_handle_follows_the_mouse(page: Page, desk: Desk, ticket: Ticket) -> None:
    show(page, at(ticket))
    box = page.get_by_role("separator", name="Width of the details").bounding_box()
    assert box
    page.mouse.move(box["x"] + 2, 400)
    page.mouse.down()
    page.mouse.move(box["x"] - 62, 400, steps=4)
    page.mouse.up()
    kept(page, desk, {"details_width": 24})


@pytest.mark.parametrize("width", [1279, 1024, 390])
def test_below_1280_the_details_are_a_drawer(width: int, page: Page, desk: Desk, ticket: Ticket) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    show(page, at(ticket))
    panel = page.locator("#context-panel")
    expect(panel).to_be_hidden()
    page.keyboard.press("Shift+I")
    expect(panel).to_be_visible()
    expect(panel.get_by_text("Ward printer offline again").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_o_leads_to_the_ticket_opened_before(page: Page, desk: Desk, ticket: Ticket) -> None:
    other = TicketFactory(team=desk.team, subject="Scanner jams")
    show(page, at(other))
    show(page, at(ticket))
    page.keyboard.press("o")
    entries = page.locator("#recent-menu a")
    expect(entries).to_have_count(2)
    expect(entries.first).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{at(other)}")


def test_later_sections_load_by_themselves_and_one_that_fails_leaves_the_other(
    page: Page, watch: Watch, desk: Desk, ticket: Ticket
) -> None:
    watch.expected = (500,)

    def broken(route: Route) -> None:
        route.fulfill(status=500, body="")

    page.route("**/around/similar/", broken)
    show(page, at(ticket))
    page.locator("#around-similar").scroll_into_view_if_needed()
    expect(page.locator("#around-company").get_by_text("Ward printer offline again")).to_be_visible()
    failed = page.locator("#around-similar")
    expect(failed.get_by_text("This could not be loaded; the rest of the page is complete.")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_text("")
    page.unroute("**/around/similar/", broken)
    failed.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Similar tickets", level=1)).to_be_visible()
    expect(page.get_by_text("Ward printer offline again")).to_be_visible()


TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
"""What has come into view is known then; it is asked for 800 ms later."""


def test_what_has_come_stays_when_an_act_renews_the_page(page: Page, watch: Watch, desk: Desk, ticket: Ticket) -> None:
    watch.expected = (409,)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/around/similar/" in request.url else None)
    show(page, at(ticket))
    page.locator("#around-similar").scroll_into_view_if_needed()
    found = page.locator("#around-similar").get_by_text("Ward printer offline again")
    expect(found).to_be_visible()
    page.evaluate("document.querySelector('#around-similar').dataset.seen = 'before'")
    page.clock.install()  # runs as ever, and can be put forward
    page.get_by_role("button", name="Wait for customer").click()
    expect(page.get_by_text("Reply to the customer first.")).to_be_visible()
    expect(page.locator("#around-similar[data-seen=before]")).to_have_count(1)
    expect(found).to_be_visible()
    page.evaluate(TWO_FRAMES)
    page.clock.fast_forward(1_000)
    page.evaluate(TWO_FRAMES)
    assert len(asked) == 1


def test_what_the_page_fetches_says_nothing_of_a_text_on_its_way(page: Page, desk: Desk, ticket: Ticket) -> None:
    """Else a second click would send it twice, and its draft would be saved again behind it."""
    show(page, at(ticket))
    still_sent = """() => {
        const form = document.querySelector("form[data-composer]");
        form.dataset.sent = "true";
        const elt = document.querySelector("#around-similar");
        document.dispatchEvent(new CustomEvent("htmx:afterRequest", { detail: { elt } }));
        return form.dataset.sent;
    }"""
    assert page.evaluate(still_sent) == "true"


def test_an_attempt_is_marked_and_found_by_keyboard_alone(page: Page, desk: Desk, ticket: Ticket) -> None:
    entry = add_note(ticket.pk, by=desk.mara, body_text="Restarted the spooler")
    show(page, at(ticket))
    page.keyboard.press("Alt+ArrowDown")
    tab_to(page, page.locator(f"#e{entry.seq} .entry__mark > summary"))
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**#e{entry.seq}")
    assert AttemptMark.objects.get().outcome == "worked"
    expect(page.locator("#attempts")).to_contain_text("Restarted the spooler")
    page.keyboard.press("f")
    page.keyboard.type("spool")
    page.keyboard.press("Enter")
    page.wait_for_url("**find=spool*")
    expect(page.locator("mark")).to_have_text(["spooler"])


def test_050_with_a_mail_in_its_layout_a_field_is_edited_and_preview_and_text_stay(
    page: Page, desk: Desk, ticket: Ticket
) -> None:
    message = Message(body_text="It is off.", body_html="<table><tr><td>It is off again.</td></tr></table>")
    mail = record_customer_message(ticket.pk, by=ticket.requester, message=message, kind=EntryKind.EMAIL_INBOUND)
    show(page, at(ticket, f"?original={mail.pk}"))
    layout = page.locator(".entry .mail-frame").content_frame.locator("td")
    expect(layout).to_have_text("It is off again.")
    page.locator("#composer-reply > summary").click()
    text, preview = page.locator("#composer-reply [data-composer-text]"), page.locator("#reply-preview")
    text.press_sequentially("Restart it.")
    page.get_by_role("button", name="Preview").click()
    expect(preview).to_contain_text("This is what will be sent")
    before = preview.inner_text()
    page.locator("[popovertarget=priority-menu]").click()
    page.locator("#priority-menu").get_by_text("High", exact=True).click()
    expect(page.locator(".ticket-head__priority")).to_have_text("High")
    assert Ticket.objects.get(pk=ticket.pk).priority == "high"
    expect(text).to_have_value("Restart it.")
    expect(text).to_be_visible()
    assert preview.inner_text() == before
    expect(layout).to_have_text("It is off again.")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (768, "dark"), (390, "light")])
def test_148_axe_finds_nothing_in_what_the_page_opens(
    width: int, scheme: Any, page: Page, desk: Desk, ticket: Ticket
) -> None:
    log_contact(
        ticket.pk,
        by=desk.mara,
        kind="phone_note",
        direction="inbound",
        minutes=3,
        body_text="Restarted the printer",
    )
    for outcome in ("worked", "failed"):
        entry = add_note(ticket.pk, by=desk.mara, body_text=f"This {outcome} with the printer")
        mark_attempt(ticket.pk, entry_id=entry.pk, by=desk.mara, outcome=outcome)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    for act in ("", "?find=printer"):
        show(page, at(ticket, act))
        if not act:
            page.locator(".entry__mark > summary").last.click()
            page.keyboard.press("Shift+I" if width < 1280 else "o")
            page.wait_for_load_state("networkidle")
        axe_finds_nothing(page, act)
        scrolls_no_wider(page, act)
