"""An address that takes no mail: marked by a sure report, told before the next reply, and how the mark ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.errors import AddressNotEditable
from accounts.models import Contact
from accounts.services import mark_deliverable, mark_undeliverable
from connectors.mail.models import Mailbox
from connectors.mail.services import send_due_mail
from core.actors import SystemActor
from desk.risks import risks_of
from tests.connectors.mail.test_reports import report
from tests.desk.conftest import Desk
from tests.desk.pages import context_in, html_of, reply_form, statements_of, url_of
from tests.factories import AgentFactory, ContactFactory, TicketFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tickets.models import OutboundMessage, Ticket
from tickets.services import release_message, reply_to_customer

pytestmark = pytest.mark.django_db
MTA = SystemActor("test")
WHEN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def mailbox(desk: Desk) -> Mailbox:
    return MailboxFactory(address="support@desk.test", team=desk.team)


@pytest.fixture
def ticket(desk: Desk, mailbox: Mailbox) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


def mark_of(contact: Contact) -> str | None:
    contact.refresh_from_db()
    return contact.undeliverable_code if contact.undeliverable_at else None


def comes_back(
    ticket: Ticket, mailbox: Mailbox, status: str = "5.1.1", *, cc: tuple[str, ...] = (), to: str = "dana@acme.example"
) -> None:
    """A reply has left, and a report of it arrives."""
    message = reply_to_customer(ticket.pk, by=ticket.owner, body_text="Is the plug in?", cc=cc)
    release_message(message.pk, now=message.release_at)
    send_due_mail(now=timezone.now() + timedelta(seconds=1))
    number = OutboundMessage.objects.count()
    arrive(report(message.email_message_id, (to, "failed", status), number=number), mailbox)


@pytest.mark.parametrize(
    ("status", "mark"),
    [
        *((code, code) for code in ("5.1.1", "5.1.10", "5.2.1", "5.2.2")),
        *((code, None) for code in ("4.4.1", "5.0.0", "5.1.8", "5.2.3", "5.3.4", "5.6.0", "5.7.1")),
    ],
)
def test_a_permanent_report_about_the_address_marks_the_contact(
    desk: Desk, ticket: Ticket, mailbox: Mailbox, status: str, mark: str | None
) -> None:
    comes_back(ticket, mailbox, status)
    assert mark_of(desk.dana) == mark


def test_it_marks_the_one_whose_copy_came_back(desk: Desk, ticket: Ticket, mailbox: Mailbox) -> None:
    boss = ContactFactory(email="Boss@acme.example")
    comes_back(ticket, mailbox, cc=("boss@acme.example",), to="boss@acme.example")
    assert (mark_of(boss), mark_of(desk.dana)) == ("5.1.1", None)


def test_the_contact_is_found_by_the_index_of_addresses(desk: Desk) -> None:
    """A look-up that reads every contact would hold up each report."""
    with CaptureQueriesContext(connection) as queries:
        assert mark_undeliverable(" DANA@acme.example ", by=MTA, at=WHEN, code="5.1.1")
    assert mark_of(desk.dana) == "5.1.1"
    look_up = next(query["sql"] for query in queries if "accounts_contact" in query["sql"])
    assert 'LOWER("accounts_contact"."email") =' in look_up


def test_a_report_that_names_no_mail_marks_nobody(desk: Desk, ticket: Ticket, mailbox: Mailbox) -> None:
    message = reply_to_customer(ticket.pk, by=desk.mara, body_text="Is the plug in?")
    release_message(message.pk, now=message.release_at)
    send_due_mail(now=timezone.now() + timedelta(seconds=1))
    arrive(report("", ("dana@acme.example", "failed", "5.1.1")), mailbox)
    message.refresh_from_db()
    assert message.delivery["dana@acme.example"]["delivery"] == "undeliverable"
    assert mark_of(desk.dana) is None


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("5.1.1", "the address does not exist, 5.1.1"),
        ("5.2.2", "the mailbox is full, 5.2.2"),
        ("5.2.1", "the mailbox takes no mail, 5.2.1"),
        ("5.7.26", "their mail server refuses our mail, 5.7.26"),
        ("5.0.0", "their mail server refuses it for good, 5.0.0"),
        ("", "their mail server refuses it for good"),
    ],
)
def test_the_composer_warns_beside_the_recipient_with_reason_and_date(
    desk: Desk, ticket: Ticket, code: str, words: str
) -> None:
    mark_undeliverable("DANA@acme.example", by=MTA, at=WHEN, code=code)
    html = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    band = html.split('id="composer-reply-band"')[1].split("</div>")[0]
    assert f"Mail to this address came back on 2 Mar 2026 ({words})" in band


def test_the_warning_costs_the_page_no_statement(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    before = len(statements_of(browser, url_of(ticket)))
    mark_undeliverable("dana@acme.example", by=MTA, at=WHEN, code="5.1.1")
    assert len(statements_of(browser, url_of(ticket))) == before


def test_the_reply_is_asked_about_once_and_then_sent(desk: Desk, ticket: Ticket) -> None:
    mark_undeliverable("dana@acme.example", by=MTA, at=WHEN, code="5.1.1")
    browser = desk.browser(desk.mara)
    asked = browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket))
    html = html_of(asked)
    assert (asked.status_code, "dana@acme.example: Mail to this address came back" in html) == (409, True)
    values: dict[str, Any] = {"context": context_in(html), "body": "Hello.", "cc": "", "confirmed": "1"}
    assert browser.post(url_of(ticket, "reply/"), values).status_code == 302
    assert OutboundMessage.objects.count() == 1


def test_those_in_copy_are_looked_at_too(desk: Desk, ticket: Ticket) -> None:
    ContactFactory(email="It@acme.example", undeliverable_at=WHEN, undeliverable_code="5.2.2")
    given: dict[str, Any] = {"author": desk.mara, "body": "Hello.", "has_files": False}
    [risk] = risks_of(ticket, cc=["it@ACME.example", "boss@acme.example"], **given)
    assert risk.text.startswith("It@acme.example: Mail to this address came back")
    assert risks_of(ticket, cc=["boss@acme.example"], **given) == []


def test_mail_of_the_address_ends_the_mark(desk: Desk, ticket: Ticket, mailbox: Mailbox) -> None:
    mark_undeliverable("dana@acme.example", by=MTA, at=WHEN, code="5.1.1")
    arrive(a_mail(sender="Mailer <mailer-daemon@acme.example>", Return_Path="<>"), mailbox)
    assert mark_of(desk.dana) == "5.1.1"
    arrive(a_mail(sender="Dana <Dana@Acme.example>", subject="New address book"), mailbox)
    assert mark_of(desk.dana) is None
    assert [row.undeliverable_code for row in desk.dana.history.order_by("history_date")][-2:] == ["5.1.1", ""]


def test_a_person_who_serves_the_contact_clears_it(desk: Desk, ticket: Ticket) -> None:
    mark_undeliverable("dana@acme.example", by=MTA, at=WHEN, code="5.1.1")
    page = f"/customers/{desk.dana.pk}/"
    assert "The address works again" not in html_of(desk.browser(desk.jonas).get(page))
    with pytest.raises(AddressNotEditable):
        mark_deliverable(desk.dana.pk, by=AgentFactory(teams=[desk.team]))
    browser = desk.browser(desk.mara)
    assert "The address works again" in html_of(browser.get(page))
    assert browser.post(f"{page}deliverable/").status_code == 302
    assert mark_of(desk.dana) is None
    assert "came back" not in html_of(browser.get(page))


@pytest.mark.parametrize(("zone", "status"), [("Asia/Tokyo", 302), ("", 302), ("Mars/Olympus", 400)])
def test_the_customers_time_zone_is_edited_by_whoever_corrects_contacts(
    desk: Desk, ticket: Ticket, zone: str, status: int
) -> None:
    values = {"first_name": "Dana", "last_name": "Roth", "tier": "standard", "timezone": zone, "version": 1}
    answer = desk.browser(desk.lea).post(f"/customers/{desk.dana.pk}/edit/", values)
    desk.dana.refresh_from_db()
    assert (answer.status_code, desk.dana.timezone) == (status, zone if status == 302 else "")
