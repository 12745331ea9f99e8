"""Mails of envelopes: what their people write lands there, all else stays inside, and no customer gets a word of it."""

from email import message_from_bytes
from email.message import EmailMessage

import pytest
from django.test import Client

from accounts.models import Agent
from connectors.mail.enums import MailState, Reason, Source
from connectors.mail.models import MailMessage
from connectors.mail.services import send_due_mail
from connectors.mail.services.intake import process, receive
from core.errors import Invalid
from desk.selectors import badges
from envelopes import services
from envelopes.mail_tokens import envelopes_in, token_of
from envelopes.selectors import entries_of
from tests.api.conftest import signed_in
from tests.connectors.mail.conftest import answered, received_by
from tests.connectors.mail.envelope_mail import (
    DANA,
    MARA,
    NINA,
    NOAH,
    VERA,
    Desk,
    a_desk,
    address_of,
    told,
    words_in,
)
from tests.connectors.mail.test_threading_properties import thread_index
from tests.factories import ContactFactory, EnvelopeFactory
from tests.factories.mail import a_mail, arrive
from tickets.enums import EntryKind, OutboundStatus
from tickets.errors import TooLateToUndo
from tickets.models import OutboundMessage, Ticket, TimelineEntry
from tickets.selectors import attachments_visible_to, messages_in_hand_of, outbox_of, timeline_of
from tickets.services import add_participants, cancel_ticket, reply_to_customer

pytestmark = pytest.mark.django_db
FAILED = "mx.desk.test; dkim=none; dmarc=fail header.from=vendor.test"


@pytest.fixture
def desk(db: None) -> Desk:
    return a_desk()


# To the vendor


def test_a_mail_to_the_vendor_is_held_then_posted_and_tells_nothing_of_the_ticket(desk: Desk) -> None:
    held = services.write_to_vendor(
        desk.vendor.pk, by=desk.owner, body_text="Which firmware is it?", subject="Switch 7"
    )
    assert (held.status, held.to_recipients, words_in(desk.vendor)) == (OutboundStatus.HELD, [VERA], [])
    message = desk.to_vendor()
    assert (message.status, words_in(desk.vendor)) == (OutboundStatus.QUEUED, ["Which firmware is it?"])
    assert desk.now(desk.vendor).awaiting == "expert"
    mail = desk.as_sent(message)
    assert (mail.subject, mail.to, mail.cc) == (f"Switch 7 [{token_of(desk.vendor.pk)}]", [VERA], [])
    assert (mail.from_email, mail.reply_to) == ("Mara Weiss <support@desk.test>", [address_of(desk.vendor)])
    assert mail.body == f"Which firmware is it?\n\n-- \n{token_of(desk.vendor.pk)}"
    whole = mail.message().as_string()
    for secret in (desk.ticket.reference, desk.ticket.subject, DANA, "Dana", "first@customer.test", "It burns"):
        assert secret not in whole
    assert desk.ours.email_message_id not in whole


def test_no_list_of_replies_and_no_timeline_shows_a_mail_to_the_vendor(desk: Desk) -> None:
    held = services.write_to_vendor(
        desk.vendor.pk, by=desk.owner, body_text="Which firmware is it?", subject="Switch 7"
    )
    sent = desk.to_vendor()
    for rows in (outbox_of(desk.owner), messages_in_hand_of(desk.owner)):
        assert not {held.pk, sent.pk} & set(rows.values_list("pk", flat=True))
    page = timeline_of(desk.ticket)
    assert list(page.held) == []
    assert "firmware" not in "".join(entry.body_text for entry in page.entries)
    browser = Client()
    browser.force_login(desk.mate.user, backend="accounts.auth.AgentBackend")
    shown = browser.get(f"/t/{desk.ticket.reference}/").content.decode()
    assert ("firmware" in shown, "vera@" in shown) == (False, False)


def test_the_conversation_goes_on_under_its_own_ids(desk: Desk) -> None:
    first = desk.to_vendor()
    desk.comes(VERA, to=address_of(desk.vendor), body="It is 1.2", message_id="one@vendor.test")
    desk.comes(NINA, to=address_of(desk.inside), body="Look at port 3", message_id="aside@desk.example")
    second = desk.as_sent(desk.to_vendor("And the other?", subject=""))
    headers = second.message()
    assert second.subject == f"RE: Switch 7 [{token_of(desk.vendor.pk)}]"
    assert headers["In-Reply-To"] == "<one@vendor.test>"
    thread = f"<{token_of(desk.vendor.pk)}@desk.test>"
    assert headers["References"].split()[1:] == [f"<{first.email_message_id}>", "<one@vendor.test>"]
    assert headers["References"].split()[0].startswith(thread.partition("@")[0])


def test_an_answer_to_the_customer_tells_nothing_of_the_vendor(desk: Desk) -> None:
    message = desk.to_vendor()
    desk.comes(VERA, to=address_of(desk.vendor), body="It is 1.2", message_id="one@vendor.test")
    reply = desk.as_sent(answered(desk.ticket, desk.owner)).message().as_string()
    for secret in (VERA, "vendor", "1.2", "firmware", message.email_message_id, token_of(desk.vendor.pk)):
        assert secret not in reply


def test_it_is_taken_back_by_its_author_and_dropped_with_the_envelope(desk: Desk) -> None:
    held = services.write_to_vendor(
        desk.vendor.pk, by=desk.owner, body_text="Which firmware is it?", subject="Switch 7"
    )
    before = desk.ticket.entries.count()
    services.undo_vendor_message(held.pk, by=desk.owner)
    other = services.write_to_vendor(desk.vendor.pk, by=desk.noah, body_text="Which port is it?", subject="Switch 7")
    services.cancel_envelope(desk.vendor.pk, by=desk.owner, reason="Solved")
    for message in (held, other):
        message.refresh_from_db()
        assert message.status == OutboundStatus.CANCELLED
    with pytest.raises(TooLateToUndo):
        services.undo_vendor_message(held.pk, by=desk.owner)
    assert words_in(desk.vendor) == []
    assert desk.ticket.entries.main_thread().filter(facts__event="message_cancelled").count() == 0
    assert desk.ticket.entries.count() == before + 1  # that the envelope was withdrawn


def test_a_cancelled_ticket_sends_its_vendor_nothing_more(desk: Desk) -> None:
    held = services.write_to_vendor(
        desk.vendor.pk, by=desk.owner, body_text="Which firmware is it?", subject="Switch 7"
    )
    cancel_ticket(desk.ticket.pk, by=desk.owner, code="withdrawn")
    held.refresh_from_db()
    assert held.status == OutboundStatus.CANCELLED


def test_it_is_sent_by_the_same_worker_and_lies_with_the_vendor_once(desk: Desk, maildirs: object) -> None:
    message = desk.to_vendor()
    assert send_due_mail() == 2  # with the reply to Dana
    message.refresh_from_db()
    assert (message.status, len(received_by(VERA))) == (OutboundStatus.SENT, 1)
    assert received_by(VERA)[0]["Message-ID"] == f"<{message.email_message_id}>"
    assert "firmware" not in str(received_by(DANA)[0])


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (DANA, "belongs to the customer's side"),
        ("colin@customer.test", "belongs to the customer's side"),
        (NINA, "is a colleague's"),
        ("support@desk.test", "support@desk.test"),
        ("vera", "is not an e-mail address"),
    ],
)
def test_what_no_vendor_has_as_address(desk: Desk, address: str, words: str) -> None:
    add_participants(desk.ticket.pk, contacts=[ContactFactory(email="colin@customer.test")], by=desk.owner)
    with pytest.raises(Invalid, match=words):
        services.name_vendor(desk.vendor.pk, by=desk.owner, vendor_addresses=[VERA, address])
    assert desk.now(desk.vendor).vendor_addresses == [VERA]


def test_no_mail_to_a_vendor_who_has_joined_the_customer_or_with_the_customers_reference(desk: Desk) -> None:
    words = {"body_text": f"See [{desk.ticket.reference}]", "subject": "Switch 7"}
    with pytest.raises(Invalid, match="customer's reference"):
        services.write_to_vendor(desk.vendor.pk, by=desk.owner, **words)
    with pytest.raises(Invalid, match="Only help of a vendor"):
        services.write_to_vendor(desk.inside.pk, by=desk.owner, body_text="Hello", subject="Switch 7")
    add_participants(desk.ticket.pk, contacts=[ContactFactory(email=VERA)], by=desk.owner)
    with pytest.raises(Invalid, match="customer's side"):
        services.write_to_vendor(desk.vendor.pk, by=desk.owner, body_text="Hello", subject="Switch 7")
    assert OutboundMessage.objects.filter(kind="vendor").count() == 0


# Into the envelope


def as_attached(raw: bytes) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = VERA, "support@desk.test", "Fwd"
    mail["Message-ID"] = "<fwd@vendor.test>"
    mail.set_content("See the mail attached.")
    mail.add_attachment(message_from_bytes(raw), filename="mail.eml")
    return mail.as_bytes()


@pytest.mark.parametrize("evidence", ["address", "id", "thread", "subject", "text", "file", "received", "conversation"])
def test_an_answer_with_one_piece_of_evidence_is_a_post_and_it_is_the_owners_turn(desk: Desk, evidence: str) -> None:
    sent = desk.as_sent(desk.to_vendor())
    begun = desk.comes(
        VERA, to=address_of(desk.vendor), body="One moment", message_id="one@vendor.test", Thread_Index=thread_index(0)
    )
    assert begun.state == MailState.POSTED
    told(desk.owner)
    wears: dict[str, dict[str, str]] = {
        "address": {"to": sent.reply_to[0]},
        "id": {"In_Reply_To": sent.extra_headers["Message-ID"]},
        "thread": {"References": sent.extra_headers["References"]},
        "subject": {"subject": f"AW: {sent.subject}"},
        "text": {"body": f"It is 1.2\n\n> {sent.body}".replace("\n", "\n> ")},
        "file": {},
        "received": {"References": "<x@relay.test> <one@vendor.test>"},
        "conversation": {"Thread_Index": thread_index(2)},
    }
    if evidence == "file":
        answer = arrive(as_attached(sent.message().as_bytes()), desk.mailbox)
    else:
        answer = desk.comes(VERA, **({"subject": "Firmware", "body": "It is 1.2"} | wears[evidence]))
    assert (answer.state, answer.reason, answer.ticket_id) == (MailState.POSTED, Reason.ENVELOPE, None)
    assert answer.entry_id in entries_of(desk.vendor).values_list("pk", flat=True)
    assert desk.now(desk.vendor).awaiting == "owner"
    for agent in (desk.owner, desk.noah):
        assert told(agent)[-1:] == [f"{VERA} wrote in envelope 2 of {desk.ticket.reference}"]
    assert (Ticket.objects.count(), "1.2" in desk.public_words()) == (1, False)


@pytest.mark.parametrize(("sender", "turn"), [(NINA, "owner"), (MARA, "expert")])
def test_its_experts_and_its_owner_write_by_mail_under_their_address(desk: Desk, sender: str, turn: str) -> None:
    found = desk.comes(sender, to=address_of(desk.inside), body="Look at port 3", subject=f"[{desk.ticket.reference}]")
    assert (found.state, found.reason) == (MailState.POSTED, Reason.ENVELOPE)
    entry = TimelineEntry.objects.get(pk=found.entry_id)
    assert (entry.visibility, entry.kind, entry.author) == ("envelope_only", EntryKind.ENVELOPE_MESSAGE, None)
    assert sender in entry.author_name
    envelope = desk.now(desk.inside)
    assert (envelope.awaiting, envelope.first_expert_response_at is not None) == (turn, sender == NINA)
    assert words_in(desk.vendor) == []


STRANGERS = {
    "a stranger": "eve@elsewhere.test",
    "the customer": f"Dana Roth <{DANA}>",
    "a colleague": "mate@desk.example",
    "the sibling's expert": NOAH,
    "a vendor of another envelope": VERA,
}


@pytest.mark.parametrize("who", STRANGERS)
def test_of_nobody_else_it_is_a_post_and_it_never_leaves_the_inside(desk: Desk, who: str) -> None:
    """With the customer's thread named as surely as the envelope."""
    Agent.objects.filter(pk=desk.mate.pk).update(email="mate@desk.example")
    before = Ticket.objects.get().status
    told(desk.owner)
    found = desk.comes(
        STRANGERS[who],
        to=address_of(desk.inside),
        subject=f"RE: [{desk.ticket.reference}] Printer",
        body="Secret of the envelope",
        In_Reply_To=f"<{desk.ours.email_message_id}>",
    )
    assert (found.state, found.reason, found.ticket_id) == (MailState.RECORDED, Reason.ENVELOPE_STRANGER, None)
    assert words_in(desk.inside) == ["Secret of the envelope"]
    assert "Secret" not in "".join(desk.ticket.entries.main_thread().values_list("body_text", flat=True))
    address = found.from_address
    kept = f"A mail of {address} is kept in envelope 1 of {desk.ticket.reference} and was told to nobody else"
    assert told(desk.owner) == [kept]
    assert (Ticket.objects.get().status, desk.now(desk.inside).awaiting) == (before, "expert")


def test_the_senders_of_a_mail_all_have_to_be_its_people(desk: Desk) -> None:
    found = desk.comes("eve@elsewhere.test", to=address_of(desk.inside), Reply_To=NINA)
    assert (found.state, found.reason) == (MailState.RECORDED, Reason.ENVELOPE_STRANGER)


def test_who_has_left_who_could_not_be_verified_and_what_comes_too_late_is_kept(desk: Desk) -> None:
    spoofed = desk.comes(VERA, to=address_of(desk.vendor), Authentication_Results=FAILED)
    assert (spoofed.state, spoofed.reason) == (MailState.RECORDED, Reason.ENVELOPE_UNVERIFIED)
    services.release_envelope(desk.inside.pk, by=desk.nina, reason="Not my field")
    left = desk.comes(NINA, to=address_of(desk.inside))
    assert (left.state, left.reason) == (MailState.RECORDED, Reason.ENVELOPE_STRANGER)
    services.complete_envelope(desk.vendor.pk, by=desk.noah, summary="New firmware")
    late = desk.comes(VERA, to=address_of(desk.vendor), body="One more thing")
    assert (late.state, late.reason) == (MailState.RECORDED, Reason.ENVELOPE_CLOSED)
    assert words_in(desk.vendor)[-1] == "One more thing"


def test_a_machine_is_kept_in_silence(desk: Desk) -> None:
    told(desk.owner)
    found = desk.comes(VERA, to=address_of(desk.vendor), subject="Out of office", Auto_Submitted="auto-replied")
    assert (found.state, found.reason) == (MailState.RECORDED, Reason.AUTO_REPLY)
    assert (told(desk.owner), desk.now(desk.vendor).awaiting) == ([], "expert")


def test_a_report_about_a_mail_to_the_vendor_is_noted_on_it_and_stands_in_the_envelope(desk: Desk) -> None:
    message = desk.to_vendor()
    report = (
        "From: MAILER-DAEMON@mx.vendor.test\r\nTo: support@desk.test\r\nSubject: Undelivered\r\nReturn-Path: <>\r\n"
        "Message-ID: <bounce@mx.vendor.test>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNobody here.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.vendor.test\r\n\r\n"
        f"Final-Recipient: rfc822; {VERA}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{message.email_message_id}>\r\n\r\n--b--\r\n"
    )
    found = arrive(report.encode(), desk.mailbox)
    assert (found.state, found.reason, found.ticket_id) == (MailState.RECORDED, Reason.BOUNCE, None)
    assert found.entry_id in entries_of(desk.vendor).values_list("pk", flat=True)
    message.refresh_from_db()
    assert message.delivery[VERA]["delivery"] == "undeliverable"


# Beside the envelope


def test_a_vendor_never_comes_to_stand_on_the_customers_thread(desk: Desk) -> None:
    for named in ({"In_Reply_To": f"<{desk.ours.email_message_id}>"}, {"subject": f"[{desk.ticket.reference}] Switch"}):
        found = desk.comes(VERA, body="From the vendor", **named)
        assert (found.state, found.reason) == (MailState.RECORDED, Reason.ENVELOPE_ASIDE)
    assert (Ticket.objects.count(), desk.ticket.participants.count()) == (1, 0)
    assert words_in(desk.vendor) == ["From the vendor"] * 2


def test_an_expert_who_names_the_ticket_is_kept_in_their_envelope(desk: Desk) -> None:
    found = desk.comes(NINA, subject=f"[{desk.ticket.reference}] Printer", body="Port 3 is down")
    assert (found.state, found.reason) == (MailState.RECORDED, Reason.ENVELOPE_ASIDE)
    assert words_in(desk.inside) == ["Port 3 is down"]


def test_a_mail_of_two_envelopes_waits_for_those_who_read_both(desk: Desk) -> None:
    quoted = f"Both\n\n> {token_of(desk.vendor.pk)}"
    found = desk.comes(NINA, to=address_of(desk.inside), body=quoted)
    assert (found.state, found.reason) == (MailState.QUARANTINED, Reason.SEVERAL_ENVELOPES)
    assert (words_in(desk.inside), words_in(desk.vendor)) == ([], [])
    held = "A mail of nina@desk.example about envelope {} of " + desk.ticket.reference + " waits in quarantine"
    assert set(told(desk.owner)) >= {held.format(1), held.format(2)}
    for agent, sees in ((desk.owner, True), (desk.mate, False), (desk.nina, False)):
        seen = MailMessage.objects.visible_to(Agent.objects.get(pk=agent.pk)).filter(pk=found.pk).exists()
        assert (agent.name, seen) == (agent.name, sees)


def test_of_an_envelope_and_one_opened_from_it_the_inner_one_takes_it(desk: Desk) -> None:
    child = EnvelopeFactory(below=desk.inside, assigned_to=desk.noah)
    services.accept_envelope(child.pk, by=Agent.objects.get(pk=desk.noah.pk))
    found = desk.comes(NOAH, to=address_of(child), body=f"Both\n\n> {token_of(desk.inside.pk)}")
    assert (found.state, words_in(desk.inside)) == (MailState.POSTED, [])
    assert found.entry_id in entries_of(child).values_list("pk", flat=True)


def test_the_ledger_shows_such_mail_to_the_envelopes_readers_alone(desk: Desk) -> None:
    posted = desk.comes(VERA, to=address_of(desk.vendor), subject="Secret", message_id="one@vendor.test")
    copy = desk.comes(VERA, to=address_of(desk.vendor), subject="Secret", message_id="one@vendor.test")
    assert copy.state in (MailState.DUPLICATE, MailState.POSTED)
    for agent, status in ((desk.owner, 200), (desk.mate, 404)):
        api = signed_in(Agent.objects.get(pk=agent.pk))
        for row in (posted, copy):
            assert api.get(f"/api/v1/mail/messages/{row.pk}/").status_code == status
            assert api.get(f"/api/v1/mail/messages/{row.pk}/raw/").status_code == status
        assert ("Secret" in api.get("/api/v1/mail/messages/").content.decode()) == (status == 200)
    owner = signed_in(Agent.objects.get(pk=desk.owner.pk))
    moved = owner.post(f"/api/v1/mail/messages/{posted.pk}/move/", {"ticket": desk.ticket.reference}, format="json")
    assert moved.status_code == 409


def test_the_count_of_quarantine_tells_nobody_of_it(desk: Desk) -> None:
    desk.comes(NINA, to=address_of(desk.inside), body=f"> {token_of(desk.vendor.pk)}")
    assert badges(Agent.objects.get(pk=desk.mate.pk)).quarantined == 0


def test_a_token_is_ours_or_none(desk: Desk) -> None:
    token = token_of(desk.inside.pk)
    forged = token[:-2] + ("ab" if token[-2:] != "ab" else "cd")
    assert envelopes_in([f"To: support+{token.upper()}@desk.test"]) == [desk.inside.pk]
    assert envelopes_in([forged, token[:-1], f"x{token}"]) == []
    found = desk.comes(f"Dana Roth <{DANA}>", subject=f"[{forged}] [{desk.ticket.reference}]", body="Still burning")
    assert (found.state, found.ticket_id) == (MailState.APPENDED, desk.ticket.pk)


def test_a_mail_that_cannot_be_processed_waits_for_the_envelopes_readers(desk: Desk) -> None:
    raw = a_mail(sender=VERA, to=address_of(desk.vendor), subject="Secret")
    row = receive(desk.mailbox, raw, provider_id="broken", source=Source.POLLED)
    row.attempts = 6
    assert process(row).reason == Reason.GAVE_UP
    assert not MailMessage.objects.visible_to(desk.mate).filter(pk=row.pk).exists()
    assert MailMessage.objects.visible_to(Agent.objects.get(pk=desk.owner.pk)).filter(pk=row.pk).exists()


def test_files_of_a_mail_in_an_envelope_are_no_files_of_the_ticket(desk: Desk) -> None:
    raw = a_mail(sender=VERA, to=address_of(desk.vendor), files={"log.txt": b"canary"})
    found = arrive(raw, desk.mailbox)
    assert TimelineEntry.objects.get(pk=found.entry_id).attachments.count() == 1
    assert not attachments_visible_to(desk.mate).exists()


def test_a_reply_to_the_customer_is_no_mail_to_a_vendor_that_could_be_taken_back(desk: Desk) -> None:
    with pytest.raises(OutboundMessage.DoesNotExist):
        services.undo_vendor_message(
            reply_to_customer(desk.ticket.pk, by=desk.owner, body_text="It comes.").pk, by=desk.owner
        )
