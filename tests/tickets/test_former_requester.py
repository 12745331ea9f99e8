"""What is on its way to whoever was the requester, or to the address they had, and what comes back from there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent, Company, Contact
from accounts.services import correct_address
from connectors.base import PartialDeliveryError, TransientDeliveryError
from connectors.mail.enums import MailState, Reason
from connectors.mail.errors import AddressIsOurs
from connectors.mail.models import Mailbox
from connectors.mail.services import send_due_mail
from core.events import deliver_due
from notifications.models import Notification
from notifications.wording import describe as told
from tests.connectors.mail.conftest import FakeTransport
from tests.factories import AgentFactory, ApiClientFactory, CompanyFactory, ContactFactory, TicketFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive, our_mail_on
from tickets.enums import EntryKind, OutboundStatus, TicketStatus, Visibility
from tickets.errors import RequesterOfAnotherCustomer
from tickets.models import OutboundMessage, Ticket
from tickets.services import (
    cancel_ticket,
    change_requester,
    create_ticket_for,
    record_customer_message,
    release_message,
    reply_to_customer,
    resolve_ticket,
)
from tickets.services.creation import Message
from tickets.wording import describe

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Company:
    return CompanyFactory(name="Acme GmbH", domains=["acme.example"])


@pytest.fixture
def dana(acme: Company) -> Contact:
    return ContactFactory(first_name="Dana", last_name="Roth", email="Dana@acme.example", company=acme)


@pytest.fixture
def eva(acme: Company) -> Contact:
    return ContactFactory(first_name="Eva", last_name="Lind", email="eva@acme.example", company=acme)


@pytest.fixture
def mara() -> Agent:
    return AgentFactory(name="Mara Weiss")


@pytest.fixture
def mailbox() -> Mailbox:
    return MailboxFactory(address="support@desk.test")


@pytest.fixture
def ticket(dana: Contact, mara: Agent, mailbox: Mailbox) -> Ticket:
    ticket: Ticket = TicketFactory(requester=dana, owner=mara, team=mailbox.team)
    return ticket


def released(ticket: Ticket, by: Agent, *, then: str = "", cc: tuple[str, ...] = ()) -> OutboundMessage:
    reply = reply_to_customer(ticket.pk, by=by, body_text="Which room?", then=then, cc=cc)
    release_message(reply.pk, now=reply.release_at)
    return OutboundMessage.objects.get(pk=reply.pk)


def recipients_of_all_that_leaves() -> list[list[str]]:
    transport = FakeTransport()
    send_due_mail(transport=transport, now=timezone.now() + timedelta(hours=1))
    return [message.recipients() for message in transport.sent]


def lines(ticket: Ticket) -> list[str]:
    return [describe(entry) for entry in ticket.entries.order_by("seq") if describe(entry)]


# What is queued


@pytest.mark.parametrize("was_put_off", [False, True])
def test_a_queued_reply_does_not_reach_the_former_requester(
    ticket: Ticket, eva: Contact, mara: Agent, was_put_off: bool
) -> None:
    reply = released(ticket, mara)
    if was_put_off:
        send_due_mail(transport=FakeTransport(TransientDeliveryError("450 later")))
    change_requester(ticket.pk, by=mara, email=eva.email)
    assert recipients_of_all_that_leaves() == []
    reply.refresh_from_db()
    assert reply.status == OutboundStatus.CANCELLED
    assert lines(ticket).count("A reply was not sent: the ticket has another requester now") == 1


def test_a_queued_reply_does_not_reach_the_old_address(ticket: Ticket, dana: Contact, mara: Agent) -> None:
    released(ticket, mara)
    correct_address(dana.pk, by=mara, email="dana.roth@acme.example")
    deliver_due()
    assert recipients_of_all_that_leaves() == []
    assert "A reply was not sent: the customer's address was corrected" in lines(ticket)


def test_nor_does_the_last_mail_of_an_ended_ticket(ticket: Ticket, dana: Contact, mara: Agent) -> None:
    released(ticket, mara)
    cancel_ticket(ticket.pk, by=mara, code="withdrawn")
    other = TicketFactory(requester=dana, owner=mara)
    correct_address(dana.pk, by=mara, email="dana.roth@acme.example")
    deliver_due()
    assert recipients_of_all_that_leaves() == []
    assert "Address of Dana Roth: Dana@acme.example → dana.roth@acme.example" in lines(other)


def test_a_queued_reply_that_was_dropped_was_no_answer_and_nobody_waits_for_one(
    ticket: Ticket, eva: Contact, mara: Agent
) -> None:
    """Also where a program makes the change; the owner is told then."""
    released(ticket, mara, then="wait_for_customer")
    assert Ticket.objects.get(pk=ticket.pk).status == TicketStatus.WAITING_CUSTOMER
    program = ApiClientFactory(scopes=["tickets:write"], teams=[ticket.team])
    change_requester(ticket.pk, by=program, email=eva.email)
    after = Ticket.objects.get(pk=ticket.pk)
    assert (after.status, after.waiting_since) == (TicketStatus.IN_PROGRESS, None)
    assert (after.first_response_at, after.last_public_reply_at) == (None, None)
    deliver_due()
    notices = [told(row) for row in Notification.objects.filter(recipient=mara)]
    assert f"A reply on {ticket.reference} was not sent: the ticket has another requester now" in notices


def test_a_resolution_mail_is_dropped_without_offering_its_links_again(
    ticket: Ticket, eva: Contact, mara: Agent
) -> None:
    """They speak for the former requester."""
    resolve_ticket(ticket.pk, by=mara, code="fixed", note="New roller.")
    change_requester(ticket.pk, by=mara, email=eva.email)
    assert recipients_of_all_that_leaves() == []
    assert "message" not in ticket.entries.get(facts__event="scheduled_dropped").facts


def test_our_own_words_are_taken_back_without_a_notice(ticket: Ticket, eva: Contact, mara: Agent) -> None:
    our_mail_on(ticket)
    change_requester(ticket.pk, by=mara, email=eva.email)
    deliver_due()
    assert recipients_of_all_that_leaves() == []
    assert not Notification.objects.filter(recipient=mara, event_type="reply_dropped").exists()
    assert [line for line in lines(ticket) if "took a message back" in line] == [
        f"{mara.audit_name} took a message back before it was sent"
    ]


def test_what_is_being_handed_over_or_has_reached_somebody_stays(ticket: Ticket, eva: Contact, mara: Agent) -> None:
    partly = released(ticket, mara, cc=("copy@acme.example",))
    accepted, put_off = ["copy@acme.example"], {"Dana@acme.example": "450"}
    send_due_mail(transport=FakeTransport(PartialDeliveryError(accepted=accepted, refused={}, put_off=put_off)))
    leased = released(ticket, mara)
    leased.start(leased_until=timezone.now() + timedelta(minutes=1))
    leased.save()
    change_requester(ticket.pk, by=mara, email=eva.email)
    for message, status in ((partly, OutboundStatus.QUEUED), (leased, OutboundStatus.SENDING)):
        message.refresh_from_db()
        assert message.status == status


def test_replies_to_others_stay(ticket: Ticket, dana: Contact, eva: Contact, mara: Agent) -> None:
    change_requester(ticket.pk, by=mara, email=eva.email)
    to_eva = released(ticket, mara)
    to_dana = released(TicketFactory(requester=dana, owner=mara), mara)
    correct_address(dana.pk, by=mara, email="dana.roth@acme.example")
    deliver_due()
    for message, status in ((to_eva, OutboundStatus.QUEUED), (to_dana, OutboundStatus.CANCELLED)):
        message.refresh_from_db()
        assert message.status == status


# Other capitals, another company


def test_other_capitals_alone_take_no_reply_back(ticket: Ticket, dana: Contact, mara: Agent) -> None:
    reply = reply_to_customer(ticket.pk, by=mara, body_text="Tomorrow.")
    correct_address(dana.pk, by=mara, email="dana@acme.example")
    deliver_due()
    reply.refresh_from_db()
    assert (reply.status, [line for line in lines(ticket) if "Address" in line]) == (OutboundStatus.HELD, [])


def test_a_ticket_without_company_joins_that_of_its_requester_and_no_other_one(acme: Company, mara: Agent) -> None:
    lone = ContactFactory(first_name="Lone", last_name="Wolf", email="lone@home.test", company=None)
    without, elsewhere = (TicketFactory(requester=lone, owner=mara) for _ in range(2))
    other = CompanyFactory(name="Other AG")
    Ticket.objects.filter(pk=elsewhere.pk).update(company=other)
    correct_address(lone.pk, by=mara, email="lone@acme.example")
    deliver_due()
    for ticket in (without, elsewhere):
        ticket.refresh_from_db()
    assert (without.company, elsewhere.company) == (acme, other)
    assert lines(without)[-1] == "Address of Lone Wolf: lone@home.test → lone@acme.example; Company: – → Acme GmbH"
    newest = without.history.first()
    assert newest is not None
    assert (newest.company_id, newest.actor_name) == (acme.pk, mara.audit_name)


def test_a_ticket_for_a_mailbox_of_ours_is_refused(mailbox: Mailbox, mara: Agent) -> None:
    words = {"team": mailbox.team, "subject": "Printer", "message": Message(body_text="Off.")}
    with pytest.raises(AddressIsOurs):
        create_ticket_for("Support@desk.test", by=mara, **words)
    assert not Contact.objects.filter(email__iexact="support@desk.test").exists()


# What comes back


@pytest.fixture
def mistaken(mara: Agent, mailbox: Mailbox) -> Ticket:
    """Taken by phone for a mistyped address, which got a mail of ours."""
    stranger = ContactFactory(email="typo@x.test", company=None)
    ticket: Ticket = TicketFactory(team=mailbox.team, requester=stranger, owner=mara, by=mara)
    return ticket


def test_an_answer_of_a_former_requester_stays_inside_and_does_nothing(
    mistaken: Ticket, mailbox: Mailbox, mara: Agent
) -> None:
    """By our own Message-ID it belongs to the ticket beyond doubt, and yet it is not the customer's."""
    ours = our_mail_on(mistaken)
    change_requester(mistaken.pk, by=mara, email="dana@customer.test")
    reply = released(mistaken, mara, then="wait_for_customer")
    in_an_hour = timezone.now() + timedelta(hours=1)
    later = reply_to_customer(mistaken.pk, by=mara, body_text="Later.", when="at", send_at=in_an_hour)
    before = Ticket.objects.get(pk=mistaken.pk)
    mail = arrive(a_mail(sender="typo@x.test", In_Reply_To=f"<{ours}>", body="Who are you?"), mailbox)
    later.refresh_from_db()
    after = Ticket.objects.get(pk=mistaken.pk)
    entry = mistaken.entries.latest("seq")
    assert (mail.state, mail.ticket, entry.body_text.strip()) == (MailState.APPENDED, mistaken, "Who are you?")
    assert (entry.visibility, describe(entry)) == (Visibility.INTERNAL, "Mail of a former requester, stays inside")
    assert (after.status, later.status) == (TicketStatus.WAITING_CUSTOMER, OutboundStatus.HELD)
    assert after.last_customer_message_at == before.last_customer_message_at
    assert (after.participants.count(), reply.recipient) == (0, "dana@customer.test")


def test_who_was_the_requester_and_takes_part_still_resumes(ticket: Ticket, eva: Contact, mailbox: Mailbox) -> None:
    """Dana has written; somebody of the same company belongs to the ticket in any case."""
    ours = our_mail_on(ticket)
    mara = ticket.owner
    assert mara is not None
    change_requester(ticket.pk, by=mara, email=eva.email)
    released(ticket, mara, then="wait_for_customer")
    arrive(a_mail(sender="Dana@acme.example", In_Reply_To=f"<{ours}>"), mailbox)
    assert Ticket.objects.get(pk=ticket.pk).status == TicketStatus.IN_PROGRESS
    assert ticket.entries.filter(kind=EntryKind.EMAIL_INBOUND).latest("seq").visibility == Visibility.PUBLIC


def test_a_customers_second_address_still_resumes_by_our_signed_id(mistaken: Ticket, mailbox: Mailbox) -> None:
    mara = mistaken.owner
    assert mara is not None
    reply = released(mistaken, mara, then="wait_for_customer")
    mail = arrive(a_mail(sender="dana@home.test", In_Reply_To=f"<{reply.email_message_id}>"), mailbox)
    assert (mail.reason, Ticket.objects.get(pk=mistaken.pk).status) == (Reason.MESSAGE_ID, TicketStatus.IN_PROGRESS)
    assert [row.contact.email for row in mistaken.participants.all()] == ["dana@home.test"]


def test_what_any_customer_wrote_keeps_a_ticket_without_company_from_others(mistaken: Ticket, mara: Agent) -> None:
    """The requester has not written here, but somebody in copy has."""
    helper, other = (ContactFactory(company=None) for _ in range(2))
    record_customer_message(mistaken.pk, by=helper, message=Message(body_text="It is about my pay."))
    for undeliverable_at in (None, timezone.now()):
        Contact.objects.filter(pk=mistaken.requester_id).update(undeliverable_at=undeliverable_at)
        with pytest.raises(RequesterOfAnotherCustomer):
            change_requester(mistaken.pk, by=mara, email=other.email)
    assert change_requester(mistaken.pk, by=mara, email=helper.email).requester == helper
