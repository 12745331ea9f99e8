"""What livelist.js does with the list beside a ticket, and with any list where nothing tells of its tickets."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.modules import HEAD, ModuleDesk, change, listing, opened

LIST = "/t/INC-2/list/"


@pytest.fixture
def desk(chromium: Browser) -> Iterator[ModuleDesk]:
    with opened(chromium) as found:
        yield found


def row(reference: str, version: int = 1, subject: str = "Printer", *, is_current: bool = False) -> str:
    current = ' aria-current="page"' if is_current else ""
    return f"""<li class="queue-line" id="row-{reference}" data-version="{version}">
        <a href="/t/{reference}/" data-key-row{current}>{subject}</a></li>"""


def rows(numbers: str, more: str = "") -> str:
    """The list beside INC-2, whose row is there too."""
    lines = "".join(row(f"INC-{number}", is_current=number == "2") for number in numbers)
    return f"""<div id="beside" data-live-list="{LIST}" data-live-more="{more}"><ul>{lines}</ul></div>"""


def beside(content: str) -> str:
    button = "<button data-live-refresh hidden><span data-live-count></span></button>"
    return f"""<div id="panel">{button}{content}</div>{HEAD.replace("INC-1", "INC-2")}</div>"""


def looks(page: Page) -> None:
    page.evaluate("hear('reset', {})")


def test_without_a_stream_rows_that_have_changed_are_news_and_that_of_the_open_ticket_changes(desk: ModuleDesk) -> None:
    page = desk.open(beside(rows("123")), "live", "livelist")
    pill = page.locator("[data-live-refresh]").first
    changed = (
        rows("123")
        .replace(row("INC-3"), row("INC-3", 2))
        .replace(row("INC-2", is_current=True), row("INC-2", 4, "Solved", is_current=True))
    )
    desk.answers[LIST] = desk.html(changed)
    looks(page)
    expect(pill).to_have_text("1 update")
    expect(page.locator("#row-INC-2")).to_contain_text("Solved")
    page.locator("#row-INC-3").evaluate("el => { el.dataset.version = 2; }")  # as an act of one's own does
    looks(page)
    expect(pill).to_be_hidden()


def test_of_two_parts_of_a_long_list_only_what_both_show_is_compared(desk: ModuleDesk) -> None:
    page = desk.open(beside(rows("1234", "after")), "live", "livelist")
    desk.answers[LIST] = desk.html(beside(rows("29345678", "before after")))
    looks(page)
    expect(page.locator("[data-live-refresh]").first).to_have_text("1 update")


def test_a_list_that_was_not_seen_looks_when_it_is_seen_again(desk: ModuleDesk) -> None:
    page = desk.open(beside(rows("123")), "live", "livelist")
    page.evaluate("document.getElementById('panel').style.display = 'none'")
    desk.answers[LIST] = desk.html(beside(rows("1234")))
    change(page, "INC-4")
    assert desk.count_asked(LIST) == 0
    page.evaluate("document.getElementById('panel').style.display = ''")
    expect(page.locator("[data-live-refresh]").first).to_have_text("1 update")


def test_a_list_beside_a_ticket_that_cannot_be_had_leaves_the_ticket_and_the_offer(desk: ModuleDesk) -> None:
    page = desk.open(beside(rows("123")), "live", "livelist")
    pill = page.locator("[data-live-refresh]").first
    change(page, "INC-3")
    expect(pill).to_have_text("1 update")
    page.evaluate("window.isSame = true")
    pill.dispatch_event("click")
    expect(page.locator("#alert-region")).to_have_text("No answer")
    expect(pill).to_have_text("1 update")
    assert page.evaluate("window.isSame") is True
    desk.answers[LIST] = desk.html(beside(rows("123")), seen="20:20:")
    pill.focus()
    page.keyboard.press("Enter")
    expect(pill).to_be_hidden()
    expect(page.locator("#row-INC-2 a")).to_be_focused()


def test_after_refreshing_a_list_by_keyboard_its_first_row_has_the_focus(desk: ModuleDesk) -> None:
    page = desk.open(listing(row("INC-1"), row("INC-3")), "live", "livelist")
    change(page, "INC-1")
    desk.answers["/"] = desk.html(listing(row("INC-4"), row("INC-1")), seen="20:20:")
    page.locator("[data-live-refresh]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#row-INC-4 a")).to_be_focused()
