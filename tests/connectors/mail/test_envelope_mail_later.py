"""Mails of envelopes when something has changed meanwhile: who writes, who works on it, what has left."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent
from connectors.base import PermanentDeliveryError
from connectors.mail.enums import MailState, Reason
from connectors.mail.services import send_due_mail
from core.events import deliver_all
from envelopes import services
from envelopes.models import Envelope
from envelopes.policies import acts_of
from envelopes.selectors import entries_of
from notifications.models import Notification
from notifications.wording import describe
from tests.connectors.mail.conftest import FakeTransport
from tests.connectors.mail.envelope_mail import DANA, MARA, NINA, NOAH, VERA, Desk, a_desk, address_of, told, words_in
from tests.factories import ContactFactory, EnvelopeFactory
from tickets.enums import Delivery
from tickets.models import OutboundMessage
from tickets.services import add_participants, note_delivery, release_message
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: None) -> Desk:
    return a_desk()


def failures(agent: Agent) -> list[str]:
    deliver_all()
    rows = Notification.objects.filter(recipient=agent, event_type="send_failed").order_by("created_at", "id")
    return [describe(row) for row in rows.select_related("recipient", "ticket")]


# Who is a helper


def test_a_vendors_address_is_the_vendors_no_longer_than_their_help(desk: Desk) -> None:
    answer = {"In_Reply_To": f"<{desk.ours.email_message_id}>"}
    services.complete_envelope(desk.vendor.pk, by=desk.noah, summary="New firmware")
    assert desk.comes(VERA, **answer).reason == Reason.ENVELOPE_ASIDE
    Envelope.objects.filter(pk=desk.vendor.pk).update(ended_at=timezone.now() - timedelta(days=31))
    late = desk.comes(VERA, **answer)
    assert (late.state, late.ticket_id) == (MailState.APPENDED, desk.ticket.pk)


def test_whom_the_customers_side_has_taken_in_writes_on_the_ticket(desk: Desk) -> None:
    add_participants(desk.ticket.pk, contacts=[ContactFactory(email=VERA)], by=desk.owner)
    found = desk.comes(VERA, In_Reply_To=f"<{desk.ours.email_message_id}>")
    assert (found.state, found.ticket_id) == (MailState.APPENDED, desk.ticket.pk)


def test_the_customer_who_answers_everybody_does_not_take_the_vendor_in(desk: Desk) -> None:
    answer = {"In_Reply_To": f"<{desk.ours.email_message_id}>", "Cc": f"{VERA}, colin@customer.test"}
    assert desk.comes(f"Dana Roth <{DANA}>", **answer).state == MailState.APPENDED
    people = desk.ticket.participants.values_list("contact__email", flat=True)
    assert list(people) == ["colin@customer.test"]
    assert desk.writes_to_vendor().to_recipients == [VERA]


# Whether anybody works on it


def test_what_nobody_works_on_takes_no_posts(desk: Desk) -> None:
    asked = EnvelopeFactory(ticket=desk.ticket, kind="external_vendor", vendor_addresses=[VERA], is_blocking=False)
    personal = EnvelopeFactory(ticket=desk.ticket, assigned_to=desk.nina, is_blocking=False)
    services.decline_envelope(personal.pk, by=desk.nina, reason="No time")
    assert desk.now(personal).status in ("pending", "declined")
    for envelope, sender in ((asked, VERA), (personal, MARA)):
        turn = desk.now(envelope).awaiting
        found = desk.comes(sender, to=address_of(envelope), body="Hello")
        assert (found.state, found.reason) == (MailState.RECORDED, Reason.ENVELOPE_WAITING)
        assert (words_in(envelope)[-1], desk.now(envelope).awaiting) == ("Hello", turn)
        assert f"A mail of {sender} is kept in envelope {envelope.number} of" in told(desk.owner)[-1]


def test_whether_it_is_a_post_is_decided_under_the_envelopes_lock(desk: Desk) -> None:
    words = Message(body_text="Port 3")

    def post(sender: str) -> str:
        taken = services.post_mail(desk.inside.pk, senders=[sender], sender=sender, message=words)
        assert taken.entry.pk in entries_of(desk.inside).values_list("pk", flat=True)
        return taken.why

    assert (post(NINA), desk.now(desk.inside).awaiting) == ("", "owner")
    assert (post(DANA), post(MARA), desk.now(desk.inside).awaiting) == ("envelope_stranger", "", "expert")
    services.complete_envelope(desk.inside.pk, by=desk.nina, summary="Port 3 was down")
    assert post(NINA) == "envelope_closed"


# Mails to the vendor


def test_who_reads_the_thread_learns_that_a_mail_to_the_vendor_failed(desk: Desk) -> None:
    message = services.write_to_vendor(desk.vendor.pk, by=desk.noah, body_text="Which port?", subject="Switch 7")
    release_message(message.pk, now=message.release_at)
    services.release_envelope(desk.vendor.pk, by=desk.noah, reason="Not my field")
    services.accept_envelope(desk.vendor.pk, by=desk.nina)
    OutboundMessage.objects.filter(pk=desk.ours.pk).update(status="sent", next_attempt_at=None)
    send_due_mail(now=message.release_at, transport=FakeTransport(PermanentDeliveryError("550 no")))
    said = (
        f"A message on {desk.ticket.reference} was not sent: the mail server answered 550"
        f" (envelope {desk.vendor.number})"
    )
    assert (failures(desk.owner), failures(desk.nina), failures(desk.noah)) == ([said], [said], [])


def test_who_reads_the_thread_learns_that_a_mail_did_not_reach_the_vendor(desk: Desk) -> None:
    message = services.write_to_vendor(desk.vendor.pk, by=desk.noah, body_text="Which port?", subject="Switch 7")
    release_message(message.pk, now=message.release_at)
    note_delivery(message.pk, addresses=[VERA], delivery=Delivery.UNDELIVERABLE, at=timezone.now(), code="5.1.1")
    said = f"A message on {desk.ticket.reference} did not reach {VERA} (envelope {desk.vendor.number})"
    assert (failures(desk.owner), failures(desk.noah), failures(desk.mate)) == ([said], [said], [])


def undone(desk: Desk) -> list[str]:
    rows = entries_of(desk.vendor).filter(facts__event="envelope_mail_undone")
    return [entry.facts["subject"] for entry in rows]


def test_a_queued_mail_that_is_taken_back_gives_the_turn_back_and_the_thread_says_so(desk: Desk) -> None:
    desk.comes(VERA, to=address_of(desk.vendor), body="Which one?")
    message = desk.to_vendor("The left one")
    assert (message.status, desk.now(desk.vendor).awaiting, undone(desk)) == ("queued", "expert", [])
    services.undo_vendor_message(message.pk, by=desk.owner)
    assert (desk.now(desk.vendor).awaiting, undone(desk)) == ("owner", ["Switch 7"])
    again = desk.as_sent(desk.to_vendor("The right one"))
    assert message.email_message_id not in again.message().as_string()


def test_it_gives_nothing_back_where_somebody_has_written_since(desk: Desk) -> None:
    message = desk.to_vendor()
    services.post_in_envelope(desk.vendor.pk, by=desk.noah, body_text="Ask for the port, too")
    services.undo_vendor_message(message.pk, by=desk.owner)
    assert (desk.now(desk.vendor).awaiting, undone(desk)) == ("owner", ["Switch 7"])


def test_of_a_mail_that_leaves_after_the_seal_the_owner_is_told(desk: Desk) -> None:
    message = services.write_to_vendor(desk.vendor.pk, by=desk.noah, body_text="Thanks, it works", subject="Switch 7")
    services.complete_envelope(desk.vendor.pk, by=desk.noah, summary="New firmware")
    turn = desk.now(desk.vendor).awaiting
    told(desk.owner)
    release_message(message.pk, now=message.release_at)
    assert told(desk.owner) == [f"Noah Beck wrote in envelope 2 of {desk.ticket.reference}"]
    assert (told(desk.noah)[-1:], desk.now(desk.vendor).awaiting, words_in(desk.vendor)) == (
        [],
        turn,
        ["Thanks, it works"],
    )


@pytest.mark.parametrize(("sender", "may"), [(MARA, True), (NOAH, True), (NINA, False)])
def test_naming_the_vendor_is_among_the_steps(desk: Desk, sender: str, may: bool) -> None:
    agent = Agent.objects.get(email=sender)
    asked = EnvelopeFactory(ticket=desk.ticket, kind="external_vendor", is_blocking=False, assigned_to=desk.noah)
    for envelope in (desk.vendor, asked):
        assert ("vendor" in acts_of(agent, desk.now(envelope))) == may
    assert "vendor" not in acts_of(agent, desk.now(desk.inside))
