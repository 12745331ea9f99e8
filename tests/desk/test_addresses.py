"""From a mail that came back to an address that works: the pages that correct it, or give the ticket its requester."""

from datetime import UTC, datetime

import pytest

from accounts.models import Contact
from accounts.services import mark_undeliverable
from core.actors import SystemActor
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, reply_form, statements_of, url_of
from tests.factories import CompanyFactory, ContactFactory, TicketFactory
from tests.factories.mail import MailboxFactory
from tickets.links import Answer, sign_answer
from tickets.models import Ticket
from tickets.services import (
    add_note,
    change_requester,
    record_customer_message,
    release_message,
    reply_to_customer,
    resolve_ticket,
)
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db
WHEN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    ticket: Ticket = TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)
    return ticket


def address_page(desk: Desk, ticket: Ticket | None = None) -> str:
    return f"/customers/{desk.dana.pk}/address/" + (f"?ticket={ticket.reference}" if ticket else "")


def requester_page(ticket: Ticket, email: str = "") -> str:
    return url_of(ticket, "requester/") + (f"?email={email}" if email else "")


def test_the_composers_warning_leads_to_the_correction_and_back(desk: Desk, ticket: Ticket) -> None:
    mark_undeliverable("dana@acme.example", by=SystemActor("test"), at=WHEN, code="5.1.1")
    browser = desk.browser(desk.mara)
    band = html_of(browser.get(url_of(ticket))).split('id="composer-reply-band"')[1].split("</div>")[0]
    assert f'<a href="{address_page(desk, ticket)}">Correct the address</a>' in band
    html = html_of(browser.get(address_page(desk, ticket)))
    assert "came back on" in html
    values = {"email": "dana.roth@acme.example", "version": desk.dana.version + 1, "ticket": ticket.reference}
    saved = browser.post(address_page(desk), values)
    assert (saved.status_code, saved["Location"]) == (302, f"{url_of(ticket)}?compose=reply")
    page = html_of(browser.get(saved["Location"]))
    assert "dana.roth@acme.example" in page
    assert "came back on" not in page


def test_from_the_customers_page_the_way_leads_back_there(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.lea)
    assert f'href="{address_page(desk)}"' in html_of(browser.get(f"/customers/{desk.dana.pk}/"))
    assert f'href="{address_page(desk)}"' in html_of(browser.get(f"/customers/{desk.dana.pk}/edit/"))
    saved = browser.post(address_page(desk), {"email": "dana.roth@acme.example"})
    assert saved["Location"] == f"/customers/{desk.dana.pk}/"


def test_whose_address_it_is_is_said_with_a_way_to_make_them_the_requester(desk: Desk, ticket: Ticket) -> None:
    other = ContactFactory(first_name="Dan", last_name="Roth", email="dan@acme.example", company=desk.company)
    browser = desk.browser(desk.mara)
    refused = browser.post(address_page(desk), {"email": "Dan@acme.example", "ticket": ticket.reference})
    html = html_of(refused)
    assert (refused.status_code, "Dan Roth has the address Dan@acme.example already" in html) == (409, True)
    assert f'<a href="/customers/{other.pk}/">Look at Dan Roth</a>' in html
    way = f"/t/{ticket.reference}/requester/?email=dan%40acme.example"
    assert f'<a href="{way}">Make Dan Roth the requester of {ticket.reference}</a>' in html
    assert "Make Dan Roth the requester" in html_of(browser.get(way))


def test_a_ticket_out_of_sight_is_no_way_back(desk: Desk, ticket: Ticket) -> None:
    hidden = TicketFactory(team=desk.other_team, requester=desk.dana, owner=desk.nina)
    browser = desk.browser(desk.mara)
    html = html_of(browser.get(address_page(desk, hidden)))
    assert f'value="{hidden.reference}"' not in html
    assert f'href="/t/{hidden.reference}/' not in html
    values = {"email": "d@acme.example", "ticket": hidden.reference}
    assert browser.post(address_page(desk), values)["Location"] == f"/customers/{desk.dana.pk}/"


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        ({"email": "dana"}, 400, "Enter a valid email address."),
        ({"email": "support@desk.test"}, 409, "support@desk.test is a mailbox of ours"),
        ({"email": "d@other.example"}, 409, "d@other.example is an address of Other AG, but Dana Roth belongs to Acme"),
        ({"email": "d@acme.example", "version": 99}, 409, "changed"),
    ],
)
def test_a_refused_correction_shows_the_form_again(
    desk: Desk, ticket: Ticket, values: dict[str, object], status: int, words: str
) -> None:
    MailboxFactory(address="support@desk.test", team=desk.team)
    CompanyFactory(name="Other AG", domains=["other.example"])
    refused = desk.browser(desk.mara).post(address_page(desk), values)
    html = html_of(refused)
    assert (refused.status_code, words in html, 'name="email"' in html) == (status, True, True)


def test_the_change_is_shown_before_it_is_made(desk: Desk, ticket: Ticket) -> None:
    ContactFactory(first_name="Eva", last_name="Lind", email="eva@acme.example", company=desk.company)
    reply_to_customer(ticket.pk, by=desk.mara, body_text="Is it on?")
    browser = desk.browser(desk.mara)
    assert requester_page(ticket) in html_of(browser.get(url_of(ticket)))
    shown = html_of(browser.get(requester_page(ticket, "eva@acme.example")))
    for words in (
        "Replies go to Eva Lind at eva@acme.example from then on.",
        "Dana Roth has written here and goes on taking part",
        "1 reply that has not been sent yet is taken back; its text is kept.",
        "Make Eva Lind the requester",
    ):
        assert words in shown
    assert Ticket.objects.get(pk=ticket.pk).requester == desk.dana
    values = {"email": "eva@acme.example", "name": "", "confirmed": "1", "version": str(ticket.version)}
    assert browser.post(requester_page(ticket), values)["Location"] == url_of(ticket)
    page = html_of(browser.get(url_of(ticket)))
    assert "Reply to Eva Lind" in page
    assert "Requester: Dana Roth &lt;dana@acme.example&gt; → Eva Lind &lt;eva@acme.example&gt;" in page


def test_the_preview_counts_what_is_queued_whatever_the_capitals(desk: Desk, ticket: Ticket) -> None:
    Contact.objects.filter(pk=desk.dana.pk).update(email="Dana@acme.example")
    first = reply_to_customer(ticket.pk, by=desk.mara, body_text="Is it on?")
    release_message(first.pk, now=first.release_at)
    Contact.objects.filter(pk=desk.dana.pk).update(email="dana@acme.example")
    shown = html_of(desk.browser(desk.mara).get(requester_page(ticket, "eva@acme.example")))
    assert "1 reply that has not been sent yet is taken back" in shown


def test_a_mailbox_of_ours_is_refused_in_the_preview_and_for_a_caller(desk: Desk, ticket: Ticket) -> None:
    MailboxFactory(address="support@desk.test", team=desk.team)
    browser, words = desk.browser(desk.mara), "support@desk.test is a mailbox of ours"
    shown = html_of(browser.get(requester_page(ticket, "support@desk.test")))
    assert (words in shown, "the requester</span>" in shown) == (True, False)
    values = {"email": "support@desk.test", "team": desk.team.pk, "subject": "Printer", "description": "Off."}
    refused = browser.post("/t/new/", values | {"type": "incident", "priority": "medium"})
    assert (refused.status_code, words in html_of(refused)) == (409, True)


def test_without_the_preview_nothing_is_changed(desk: Desk, ticket: Ticket) -> None:
    answer = desk.browser(desk.mara).post(requester_page(ticket), {"email": "new@acme.example", "name": "New One"})
    html = html_of(answer)
    assert (answer.status_code, "Make New One the requester" in html, "New contact" in html) == (200, True, True)
    assert Ticket.objects.get(pk=ticket.pk).requester == desk.dana


def test_another_customer_is_refused_already_in_the_preview(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    shown = html_of(browser.get(requester_page(ticket, "eve@other.example")))
    assert "belongs to another customer than ticket" in shown
    assert "the requester</span>" not in shown
    values = {"email": "eve@other.example", "confirmed": "1"}
    assert browser.post(requester_page(ticket), values).status_code == 409


def test_what_a_former_requester_writes_is_told_apart(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, requester=ContactFactory(company=None), owner=desk.mara, by=desk.mara)
    former = ticket.requester
    change_requester(ticket.pk, by=desk.mara, email="dana@acme.example")
    record_customer_message(ticket.pk, by=former, message=Message(body_text="Who are you?"))
    assert "Mail of a former requester, stays inside" in html_of(desk.browser(desk.mara).get(url_of(ticket)))


def test_a_composer_opened_for_the_former_requester_sends_nothing(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    form = reply_form(browser, ticket)
    change_requester(ticket.pk, by=desk.mara, email="eva@acme.example", name="Eva Lind")
    refused = browser.post(url_of(ticket, "reply/"), form)
    assert (refused.status_code, "Eva Lind" in html_of(refused)) == (409, True)
    assert not ticket.outbound_messages.exists()


def test_a_former_requesters_link_does_not_speak_for_the_present_one(desk: Desk, ticket: Ticket) -> None:
    resolved = resolve_ticket(ticket.pk, by=desk.mara, code="fixed", note="New roller.")
    former = f"/answer/{sign_answer(resolved, Answer.SOLVED)}/"
    changed = change_requester(ticket.pk, by=desk.mara, email="eva@acme.example")
    browser = desk.browser(desk.jonas)
    assert "Yes, it is solved" not in html_of(browser.get(former))
    assert browser.post(former).status_code == 409
    assert Ticket.objects.get(pk=ticket.pk).status == "resolved"
    assert browser.post(f"/answer/{sign_answer(changed, Answer.SOLVED)}/").status_code == 200
    assert Ticket.objects.get(pk=ticket.pk).status == "closed"


def test_the_way_to_the_correction_costs_the_ticket_page_no_statement(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    before = len(statements_of(browser, url_of(ticket)))
    add_note(ticket.pk, by=desk.jonas, body_text="x")
    mark_undeliverable("dana@acme.example", by=SystemActor("test"), at=WHEN, code="5.1.1")
    assert len(statements_of(browser, url_of(ticket))) == before
