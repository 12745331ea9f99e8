"""From bytes to tickets and entries (acceptance 042-046, 060; rulings 15-18)."""

from email.message import EmailMessage
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from connectors.mail.enums import MailState, Reason, Source
from connectors.mail.models import Mailbox, MailMessage, RawMail
from connectors.mail.selectors import own_addresses
from connectors.mail.services import take_in
from core.events import deliver_due
from core.models import EventDelivery
from sla.services.book import forget_book
from tests.connectors.mail.conftest import answered, owned_ticket
from tests.factories import AgentFactory, CompanyFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tickets.enums import ClosureCode, EntryKind, LinkKind, TicketStatus, Visibility
from tickets.models import OutboundMessage, Ticket, TicketLink, TimelineEntry
from tickets.services import (
    cancel_ticket,
    resolve_ticket,
    wait_for_customer,
)

pytestmark = pytest.mark.django_db


def test_042_new_mail_makes_one_ticket(mailbox: Mailbox) -> None:
    raw = a_mail(
        html="<p>It <b>burns</b></p><script>alert(1)</script>", files={"log.txt": b"smoke"}, message_id="a@c.test"
    )
    message = arrive(raw, mailbox)
    assert (message.state, message.reason) == (MailState.CREATED, Reason.NEW)
    ticket = Ticket.objects.get()
    assert ticket.subject == "Printer is on fire"
    assert ticket.requester.email == "dana@customer.test"
    assert ticket.requester.name == "Dana Roth"
    assert ticket.team == mailbox.team
    assert ticket.reference.startswith("INC-")
    entry = ticket.entries.get()
    assert (entry.kind, entry.visibility) == (EntryKind.EMAIL_INBOUND, Visibility.PUBLIC)
    assert entry.body_text.strip() == "It burns since this morning."
    assert "<b>burns</b>" in entry.body_html
    assert "script" not in entry.body_html
    assert entry.email_message_id == "a@c.test"
    assert [(file.filename, file.size_bytes) for file in entry.attachments.all()] == [("log.txt", 5)]
    assert bytes(RawMail.objects.get().content) == raw
    assert ticket.status == TicketStatus.NEW


def test_a_new_customers_mail_costs_six_statements(mailbox: Mailbox, settings: Any) -> None:
    """The wait for the disk, raw bytes, ledger row, what is known of it, what its brakes count, all that it makes."""
    settings.SLA_BOOK_SECONDS = 3600  # as in life: what is promised was looked up a moment ago

    def statements(sender: str, **more: Any) -> list[str]:
        own = own_addresses()
        raw = a_mail(sender=sender, files={"log.txt": sender.encode()}, **more)
        with CaptureQueriesContext(connection) as caught:
            take_in(mailbox, raw, provider_id=sender, source=Source.POLLED, own=own)
        return [query["sql"] for query in caught if "SAVEPOINT" not in query["sql"]]

    forget_book()
    statements("warm@customer.test")
    first = statements("new@customer.test")
    assert len(first) == 6
    assert "synchronous_commit = on" in first[0]
    assert "mail_rawmail" in first[1]
    assert "INSERT INTO" in first[-1]
    assert first[-1].count("UPDATE") == first[-1].count("ON CONFLICT") + 1
    assert len(statements("other@customer.test", References="<unknown@customer.test>")) == 7
    message = MailMessage.objects.get(provider_id="new@customer.test")
    assert message.state == MailState.CREATED
    assert (message.ticket.requester.email, message.ticket.requester.history.count()) == ("new@customer.test", 1)
    assert (message.ticket.history.get().reference, message.entry.attachments.count()) == (message.ticket.reference, 1)


def test_what_may_be_no_repeated_contact_is_not_counted_later(mailbox: Mailbox) -> None:
    arrive(a_mail(), mailbox)
    assert not EventDelivery.objects.filter(receiver__endswith="count_first_contact").exists()
    ended = Ticket.objects.get()
    cancel_ticket(ended.pk, by=AgentFactory(teams=[mailbox.team]), code=ClosureCode.WITHDRAWN)
    message = arrive(a_mail(subject=f"Again [{ended.reference}]"), mailbox)
    assert message.ticket.follow_up_of == ended
    assert EventDelivery.objects.filter(receiver__endswith="count_first_contact").count() == 1


def test_043_reply_by_our_message_id_joins(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    ours = answered(ticket, ann)
    message = arrive(a_mail(subject="something else", In_Reply_To=f"<{ours.email_message_id}>"), mailbox)
    assert (message.state, message.reason, message.ticket) == (MailState.APPENDED, Reason.MESSAGE_ID, ticket)
    assert message.evidence["rule"] == "in_reply_to"
    assert Ticket.objects.count() == 1
    assert ticket.entries.public().order_by("-seq")[0].pk == message.entry_id


def test_043_references_are_read_from_last_to_first(mailbox: Mailbox) -> None:
    arrive(a_mail(message_id="older@customer.test"), mailbox)
    newer = arrive(a_mail(message_id="newer@customer.test"), mailbox)
    message = arrive(a_mail(References="<older@customer.test> <newer@customer.test> <unknown@x.test>"), mailbox)
    assert (message.state, message.ticket) == (MailState.APPENDED, newer.ticket)
    assert message.evidence["matched"] == "newer@customer.test"


def test_043_reference_in_the_subject_joins_for_its_requester(mailbox: Mailbox) -> None:
    ticket, _ann = owned_ticket(mailbox)
    message = arrive(a_mail(subject=f"AW: [{ticket.reference}] Printer"), mailbox)
    assert (message.state, message.reason, message.ticket) == (MailState.APPENDED, Reason.REFERENCE, ticket)
    assert message.evidence["confidence"] == "claimed"


def test_043_reference_in_the_subject_joins_for_a_colleague_of_the_same_company(mailbox: Mailbox) -> None:
    CompanyFactory(domains=["customer.test"])
    ticket, _ann = owned_ticket(mailbox)
    message = arrive(a_mail(sender="bob@customer.test", subject=f"[{ticket.reference}]"), mailbox)
    assert (message.state, message.ticket) == (MailState.APPENDED, ticket)
    assert ticket.participants.get().contact.email == "bob@customer.test"


def test_044_the_same_mail_twice_is_one_entry(mailbox: Mailbox) -> None:
    raw = a_mail()
    first, second = arrive(raw, mailbox), arrive(raw, mailbox)
    assert (second.state, second.duplicate_of, second.ticket) == (MailState.DUPLICATE, first, first.ticket)
    assert TimelineEntry.objects.count() == 1
    assert RawMail.objects.count() == 1


def test_044_copies_that_travelled_differently_are_one_entry(mailbox: Mailbox) -> None:
    raw = a_mail()
    arrive(raw, mailbox)
    copy = arrive(b"Received: from relay.test by mx.test; Mon, 2 Mar 2026 09:00:00 +0000\r\n" + raw, mailbox)
    assert copy.state == MailState.DUPLICATE
    assert Ticket.objects.count() == 1


def test_the_same_file_offered_again_after_a_crash_is_one_ledger_row(mailbox: Mailbox) -> None:
    raw = a_mail()
    first, second = arrive(raw, mailbox, name="1.mail"), arrive(raw, mailbox, name="1.mail")
    assert first == second
    assert second.state == MailState.CREATED


def test_same_message_id_with_other_content_is_another_mail_and_flagged(mailbox: Mailbox) -> None:
    arrive(a_mail(message_id="used@customer.test", body="One"), mailbox)
    second = arrive(a_mail(message_id="used@customer.test", body="Two"), mailbox)
    assert second.state == MailState.CREATED
    assert second.evidence["flags"] == ["message id used by another mail"]
    assert Ticket.objects.count() == 2


def test_several_of_our_addresses_make_one_ticket_for_the_first_in_to(mailbox: Mailbox) -> None:
    network = MailboxFactory(address="network@desk.test")
    raw = a_mail(to="someone@else.test, network@desk.test", Cc=mailbox.address)
    copy, original = arrive(raw, mailbox), arrive(raw, network)
    assert copy.state == MailState.CREATED  # whichever comes first
    assert copy.ticket is not None
    assert copy.ticket.team == network.team
    assert original.state == MailState.DUPLICATE


AUTOMATIC = {
    "out of office": {"subject": "Automatic reply: away", "Auto_Submitted": "auto-replied"},
    "german": {
        "subject": "Abwesenheitsnotiz: Drucker",
        "X_Auto_Response_Suppress": "All",
        "Auto_Submitted": "auto-replied",
    },
}


@pytest.mark.parametrize("headers", AUTOMATIC.values(), ids=AUTOMATIC.keys())
def test_045_automatic_reply_never_creates(mailbox: Mailbox, headers: dict[str, str]) -> None:
    message = arrive(a_mail(**headers), mailbox)
    assert (message.state, message.reason, message.ticket) == (MailState.RECORDED, Reason.AUTO_REPLY, None)
    assert Ticket.objects.count() == 0


def test_045_automatic_reply_is_kept_inside_and_reopens_nothing(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    ours = answered(ticket, ann)
    resolve_ticket(ticket.pk, by=ann, code="fixed", note="New toner.")
    raw = a_mail(subject="Out of office", Auto_Submitted="auto-replied", In_Reply_To=f"<{ours.email_message_id}>")
    message = arrive(raw, mailbox)
    ticket.refresh_from_db()
    assert (message.state, message.ticket) == (MailState.RECORDED, ticket)
    assert message.entry is not None
    assert message.entry.visibility == Visibility.INTERNAL
    assert (ticket.status, ticket.reopen_count) == (TicketStatus.RESOLVED, 0)


def test_045_automatic_reply_does_not_resume_a_waiting_ticket(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    ours = answered(ticket, ann)
    wait_for_customer(ticket.pk, by=ann)
    arrive(a_mail(Auto_Submitted="auto-replied", In_Reply_To=f"<{ours.email_message_id}>"), mailbox)
    ticket.refresh_from_db()
    assert ticket.status == TicketStatus.WAITING_CUSTOMER


def bounce_of(message_id: str) -> bytes:
    return (
        b"From: MAILER-DAEMON@mx.test\r\nTo: support@desk.test\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        b"Message-ID: <dsn@mx.test>\r\nReturn-Path: <>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nThis mail could not be delivered.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n"
        b"Final-Recipient: rfc822; dana@customer.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        b"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <"
        + message_id.encode()
        + b">\r\nSubject: RE\r\n\r\n"
        b"--b--\r\n"
    )


def test_045_bounce_finds_the_ticket_of_the_mail_that_came_back(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    ours = answered(ticket, ann)
    message = arrive(bounce_of(ours.email_message_id), mailbox)
    assert (message.state, message.reason, message.ticket) == (MailState.RECORDED, Reason.BOUNCE, ticket)
    assert Ticket.objects.count() == 1


def test_045_bounce_of_nothing_known_stays_in_the_ledger(mailbox: Mailbox) -> None:
    message = arrive(bounce_of("never@seen.test"), mailbox)
    assert (message.state, message.ticket) == (MailState.RECORDED, None)
    assert Ticket.objects.count() == 0


@pytest.mark.parametrize("status", [TicketStatus.WAITING_CUSTOMER, TicketStatus.RESOLVED])
def test_045_bounce_neither_reopens_nor_resumes(mailbox: Mailbox, status: TicketStatus) -> None:
    ticket, ann = owned_ticket(mailbox)
    ours = answered(ticket, ann)
    if status == TicketStatus.RESOLVED:
        resolve_ticket(ticket.pk, by=ann, code="fixed", note="New toner.")
    else:
        wait_for_customer(ticket.pk, by=ann)
    message = arrive(bounce_of(ours.email_message_id), mailbox)
    ticket.refresh_from_db()
    assert (message.state, message.ticket) == (MailState.RECORDED, ticket)
    assert (ticket.status, ticket.reopen_count) == (status, 0)


def test_bulk_mail_may_create_but_is_not_acknowledged(mailbox: Mailbox) -> None:
    message = arrive(a_mail(sender="monitor@ops.test", Auto_Submitted="auto-generated"), mailbox)
    assert message.state == MailState.CREATED
    assert not EventDelivery.objects.filter(receiver__endswith="acknowledge").exists()


def test_bulk_mail_joins_without_reopening(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    resolve_ticket(ticket.pk, by=ann, code="fixed", note="New toner.")
    message = arrive(a_mail(Precedence="bulk", In_Reply_To="<first@customer.test>"), mailbox)
    ticket.refresh_from_db()
    assert (message.state, ticket.status) == (MailState.APPENDED, TicketStatus.RESOLVED)


def test_046_reference_named_by_a_stranger_makes_a_new_linked_ticket(mailbox: Mailbox) -> None:
    ticket, _ann = owned_ticket(mailbox)
    before = ticket.entries.count()
    message = arrive(a_mail(sender="eve@elsewhere.test", subject=f"RE: [{ticket.reference}] Printer"), mailbox)
    assert (message.state, message.reason) == (MailState.CREATED, Reason.STRANGER)
    assert message.ticket != ticket
    link = TicketLink.objects.get()
    assert (link.from_ticket, link.to_ticket, link.kind) == (message.ticket, ticket, LinkKind.RELATED)
    assert ticket.entries.count() == before


def test_046_the_stranger_gets_to_see_nothing_of_the_thread(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox, subject="Secret merger", body="Room 5 is bugged.")
    answered(ticket, ann)
    message = arrive(a_mail(sender="eve@elsewhere.test", subject=f"[{ticket.reference}]", body="And?"), mailbox)
    deliver_due(limit=1000)
    assert message.ticket is not None
    assert [entry.body_text.strip() for entry in message.ticket.entries.public().filter(kind="email_inbound")] == [
        "And?"
    ]
    (sent,) = OutboundMessage.objects.filter(to_recipients=["eve@elsewhere.test"])
    for secret in ("Secret merger", "bugged", "plug", "dana", ann.name):
        assert secret not in f"{sent.subject} {sent.body_text} {sent.cc_recipients}"


def test_agents_mail_onto_a_ticket_stays_inside(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    answered(ticket, ann)
    wait_for_customer(ticket.pk, by=ann)
    message = arrive(a_mail(sender=ann.email, subject=f"[{ticket.reference}] solved"), mailbox)
    ticket.refresh_from_db()
    assert (message.state, message.reason, message.ticket) == (MailState.RECORDED, Reason.STAFF_MAIL, ticket)
    assert ticket.status == TicketStatus.WAITING_CUSTOMER
    assert message.entry is not None
    assert message.entry.visibility == Visibility.INTERNAL


def test_060_html_is_stored_inert_and_inline_images_keep_their_id(mailbox: Mailbox) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "dana@customer.test", mailbox.address, "Look"
    mail.set_content("Look")
    mail.add_alternative(
        '<p onclick="x()">Look <img src="cid:pic@c"><img src="https://track.test/p.gif"></p><script>x()</script>',
        subtype="html",
    )
    mail.get_payload()[1].add_related(b"\x89PNG\r\n\x1a\n" + bytes(20), "image", "png", cid="<pic@c>")  # type: ignore[union-attr, index]
    entry = arrive(mail.as_bytes(), mailbox).entry
    assert entry is not None
    assert "onclick" not in entry.body_html
    assert "script" not in entry.body_html
    assert ' src="https://track.test' not in entry.body_html
    image = entry.attachments.get()
    assert (image.is_inline, image.content_id, image.content_type) == (True, "pic@c", "image/png")


ABOUT_MACHINES = [
    ("dana@customer.test", "Abwesenheitsnotiz einrichten", "Bitte richten Sie mir die Abwesenheitsnotiz ein."),
    ("dana@customer.test", "Out of office does not work", "My out of office message is not sent to anybody."),
    ("dana@customer.test", "Autoreply for shared mailbox please", "We need an automatic reply on info@."),
    ("dana@customer.test", "Urlaub: Vertretung im Postfach", "Ich bin ab Montag abwesend, Bob braucht Zugriff."),
    ("postmaster@customer.test", "Please change our MX", "User unknown errors since you moved the server."),
    ("postmaster@customer.test", "Mails delayed since Monday", "All mails to you come hours later."),
]


@pytest.mark.parametrize(("sender", "subject", "body"), ABOUT_MACHINES)
@pytest.mark.parametrize("answers", ["", "<elsewhere@customer.test>"])
def test_a_request_about_automatic_mail_is_a_request(
    mailbox: Mailbox, sender: str, subject: str, body: str, answers: str
) -> None:
    more = {"In_Reply_To": answers} if answers else {}
    message = arrive(a_mail(sender=sender, subject=subject, body=body, **more), mailbox)
    assert (message.state, message.reason) == (MailState.CREATED, Reason.NEW)
    assert message.ticket is not None
    assert message.ticket.subject == subject
    assert not message.ticket.outbound_messages.exists()


def test_automatic_reply_by_words_alone_stays_inside_the_ticket_that_it_answers(mailbox: Mailbox) -> None:
    first = arrive(a_mail(message_id="first@customer.test"), mailbox)
    body = "I am out of the office."
    message = arrive(a_mail(subject="Out of office", body=body, In_Reply_To="<first@customer.test>"), mailbox)
    assert (message.state, message.reason, message.ticket) == (MailState.RECORDED, Reason.AUTO_REPLY, first.ticket)
    stranger = a_mail(sender="eve@x.test", subject=f"Out of office [{first.ticket.reference}]", body=body)
    assert arrive(stranger, mailbox).reason == Reason.STRANGER


def test_first_mail_of_a_ticket_is_never_cut(mailbox: Mailbox) -> None:
    body = "See below.\n\nOn Mon, 3 Nov 2025 at 10:00, Bob Roth <bob@x.test> wrote:\n> The printer burns.\n"
    first = arrive(a_mail(subject="Re: Printer", body=body, In_Reply_To="<foreign@x.test>"), mailbox)
    assert (first.state, first.reply_text) == (MailState.CREATED, "")
    second = arrive(a_mail(subject="Re: Printer", body=body, In_Reply_To=f"<{first.message_id}>"), mailbox)
    assert (second.state, second.reply_text) == (MailState.APPENDED, "See below.")
