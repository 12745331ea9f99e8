"""Files in a real browser: dropped, pasted, chosen; kept at once, shown on their way, there again after a crash."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.factories import AgentFactory, EnvelopeFactory, TeamFactory
from tests.journeys.chromium import Watch, axe_finds_nothing, first_held, held_back, open_page, without_worker
from tests.journeys.conftest import Browsers
from tests.journeys.desk import Desk
from tickets.models import Attachment, DraftFile, OutboundMessage, Ticket

Open = Callable[[], Page]


@pytest.fixture
def windows(browsers: Browsers, desk: Desk, ticket: Ticket) -> Open:
    """Opens Mara's ticket in another browser of hers, ready to reply."""

    def open_one() -> Page:
        page = browsers(desk.mara)
        open_page(page, f"/t/{ticket.reference}/")
        page.locator("#composer-reply > summary").click()
        return page

    return open_one


REPLY = "#composer-reply"
ENVELOPE = "#composer-envelope-1"


def rows(page: Page, composer: str = REPLY) -> Any:
    return page.locator(f"{composer} [data-picker-list] .file")


def text(page: Page, composer: str = REPLY) -> Any:
    return page.locator(f"{composer} [data-composer-text]")


def choose(page: Page, *names: str, composer: str = REPLY) -> None:
    files: Any = [{"name": name, "mimeType": "text/plain", "buffer": name.encode()} for name in names]
    page.locator(f"{composer} [data-picker-input]").set_input_files(files)


def hand_over(page: Page, kind: str, name: str, composer: str = REPLY) -> None:
    """Drop or paste a file onto the text, as the browser does it."""
    text(page, composer).evaluate(
        """(el, [kind, name]) => {
          const data = new DataTransfer();
          data.items.add(new File([name], name, { type: "text/plain" }));
          const given = { bubbles: true, cancelable: true };
          el.dispatchEvent(kind === "paste"
            ? new ClipboardEvent("paste", { ...given, clipboardData: data })
            : new DragEvent("drop", { ...given, dataTransfer: data }));
        }""",
        [kind, name],
    )


def kept(page: Page, composer: str = REPLY) -> Any:
    return page.locator(f'{composer} input[name="draft_file"]')


def test_dropped_pasted_and_chosen_files_are_kept_at_once_and_sent(windows: Open) -> None:
    page = windows()
    choose(page, "a.txt")
    hand_over(page, "drop", "b.txt")
    hand_over(page, "paste", "c.txt")
    expect(kept(page)).to_have_count(3)
    axe_finds_nothing(page)
    page.get_by_role("button", name="Remove: b.txt").click()
    expect(rows(page)).to_have_count(2)
    page.context.close()  # the browser is gone, without a word

    other = windows()
    expect(rows(other)).to_have_text(["a.txt 5 bytes", "c.txt 5 bytes"], use_inner_text=True)
    other.get_by_role("button", name="Remove: a.txt").click()
    expect(rows(other)).to_have_count(1)
    text(other).press_sequentially("It is attached.")
    other.get_by_role("button", name="Send to Dana Roth", exact=True).click()
    expect(other.get_by_role("button", name="Undo")).to_be_visible()
    assert list(Attachment.objects.values_list("filename", flat=True)) == ["c.txt"]
    assert DraftFile.objects.count() == 0


@without_worker
def test_a_message_waits_for_the_file_that_is_on_its_way(windows: Open) -> None:
    page = windows()
    on_its_way = held_back(page, "**/files/")
    text(page).press_sequentially("It is attached.")
    choose(page, "slow.txt")
    expect(page.locator("#composer-reply progress")).to_be_visible()
    page.get_by_role("button", name="Send to Dana Roth", exact=True).click()
    assert not OutboundMessage.objects.exists()
    first_held(page, on_its_way).continue_()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert [row.filename for row in OutboundMessage.objects.get().attachments.all()] == ["slow.txt"]


@without_worker
def test_a_message_stays_where_the_file_it_waits_for_is_refused(windows: Open, watch: Watch) -> None:
    watch.expected = (400, 422)
    page = windows()
    on_its_way = held_back(page, "**/files/")
    text(page).press_sequentially("Hello.")
    page.locator("#composer-reply [data-picker-input]").set_input_files(
        [{"name": "empty.txt", "mimeType": "text/plain", "buffer": b""}]
    )
    send = page.get_by_role("button", name="Send to Dana Roth", exact=True)
    send.click()
    expect(send).to_have_attribute("aria-busy", "true")
    first_held(page, on_its_way).continue_()
    expect(page.get_by_text("“empty.txt” is empty.")).to_be_visible()
    expect(send).not_to_have_attribute("aria-busy", "true")
    expect(text(page)).to_have_value("Hello.")
    page.wait_for_timeout(500)
    assert not OutboundMessage.objects.exists()
    text(page).press_sequentially(" Without it.")
    expect(page.locator("#composer-reply [data-composer-state]")).to_contain_text("Draft saved")
    send.click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert OutboundMessage.objects.count() == 1


def in_the_tab(browsers: Browsers, ticket: Ticket) -> Page:
    nina = AgentFactory(name="Nina Vogt", teams=[TeamFactory(name="Network")])
    EnvelopeFactory(ticket=ticket, expert=nina)
    page = browsers(nina)
    open_page(page, f"/t/{ticket.reference}/e/1/?compose=envelope")
    return page


def timeline_tab(page: Page) -> Any:
    return page.locator("[data-tab-link]").first


@without_worker
def test_files_on_their_way_are_kept_when_another_tab_is_opened(browsers: Browsers, ticket: Ticket) -> None:
    page = in_the_tab(browsers, ticket)
    on_their_way = held_back(page, "**/files/")
    choose(page, "a.txt", "b.txt", composer=ENVELOPE)
    expect(page.locator(f"{ENVELOPE} progress")).to_have_count(2)
    timeline_tab(page).click()
    expect(timeline_tab(page)).to_have_attribute("aria-busy", "true")
    first_held(page, on_their_way).continue_()
    while len(on_their_way) < 2:  # the second one waits for its turn
        page.wait_for_timeout(20)
    on_their_way[1].continue_()
    expect(timeline_tab(page)).to_have_attribute("aria-current", "page")
    assert sorted(DraftFile.objects.values_list("filename", flat=True)) == ["a.txt", "b.txt"]


@without_worker
def test_leaving_asks_while_files_are_on_their_way_or_go_with_the_message(
    browsers: Browsers, ticket: Ticket, watch: Watch
) -> None:
    watch.expected = ("net::ERR_FAILED",)
    page = in_the_tab(browsers, ticket)
    asked: list[str] = []
    stays = True
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss() if stays else dialog.accept()))
    on_their_way = held_back(page, "**/files/")
    choose(page, "a.txt", composer=ENVELOPE)
    text(page, ENVELOPE).click()
    expect(page.locator(f"{ENVELOPE} progress")).to_be_visible()
    page.get_by_role("link", name="Back to the queue").first.click()
    assert asked == ["beforeunload"]
    first_held(page, on_their_way).abort()
    expect(page.get_by_text("a.txt could not be sent yet; it goes with the message")).to_be_visible()
    timeline_tab(page).click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload", "beforeunload"]
    expect(rows(page, ENVELOPE)).to_have_count(1)
    stays = False
    timeline_tab(page).click()
    expect(timeline_tab(page)).to_have_attribute("aria-current", "page")
    assert len(asked) == 3


@without_worker
def test_without_a_connection_the_file_goes_with_the_form(windows: Open, watch: Watch) -> None:
    watch.expected = ("net::ERR_FAILED",)
    page = windows()
    page.route("**/files/", lambda route: route.abort())
    text(page).press_sequentially("It is attached.")
    choose(page, "plan.txt")
    expect(page.get_by_text("plan.txt could not be sent yet; it goes with the message")).to_be_visible()
    assert DraftFile.objects.count() == 0
    page.get_by_role("button", name="Send to Dana Roth", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert [row.filename for row in OutboundMessage.objects.get().attachments.all()] == ["plan.txt"]


def test_what_the_server_refuses_is_told_and_taken_out(windows: Open, watch: Watch) -> None:
    watch.expected = (400, 422)
    page = windows()
    page.locator("#composer-reply [data-picker-input]").set_input_files(
        [{"name": "empty.txt", "mimeType": "text/plain", "buffer": b""}]
    )
    expect(page.get_by_text("“empty.txt” is empty.")).to_be_visible()
    expect(rows(page)).to_have_count(0)


@without_worker
def test_in_an_envelope_files_are_kept_on_their_way_and_stand_in_its_thread(
    browsers: Browsers, desk: Desk, ticket: Ticket
) -> None:
    nina = AgentFactory(name="Nina Vogt", teams=[TeamFactory(name="Network")])
    EnvelopeFactory(ticket=ticket, expert=nina)
    page = browsers(nina)
    open_page(page, f"/t/{ticket.reference}/e/1/?compose=envelope")
    on_their_way = held_back(page, "**/files/")
    choose(page, "a.txt", composer=ENVELOPE)
    expect(page.locator(f"{ENVELOPE} progress")).to_be_visible()
    first_held(page, on_their_way).continue_()
    page.unroute("**/files/")
    hand_over(page, "drop", "b.txt", ENVELOPE)
    hand_over(page, "paste", "c.txt", ENVELOPE)
    expect(kept(page, ENVELOPE)).to_have_count(3)
    axe_finds_nothing(page)
    page.get_by_role("button", name="Remove: b.txt").click()
    expect(rows(page, ENVELOPE)).to_have_count(2)
    text(page, ENVELOPE).press_sequentially("See both.")
    page.locator(f"{ENVELOPE} [data-composer-send]").click()
    said = page.locator("#timeline-entries .entry").last
    expect(said.locator("a.file .file__name")).to_have_text(["a.txt", "c.txt"])
    with page.expect_download() as download:
        said.get_by_text("c.txt").click()
    assert download.value.path().read_bytes() == b"c.txt"
    assert DraftFile.objects.count() == 0
