"""Help asked for and given in a real browser: in place, by keys, in the same page (019, 038)."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Agent, Team
from envelopes import services
from envelopes.models import Envelope
from tests.factories import AgentFactory, EnvelopeFactory, TeamFactory
from tests.journeys.chromium import COLOUR, Watch, axe_finds_nothing, listens, scrolls_no_wider
from tests.journeys.conftest import Browsers
from tests.journeys.desk import Desk
from tickets.models import Draft, Ticket
from tickets.services import keep_draft


@pytest.fixture
def network(desk: Desk) -> Team:
    found: Team = TeamFactory(name="Network")
    return found


@pytest.fixture
def nina(network: Team) -> Agent:
    found: Agent = AgentFactory(name="Nina Vogt", teams=[network])
    return found


def show(page: Page, address: str) -> None:
    page.goto(address, wait_until="networkidle")
    listens(page)


def test_019_one_key_or_click_opens_the_form_and_one_submit_the_envelope_without_leaving_the_page(
    page: Page, desk: Desk, ticket: Ticket, network: Team
) -> None:
    show(page, f"/t/{ticket.reference}/")
    page.evaluate("window.isSamePage = true")
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="New envelope")
    dialog.get_by_label("Whom do you ask?").select_option(label="Network")
    dialog.get_by_label("What help is needed?").fill("Which port is the printer on?")
    dialog.get_by_role("button", name="Open envelope").click()
    tab = page.get_by_role("link", name=re.compile("Network"))
    expect(tab.first).to_be_visible()
    expect(dialog).to_be_hidden()
    expect(page.locator("#ticket-head")).to_contain_text("Waiting for colleagues")
    expect(page.locator("#context-parts")).to_contain_text("Next to act: Expert")
    assert page.evaluate("window.isSamePage") is True
    assert page.url.endswith(f"/t/{ticket.reference}/")
    assert Envelope.objects.get(ticket=ticket).team == network


def test_a_refused_form_stays_open_with_its_words_and_opens_with_them_again(
    page: Page, watch: Watch, desk: Desk, ticket: Ticket, network: Team
) -> None:
    watch.expected = (400,)
    show(page, f"/t/{ticket.reference}/")
    page.locator(".composer__envelope").click()
    dialog = page.get_by_role("dialog", name="New envelope")
    dialog.get_by_label("Whom do you ask?").select_option(label="Network")
    dialog.get_by_role("button", name="Open envelope").click()
    expect(dialog.get_by_text("This field is required.").first).to_be_visible()
    assert Envelope.objects.count() == 0
    dialog.get_by_label("What help is needed?").fill("Which port?")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.locator(".composer__envelope").click()
    expect(dialog.get_by_label("What help is needed?")).to_have_value("Which port?")


def test_what_the_server_filled_in_comes_anew_and_only_what_was_typed_again(
    page: Page, desk: Desk, ticket: Ticket, network: Team
) -> None:
    keep_draft(ticket.pk, by=desk.mara, mode="note", body_text="Packets drop.")
    show(page, f"/t/{ticket.reference}/")
    dialog, reason = page.get_by_role("dialog", name="New envelope"), page.get_by_label("What help is needed?")
    page.keyboard.press("e")
    expect(reason).to_have_value("Packets drop.")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    keep_draft(ticket.pk, by=desk.mara, mode="note", body_text="Packets drop on port 7.")
    page.keyboard.press("e")
    expect(reason).to_have_value("Packets drop on port 7.")
    reason.press("Control+End")
    reason.press_sequentially(" Why?")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(reason).to_have_value("Packets drop on port 7. Why?")


def test_038_tabs_change_by_key_without_loading_and_drafts_wait_in_theirs(
    page: Page, desk: Desk, ticket: Ticket, nina: Agent
) -> None:
    EnvelopeFactory(ticket=ticket, expert=nina, reason="Packets drop.")
    show(page, f"/t/{ticket.reference}/")
    page.evaluate("window.isSamePage = true")
    page.keyboard.press("n")
    page.keyboard.type("Half a no")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(page.locator("#envelope-facts")).to_contain_text("Packets drop.")
    assert page.url.endswith("/e/1/")
    expect(page.locator("#tab-1")).to_be_focused()
    page.keyboard.press("m")
    page.keyboard.type("Try port 9")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(page.locator("#note-body")).to_have_value("Half a no")
    assert page.evaluate("window.isSamePage") is True
    assert sorted(Draft.objects.values_list("mode", "body_text")) == [("e1", "Try port 9"), ("note", "Half a no")]
    page.go_back()
    expect(page.locator("#envelope-body")).to_have_value("Try port 9")


def test_what_an_expert_writes_comes_to_the_owners_open_tab_and_no_word_of_it_elsewhere(
    page: Page, browsers: Browsers, desk: Desk, ticket: Ticket, nina: Agent
) -> None:
    envelope = EnvelopeFactory(ticket=ticket, expert=nina, reason="Packets drop.")
    colleague = browsers(desk.jonas)
    show(page, f"/t/{ticket.reference}/e/1/")
    show(colleague, f"/t/{ticket.reference}/")
    services.post_in_envelope(envelope.pk, by=nina, body_text="Port 7 is bad.")
    expect(page.locator("#timeline-entries")).to_contain_text("Port 7 is bad.")
    expect(page.locator("#envelope-facts")).to_contain_text("Owner")
    expect(colleague.locator("#context-parts")).to_contain_text("Being worked on")
    assert ("Next to act" in colleague.content(), "Port 7" in colleague.content()) == (False, False)


def test_tabs_and_forms_hold_nothing_against_axe(browsers: Browsers, desk: Desk, ticket: Ticket, nina: Agent) -> None:
    """What a page opens; the pages themselves, the boards among them, are looked at in tests/every_page."""
    envelope = EnvelopeFactory(ticket=ticket, expert=nina, reason="Packets drop.")
    EnvelopeFactory(ticket=ticket, team=nina.teams.get(), reason="Is it the same switch?")
    services.post_in_envelope(envelope.pk, by=nina, body_text="Port 7 is bad.")
    page = browsers(desk.mara, reduced_motion="reduce")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        show(page, f"/t/{ticket.reference}/e/1/?compose=envelope")
        is_sound(page, f"tab at {width}")
        page.locator("details.composer[open] summary").click()
        page.get_by_role("link", name="Seal envelope").click()
        expect(page.get_by_role("dialog", name="Seal envelope")).to_be_visible()
        is_sound(page, f"form at {width}")


def is_sound(page: Page, what: str) -> None:
    axe_finds_nothing(page, what)
    scrolls_no_wider(page, what)
    page.emulate_media(color_scheme="dark")
    axe_finds_nothing(page, f"{what}, dark", rules=COLOUR)
    page.emulate_media(color_scheme="light")
