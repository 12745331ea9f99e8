"""Calls, attempts and the draft of the resolution note on the page (issue 4, "More kinds of entry")."""

import re

import pytest

from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of, url_of
from tests.factories import ContactFactory, TicketFactory
from tickets.enums import TicketStatus, Visibility
from tickets.models import OutboundMessage, Ticket, TimelineEntry
from tickets.services import add_note, log_contact, mark_attempt, record_customer_message
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db
CALL = {
    "kind": "phone_note",
    "direction": "outbound",
    "spoke_with": "Dana Roth",
    "at": "2026-11-02T09:30",
    "minutes": "7",
    "body": "She will try again.",
}


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


def noted(ticket: Ticket, desk: Desk, text: str, outcome: str) -> TimelineEntry:
    entry = add_note(ticket.pk, by=desk.mara, body_text=text)
    mark_attempt(ticket.pk, entry_id=entry.pk, by=desk.mara, outcome=outcome)
    return entry


def resolve_note(html: str) -> str:
    found = re.search(r'<textarea name="resolution_note"[^>]*>(.*?)</textarea>', html, re.DOTALL)
    assert found
    return found[1].strip()


def test_a_call_is_logged_by_a_plain_form_and_stands_inside_with_icon_and_minutes(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.jonas)
    form = html_of(browser.get(url_of(ticket, "log/")))
    assert ('value="Dana Roth"' in form, "Who reads it?" in form) == (True, False)
    answer = browser.post(url_of(ticket, "log/"), CALL | {"visibility": "public"})
    assert (answer.status_code, answer.url) == (302, url_of(ticket))
    assert ticket.entries.get(body_text="She will try again.").visibility == Visibility.INTERNAL
    html = html_of(browser.get(url_of(ticket)))
    entry = html[html.index("entry--note") :]
    assert "Phone call · Outgoing · 7 minutes" in entry
    assert "With Dana Roth" in entry
    assert "#phone" in entry[: entry.index("entry__body")]


def test_the_owner_may_show_a_call_to_the_customer(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    assert "Who reads it?" in html_of(browser.get(url_of(ticket, "log/")))
    browser.post(url_of(ticket, "log/"), CALL | {"visibility": "public"})
    html = html_of(browser.get(url_of(ticket)))
    entry = html[html.index("She will try again.") - 2500 : html.index("She will try again.")]
    assert "entry--customer-out" in entry


def test_bad_minutes_come_back_with_the_text_and_write_nothing(desk: Desk, ticket: Ticket) -> None:
    before = ticket.entries.count()
    answer = desk.browser(desk.mara).post(url_of(ticket, "log/"), CALL | {"minutes": "2000"})
    assert (answer.status_code, "She will try again." in html_of(answer)) == (400, True)
    assert ticket.entries.count() == before


def test_one_click_marks_an_entry_and_the_panel_shows_the_path(desk: Desk, ticket: Ticket) -> None:
    entry = add_note(ticket.pk, by=desk.mara, body_text="Restarted the spooler")
    browser = desk.browser(desk.jonas)
    assert "What was tried" not in html_of(browser.get(url_of(ticket)))
    answer = browser.post(url_of(ticket, "attempt/"), {"failed": str(entry.pk)})
    assert (answer.status_code, answer.url) == (302, f"{url_of(ticket)}#e{entry.seq}")
    html = html_of(browser.get(url_of(ticket)))
    panel = html[html.index("What was tried") :]
    assert ("Did not work:" in panel, f'href="#e{entry.seq}"' in panel) == (True, True)
    assert "marked by Jonas Kern" in panel


def test_buttons_stand_at_words_only_and_for_whoever_may_mark(desk: Desk, ticket: Ticket) -> None:
    words = ticket.entries.get(body_text="It is off again.")
    line = ticket.entries.exclude(pk=words.pk).get()
    html = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    assert (f'name="worked" value="{words.pk}"' in html, f'value="{line.pk}"' in html) == (True, False)
    assert "attempt-form" not in html_of(desk.browser(desk.aude).get(url_of(ticket)))


def test_an_attempt_beyond_the_last_thirty_entries_is_a_link_away(desk: Desk, ticket: Ticket) -> None:
    entry = noted(ticket, desk, "Restarted the spooler", "failed")
    for number in range(31):
        add_note(ticket.pk, by=desk.mara, body_text=f"Note {number}")
    browser = desk.browser(desk.mara)
    html = html_of(browser.get(url_of(ticket)))
    link = f"{url_of(ticket)}?before={entry.seq + 1}#e{entry.seq}"
    assert (f'id="e{entry.seq}"' in html, f'href="{link}"' in html) == (False, True)
    assert f'id="e{entry.seq}"' in html_of(browser.get(link))
    assert browser.post(url_of(ticket, "attempt/"), {"worked": str(entry.pk)}).url == link


def test_unknown_entries_and_outcomes_are_missing(desk: Desk, ticket: Ticket) -> None:
    entry = TicketFactory(team=desk.team).entries.first()
    browser = desk.browser(desk.mara)
    for values in ({"worked": str(entry.pk)}, {"worked": "x"}, {"maybe": str(entry.pk)}, {}):
        assert browser.post(url_of(ticket, "attempt/"), values).status_code == 404, values


def test_the_resolution_note_begins_as_a_draft_of_the_path(desk: Desk, ticket: Ticket) -> None:
    noted(ticket, desk, "Restarted the spooler", "failed")
    noted(ticket, desk, "Installed firmware 4.2", "worked")
    browser = desk.browser(desk.mara)
    expected = (
        "What helped:\n- Installed firmware 4.2\n\nWhat we tried before, without success:\n- Restarted the spooler"
    )
    for url in (url_of(ticket), url_of(ticket, "resolve/")):
        assert resolve_note(html_of(browser.get(url))) == expected, url
    assert (OutboundMessage.objects.count(), Ticket.objects.get(pk=ticket.pk).status) == (0, TicketStatus.IN_PROGRESS)


def test_the_draft_speaks_the_customers_language_and_is_empty_without_attempts(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, requester=ContactFactory(language="de"), owner=desk.mara)
    browser = desk.browser(desk.mara)
    assert resolve_note(html_of(browser.get(url_of(ticket, "resolve/")))) == ""
    noted(ticket, desk, "Treiber erneuert", "worked")
    assert resolve_note(html_of(browser.get(url_of(ticket, "resolve/")))) == "Geholfen hat:\n- Treiber erneuert"


def test_internal_words_reach_the_customer_only_when_somebody_says_they_have_read_them(
    desk: Desk, ticket: Ticket
) -> None:
    noted(ticket, desk, "Her admin password was wrong", "worked")
    browser = desk.browser(desk.mara)
    draft = resolve_note(html_of(browser.get(url_of(ticket, "resolve/"))))
    values = {"resolution_code": "fixed", "resolution_note": draft}
    refused = browser.post(url_of(ticket, "resolve/"), values)
    assert (refused.status_code, OutboundMessage.objects.count()) == (400, 0)
    assert "internal notes" in html_of(refused)
    edited = browser.post(url_of(ticket, "resolve/"), values | {"resolution_note": "The sign-in works again."})
    assert (edited.status_code, Ticket.objects.get(pk=ticket.pk).status) == (302, TicketStatus.RESOLVED)


def test_internal_words_that_were_read_and_public_ones_may_be_sent(desk: Desk, ticket: Ticket) -> None:
    message = Message(body_text="Turning it off and on helped.")
    told = record_customer_message(ticket.pk, by=desk.dana, message=message)
    mark_attempt(ticket.pk, entry_id=told.pk, by=desk.mara, outcome="worked")
    browser = desk.browser(desk.mara)
    assert "is_read" not in html_of(browser.get(url_of(ticket, "resolve/")))
    noted(ticket, desk, "Replaced the network cable", "failed")
    draft = resolve_note(html_of(browser.get(url_of(ticket, "resolve/"))))
    values = {"resolution_code": "fixed", "resolution_note": draft, "is_read": "on"}
    assert browser.post(url_of(ticket, "resolve/"), values).status_code == 302
    assert "Replaced the network cable" in OutboundMessage.objects.get().body_text


def test_path_and_draft_cost_no_statement(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    plain = len(statements_of(browser, url_of(ticket)))
    for number in range(3):
        entry = log_contact(
            ticket.pk, by=desk.mara, kind="chat", direction="inbound", minutes=1, body_text=f"Try number {number}"
        )
        mark_attempt(ticket.pk, entry_id=entry.pk, by=desk.mara, outcome="failed")
    assert len(statements_of(browser, url_of(ticket))) == plain
