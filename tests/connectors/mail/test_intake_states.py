"""What a customer's answer does to a ticket that waits, is resolved or has ended (acceptance 053, 054, 056)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from connectors.mail.enums import MailState, Reason
from connectors.mail.models import Mailbox, MailMessage
from core.events import deliver_due
from notifications.models import Notification
from tests.connectors.mail.conftest import answered, owned_ticket
from tests.factories import AgentFactory, TicketFactory
from tests.factories.mail import a_mail, arrive, our_mail_on
from tickets.enums import LinkKind, TicketStatus
from tickets.models import Ticket, TicketLink
from tickets.services import (
    accept_ticket,
    cancel_ticket,
    close_due_tickets,
    confirm_ticket,
    link_tickets,
    resolve_ticket,
    wait_for_customer,
)

pytestmark = pytest.mark.django_db


def test_053_customers_answer_resumes_a_waiting_ticket(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    ours = answered(ticket, ann)
    wait_for_customer(ticket.pk, by=ann)
    arrive(a_mail(In_Reply_To=f"<{ours.email_message_id}>"), mailbox)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.owner) == (TicketStatus.IN_PROGRESS, ann)
    deliver_due(limit=1000)
    assert [note.event_type for note in Notification.objects.filter(recipient=ann)] == ["customer_reply"]


def test_054_customers_answer_reopens_with_the_same_owner(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    resolve_ticket(ticket.pk, by=ann, code="fixed", note="New toner.")
    message = arrive(a_mail(In_Reply_To="<first@customer.test>"), mailbox)
    ticket.refresh_from_db()
    assert message.state == MailState.APPENDED
    assert (ticket.status, ticket.owner, ticket.reopen_count) == (TicketStatus.IN_PROGRESS, ann, 1)


FRIDAY_NOON = datetime(2026, 6, 5, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "status", "reason"),
    [
        (timedelta(days=7, seconds=-1), TicketStatus.IN_PROGRESS, Reason.MESSAGE_ID),  # the weekend does not count
        (timedelta(days=7), TicketStatus.CLOSED, Reason.FOLLOW_UP),
    ],
)
def test_054_an_answer_reopens_for_five_business_days_and_then_makes_a_follow_up(
    mailbox: Mailbox, after: timedelta, status: TicketStatus, reason: Reason
) -> None:
    with time_machine.travel(FRIDAY_NOON, tick=False):
        ticket, ann = owned_ticket(mailbox)
        ours = answered(ticket, ann)
        resolve_ticket(ticket.pk, by=ann, code="fixed", note="New toner.")
    with time_machine.travel(FRIDAY_NOON + after, tick=False):
        close_due_tickets(now=timezone.now())
        message = arrive(a_mail(In_Reply_To=f"<{ours.email_message_id}>"), mailbox)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.owner, message.reason) == (status, ann, reason)


def test_056_answer_to_a_closed_ticket_makes_a_follow_up_offered_to_the_same_owner(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    resolve_ticket(ticket.pk, by=ann, code="fixed", note="New toner.")
    confirm_ticket(ticket.pk, by=ann)
    message = arrive(a_mail(In_Reply_To="<first@customer.test>"), mailbox)
    assert (message.state, message.reason) == (MailState.CREATED, Reason.FOLLOW_UP)
    assert message.ticket is not None
    assert (message.ticket.follow_up_of, message.ticket.offered_to, message.ticket.owner) == (ticket, ann, None)
    link = TicketLink.objects.get(from_ticket=message.ticket)
    assert (link.to_ticket, link.kind) == (ticket, LinkKind.FOLLOW_UP_OF)


def test_answer_to_a_duplicate_goes_to_its_target(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    target = TicketFactory(team=mailbox.team, owner=ann)
    link_tickets(ticket.pk, to=target, kind=LinkKind.DUPLICATE_OF, by=ann)
    cancel_ticket(ticket.pk, by=ann, code="duplicate")
    message = arrive(a_mail(In_Reply_To="<first@customer.test>"), mailbox)
    assert (message.state, message.ticket) == (MailState.APPENDED, target)


def test_replies_to_a_closed_ticket_join_the_senders_open_follow_up(mailbox: Mailbox) -> None:
    ann = AgentFactory(teams=[mailbox.team])

    def close(ticket: Ticket) -> None:
        accept_ticket(ticket.pk, by=ann)
        resolve_ticket(ticket.pk, by=ann, code="fixed", note="New toner.")
        confirm_ticket(ticket.pk, by=ann)

    def reply(number: int, sender: str = "dana@customer.test") -> MailMessage:
        return arrive(a_mail(sender=sender, body=f"Again {number}", In_Reply_To=f"<{ours}>"), mailbox)

    first = arrive(a_mail(message_id="first@customer.test"), mailbox)
    assert first.ticket is not None
    ours = our_mail_on(first.ticket)
    close(first.ticket)
    follow_up, second = reply(1), reply(2)
    assert (follow_up.state, follow_up.reason) == (MailState.CREATED, Reason.FOLLOW_UP)
    assert (second.state, second.reason, second.ticket) == (MailState.APPENDED, Reason.FOLLOW_UP, follow_up.ticket)
    other = reply(3, sender="eve@other.test")
    assert (other.state, other.reason) == (MailState.CREATED, Reason.FOLLOW_UP)
    assert follow_up.ticket is not None
    close(follow_up.ticket)
    third, fourth = reply(4), reply(5)
    assert (third.state, third.reason) == (MailState.CREATED, Reason.FOLLOW_UP)
    assert (fourth.state, fourth.ticket) == (MailState.APPENDED, third.ticket)
