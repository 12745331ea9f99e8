"""What is being written outlives refusals, bad connections and what the page does meanwhile."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.journeys.chromium import axe_finds_nothing, open_page, without_worker
from tests.journeys.desk import Desk
from tests.sessions import sign_in_without_form
from tickets.models import Draft, DraftFile, Ticket
from tickets.services import keep_draft


@pytest.fixture
def page(chromium: Browser, desk: Desk, live_site: str, ticket: Ticket, service_workers: Any) -> Iterator[Page]:
    """Mara's browser with the ticket."""
    context = chromium.new_context(
        base_url=live_site,
        viewport={"width": 1440, "height": 900},
        locale="en-GB",
        service_workers=service_workers,
    )
    if service_workers == "block":  # begun on an open page, a route may be late
        context.route("**/never-asked-for/", lambda route: route.continue_())
    sign_in_without_form(context, desk.mara, live_site)
    found = context.new_page()
    open_page(found, f"/t/{ticket.reference}/")
    yield found
    context.close()


def reply_in(page: Page) -> Any:
    return page.get_by_role("textbox", name="Reply to Dana Roth")


def state_in(page: Page) -> Any:
    return page.locator("#composer-reply [data-composer-state]")


def opened(page: Page) -> Any:
    page.locator("#composer-reply > summary").click()
    expect(reply_in(page)).to_be_focused()  # keys pressed sooner would not reach it
    return reply_in(page)


def asked_by(page: Page) -> list[str]:
    """What the page asks before it is left; it is left all the same."""
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    return asked


def drafts() -> list[tuple[str, str]]:
    return list(Draft.objects.values_list("body_text", "cc"))


def test_after_a_refused_send_saving_goes_on(page: Page) -> None:
    text = opened(page)
    page.keyboard.press("Control+Enter")
    expect(text).to_have_attribute("aria-invalid", "true")
    text.press_sequentially("Hello")
    expect(state_in(page)).to_contain_text("Draft saved")
    page.context.set_offline(True)
    text.press_sequentially(" Dana")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="not sent")).to_be_visible()
    page.context.set_offline(False)
    expect(text).to_have_value("Hello Dana")
    for _second in range(20):
        page.wait_for_timeout(500)
        if drafts() == [("Hello Dana", "")]:
            break
    assert drafts() == [("Hello Dana", "")]


def test_what_came_back_refused_is_written_on_where_the_caret_stands(page: Page) -> None:
    text = opened(page)
    text.press_sequentially("See the file attached.")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Back to the text").click()
    expect(text).to_have_value("See the file attached.")
    text.click()
    page.keyboard.press("Control+End")
    expect(state_in(page)).to_contain_text("Draft saved")
    page.keyboard.type(" Or below.")
    expect(text).to_have_value("See the file attached. Or below.")


def test_who_never_pauses_is_saved_all_the_same(page: Page) -> None:
    text = opened(page)
    for _key in range(18):
        text.press_sequentially("word ", delay=80)
        if drafts():
            break
    assert drafts()


def test_leaving_asks_where_the_browser_would_not_take_the_text_along(page: Page) -> None:
    asked = asked_by(page)
    opened(page).fill("Добрый день. " * 400)
    page.goto("/queue/")
    assert asked == ["beforeunload"]


@without_worker
def test_answers_lost_on_the_way_are_no_other_window(page: Page) -> None:
    """The first save arrives, its answer does not; the second does not arrive."""
    fates = ["arrives", "is lost"]

    def carry(route: Route) -> None:
        fate = fates.pop(0) if fates else ""
        if fate == "arrives":
            route.fetch()
        if fate:
            route.abort()
        else:
            route.continue_()

    page.route("**/drafts/**", carry)
    text = opened(page)
    for words, left in (("One", 1), (" two", 0)):
        text.press_sequentially(words)
        page.keyboard.press("Control+s")
        expect(state_in(page)).to_contain_text("Not saved yet")
        for _moment in range(100):
            if len(fates) == left:
                break
            page.wait_for_timeout(50)
    text.press_sequentially(" three")
    page.keyboard.press("Control+s")
    expect(state_in(page)).to_contain_text("Draft saved")
    expect(page.locator("#composer-reply [data-draft-conflict]")).to_be_hidden()
    assert drafts() == [("One two three", "")]


def test_enter_in_a_line_keeps_the_draft_and_types_nothing(page: Page) -> None:
    text = opened(page)
    text.press_sequentially("Hello")
    page.get_by_label("Cc", exact=True).fill("boss@acme.test")
    page.keyboard.press("Enter")
    expect(state_in(page)).to_contain_text("Draft saved")
    expect(text).to_have_value("Hello")
    expect(page.get_by_label("Cc", exact=True)).to_be_focused()
    assert drafts() == [("Hello", "boss@acme.test")]


def test_keys_take_their_marks_away_again_also_with_caps_lock(page: Page) -> None:
    text = opened(page)
    expect(page.get_by_role("toolbar", name="Formatting")).to_be_visible()
    text.press_sequentially("now")
    page.keyboard.press("Control+a")
    for key, made in (
        ("Control+b", "**now**"),
        ("Control+I", "***now***"),  # capitals, as with Caps Lock
        ("Control+B", "*now*"),
        ("Control+i", "now"),
    ):
        page.keyboard.press(key)
        expect(text).to_have_value(made)
    page.keyboard.press("Control+S")
    expect(state_in(page)).to_contain_text("Draft saved")


def test_words_in_any_form_are_asked_about_before_they_are_lost(page: Page, ticket: Ticket) -> None:
    asked = asked_by(page)
    open_page(page, "/t/new/")
    page.get_by_label("Subject").press_sequentially("Phone")
    page.get_by_label("Subject").fill("")
    open_page(page, "/t/new/")
    assert asked == []
    page.get_by_label("What does the customer say?").press_sequentially("No line since this morning.")
    open_page(page, "/t/new/")
    assert asked == ["beforeunload"]
    page.get_by_label("Subject").press_sequentially("Phone")
    page.keyboard.press("Enter")  # sent, and shown again with what is missing
    page.wait_for_selector("[aria-invalid]")
    open_page(page, f"/t/{ticket.reference}/")
    page.get_by_role("link", name="Resolve", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("How was it resolved?").select_option("fixed")
    dialog.get_by_label("What was done?").press_sequentially("Restarted the spooler.")
    dialog.get_by_role("button", name="Resolve ticket").click()
    expect(page.get_by_role("link", name="Reopen")).to_be_visible()
    page.goto("/queue/")
    assert asked == ["beforeunload"]


DEVICE = "Object.keys(localStorage).filter((key) => key.startsWith('draft ')).map((key) => localStorage[key])"


def device_keeps(page: Page, *wanted: str) -> bool:
    """Whether these words, and no other text, are kept by the device, as soon as they are or patience ends."""
    for _moment in range(100):
        kept = page.evaluate(DEVICE)
        if len(kept) == len(wanted) and all(words in text for words, text in zip(wanted, kept, strict=True)):
            return True
        page.wait_for_timeout(100)
    return False


@without_worker
def test_what_was_typed_without_connection_is_offered_on_this_device_until_it_is_decided(
    page: Page, desk: Desk, ticket: Ticket
) -> None:
    page.route("**/drafts/**", lambda route: route.abort())
    opened(page).press_sequentially("First line")
    page.keyboard.press("Enter")
    page.keyboard.type("and <b>second</b>")
    page.get_by_label("Cc", exact=True).fill("boss@acme.test")
    expect(state_in(page)).to_contain_text("Not saved yet")
    assert device_keeps(page, "boss@acme.test")
    other = page.context.new_page()  # the page is gone with its tab, without a word
    page.close()
    keep_draft(ticket.pk, by=desk.mara, mode="reply", body_text="Written on the phone")

    open_page(other, f"/t/{ticket.reference}/")
    expect(other.locator("#composer-reply [data-draft-badge]")).to_be_visible()
    text = opened(other)
    box = other.get_by_role("region", name="Typed on this device before and not saved")
    expect(box).to_contain_text("First lineand <b>second</b>")
    expect(text).to_have_value("Written on the phone")
    axe_finds_nothing(other)
    text.press_sequentially("!")
    expect(state_in(other)).to_contain_text("Draft saved")
    expect(box).to_be_visible()
    box.get_by_role("button", name="Use this text").click()
    expect(text).to_have_value("First line\nand <b>second</b>")
    expect(box).to_be_hidden()
    assert device_keeps(other)
    assert drafts() == [("First line\nand <b>second</b>", "boss@acme.test")]


@without_worker
def test_the_device_keeps_nothing_of_what_is_saved_sent_or_discarded(page: Page, desk: Desk, ticket: Ticket) -> None:
    held: list[Route] = []
    page.route("**/drafts/**", lambda route: held.append(route))  # noqa: PLW0108 -- Playwright marks what it calls
    opened(page).press_sequentially("Hello")
    assert device_keeps(page, "Hello")
    page.unroute("**/drafts/**")
    for route in held:
        route.continue_()
    assert device_keeps(page)  # saved
    page.route("**/drafts/**", lambda route: route.abort())
    reply_in(page).press_sequentially(" Dana")
    assert device_keeps(page, "Hello Dana")
    page.unroute("**/drafts/**")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert page.evaluate(DEVICE) == []

    page.evaluate(
        "([person, url]) => localStorage.setItem(`draft ${person} ${url}`, JSON.stringify({ body: 'Old', cc: '' }))",
        [desk.mara.email, f"/drafts/{ticket.reference}-note/"],
    )
    open_page(page, f"/t/{ticket.reference}/")
    page.locator("#composer-note > summary").click()
    page.get_by_role("button", name="Discard this text").click()
    expect(page.get_by_role("textbox", name="Internal note")).to_be_focused()
    assert page.evaluate(DEVICE) == []


@without_worker
def test_signing_out_takes_what_the_device_has_kept(page: Page) -> None:
    page.route("**/drafts/**", lambda route: route.abort())
    opened(page).press_sequentially("Hello Dana")
    assert device_keeps(page, "Hello Dana")
    other = page.context.new_page()
    other.goto("/queue/mine/")
    other.locator("form[action='/logout/'] button").evaluate("button => button.form.requestSubmit()")
    other.wait_for_url("**/login/")
    assert other.evaluate(DEVICE) == []
    reply_in(page).press_sequentially(", please")
    page.wait_for_timeout(1000)
    assert other.evaluate(DEVICE) == []


def renew(page: Page, reference: str) -> None:
    """Something has happened on the ticket: its page is fetched, and what is not in use is renewed."""
    with page.expect_response(
        lambda answer: f"/t/{reference}/" in answer.url and "hx-request" in answer.request.headers
    ):
        page.evaluate("document.dispatchEvent(new CustomEvent('live:look'))")
    page.wait_for_timeout(300)


def mark(page: Page) -> Callable[[], bool]:
    """Marks the dock as it is; says whether it is still that one."""
    page.evaluate("document.getElementById('composers').dataset.same = ''")
    return lambda: page.locator("#composers[data-same]").count() == 1


@without_worker
def test_a_file_on_its_way_survives_what_others_do_and_a_kept_cc_holds_nothing_back(page: Page, ticket: Ticket) -> None:
    page.wait_for_selector("html[data-live]", state="attached")
    opened(page).press_sequentially("Hello")
    page.get_by_label("Cc", exact=True).fill("boss@acme.test")
    expect(state_in(page)).to_contain_text("Draft saved")
    page.locator("#composer-reply > summary").click()
    page.locator("#main").focus()
    is_same = mark(page)
    renew(page, ticket.reference)
    assert not is_same()
    expect(page.locator("#reply-cc")).to_have_value("boss@acme.test")

    waiting: list[Route] = []
    page.route("**/files/", lambda route: waiting.append(route))  # noqa: PLW0108 -- Playwright marks what it calls
    page.locator("#composer-reply > summary").click()
    plan = {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"the plan"}
    page.locator("#composer-reply [data-picker-input]").set_input_files([plan])
    expect(page.locator("#composer-reply progress")).to_be_visible()
    page.locator("#composer-reply > summary").click()
    page.locator("#main").focus()
    is_same = mark(page)
    renew(page, ticket.reference)
    assert is_same()
    waiting[0].continue_()
    expect(page.locator("#composer-reply [name=draft_file]")).to_have_count(1)
    assert [file.filename for file in DraftFile.objects.all()] == ["plan.txt"]
