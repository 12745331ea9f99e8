"""Rules of the ticket page as acceptance.md numbers them."""

import re
from typing import Any

import pytest

from desk.sections import Section, above_feed, beside_feed
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, reply_form, url_of
from tests.factories import TicketFactory
from tickets.enums import EntryKind
from tickets.models import OutboundMessage, Ticket, TimelineEntry
from tickets.services import record_customer_message
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_049_the_composer_names_customer_and_address_and_its_button_is_the_confirmation(
    desk: Desk, ticket: Ticket
) -> None:
    """A form of another ticket is refused with 409, and its text comes back."""
    browser = desk.browser(desk.mara)
    page = html_of(browser.get(url_of(ticket)))
    (composer,) = re.findall(r'<details class="composer composer--reply".*?</details>', page, re.DOTALL)
    (band,) = re.findall(r'id="composer-reply-band">(.*?)</div>', composer, re.DOTALL)
    assert words_of(band) == "To customer · Dana Roth, Acme GmbH dana@acme.example"
    (button,) = re.findall(r"<button[^>]*data-composer-send [^>]*>(.*?)</button>", composer, re.DOTALL)
    (words,) = re.findall(r"<span data-recipients-words>([^<]*)</span>", button)
    assert (words, "<dialog" in composer) == ("Send to Dana Roth", False)

    other = TicketFactory(team=desk.team, owner=desk.mara)
    refused = browser.post(url_of(ticket, "reply/"), reply_form(browser, other, body="For somebody else."))
    assert (refused.status_code, "For somebody else." in html_of(refused)) == (409, True)
    assert "This was written for" in html_of(refused)
    assert not OutboundMessage.objects.exists()


def test_050_reading_a_mail_and_previewing_one_block_no_editing(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    html = "<table><tr><td>It is off again.</td></tr></table>"
    mail = record_customer_message(
        ticket.pk, by=desk.dana, message=Message(body_text="It is off.", body_html=html), kind=EntryKind.EMAIL_INBOUND
    )
    page = html_of(browser.get(url_of(ticket), {"original": str(mail.pk)}))
    assert 'class="mail-frame"' in page
    offered = [f"/t/{ticket.reference}/{act}/" in page for act in ("fields", "resolve", "note", "reply", "tasks")]
    assert offered == [True] * 5

    preview = browser.post(url_of(ticket, "preview/"), reply_form(browser, ticket, body="Restart it."), headers=HTMX)
    assert html_of(preview).strip().startswith('<div class="preview" id="reply-preview"')  # beside the form
    values = {"product": "Printer", "version": Ticket.objects.get(pk=ticket.pk).version}
    assert browser.post(url_of(ticket, "fields/product/"), values).status_code == 302
    assert Ticket.objects.get(pk=ticket.pk).product == "Printer"


@pytest.fixture
def sections(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app above this one has something to suggest, and something to tell."""

    def read(_ticket: Ticket, _agent: Any) -> dict[str, Any]:
        return {"similar": []}

    monkeypatch.setitem(
        above_feed, "answers", Section(title="Suggested answers", template="desk/_around_similar.html", read=read)
    )
    monkeypatch.setitem(
        beside_feed, "checks", Section(title="Diagnostics", template="desk/_around_similar.html", read=read)
    )


def test_149_suggestions_stand_above_the_feed_and_diagnostics_at_the_right(
    sections: None, desk: Desk, ticket: Ticket
) -> None:
    page = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    marks = ("around-answers", 'id="timeline-part"', 'id="context-parts"', "around-similar", "around-checks")
    places = [page.index(mark) for mark in marks]
    assert places == sorted(places)


def test_149_nothing_suggested_is_sent_without_a_person(sections: None, desk: Desk, ticket: Ticket) -> None:
    """Sections are read alone: they hold no form, take no post, and looking at them changes nothing."""
    browser, before = desk.browser(desk.mara), TimelineEntry.objects.count()
    for name in ("answers", "checks", "similar"):
        answer = browser.get(url_of(ticket, f"around/{name}/"), headers=HTMX)
        assert (answer.status_code, "<form" in html_of(answer)) == (200, False)
        assert browser.post(url_of(ticket, f"around/{name}/")).status_code == 405
    assert (TimelineEntry.objects.count(), OutboundMessage.objects.count()) == (before, 0)
    assert browser.get(url_of(ticket, "around/nothing/")).status_code == 404
