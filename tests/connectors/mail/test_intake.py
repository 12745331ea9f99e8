"""From bytes to tickets and entries (acceptance 042-046, 053, 054, 056, 060; rulings 15-18)."""

import os
from email.message import EmailMessage

import pytest
from django.db import DatabaseError, transaction
from django.db.models import F

from accounts.enums import Role
from accounts.models import Agent, Team
from connectors.mail.enums import MailState, Reason, Source
from connectors.mail.errors import MailNotQuarantined
from connectors.mail.models import BlockedSender, Mailbox, MailMessage, RawMail
from connectors.mail.services import (
    block_sender,
    process,
    process_due,
    receive,
    release_mail,
    retry_mail,
    unblock_sender,
)
from core.errors import NotFound
from core.models import EventDelivery
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, CompanyFactory, TicketFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tickets.enums import EntryKind, LinkKind, TicketStatus, Visibility
from tickets.errors import RoleForbids
from tickets.message_ids import new_message_id
from tickets.models import OutboundMessage, Ticket, TicketLink, TimelineEntry
from tickets.services import (
    accept_ticket,
    cancel_ticket,
    confirm_ticket,
    link_tickets,
    release_message,
    reply_to_customer,
    resolve_ticket,
    wait_for_customer,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox() -> Mailbox:
    return MailboxFactory()


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


def owned_ticket(mailbox: Mailbox, **mail: str) -> tuple[Ticket, Agent]:
    """A ticket by mail (message id first@customer.test) with an owner who has answered."""
    message = arrive(a_mail(message_id="first@customer.test", **mail), mailbox)
    ann = AgentFactory(teams=[mailbox.team])
    accept_ticket(message.ticket_id, by=ann)
    return Ticket.objects.get(pk=message.ticket_id), ann


def answered(ticket: Ticket, by: Agent) -> OutboundMessage:
    """The owner's reply, released."""
    message = reply_to_customer(ticket.pk, by=by, body_text="Is the plug in?")
    release_message(message.pk, now=message.release_at)
    message.refresh_from_db()
    return message


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


def test_bulk_mail_may_create_but_is_not_acknowledged(mailbox: Mailbox) -> None:
    message = arrive(a_mail(sender="monitor@ops.test", Auto_Submitted="auto-generated"), mailbox)
    assert message.state == MailState.CREATED
    assert [row.payload["may_be_answered"] for row in EventDelivery.objects.filter(event="TicketCreated")[:1]] == [
        False
    ]


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


def test_053_customers_answer_resumes_a_waiting_ticket(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    ours = answered(ticket, ann)
    wait_for_customer(ticket.pk, by=ann)
    arrive(a_mail(In_Reply_To=f"<{ours.email_message_id}>"), mailbox)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.owner) == (TicketStatus.IN_PROGRESS, ann)


def test_054_customers_answer_reopens_with_the_same_owner(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    resolve_ticket(ticket.pk, by=ann, code="fixed", note="New toner.")
    message = arrive(a_mail(In_Reply_To="<first@customer.test>"), mailbox)
    ticket.refresh_from_db()
    assert message.state == MailState.APPENDED
    assert (ticket.status, ticket.owner, ticket.reopen_count) == (TicketStatus.IN_PROGRESS, ann, 1)


def test_056_answer_to_a_closed_ticket_makes_a_follow_up_offered_to_the_same_owner(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    resolve_ticket(ticket.pk, by=ann, code="fixed", note="New toner.")
    confirm_ticket(ticket.pk, by=ann)
    message = arrive(a_mail(In_Reply_To="<first@customer.test>"), mailbox)
    assert (message.state, message.reason) == (MailState.CREATED, Reason.FOLLOW_UP)
    assert message.ticket is not None
    assert (message.ticket.follow_up_of, message.ticket.offered_to, message.ticket.owner) == (ticket, ann, None)


def test_answer_to_a_duplicate_goes_to_its_target(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    target = TicketFactory(team=mailbox.team, owner=ann)
    link_tickets(ticket.pk, to=target, kind=LinkKind.DUPLICATE_OF, by=ann)
    cancel_ticket(ticket.pk, by=ann, code="duplicate")
    message = arrive(a_mail(In_Reply_To="<first@customer.test>"), mailbox)
    assert (message.state, message.ticket) == (MailState.APPENDED, target)


def test_answer_to_spam_goes_to_quarantine_and_to_a_withdrawn_one_makes_a_follow_up(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    cancel_ticket(ticket.pk, by=ann, code="spam")
    message = arrive(a_mail(In_Reply_To="<first@customer.test>"), mailbox)
    assert (message.state, message.reason) == (MailState.QUARANTINED, Reason.SPAM_TICKET)
    other = arrive(a_mail(message_id="other@customer.test"), mailbox)
    cancel_ticket(other.ticket_id, by=ann, code="withdrawn")
    message = arrive(a_mail(In_Reply_To="<other@customer.test>"), mailbox)
    assert (message.state, message.reason) == (MailState.CREATED, Reason.FOLLOW_UP)


def test_blocked_sender_goes_to_quarantine_until_unblocked(mailbox: Mailbox) -> None:
    ann = AgentFactory(teams=[mailbox.team])
    block_sender("Dana@Customer.test", by=ann, reason="spam")
    message = arrive(a_mail(), mailbox)
    assert (message.state, message.reason) == (MailState.QUARANTINED, Reason.BLOCKED_SENDER)
    assert Ticket.objects.count() == 0
    assert unblock_sender("dana@customer.test", by=ann)
    assert arrive(a_mail(body="again"), mailbox).state == MailState.CREATED
    rows = BlockedSender.history.order_by("history_id").values_list("history_type", "actor_name")
    assert list(rows) == [("+", ann.name), ("-", ann.name)]


def test_mail_in_our_own_name_goes_to_quarantine_and_our_own_mail_is_kept_without_effect(mailbox: Mailbox) -> None:
    message = arrive(a_mail(sender=f"Desk <{mailbox.address}>"), mailbox)
    assert (message.state, message.reason) == (MailState.QUARANTINED, Reason.OWN_ADDRESS)
    message = arrive(a_mail(sender=mailbox.address, message_id=new_message_id()), mailbox)
    assert (message.state, message.reason) == (MailState.RECORDED, Reason.OWN_MAIL)


def test_web_form_in_our_name_counts_for_the_address_to_answer_to(mailbox: Mailbox) -> None:
    message = arrive(a_mail(sender=f"Dana via Form <{mailbox.address}>", Reply_To="dana@customer.test"), mailbox)
    assert message.state == MailState.CREATED
    assert message.ticket is not None
    assert message.ticket.requester.email == "dana@customer.test"


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


HOSTILE = {
    "nothing": (b"", MailState.QUARANTINED, Reason.NO_SENDER),
    "blank lines": (b"\r\n\r\n\r\n", MailState.QUARANTINED, Reason.NO_SENDER),
    "binary": (bytes(range(256)) * 50, MailState.QUARANTINED, Reason.NO_SENDER),
    "only a sender": (b"From: a@b.test\r\n\r\n", MailState.CREATED, Reason.NEW),
    "nul bytes": (b"From: a@b.test\r\nSubject: a\x00b\r\n\r\n\x00\x00text", MailState.CREATED, Reason.NEW),
    "lone surrogate": (b"From: a@b.test\r\nSubject: =?utf-8?q?=ED=A0=80?=\r\n\r\nx", MailState.CREATED, Reason.NEW),
    "injection": (
        b"From: a@b.test\r\nSubject: =?utf-8?q?a=0D=0ABcc=3A_x=40y?=\r\n\r\nx",
        MailState.CREATED,
        Reason.NEW,
    ),
    "long id": (
        b"From: a@b.test\r\nMessage-ID: <" + b"\xc3\xa4" * 5000 + b"@x>\r\n\r\nx",
        MailState.CREATED,
        Reason.NEW,
    ),
    "long address": (b"From: " + b"a" * 2000 + b"@b.test\r\n\r\nx", MailState.QUARANTINED, Reason.NO_SENDER),
    "deep": (
        b"From: a@b.test\r\n"
        + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(200)),
        MailState.QUARANTINED,
        Reason.OVER_LIMIT,
    ),
}


@pytest.mark.parametrize(("raw", "state", "reason"), HOSTILE.values(), ids=HOSTILE.keys())
def test_every_mail_ends_stored_with_an_outcome(mailbox: Mailbox, raw: bytes, state: str, reason: str) -> None:
    message = arrive(raw, mailbox)
    assert (message.state, message.reason) == (state, reason)
    assert bytes(message.raw.content) == raw


def test_mail_of_thirty_megabytes_is_ordinary(mailbox: Mailbox) -> None:
    message = arrive(a_mail(files={"film.bin": os.urandom(22 * 1024 * 1024)}), mailbox)
    assert message.state == MailState.CREATED
    assert message.raw.size_bytes > 30_000_000
    assert message.entry is not None
    assert message.entry.attachments.get().size_bytes == 22 * 1024 * 1024


def test_mail_beyond_the_limit_is_stored_in_quarantine(mailbox: Mailbox) -> None:
    raw = a_mail(files={"film.bin": bytes(27 * 1024 * 1024)})
    message = arrive(raw, mailbox)
    assert (message.state, message.reason, message.detail) == (MailState.QUARANTINED, Reason.OVER_LIMIT, "raw size")
    assert message.raw.size_bytes == len(raw)
    assert message.subject == "Printer is on fire"


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


def test_refused_request_is_kept_in_quarantine_with_its_reason(mailbox: Mailbox) -> None:
    """The addressed team takes no tickets any more between the look-up and the creation."""
    message = receive(mailbox, a_mail(), provider_id="1", source=Source.POLLED)
    Team.objects.filter(pk=mailbox.team_id).update(is_active=False)
    message = process(MailMessage.objects.get(pk=message.pk))
    assert (message.state, message.reason) == (MailState.QUARANTINED, Reason.REFUSED)
    assert message.from_address == "dana@customer.test"


def test_a_mail_that_keeps_breaking_its_worker_goes_to_quarantine(mailbox: Mailbox) -> None:
    message = receive(mailbox, a_mail(), provider_id="1", source=Source.POLLED)
    now = message.leased_until
    for _attempt in range(5):
        MailMessage.objects.filter(pk=message.pk).update(leased_until=None, attempts=F("attempts") + 1)
    assert process_due(now=now) == 1
    message.refresh_from_db()
    assert (message.state, message.reason) == (MailState.QUARANTINED, Reason.GAVE_UP)


def test_what_a_dead_worker_left_is_finished_when_its_lease_is_over(mailbox: Mailbox) -> None:
    message = receive(mailbox, a_mail(), provider_id="1", source=Source.POLLED)
    assert process_due() == 0
    assert process_due(now=message.leased_until) == 1
    assert Ticket.objects.count() == 1


def test_supervisor_releases_from_quarantine_and_agent_may_not(mailbox: Mailbox) -> None:
    ann = AgentFactory(teams=[mailbox.team])
    sam = AgentFactory(roles=[Role.SUPERVISOR])
    Team.objects.filter(pk=mailbox.team_id).update(supervisor=sam)
    block_sender("dana@customer.test", by=ann)
    message = arrive(a_mail(), mailbox)
    with pytest.raises(RoleForbids):
        release_mail(message.pk, by=ann)
    with pytest.raises(NotFound):
        release_mail(message.pk, by=AgentFactory(roles=[Role.SUPERVISOR]))
    release_mail(message.pk, by=sam)
    assert process_due() == 1
    message.refresh_from_db()
    assert (message.state, message.released_by) == (MailState.CREATED, sam)
    with pytest.raises(MailNotQuarantined):
        retry_mail(message.pk, by=ann)


def test_raw_mail_and_ledger_cannot_be_rewritten(mailbox: Mailbox) -> None:
    arrive(a_mail(), mailbox)
    with pytest.raises(DatabaseError), transaction.atomic():
        RawMail.objects.update(content=b"")
    with pytest.raises(DatabaseError), transaction.atomic():
        RawMail.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_044_two_workers_with_the_same_mail_make_one_ticket() -> None:
    mailbox = MailboxFactory()
    raw = a_mail()
    outcomes = in_parallel(*(lambda n=n: arrive(raw, mailbox, name=f"{n}.mail") for n in range(6)))
    assert sorted(message.state for message in outcomes) == ["created"] + ["duplicate"] * 5
    assert (Ticket.objects.count(), TimelineEntry.objects.count(), RawMail.objects.count()) == (1, 1, 1)
    assert MailMessage.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_044_two_workers_with_the_same_file_make_one_ledger_row() -> None:
    mailbox = MailboxFactory()
    raw = a_mail()
    in_parallel(*(lambda: arrive(raw, mailbox, name="same.mail") for _worker in range(4)))
    assert (Ticket.objects.count(), MailMessage.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_answers_from_many_workers_all_arrive_in_one_ticket() -> None:
    mailbox = MailboxFactory()
    first = arrive(a_mail(message_id="first@customer.test"), mailbox)
    mails = [a_mail(body=f"More {n}", In_Reply_To="<first@customer.test>") for n in range(5)]
    outcomes = in_parallel(*(lambda raw=raw: arrive(raw, mailbox) for raw in mails))
    assert [message.state for message in outcomes] == ["appended"] * 5
    assert TimelineEntry.objects.filter(ticket=first.ticket).count() == 6
