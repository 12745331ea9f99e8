"""The timeline narrowed: by author, by words found in the ticket, by kind (issue 4, "Three-panel ticket workspace")."""

import re

import pytest

from desk.highlighting import Sought
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of, url_of
from tests.factories import TicketFactory
from tickets import services
from tickets.models import Ticket
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    made: Ticket = TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)
    services.add_note(made.pk, by=desk.jonas, body_text="Firmware of the Münster printer is old")
    services.add_note(made.pk, by=desk.mara, body_text="Asked for the invoice no. 48213")
    return made


def shown(html: str) -> list[str]:
    """Which of the known entries a page holds."""
    words = ["It is off again.", "Firmware", "48213", "accepted the ticket"]
    plain = re.sub(r"</?mark>", "", html[html.index('id="timeline-part"') :])
    return [word for word in words if word in plain]


def test_links_narrow_to_one_author_and_say_how_many_entries_they_hide(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    page = browser.get(url_of(ticket))
    links = {link["label"]: link["url"] for link in page.context["authors"]}
    assert list(links) == ["Everybody", "Dana Roth", "Jonas Kern", "Mara Weiss"]
    found = {name: shown(html_of(browser.get(url))) for name, url in links.items()}
    assert found == {
        "Everybody": ["It is off again.", "Firmware", "48213", "accepted the ticket"],
        "Dana Roth": ["It is off again."],
        "Jonas Kern": ["Firmware"],
        "Mara Weiss": ["48213", "accepted the ticket"],
    }
    assert "This filter hides 3 entries." in html_of(browser.get(links["Jonas Kern"]))


def test_kind_author_and_words_narrow_together_and_stay_in_the_links(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    query = {"show": "internal", "author": str(desk.mara.pk), "find": "invoice"}
    page = browser.get(url_of(ticket), query)
    assert shown(html_of(page)) == ["48213"]
    customer = next(link["url"] for link in page.context["filters"] if link["label"] == "Customer")
    assert customer == f"{url_of(ticket)}?show=customer&author={desk.mara.pk}&find=invoice"
    html = html_of(page)
    for name, value in query.items():
        assert re.search(rf'name="{name}"[^>]* value="{value}"', html), name


@pytest.mark.parametrize("find", ["munster", "MÜNSTER", "firm", "old printer", "jonas firmware"])
def test_words_are_found_as_by_the_global_search(find: str, desk: Desk, ticket: Ticket) -> None:
    assert shown(html_of(desk.browser(desk.mara).get(url_of(ticket), {"find": find}))) == ["Firmware"]


def test_found_words_are_counted_and_marked_also_in_quoted_text(desk: Desk, ticket: Ticket) -> None:
    text = "Still off.\n\nOn 20 Nov 2026 Mara Weiss wrote:\n> Is the firmware <new>?\n> Mara"
    services.record_customer_message(ticket.pk, by=desk.dana, message=Message(body_text=text, in_reply_to="<a@b>"))
    html = html_of(desk.browser(desk.mara).get(url_of(ticket), {"find": "firmware"}))
    assert "2 entries found for “firmware”." in html
    assert html.count("<mark>Firmware</mark>") + html.count("<mark>firmware</mark>") == 2
    assert '<details class="quote" open>' in html
    assert "&lt;new&gt;" in html


def test_what_is_not_there_and_what_is_no_word_finds_nothing(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    for find in ("zeppelin", "&|!():*", "'", "\x00", "firmware zeppelin"):
        page = browser.get(url_of(ticket), {"find": find})
        assert (page.status_code, shown(html_of(page))) == (200, [] if find != "\x00" else shown(html_of(page))), find
    html = html_of(browser.get(url_of(ticket), {"find": "zeppelin"}))
    assert ("0 entries found for “zeppelin”." in html, "Show all" in html) == (True, True)


def test_older_findings_are_a_link_away_and_keep_the_question(desk: Desk, ticket: Ticket) -> None:
    for number in range(34):
        services.add_note(ticket.pk, by=desk.mara, body_text=f"Toner cartridge no {number:02}x")
    browser = desk.browser(desk.mara)
    page = browser.get(url_of(ticket), {"find": "cartridge"})
    assert (page.context["found_count"], page.context["older_count"]) == (34, 4)
    older = html_of(browser.get(page.context["older_url"]))
    assert [f"{n:02}x" in older for n in (3, 4)] == [True, False]


def test_only_the_entries_of_this_ticket_are_looked_through(desk: Desk, ticket: Ticket) -> None:
    other = TicketFactory(team=desk.team, owner=desk.mara)
    services.add_note(other.pk, by=desk.mara, body_text="A zeppelin")
    assert "0 entries found" in html_of(desk.browser(desk.mara).get(url_of(ticket), {"find": "zeppelin"}))
    services.link_tickets(ticket.pk, to=other, kind="related", by=desk.mara)
    found = desk.browser(desk.mara).get(url_of(ticket), {"find": other.reference})
    assert found.context["found_count"] == 1


def test_lines_are_not_folded_away_from_who_looks_for_them(desk: Desk, ticket: Ticket) -> None:
    for number in range(3):
        services.create_task(ticket.pk, by=desk.mara, title=f"Order drum {number}")
    browser = desk.browser(desk.mara)
    assert "3 system events (Task created)" in html_of(browser.get(url_of(ticket)))
    html = html_of(browser.get(url_of(ticket), {"find": "drum"}))
    assert ("system events" in html, html.count("<mark>drum</mark>")) == (False, 3)


def test_what_makes_no_sense_in_the_address_narrows_nothing(desk: Desk, ticket: Ticket) -> None:
    page = desk.browser(desk.mara).get(url_of(ticket), {"author": "everyone", "show": "x", "before": "-1", "find": " "})
    assert len(shown(html_of(page))) == 4


def test_authors_before_the_last_thirty_entries_are_offered_too(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    for number in range(31):
        services.add_note(ticket.pk, by=desk.mara, body_text=f"Note {number}")
    page = browser.get(url_of(ticket))
    assert [link["label"] for link in page.context["authors"]] == ["Everybody", "Dana Roth", "Jonas Kern", "Mara Weiss"]
    assert "Jonas Kern" not in html_of(page)[html_of(page).index('id="timeline-entries"') :]


def test_a_narrowed_page_costs_one_statement_more_and_a_search_two(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    cost = {
        query: len(statements_of(browser, url_of(ticket) + query))
        for query in ("", f"?author={desk.mara.pk}", "?find=firmware")
    }
    assert [spent - cost[""] for spent in cost.values()] == [0, 1, 2]


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("straße", "Strasse 5", "<mark>Strasse</mark> 5"),
        ("amp", "a & b amp", "a &amp; b <mark>amp</mark>"),
        (
            "a b",
            '<a href="/b">b</a>',
            "&lt;<mark>a</mark> href=&quot;/<mark>b</mark>&quot;&gt;<mark>b</mark>&lt;/<mark>a</mark>&gt;",
        ),
        ("VPN-47", "VPN-4711", "<mark>VPN</mark>-<mark>4711</mark>"),
        ("off fir", "Firmware off offline", "<mark>Firmware</mark> <mark>off</mark> offline"),
        ("", "nothing", "nothing"),
    ],
)
def test_words_are_marked_in_escaped_text(question: str, text: str, expected: str) -> None:
    assert Sought.of(question).in_text(text) == expected


@pytest.mark.parametrize("page", ["{0}?show=internal&find=firmware", "{0}?show=internal&find=firmware&before=1"])
def test_an_act_leaves_the_timeline_narrowed_as_its_address_says(desk: Desk, ticket: Ticket, page: str) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver" + page.format(url_of(ticket))}
    answer = desk.browser(desk.mara).post(url_of(ticket, "watch/"), headers=headers)
    assert shown(html_of(answer)) == ["Firmware"]


def test_an_act_asked_for_from_another_page_shows_the_whole_timeline(desk: Desk, ticket: Ticket) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{url_of(ticket)[:-2]}9/?find=firmware"}
    answer = desk.browser(desk.mara).post(url_of(ticket, "watch/"), headers=headers)
    assert len(shown(html_of(answer))) == 4
