"""What modules such as live.js and liveticket.js do with a page, from their files alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.modules import HEAD, NEXT, SEEN, change, listing, opened, refresh, row
from tests.journeys.modules import ModuleDesk as Desk


@pytest.fixture
def desk(chromium: Browser) -> Iterator[Desk]:
    with opened(chromium) as found:
        yield found


def test_a_refreshed_list_keeps_what_is_ticked_and_what_is_being_edited(desk: Desk) -> None:
    edit = '<form class="inline-edit"><input value="old" id="field"><a data-inline-close>Cancel</a></form>'
    page = desk.open(listing(row("INC-1"), row("INC-2", edit), row("INC-3")), "live", "livelist", "rows")
    page.locator("#pick-INC-1").check()
    page.locator("#field").fill("typed")
    desk.answers["/"] = desk.html(listing(row("INC-4"), row("INC-2", subject="New"), row("INC-1", subject="New")))
    change(page, "INC-1")
    refresh(page)
    expect(page.locator("#row-INC-1")).to_contain_text("New")
    assert page.locator(".queue-row").evaluate_all("rows => rows.map((row) => row.id.slice(-1))") == ["4", "2", "1"]
    expect(page.locator("#pick-INC-1")).to_be_checked()
    expect(page.locator("#bulk")).to_have_attribute("data-on", "")
    expect(page.locator("#bulk")).to_contain_text("1 selected")
    expect(page.locator("[data-bulk-clear]")).to_be_visible()
    expect(page.locator("#field")).to_have_value("typed")
    expect(page.locator("#field")).to_be_focused()
    desk.answers["/"] = desk.html(listing(row("INC-4"), row("INC-1")))
    change(page, "INC-4")
    refresh(page)
    expect(page.locator("#row-INC-3")).to_have_count(0)
    expect(page.locator("#field")).to_have_value("typed")


def test_new_rows_are_given_to_htmx(desk: Desk) -> None:
    page = desk.open(listing(row("INC-1")), "live", "livelist", "rows")
    page.evaluate("void (htmx.process = (el) => { window.processed = el.querySelectorAll('.queue-row').length; })")
    desk.answers["/"] = desk.html(listing(row("INC-1"), row("INC-2")))
    change(page, "INC-1")
    refresh(page)
    page.wait_for_function("window.processed === 2")


def test_rows_that_are_gone_are_news_but_not_those_that_newer_ones_push_over_the_end(desk: Desk) -> None:
    page = desk.open(listing(row("INC-3"), row("INC-2"), row("INC-1")), "live", "livelist", "rows")
    assert "rows=INC-3.INC-2.INC-1" in page.evaluate("streams.at(-1).url")
    pill = page.locator("[data-live-refresh]")
    for shown, words in [("432", "1 update"), ("421", "2 updates"), ("42", "3 updates")]:
        desk.answers["/"] = desk.html(listing(*(row(f"INC-{number}") for number in shown)))
        page.evaluate("hear('reset', {})")
        expect(pill).to_have_text(words)


def test_after_a_lost_stream_the_page_looks_once_in_half_a_minute_however_often_it_was_left(desk: Desk) -> None:
    page = desk.open("", "live")
    for _time in range(3):
        page.evaluate("streams.at(-1).onerror()")
        page.evaluate("comeAndGo(true)")
        page.evaluate("comeAndGo(false)")
    page.evaluate("streams.at(-1).onerror()")
    desk.count_asked("/badges/")
    page.clock.run_for(31_000)
    assert desk.count_asked("/badges/") == 1
    page.evaluate("hear('beat', {})")
    page.clock.run_for(31_000)
    assert desk.count_asked("/badges/") == 0


def ticket(context: str, entries: str = "", outgoing: str = "") -> str:
    return f"""<div id="workspace"><div id="timeline"><div id="timeline-part"><div id="timeline-entries">{entries}</div>
        {outgoing}</div></div>{HEAD}
        <button data-live-new hidden><span data-live-new-count></span></button></div>
        <div id="context-parts">{context}</div></div>"""


def board(*cards: str, seen: str = SEEN) -> str:
    return f"""<div class="board" id="board" data-live-list data-live-seen="{seen}"><ul>{"".join(cards)}</ul></div>"""


def card(reference: str, more: str = "", subject: str = "Printer") -> str:
    return f"""<li class="board-card" id="card-{reference}" {more}>
        <a href="/t/{reference}/" data-key-row>{subject}</a></li>"""


def test_a_board_offers_what_is_new_but_not_while_a_card_is_on_its_way(desk: Desk) -> None:
    page = desk.open(board(card("INC-1", 'aria-busy="true"'), card("INC-2")), "live", "livelist")
    assert "list=1&rows=INC-1.INC-2" in page.evaluate("streams.at(-1).url")
    pill = page.locator("[data-live-refresh]")
    change(page, "INC-1")  # by the move itself, told before its answer
    page.clock.run_for(2_000)
    expect(pill).to_be_hidden()
    answer = "board.dataset.liveSeen = '16:16:'; document.querySelector('[aria-busy]').removeAttribute('aria-busy')"
    page.evaluate(answer)
    page.clock.run_for(2_000)
    expect(pill).to_be_hidden()
    change(page, "INC-2", xid=17)
    expect(pill).to_have_text("1 update")
    desk.answers["/"] = desk.html(board(card("INC-3"), card("INC-2", subject="New"), seen=NEXT))
    page.locator("#card-INC-2").evaluate("card => { card.dataset.dragged = ''; card.querySelector('a').focus(); }")
    refresh(page)
    page.clock.run_for(2_000)
    expect(page.locator("#card-INC-2")).to_have_text("Printer")
    page.locator("#card-INC-2").evaluate("card => { delete card.dataset.dragged; }")
    page.clock.run_for(2_000)
    expect(page.locator("#card-INC-2")).to_have_text("New")
    expect(page.locator("#card-INC-2 a")).to_be_focused()
    assert page.locator(".board-card").evaluate_all("cards => cards.map((card) => card.id.slice(-1))") == ["3", "2"]
    expect(pill).to_be_hidden()
    change(page, "INC-2", xid=18)  # which the renewed board shows
    expect(pill).to_be_hidden()


STUB = '<section id="around-similar" data-later><p data-later-link>Show</p></section>'
LOADED = '<section id="around-similar"><ul><li>INC-7</li></ul></section>'


def test_sections_that_were_loaded_stay_when_the_ticket_is_renewed(desk: Desk) -> None:
    page = desk.open(ticket(LOADED + "<p>before</p>"), "live", "liveticket")
    desk.answers["/"] = desk.html(ticket(STUB + "<p>after</p>"))
    change(page, "INC-1")
    page.clock.run_for(1_000)
    expect(page.locator("#context-parts")).to_contain_text("after")
    expect(page.locator("#around-similar")).to_have_text("INC-7")
    desk.answers["/"] = desk.html(ticket(LOADED.replace("INC-7", "INC-8")))
    change(page, "INC-1")
    page.clock.run_for(1_000)
    expect(page.locator("#around-similar")).to_have_text("INC-8")


def test_a_ticket_that_has_gone_out_of_sight_says_so(desk: Desk) -> None:
    page = desk.open(ticket(""), "live", "liveticket")
    del desk.answers["/"]
    change(page, "INC-1")
    page.clock.run_for(1_000)
    expect(page.locator("#alert-region")).to_have_text("It is gone")


@pytest.mark.parametrize("scrolls", ["the page", "the timeline"])
def test_new_entries_are_read_once_they_are_in_view_whatever_scrolls(scrolls: str, desk: Desk) -> None:
    style = "" if scrolls == "the page" else "<style>#timeline { height: 300px; overflow: auto; }</style>"
    entries = "".join(f'<article id="e{number}" style="height: 400px">{number}</article>' for number in range(1, 5))
    page = desk.open(style + ticket("", entries), "live", "liveticket")
    come = '<article id="e5" style="height: 400px">5</article>'
    desk.answers["/"] = desk.html(ticket("", entries + come))
    change(page, "INC-1")
    page.clock.run_for(1_000)
    pill = page.locator("[data-live-new]")
    expect(pill).to_have_text("1 new entry")
    page.locator("#e5").evaluate("el => el.scrollIntoView()")
    expect(pill).to_be_hidden()


def tab(number: str, thread: str, more: str = "") -> str:
    """The tab of an envelope."""
    timeline = f'<div id="timeline" data-tab="{number}"><div id="timeline-part">{thread}</div>{more}</div>'
    return f"""<div id="workspace">{timeline}
        {HEAD}
        <button data-live-new hidden><span data-live-new-count></span></button></div></div>"""


def test_an_envelope_that_was_empty_fills_says_so_and_tells_how_far_it_is_read(desk: Desk) -> None:
    page = desk.open(tab("1", "<div><p>Nothing yet</p></div>"), "live", "liveticket", "helping")
    read = '<form id="envelope-read" action="/read/" data-read hidden><input name="seq" value="5"></form>'
    entry = '<div style="height: 3000px"></div><article id="e5">Port 7</article>'
    desk.answers |= {"/read/": "", "/e/1/": desk.html(tab("1", f'<div id="timeline-entries">{entry}</div>', read))}
    desk.asked.clear()
    change(page, "INC-1")
    page.clock.run_for(1_000)
    expect(page.locator("#e5")).to_have_text("Port 7")
    expect(page.locator("[data-live-new]")).to_have_text("1 new entry")
    assert desk.count_asked("/read/") == 1


ASK = """el => el.dispatchEvent(new CustomEvent("htmx:beforeRequest", {
    bubbles: true, cancelable: true, detail: { elt: el } }))"""


def test_a_form_that_was_closed_with_words_in_it_opens_as_it_was_until_it_is_sent(desk: Desk) -> None:
    form = '<dialog><form action="/ask/"><textarea data-prefill>Filled in</textarea></form></dialog>'
    links = '<a href="/ask/" hx-target="#dialog-slot">E</a><a href="/other/" hx-target="#dialog-slot">Other</a>'
    page = desk.open(f'{links}<div id="dialog-slot">{form}</div>', "helping")
    ask, other = page.get_by_role("link", name="E", exact=True), page.get_by_role("link", name="Other")
    text = page.locator("textarea")
    text.evaluate("el => { el.value = ''; }")
    assert ask.evaluate(ASK) is True, "an empty one is fetched"
    text.evaluate("el => { el.value = 'Half a reason'; }")
    assert other.evaluate(ASK) is True
    assert ask.evaluate(ASK) is False
    expect(text).to_be_visible()
    expect(text).to_have_value("Half a reason")
    page.evaluate("document.querySelector('form').dispatchEvent(new CustomEvent('dialogDone', { bubbles: true }))")
    assert ask.evaluate(ASK) is True


def test_digits_choose_tabs_by_their_place_those_that_are_closed_too(desk: Desk) -> None:
    tabs = '<a id="tab-0" href="#0">Timeline</a><span class="ticket-tabs__closed">1</span><a id="tab-2" href="#2">2</a>'
    page = desk.open(f'<nav data-choices="tab">{tabs}</nav>', "keys")
    page.keyboard.press("2")
    expect(page.locator("body")).to_be_focused()
    page.keyboard.press("3")
    expect(page.locator("#tab-2")).to_be_focused()
    assert page.url.endswith("#2")


def test_an_answer_with_another_tab_is_asked_for_once_more_and_not_for_ever(desk: Desk) -> None:
    page = desk.open(tab("", ""), "live", "liveticket")
    desk.answers["/"] = desk.html(tab("1", ""))
    desk.count_asked("/")
    for _time in range(2):
        change(page, "INC-1")
        for _wait in range(5):
            page.clock.run_for(1_000)
            page.evaluate("async () => { await fetch('/after-all-others/'); }")
        assert desk.count_asked("/") == 2


def test_whether_a_reply_was_sent_is_merged_and_not_put_over_the_timeline(desk: Desk) -> None:
    look = '<div id="outgoing"><a href="/" data-sent-look>Show whether it was sent</a></div>'
    quote = '<article id="e1"><details open><summary>Quote</summary>…</details></article>'
    page = desk.open(ticket("", quote, look), "live", "liveticket")
    desk.answers["/"] = desk.html(ticket("", quote.replace(" open", "") + '<article id="e2">Sent</article>'))
    assert page.locator("[data-sent-look]").evaluate(ASK) is False
    page.clock.run_for(1_000)
    expect(page.locator("#e2")).to_have_text("Sent")
    expect(page.locator("#outgoing")).to_have_count(0)
    expect(page.locator("details")).to_have_attribute("open", "")


def test_the_time_left_to_undo_is_what_the_server_says_whatever_the_clock(desk: Desk) -> None:
    words = 'data-pattern="in {n} s" data-done="Sending"'
    page = desk.open(
        f"""<div data-module="countdown"><span id="left" data-seconds-left="10" {words}></span>
        <form data-countdown-until-done><button>Undo</button></form></div>""",
        "times",
    )
    page.evaluate("Date.now = () => 4e12")  # long after
    page.clock.run_for(3_000)
    expect(page.locator("#left")).to_have_text("in 7 s")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    again = "document.dispatchEvent(new CustomEvent('htmx:load', { detail: { elt: document.body } }))"
    page.evaluate(f"delete left.dataset.ticking; left.dataset.secondsLeft = 9; {again}; {again}")
    page.clock.run_for(1_000)
    expect(page.locator("#left")).to_have_text("in 8 s")
    page.clock.run_for(8_250)
    expect(page.locator("#left")).to_have_text("Sending")
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()
