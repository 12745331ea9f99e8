"""The composer in a real browser: texts and names are offered where they are typed, and no tab writes to another's
customer.
"""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core.actors import DESK
from tests.factories import ContactFactory, TicketFactory
from tests.journeys.chromium import Watch, axe_finds_nothing, listens, open_page
from tests.journeys.desk import Desk
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage, Ticket, TimelineEntry
from tickets.services import add_flag, create_canned_response

Open = Callable[[Ticket], Page]


@pytest.fixture
def other(desk: Desk) -> Ticket:
    li = ContactFactory(first_name="Li", last_name="Chen", email="li@nord.test")
    found: Ticket = TicketFactory(team=desk.team, requester=li, subject="Scanner in Bremen", owner=desk.mara)
    return found


@pytest.fixture
def tabs(page: Page) -> Open:
    """Opens a ticket in another tab of Mara's one browser."""

    def open_one(ticket: Ticket) -> Page:
        tab = page.context.new_page()
        open_page(tab, f"/t/{ticket.reference}/")
        return tab

    return open_one


def composer(page: Page, mode: str = "reply") -> Any:
    page.locator(f"#composer-{mode} > summary").click()
    return page.locator(f"#composer-{mode} [data-composer-text]")


def options(page: Page) -> Any:
    return page.locator(".picker-list:not([hidden]) [role=option]")


def test_the_send_button_names_how_many_get_it_as_cc_changes(tabs: Open, desk: Desk, ticket: Ticket) -> None:
    page = tabs(ticket)
    composer(page)
    button, cc = page.locator("#reply-send"), page.get_by_label("Cc", exact=True)
    waits = page.locator("#reply-form button[name=then]")
    expect(button).to_have_text("Send to Dana Roth", use_inner_text=True)
    expect(waits).to_have_text("Send to Dana Roth and wait", use_inner_text=True)
    expect(button).to_have_attribute("title", "dana@acme.test")
    cc.press_sequentially("li@acme.test")
    expect(button).to_have_text("Send to Dana Roth and 1 other", use_inner_text=True)
    cc.press_sequentially(", jo@acme.test; LI@acme.test, Dana@acme.test")
    expect(button).to_have_text("Send to Dana Roth and 2 others", use_inner_text=True)
    expect(waits).to_have_text("Send to Dana Roth and 2 others, and wait", use_inner_text=True)
    expect(button).to_have_attribute("title", "dana@acme.test · copy to li@acme.test, jo@acme.test")
    cc.fill("")
    expect(button).to_have_text("Send to Dana Roth", use_inner_text=True)


def test_143_a_slash_offers_texts_for_this_ticket(tabs: Open, desk: Desk, ticket: Ticket) -> None:
    create_canned_response(
        by=desk.mara, title="Restart", body="Hello {{customer.first_name}},\nrestart it.", shortcut="re"
    )
    create_canned_response(by=desk.mara, title="Company", body="Dear {{company.name}}, hello.")
    page = tabs(ticket)
    text = composer(page)
    text.press_sequentially("Good day.\n/")
    expect(options(page)).to_have_count(2)
    axe_finds_nothing(page)
    text.press_sequentially("re")
    expect(options(page)).to_have_count(1)
    expect(text).to_have_attribute("aria-activedescendant", "reply-picker-0")
    page.keyboard.press("Enter")
    expect(text).to_have_value("Good day.\nHello Dana,\nrestart it.")
    expect(options(page)).to_have_count(0)
    expect(page.locator("#composer-reply [data-composer-state]")).to_contain_text("Draft saved")
    page.keyboard.press("Control+z")
    expect(text).to_have_value("Good day.\n/re")  # as typing is undone

    text.fill("/comp")
    page.keyboard.press("End")
    text.press_sequentially("a")
    page.get_by_role("option", name="Company").click()
    expect(text).to_have_value("Dear {{company.name}}, hello.")
    page.keyboard.type("you")  # what has no value is marked, to be written over
    expect(text).to_have_value("Dear you, hello.")


@pytest.mark.parametrize("way", ["ArrowLeft", "Home", "click"])
def test_where_the_caret_has_gone_elsewhere_nothing_is_replaced(
    way: str, tabs: Open, desk: Desk, ticket: Ticket
) -> None:
    create_canned_response(by=desk.mara, title="Restart", body="Restart it.", shortcut="re")
    page = tabs(ticket)
    text = composer(page)
    text.press_sequentially("Good day, and more than a word.\n/re")
    expect(options(page)).to_have_count(1)
    if way == "click":
        text.click(position={"x": 30, "y": 12})
    else:
        page.keyboard.press(way)
    expect(options(page)).to_have_count(0)
    page.keyboard.press("Enter")
    assert "Restart it." not in text.input_value()
    assert text.input_value().replace("\n", "") == "Good day, and more than a word./re"


def test_the_button_offers_texts_and_escape_leaves_no_trace(tabs: Open, desk: Desk, ticket: Ticket) -> None:
    create_canned_response(by=desk.mara, title="Restart", body="Restart it.")
    page = tabs(ticket)
    text = composer(page)
    text.press_sequentially("Good day.")
    page.get_by_role("button", name="Insert a text").click()
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(text).to_have_value("Good day.")
    expect(text).to_be_focused()
    text.press_sequentially("\n/etc/hosts")
    expect(options(page)).to_have_count(0)


def test_names_are_offered_in_notes_and_never_in_replies(tabs: Open, ticket: Ticket) -> None:
    page = tabs(ticket)
    note = composer(page, "note")
    note.press_sequentially("Ask @jon")
    expect(options(page)).to_have_count(1)
    axe_finds_nothing(page)
    page.keyboard.press("Tab")
    expect(note).to_have_value("Ask @Jonas Kern ")
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_text("Ask @Jonas Kern")).to_be_visible()
    assert len(TimelineEntry.objects.latest("seq").facts["mentioned"]) == 1

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    reply = composer(page)
    reply.press_sequentially("Ask @jon")
    page.wait_for_timeout(400)
    expect(options(page)).to_have_count(0)
    assert [url for url in asked if "/people/" in url] == []


def test_formatting_by_keys(tabs: Open, ticket: Ticket) -> None:
    page = tabs(ticket)
    text = composer(page)
    expect(page.get_by_role("toolbar", name="Formatting")).to_be_visible()
    text.press_sequentially("Restart it now")
    text.evaluate("el => el.setSelectionRange(11, 14)")
    page.keyboard.press("Control+b")
    expect(text).to_have_value("Restart it **now**")


def test_formatting_by_the_bar(tabs: Open, ticket: Ticket) -> None:
    """One stop of the tab key, the arrow keys along it; what stands there already is taken away again."""
    page = tabs(ticket)
    text = composer(page)
    bar = page.get_by_role("toolbar", name="Formatting")
    expect(bar).to_be_visible()
    text.press_sequentially("Do\nthis\nnow")
    page.keyboard.press("Shift+Tab")
    expect(bar.get_by_role("button", name="Bold")).to_be_focused()
    axe_finds_nothing(page)
    text.evaluate("el => el.setSelectionRange(3, 11)")
    for _key in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(text).to_have_value("Do\n\n- this\n- now")
    expect(text).to_be_focused()
    bar.get_by_role("button", name="List").click()
    expect(text).to_have_value("Do\n\nthis\nnow")
    for name, start, end, made in (
        ("Bold", 0, 2, "**Do**\n\nthis\nnow"),
        ("Bold", 2, 4, "Do\n\nthis\nnow"),
        ("Code", 4, 8, "Do\n\n`this`\nnow"),
        ("Quote", 11, 14, "Do\n\n`this`\n\n> now"),
        ("Link", 14, 17, "Do\n\n`this`\n\n> [now](https://)"),
    ):
        text.evaluate("(el, at) => el.setSelectionRange(...at)", [start, end])
        bar.get_by_role("button", name=name).click()
        expect(text).to_have_value(made)
    page.keyboard.type("https://acme.test")  # the address is selected, to be written over
    expect(text).to_have_value("Do\n\n`this`\n\n> [now](https://acme.test)")
    page.locator("#composer-note > summary").click()
    expect(page.locator("#composer-note .composer__bar")).to_have_count(0)  # a note has no formatting


def test_049_risks_are_asked_about_in_a_dialog_that_loses_no_text(tabs: Open, watch: Watch, ticket: Ticket) -> None:
    watch.expected = (409,)
    page = tabs(ticket)
    text = composer(page)
    text.press_sequentially("See the file attached.")
    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog", name="Look again before this goes to Dana Roth")
    expect(dialog.get_by_role("listitem")).to_have_text(["The text speaks of a file, but none is attached."])
    expect(dialog.get_by_role("button", name="Back to the text")).to_be_focused()
    axe_finds_nothing(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#reply-send")).to_be_focused()
    expect(text).to_have_value("See the file attached.")
    add_flag(ticket.pk, by=DESK, type="complaint", reason="They have called, too.")
    expect(page.locator("#timeline")).to_contain_text("Complaint")  # what comes reaches a form that was refused, too
    expect(dialog).to_be_hidden()
    text.fill("See the files attached.")  # the same risk, which was looked at
    page.locator("#reply-send").click()
    page.wait_for_url("**/#outgoing")
    assert sent() == [(["dana@acme.test"], "See the files attached.")]


def sent() -> list[tuple[list[str], str]]:
    rows = OutboundMessage.objects.exclude(status=OutboundStatus.CANCELLED).order_by("body_text")
    return list(rows.values_list("to_recipients", "body_text"))


ORDERS = sorted(set(permutations("aabb")))
"""Of each tab the first letter types, the second one sends: all six ways in which two tabs can be mixed."""


def test_of_two_tabs_none_writes_to_the_others_customer(tabs: Open, ticket: Ticket, other: Ticket) -> None:
    """Issue: whatever the order of clicks. Each text names its own customer."""
    places = {"a": (ticket, "Dana Roth"), "b": (other, "Li Chen")}
    pages = {key: tabs(place[0]) for key, place in places.items()}
    for number, order in enumerate(ORDERS):
        begun: set[str] = set()
        for key in order:
            page, (_ticket, name) = pages[key], places[key]
            page.bring_to_front()
            if key in begun:
                with page.expect_navigation(url="**/#outgoing"):
                    page.get_by_role("button", name=f"Send to {name}", exact=True).click()
                listens(page)
            else:
                begun.add(key)
                composer(page).press_sequentially(f"For {name}, {number}")
    wanted = [(["dana@acme.test"], f"For Dana Roth, {number}") for number in range(len(ORDERS))]
    wanted += [(["li@nord.test"], f"For Li Chen, {number}") for number in range(len(ORDERS))]
    assert sent() == wanted


def test_a_form_that_reaches_the_wrong_ticket_is_refused_with_its_text(
    tabs: Open, watch: Watch, ticket: Ticket, other: Ticket
) -> None:
    """Whatever may have led it there: a tab that was restored, a page that was swapped, an address that was changed."""
    watch.expected = (409,)
    page, second = tabs(ticket), tabs(other)
    composer(page).press_sequentially("For Dana Roth alone")
    action = second.locator("#composer-reply form").get_attribute("action")
    page.locator("#composer-reply form").evaluate("(form, action) => { form.action = action; }", action)
    page.get_by_role("button", name="Send to Dana Roth", exact=True).click()
    expect(page.get_by_text("This was written for dana@acme.test")).to_be_visible()
    expect(page.locator("#composer-reply [data-composer-text]")).to_have_value("For Dana Roth alone")
    assert sent() == []


def test_going_back_and_forth_in_one_tab_keeps_each_text_with_its_customer(
    tabs: Open, ticket: Ticket, other: Ticket
) -> None:
    page = tabs(ticket)
    composer(page).press_sequentially("For Dana")
    expect(page.locator("#composer-reply [data-composer-state]")).to_contain_text("Draft saved")
    open_page(page, f"/t/{other.reference}/")
    expect(composer(page)).to_have_value("")
    page.go_back()
    page.go_forward()
    page.go_back()
    text = page.locator("#composer-reply [data-composer-text]")
    if not text.is_visible():
        page.locator("#composer-reply > summary").click()
    expect(text).to_have_value("For Dana")
    page.get_by_role("button", name="Send to Dana Roth", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert sent() == [(["dana@acme.test"], "For Dana")]
