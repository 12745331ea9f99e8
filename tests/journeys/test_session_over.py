"""The session ends while somebody is at work: they sign in over the page, nothing typed is lost, the act goes on."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.factories import TicketFactory
from tests.factories.people import PASSWORD
from tests.journeys.chromium import Watch, axe_finds_nothing, open_page, sign_in
from tests.journeys.desk import Desk
from tickets.models import Draft, OutboundMessage, Ticket, TimelineEntry


def end_session(context: BrowserContext) -> None:
    """Sign out in another tab."""
    other = context.new_page()
    other.goto("/queue/mine/")
    other.locator("form[action='/logout/'] button").evaluate("button => button.form.requestSubmit()")
    other.wait_for_url("**/login/")
    other.close()


def sign_in_again(page: Page, password: str = PASSWORD) -> None:
    dialog = page.get_by_role("dialog", name="Sign in to go on")
    expect(dialog.get_by_label("Password", exact=True)).to_be_focused()
    dialog.get_by_label("Password", exact=True).fill(password)
    page.keyboard.press("Enter")


def test_a_reply_goes_on_after_signing_in_over_the_page(page: Page, watch: Watch, desk: Desk, ticket: Ticket) -> None:
    watch.expected = (400, 401, 403)  # the last: a draft on its way when signing in changed the token
    open_page(page, f"/t/{ticket.reference}/")
    page.keyboard.press("r")
    end_session(page.context)
    box = page.get_by_role("textbox", name="Reply to Dana Roth")
    box.press_sequentially("Hello Dana, please restart it.")
    expect(page.locator("[data-session-over]")).to_be_visible()  # the draft could not be saved
    page.keyboard.press("Control+Enter")
    sign_in_again(page, "wrong")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("do not belong together")).to_be_visible()
    axe_finds_nothing(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(box).to_have_value("Hello Dana, please restart it.")
    assert not OutboundMessage.objects.exists()

    page.get_by_role("button", name="Send to Dana Roth", exact=True).click()
    sign_in_again(page)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    held = OutboundMessage.objects.get()
    assert (held.author, held.body_text) == (desk.mara, "Hello Dana, please restart it.")


def test_acts_and_drafts_go_on_in_the_next_session(page: Page, watch: Watch, desk: Desk, ticket: Ticket) -> None:
    """A partial update asks to sign in; a form of a session before gets its token without a question."""
    watch.expected = (401, 403, 409)
    free: Ticket = TicketFactory(team=desk.team, requester=ticket.requester, subject="Scanner in ward 3")
    open_page(page, f"/t/{free.reference}/")
    page.keyboard.press("n")
    page.get_by_role("textbox", name="Internal note").press_sequentially("Looked at the spooler.")
    end_session(page.context)
    page.get_by_role("button", name="Accept ticket").click()
    sign_in_again(page)
    expect(page.locator("#ticket-head").get_by_text("Mara Weiss")).to_be_visible()
    expect(page.get_by_role("textbox", name="Internal note")).to_have_value("Looked at the spooler.")

    end_session(page.context)
    other = page.context.new_page()
    sign_in(other, desk.mara)
    page.get_by_role("button", name="Wait for customer").click()
    expect(page.get_by_text("has had no answer since")).to_be_visible()  # the service's own refusal
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("#timeline").get_by_text("Looked at the spooler.")).to_be_visible()
    assert TimelineEntry.objects.latest("seq").body_text == "Looked at the spooler."
    assert not Draft.objects.exists()


def test_nobody_else_sends_what_was_typed(page: Page, watch: Watch, desk: Desk, ticket: Ticket) -> None:
    watch.expected = (401, 403, 409)
    open_page(page, f"/t/{ticket.reference}/")
    page.keyboard.press("n")
    page.get_by_role("textbox", name="Internal note").press_sequentially("Said by Mara.")
    end_session(page.context)
    sign_in(page.context.new_page(), desk.jonas)
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_role("alert").filter(has_text="Somebody else is signed in now")).to_be_visible()
    expect(page.get_by_role("textbox", name="Internal note")).to_have_value("Said by Mara.")
    assert not TimelineEntry.objects.filter(body_text="Said by Mara.").exists()
