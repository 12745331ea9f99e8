"""Writing to a vendor in a real browser: asked behind a disclosure, typed, kept, sent and taken back."""

import re

from playwright.sync_api import Page, expect

from accounts.models import Agent
from envelopes.models import Envelope
from envelopes.services import accept_envelope
from tests.factories import AgentFactory, TeamFactory
from tests.journeys.chromium import listens
from tests.journeys.conftest import Browsers
from tests.journeys.desk import Desk
from tickets.models import Draft, OutboundMessage, Ticket


def test_a_vendor_is_asked_written_to_and_the_mail_taken_back(
    page: Page, browsers: Browsers, desk: Desk, ticket: Ticket
) -> None:
    nina: Agent = AgentFactory(name="Nina Vogt", teams=[TeamFactory(name="Network")])
    page.goto(f"/t/{ticket.reference}/", wait_until="networkidle")
    listens(page)
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="New envelope")
    dialog.get_by_label("Whom do you ask?").select_option(label="Network")
    dialog.get_by_label("What help is needed?").fill("Which firmware does switch 7 need?")
    addresses = dialog.get_by_label("E-mail addresses of the vendor")
    expect(addresses).to_be_hidden()
    dialog.get_by_text("A vendor is to help").click()
    addresses.fill("vera@vendor.test")
    dialog.get_by_role("button", name="Open envelope").click()
    expect(dialog).to_be_hidden()
    envelope = Envelope.objects.get(ticket=ticket)
    assert envelope.vendor_addresses == ["vera@vendor.test"]
    accept_envelope(envelope.pk, by=nina)

    tab = browsers(nina)
    tab.goto(f"/t/{ticket.reference}/e/1/", wait_until="networkidle")
    listens(tab)
    composer = tab.locator("#composer-vendor-1")
    composer.get_by_text("Write to the vendor").click()
    expect(composer.get_by_text("To the vendor · leaves the house")).to_be_visible()
    composer.get_by_label("Subject").fill("Switch 7")
    composer.get_by_label("Message to the vendor").fill("Which firmware, please?")
    expect(composer.locator("[data-composer-state]")).to_contain_text("Draft saved")
    assert list(Draft.objects.values_list("mode", "cc", "body_text")) == [("v1", "Switch 7", "Which firmware, please?")]
    composer.get_by_role("button", name="Send to vera@vendor.test").click()
    expect(tab.get_by_text(re.compile(r"Sending to vera@vendor\.test in \d+ s"))).to_be_visible()
    assert not Draft.objects.exists()
    tab.locator("#outgoing").get_by_role("button").click()
    expect(composer.get_by_label("Message to the vendor")).to_have_value("Which firmware, please?")
    expect(composer.get_by_label("Subject")).to_have_value("Switch 7")
    assert OutboundMessage.objects.get(author=nina).status == "cancelled"
