"""Notes: colleagues alone read them, they are written once, and no text is ever lost."""

import pytest

from tests.desk.conftest import Desk
from tests.desk.pages import context_in, file, html_of, note_form, url_of
from tests.factories import ContactFactory, TicketFactory
from tickets.enums import Visibility
from tickets.models import OutboundMessage, Ticket
from tickets.services import resolve_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


def test_note_is_internal_and_may_carry_files(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.jonas)
    values = note_form(browser, ticket, body="Firmware.", attachments=[file()])
    answer = browser.post(url_of(ticket, "note/"), values)
    entry = ticket.entries.order_by("seq").last()
    assert entry is not None
    assert (answer.headers["Location"], entry.visibility) == (f"{url_of(ticket)}#e{entry.seq}", Visibility.INTERNAL)
    assert [row.filename for row in entry.attachments.all()] == ["plan.txt"]


def test_refused_note_keeps_its_text(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    assert browser.post(url_of(ticket, "note/"), note_form(browser, ticket, body=" ")).status_code == 400
    values = note_form(browser, ticket, body="Too late a thought")
    resolve_ticket(ticket.pk, by=desk.mara, code="fixed", note="Done.")
    browser.post(url_of(ticket, "confirm/"))
    answer = browser.post(url_of(ticket, "note/"), values)
    html = html_of(answer)
    assert (answer.status_code, "Too late a thought</textarea>" in html) == (409, True)
    assert "Create a follow-up." in html


def notes_of(ticket: Ticket) -> list[str]:
    notes = ticket.entries.filter(visibility=Visibility.INTERNAL).exclude(body_text="")
    return list(notes.order_by("seq").values_list("body_text", flat=True))


def test_the_same_form_notes_once_and_another_text_of_it_too(desk: Desk, ticket: Ticket) -> None:
    """A second click without a script, a form sent again; who goes back and writes something else loses nothing."""
    browser = desk.browser(desk.mara)
    values = note_form(browser, ticket, body="Firmware.")
    for body in ("Firmware.", "Firmware.", "Firmware 4.1."):
        answer = browser.post(url_of(ticket, "note/"), values | {"body": body})
        assert answer.status_code == 302
        assert answer.url.startswith(url_of(ticket))
    assert notes_of(ticket) == ["Firmware.", "Firmware 4.1."]
    again = note_form(browser, ticket, body="Firmware.")
    browser.post(url_of(ticket, "note/"), again)
    assert notes_of(ticket) == ["Firmware.", "Firmware 4.1.", "Firmware."]


def test_a_refused_note_may_be_sent_again(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    values = note_form(browser, ticket, body="Ask @Nina Vogt")
    for _time in range(2):
        assert browser.post(url_of(ticket, "note/"), values).status_code == 400
    assert notes_of(ticket) == []


def test_sending_the_reply_leaves_the_note_of_the_same_page_to_be_written(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    html = html_of(browser.get(url_of(ticket)))
    contexts = [context_in(html.split(f'id="composer-{mode}"')[1]) for mode in ("reply", "note")]
    for act, context in zip(("reply/", "note/"), contexts, strict=True):
        assert browser.post(url_of(ticket, act), {"context": context, "body": "The same."}).status_code == 302
    assert (notes_of(ticket), OutboundMessage.objects.count()) == (["The same."], 1)


@pytest.mark.parametrize(("context", "status"), [("forged", 400), ("", 400), (None, 409)])
def test_a_note_of_no_form_of_ours_or_for_another_ticket_keeps_its_text(
    desk: Desk, ticket: Ticket, context: str | None, status: int
) -> None:
    other = TicketFactory(team=desk.team, requester=ContactFactory(email="li@nord.example"))
    browser = desk.browser(desk.mara)
    values = note_form(browser, ticket, body="About Dana", attachments=[file()])
    values |= {} if context is None else {"context": context}
    answer = browser.post(url_of(other, "note/"), values)
    html = html_of(answer)
    assert (answer.status_code, "About Dana</textarea>" in html, notes_of(other)) == (status, True, [])
    assert "Choose the files again: plan.txt" in html
    assert browser.post(url_of(other, "note/"), note_form(browser, other)).status_code == 302
