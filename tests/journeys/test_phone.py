"""The desk on a phone of 360 px, and without connection (acceptance 147)."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Contact
from envelopes.models import Envelope
from envelopes.services import cancel_envelope
from tests.factories import CompanyFactory, TicketFactory
from tests.journeys.chromium import Watch, axe_finds_nothing, open_page
from tests.journeys.conftest import Browsers
from tests.journeys.desk import Desk
from tests.sessions import sign_in_without_form
from tickets.enums import EntryKind, OutboundStatus, TicketStatus
from tickets.models import OutboundMessage, Ticket
from tickets.services import accept_ticket, add_note


@pytest.fixture
def ticket(desk: Desk, dana: Contact) -> Ticket:
    found: Ticket = TicketFactory(team=desk.team, requester=dana, subject="Printer in ward 3")
    return found


@pytest.fixture
def page(browsers: Browsers, desk: Desk) -> Page:
    """A phone in Mara's hand."""
    return browsers(desk.mara, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)


def worker_is_ready(page: Page) -> None:
    """From the next page on it answers."""
    page.goto("/queue/mine/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def is_narrow(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= 360"))


def test_147_accept_reply_note_wait_and_resolve_at_360_px(page: Page, desk: Desk, ticket: Ticket) -> None:
    page.goto("/queue/unowned/")
    assert is_narrow(page)
    page.get_by_role("link", name="Printer in ward 3").tap()
    page.wait_for_url(f"**/t/{ticket.reference}/?from=unowned")
    page.get_by_role("button", name="Accept").first.tap()
    expect(page.locator("#composer-reply")).to_be_visible()
    assert is_narrow(page)

    page.locator("#composer-note > summary").tap()
    page.get_by_role("textbox", name="Internal note").fill("The spooler hangs.")
    assert is_narrow(page)
    page.get_by_role("button", name="Save note").tap()
    expect(page.get_by_text("The spooler hangs.")).to_be_visible()

    page.locator("#composer-reply > summary").tap()
    page.get_by_role("textbox", name="Reply to Dana Roth").fill("Please restart it.")
    assert is_narrow(page)
    page.get_by_role("button", name="Send to Dana Roth", exact=True).tap()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert OutboundMessage.objects.get().status == OutboundStatus.HELD

    Ticket.objects.filter(pk=ticket.pk).update(last_customer_message_at=None)
    page.goto(f"/board/mine/move/?card={ticket.reference}")
    assert is_narrow(page)
    page.get_by_label("Status").select_option("Waiting")
    page.get_by_role("button", name="Move ticket").tap()
    page.wait_for_url(f"**/board/mine/?by=status#card-{ticket.reference}")
    assert is_narrow(page)
    assert Ticket.objects.get(pk=ticket.pk).status == TicketStatus.WAITING_CUSTOMER

    page.goto(f"/t/{ticket.reference}/resolve/")
    assert is_narrow(page)
    page.get_by_label("How was it resolved?").select_option("fixed")
    page.get_by_label("What was done?").fill("Restarted the spooler.")
    page.get_by_role("button", name="Resolve ticket").tap()
    page.wait_for_url(f"**/t/{ticket.reference}/")
    assert Ticket.objects.get(pk=ticket.pk).status == TicketStatus.RESOLVED
    assert ticket.entries.filter(kind=EntryKind.NOTE).count() == 1


def test_147_wait_resolve_and_a_new_envelope_by_the_buttons_of_the_ticket(
    page: Page, desk: Desk, ticket: Ticket
) -> None:
    accept_ticket(ticket.pk, by=desk.mara)
    Ticket.objects.filter(pk=ticket.pk).update(last_customer_message_at=None)
    open_page(page, f"/t/{ticket.reference}/")
    head, dialog = page.locator("#ticket-head"), page.get_by_role("dialog")
    head.get_by_role("button", name="Wait for customer").tap()
    expect(head).to_contain_text("Waiting for customer")
    assert (is_narrow(page), Ticket.objects.get(pk=ticket.pk).status) == (True, TicketStatus.WAITING_CUSTOMER)
    head.get_by_role("button", name="Resume").tap()
    expect(head).to_contain_text("In progress")

    page.locator("#composers").get_by_role("link", name="Envelope").tap()
    expect(dialog).to_be_visible()
    assert is_narrow(page)
    dialog.get_by_label("Whom do you ask?").select_option(label="Back Office")
    dialog.get_by_label("What help is needed?").fill("Is the cable to ward 3 old?")
    dialog.get_by_role("button", name="Open envelope").tap()
    expect(page.locator("#ticket-tabs")).to_contain_text("Back Office")
    envelope = Envelope.objects.get(ticket=ticket)
    assert (is_narrow(page), envelope.target) == (True, "Back Office")

    cancel_envelope(envelope.pk, by=desk.mara, reason="Found it.")
    open_page(page, f"/t/{ticket.reference}/")
    head.get_by_role("link", name="Resolve").tap()
    expect(dialog).to_be_visible()
    assert is_narrow(page)
    dialog.get_by_label("How was it resolved?").select_option("fixed")
    dialog.get_by_label("What was done?").fill("Restarted the spooler.")
    dialog.get_by_role("button", name="Resolve ticket").tap()
    expect(head).to_contain_text("Resolved")
    assert (is_narrow(page), Ticket.objects.get(pk=ticket.pk).status) == (True, TicketStatus.RESOLVED)


@pytest.mark.parametrize("width", [1440, 390])
def test_whose_ticket_it_is_stays_in_view_to_the_end(
    width: int, browsers: Browsers, desk: Desk, ticket: Ticket
) -> None:
    """Name, company, tier and reference, in one bar (issue 4, "always visible"); and in the tab's title."""
    ticket.requester.company = CompanyFactory(name="Acme GmbH", tier="premium")
    ticket.requester.save()
    Ticket.objects.filter(pk=ticket.pk).update(company=ticket.requester.company)
    for number in range(20):
        add_note(ticket.pk, by=desk.jonas, body_text=f"Step {number}: the spooler was looked at.\n" * 3)
    is_phone = width < 640
    page = browsers(desk.mara, viewport={"width": width, "height": 800}, is_mobile=is_phone, has_touch=is_phone)
    open_page(page, f"/t/{ticket.reference}/")
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    page.locator("#timeline").evaluate("el => { el.scrollTop = el.scrollHeight; }")
    last = page.locator(".entry").filter(has_text="Step 19:")
    expect(last).to_be_in_viewport()
    bar = page.locator(".ticket-head__bar")
    for words in (ticket.reference, "Dana Roth · Acme GmbH", "Premium"):
        expect(bar.get_by_text(words, exact=True)).to_be_in_viewport(ratio=1)
    box = bar.bounding_box()
    assert box
    assert box["y"] >= 0
    assert box["height"] <= 64, "a bar, and no second head"
    covering = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y)?.closest('.ticket-head__bar') !== null",
        [box["x"] + 120, box["y"] + 20],
    )
    assert covering, "nothing lies over it"
    assert page.title() == f"{ticket.reference} · Dana Roth · Acme GmbH · Premium · Printer in ward 3"


def test_147_the_desk_can_be_installed(page: Page) -> None:
    worker_is_ready(page)
    link = page.locator('link[rel="manifest"]').get_attribute("href")
    assert link == "/manifest.webmanifest"
    answer = page.request.get(link)
    assert answer.headers["content-type"] == "application/manifest+json"
    facts = answer.json()
    assert (facts["display"], facts["start_url"], facts["scope"]) == ("standalone", "/", "/")
    for icon in facts["icons"]:
        found = page.request.get(icon["src"])
        assert (found.status, found.headers["content-type"]) == (200, icon["type"])
        assert len(found.body()) < 12_000
    assert page.evaluate("navigator.serviceWorker.ready.then((it) => new URL(it.scope).pathname)") == "/"


def test_the_list_and_the_ticket_last_seen_are_read_without_connection(
    page: Page, watch: Watch, desk: Desk, ticket: Ticket
) -> None:
    watch.expected = ("net::ERR_INTERNET_DISCONNECTED",)
    worker_is_ready(page)
    for seen in ("/queue/unowned/", f"/t/{ticket.reference}/"):
        page.goto(seen)
    _until_kept(page, 2)
    page.context.set_offline(True)
    page.goto("/queue/unowned/")
    banner = page.locator("main").get_by_role("status").first
    expect(banner).to_contain_text("Offline. This is a copy from")
    axe_finds_nothing(page)
    page.get_by_role("link", name="Printer in ward 3").tap()
    page.wait_for_url(f"**/t/{ticket.reference}/?from=unowned")
    expect(page.get_by_text("It is off again.")).to_be_visible()
    expect(page.locator("main").get_by_role("status").first).to_contain_text("Offline. This is a copy from")
    page.goto("/customers/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    expect(page.get_by_role("link", name=ticket.reference)).to_be_visible()
    axe_finds_nothing(page)
    page.context.set_offline(False)
    page.goto("/queue/unowned/")
    expect(page.locator("main .banner")).to_have_count(0)


def _until_kept(page: Page, count: int) -> None:
    page.wait_for_function(
        "(count) => caches.open('pages').then((it) => it.keys()).then((keys) => keys.length >= count)", arg=count
    )


def test_signing_out_leaves_no_page_behind_for_the_next_person(
    page: Page, watch: Watch, desk: Desk, ticket: Ticket
) -> None:
    watch.expected = (404, "net::ERR_INTERNET_DISCONNECTED")
    worker_is_ready(page)
    page.goto(f"/t/{ticket.reference}/")
    _until_kept(page, 1)
    page.evaluate("document.querySelector('form[action=\"/logout/\"]').requestSubmit()")
    page.wait_for_url("**/login/**")
    page.wait_for_function("caches.has('pages').then((has) => !has)")
    page.context.set_offline(True)
    page.goto(f"/t/{ticket.reference}/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    assert "Printer in ward 3" not in page.content()
    page.context.set_offline(False)
    sign_in_without_form(page.context, desk.dora, watch.site)
    dora = page.context.new_page()
    dora.goto(f"/t/{ticket.reference}/")
    page.context.set_offline(True)
    dora.goto(f"/t/{ticket.reference}/")
    assert "Printer in ward 3" not in dora.content()


def test_what_goes_out_of_sight_is_forgotten(page: Page, watch: Watch, desk: Desk, ticket: Ticket) -> None:
    watch.expected = (404,)
    worker_is_ready(page)
    page.goto(f"/t/{ticket.reference}/")
    _until_kept(page, 1)
    Ticket.objects.filter(pk=ticket.pk).update(team=desk.back_office)
    page.goto(f"/t/{ticket.reference}/")
    page.wait_for_function("caches.open('pages').then((it) => it.keys()).then((keys) => keys.length === 0)")


def test_the_page_says_since_when_it_is_offline_and_sends_no_form(
    page: Page, watch: Watch, desk: Desk, ticket: Ticket
) -> None:
    watch.expected = ("net::ERR_INTERNET_DISCONNECTED",)
    worker_is_ready(page)
    page.goto(f"/t/{ticket.reference}/resolve/")
    page.context.set_offline(True)
    banner = page.locator("main").get_by_role("status").first
    expect(banner).to_contain_text("Offline since")
    page.get_by_label("What was done?").fill("Restarted the spooler.")
    page.get_by_role("button", name="Resolve ticket").tap()
    expect(page.locator("#status-region")).to_contain_text("Not sent: there is no connection.")
    expect(page.get_by_label("What was done?")).to_have_value("Restarted the spooler.")
    page.context.set_offline(False)
    expect(page.locator("main .banner")).to_have_count(0)
