"""Replies, notes and what customers write: the hold, its undo, who speaks, what is blanked (acceptance 059)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.enums import Role
from core import events
from core.errors import Invalid
from tests.factories import AbsenceFactory, AgentFactory, ContactFactory, TicketFactory
from tickets.enums import EntryKind, OutboundStatus, TicketStatus
from tickets.errors import (
    NotYourMessage,
    TooLateToUndo,
    UnseenEntries,
    VisibilityFixed,
    WrongTicketContext,
)
from tickets.events import PublicReplyReleased
from tickets.files import inspect, safe_filename
from tickets.models import OutboundMessage, Ticket, TimelineEntry
from tickets.search import search_tickets
from tickets.services import (
    record_customer_message,
    redact_entry,
    release_due_messages,
    reply_to_customer,
    resolve_ticket,
    resume_ticket,
    undo_message,
    wait_for_customer,
)
from tickets.services._common import add_entry
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db


def release(*, after_seconds: int = 60) -> int:
    return release_due_messages(now=timezone.now() + timedelta(seconds=after_seconds))


@pytest.fixture
def owner():
    return AgentFactory()


@pytest.fixture
def ticket(owner):
    return TicketFactory(owner=owner)


def test_a_reply_is_an_entry_only_when_its_hold_ends(ticket, owner) -> None:
    message = reply_to_customer(ticket.pk, by=owner, body_text="Please restart it.")
    assert (message.status, message.entry, message.recipient) == ("held", None, ticket.requester.email)
    assert not ticket.entries.filter(kind=EntryKind.EMAIL_OUTBOUND).exists()
    assert release(after_seconds=9) == 0
    assert release(after_seconds=11) == 1
    assert release(after_seconds=11) == 0
    message = OutboundMessage.objects.get(pk=message.pk)
    ticket.refresh_from_db()
    assert (message.status, message.entry.visibility, message.entry.author) == ("queued", "public", owner)
    assert message.subject == f"RE: [{ticket.reference}] {ticket.subject}"
    assert ticket.first_response_at == ticket.last_public_reply_at == message.released_at


def test_undo_within_the_hold_leaves_nothing_on_the_timeline(ticket, owner) -> None:
    message = reply_to_customer(ticket.pk, by=owner, body_text="To the wrong person")
    with pytest.raises(NotYourMessage):
        undo_message(message.pk, by=AgentFactory(teams=[ticket.team]))
    assert undo_message(message.pk, by=owner).status == OutboundStatus.CANCELLED
    assert release() == 0
    assert not ticket.entries.filter(kind=EntryKind.EMAIL_OUTBOUND).exists()
    with pytest.raises(TooLateToUndo):
        undo_message(message.pk, by=owner)


def test_wrong_recipient_and_unseen_entries_stop_a_reply(ticket, owner) -> None:
    seen = ticket.entries.public().latest("seq").seq
    with pytest.raises(WrongTicketContext):
        reply_to_customer(ticket.pk, by=owner, body_text="x", to_confirm="other@customer.test")
    record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="It works again!"))
    with pytest.raises(UnseenEntries):
        reply_to_customer(ticket.pk, by=owner, body_text="x", last_seen_seq=seen)
    assert not ticket.outbound_messages.exists()


@pytest.mark.parametrize("cc", [["not an address"], ["a@b.test", "x y@z.test"], ["inject@x.test\nBcc: y@z.test"]])
def test_unusable_copies_are_refused(ticket, owner, cc: list[str]) -> None:
    with pytest.raises(Invalid):
        reply_to_customer(ticket.pk, by=owner, body_text="x", cc=cc)
    assert not ticket.outbound_messages.exists()


def test_each_gets_one_mail_however_their_address_is_spelt(ticket, owner) -> None:
    to = ticket.requester.email
    copies = ["Bob@customer.test", to.upper(), " bob@customer.test", to, "eve@customer.test"]
    message = reply_to_customer(ticket.pk, by=owner, body_text="x", cc=copies)
    assert (message.to_recipients, message.cc_recipients) == ([to], ["Bob@customer.test", "eve@customer.test"])


def test_059_a_note_is_never_public(ticket, owner) -> None:
    with pytest.raises(VisibilityFixed):
        add_entry(ticket, EntryKind.NOTE, author=owner, at=timezone.now(), visibility="public", body_text="x")


def test_another_contact_who_writes_takes_part(ticket) -> None:
    boss = ContactFactory()
    record_customer_message(ticket.pk, by=boss, message=Message(body_text="Please hurry."))
    assert [row.contact for row in ticket.participants.all()] == [boss]


def test_a_held_reply_leaves_before_the_resolution_mail(ticket, owner) -> None:
    reply_to_customer(ticket.pk, by=owner, body_text="I have replaced the toner.")
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Toner replaced.")
    kinds = [message.kind for message in ticket.outbound_messages.order_by("entry__seq")]
    assert kinds == ["reply", "resolution"]


def test_a_reply_taken_back_after_its_release_was_no_answer(ticket, owner) -> None:
    message = reply_to_customer(ticket.pk, by=owner, body_text="To the wrong person")
    release()
    undo_message(message.pk, by=owner)
    after = Ticket.objects.get(pk=ticket.pk)
    assert (after.first_response_at, after.last_public_reply_at) == (None, None)


def test_nobody_waits_for_the_answer_to_a_reply_taken_back(ticket, owner) -> None:
    message = reply_to_customer(ticket.pk, by=owner, body_text="Which room?", then="wait_for_customer")
    release()
    assert Ticket.objects.get(pk=ticket.pk).status == TicketStatus.WAITING_CUSTOMER
    undo_message(message.pk, by=owner)
    after = Ticket.objects.get(pk=ticket.pk)
    assert (after.status, after.waiting_since) == (TicketStatus.IN_PROGRESS, None)
    last = ticket.entries.latest("seq")
    assert (last.facts["from"], last.facts["to"], last.author) == ("waiting_customer", "in_progress", owner)


def test_a_ticket_that_waits_for_another_reason_goes_on_waiting(ticket, owner) -> None:
    """Not since the release of the reply that is taken back, but since its owner said so."""
    message = reply_to_customer(ticket.pk, by=owner, body_text="Which room?", then="wait_for_customer")
    release()
    resume_ticket(ticket.pk, by=owner)
    wait_for_customer(ticket.pk, by=owner)
    undo_message(message.pk, by=owner)
    assert Ticket.objects.get(pk=ticket.pk).status == TicketStatus.WAITING_CUSTOMER


def object_to_poison(event: PublicReplyReleased) -> None:
    """Stands for a receiver of a higher app that has a bug."""
    if TimelineEntry.objects.get(pk=event.entry_id).body_text == "Poison":
        raise ZeroDivisionError


def test_one_reply_that_cannot_be_released_does_not_hold_up_the_others(owner, caplog, monkeypatch) -> None:
    others = events._at_once.get(PublicReplyReleased, [])
    monkeypatch.setitem(events._at_once, PublicReplyReleased, [*others, object_to_poison])
    broken, sound = TicketFactory(owner=owner), TicketFactory(owner=owner)
    first = reply_to_customer(broken.pk, by=owner, body_text="Poison")
    second = reply_to_customer(sound.pk, by=owner, body_text="Second")
    assert release() == 1
    statuses = [OutboundMessage.objects.get(pk=message.pk).status for message in (first, second)]
    assert statuses == ["held", "queued"]
    assert "sweep failed at a row" in caplog.text


def test_what_a_deputy_does_is_marked_for_the_owner(ticket, owner) -> None:
    deputy = AgentFactory()
    AbsenceFactory(agent=owner, deputy=deputy)
    resolve_ticket(ticket.pk, by=deputy, code="fixed", note="Toner replaced.")
    entry = ticket.entries.get(kind=EntryKind.STATUS_CHANGE)
    assert (entry.author, entry.on_behalf_of) == (deputy, owner)


def test_an_agent_never_writes_in_the_customers_name() -> None:
    agent = AgentFactory()
    ticket = TicketFactory(by=agent, channel="email")
    entry = ticket.entries.in_order().first()
    assert (entry.author, entry.contact, entry.kind) == (agent, None, "phone_note")


def test_a_redaction_takes_the_copies_with_it(ticket, owner) -> None:
    admin = AgentFactory(roles=[Role.ADMIN])
    entry = record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="My card is 4111xyz"))
    assert search_tickets(owner, "4111xyz").items == [ticket]
    redact_entry(entry.pk, by=admin, reason="Card number")
    redact_entry(entry.pk, by=admin, reason="Card number")
    assert search_tickets(owner, "4111xyz").items == []
    assert search_tickets(owner, "again").items == [ticket]
    assert ticket.entries.filter(facts__event="redacted").count() == 1
    redact_entry(ticket.entries.in_order().first().pk, by=admin, reason="Privacy")
    assert Ticket.objects.get(pk=ticket.pk).description == ""


@pytest.mark.parametrize("name", ["run.bat:", "run.js?", "invoice.pdf.exe", "a\u202etxt.exe", "x.ppsm", "run.exe. . "])
def test_blocked_files_are_known_by_the_name_they_get(name: str) -> None:
    assert inspect(safe_filename(name), b"text").block_reason
    assert inspect(name, b"text").block_reason
