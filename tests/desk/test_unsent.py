"""A reply that no mail server takes: the ticket and the outbox say so and offer its text again, to whoever answers."""

import pytest
from django.utils import timezone

from connectors.base import PartialDeliveryError, PermanentDeliveryError
from connectors.mail.models import Handover
from connectors.mail.services import send_due_mail
from core.events import deliver_due
from notifications.enums import EventType
from notifications.models import Notification
from notifications.wording import describe
from tests.connectors.mail.conftest import FakeTransport
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of, url_of
from tests.factories import AbsenceFactory, TicketFactory
from tests.factories.mail import MailboxFactory
from tickets.enums import OutboundKind, OutboundStatus
from tickets.models import OutboundMessage, Ticket
from tickets.services import NewFile, queue_system_message, release_message, reply_to_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    MailboxFactory(address="support@desk.test", team=desk.team)
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


def is_refused(message: OutboundMessage) -> OutboundMessage:
    send_due_mail(now=timezone.now(), transport=FakeTransport(PermanentDeliveryError("550 no such user")))
    message.refresh_from_db()
    assert message.status == OutboundStatus.FAILED
    return message


def unsent(ticket: Ticket, desk: Desk) -> OutboundMessage:
    """Mara's reply, refused for good."""
    files = [NewFile("plan.txt", b"the plan")]
    reply = reply_to_customer(ticket.pk, by=desk.mara, body_text="Is it on?", cc=["it@acme.example"], files=files)
    release_message(reply.pk, now=reply.release_at)
    return is_refused(reply)


@pytest.mark.parametrize("who", ["mara", "jonas"])
def test_its_entry_offers_its_text_again(desk: Desk, ticket: Ticket, who: str) -> None:
    """To its author, and to the deputy of an author who is away."""
    message = unsent(ticket, desk)
    AbsenceFactory(agent=desk.mara, deputy=desk.jonas)
    browser = desk.browser(getattr(desk, who))
    way_on = f"{url_of(ticket)}?compose=reply&amp;restore={message.pk}"
    html = html_of(browser.get(url_of(ticket)))
    assert "Not sent: 550 no such user" in html
    assert f'<a href="{way_on}">Write again with its text</a>' in html
    restored = html_of(browser.get(way_on.replace("&amp;", "&")))
    for words in ("Is it on?</textarea>", "it@acme.example", "plan.txt"):
        assert words in restored


def test_the_outbox_offers_it_too(desk: Desk, ticket: Ticket) -> None:
    message = unsent(ticket, desk)
    html = html_of(desk.browser(desk.mara).get("/outbox/"))
    assert f'href="{url_of(ticket)}?compose=reply&amp;restore={message.pk}"' in html
    assert "Write again with its text" in html


def test_it_is_offered_to_nobody_else(desk: Desk, ticket: Ticket) -> None:
    message = unsent(ticket, desk)
    html = html_of(desk.browser(desk.jonas).get(f"{url_of(ticket)}?compose=reply&restore={message.pk}"))
    assert "Is it on?</textarea>" not in html


def test_after_an_acknowledgement_that_failed_a_person_writes_words_of_their_own(desk: Desk, ticket: Ticket) -> None:
    message = queue_system_message(ticket.pk, kind=OutboundKind.ACKNOWLEDGEMENT, body_text="We have your request.")
    assert message is not None
    is_refused(message)
    html = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    assert f'<a href="{url_of(ticket)}?compose=reply">Check the address and write again</a>' in html


def test_what_some_have_is_not_said_to_be_unsent(desk: Desk, ticket: Ticket) -> None:
    reply = reply_to_customer(ticket.pk, by=desk.mara, body_text="Is it on?", cc=["it@acme.example"])
    release_message(reply.pk, now=reply.release_at)
    failure = PartialDeliveryError(accepted=["dana@acme.example"], refused={"it@acme.example": "550 no"}, put_off={})
    send_due_mail(now=timezone.now(), transport=FakeTransport(failure))
    html = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    told = "Delivered to dana@acme.example, but not to it@acme.example: it@acme.example: 550 no"
    assert told in html
    assert told in html_of(desk.browser(desk.mara).get("/outbox/"))


def test_the_notice_names_who_got_it_and_who_did_not(desk: Desk, ticket: Ticket) -> None:
    reply = reply_to_customer(ticket.pk, by=desk.mara, body_text="Is it on?", cc=["it@acme.example", "x@acme.example"])
    release_message(reply.pk, now=reply.release_at)
    accepted = ["dana@acme.example", "x@acme.example"]
    failure = PartialDeliveryError(accepted=accepted, refused={"it@acme.example": "550 no"}, put_off={})
    send_due_mail(now=timezone.now(), transport=FakeTransport(failure))
    deliver_due()
    [notice] = Notification.objects.filter(recipient=desk.mara, event_type=EventType.SEND_FAILED)
    assert describe(notice) == (
        f"A message on {ticket.reference} reached dana@acme.example, x@acme.example, but not it@acme.example: "
        "the mail server answered 550"
    )


def test_what_may_have_left_is_not_said_to_be_unsent(desk: Desk, ticket: Ticket) -> None:
    reply = reply_to_customer(ticket.pk, by=desk.mara, body_text="Is it on?")
    release_message(reply.pk, now=reply.release_at)
    OutboundMessage.objects.filter(pk=reply.pk).update(may_have_left=True)
    is_refused(reply)
    deliver_due()
    [notice] = Notification.objects.filter(recipient=desk.mara, event_type=EventType.SEND_FAILED)
    assert describe(notice).startswith(f"A message on {ticket.reference} may not have been sent")
    assert "Perhaps not sent: 550 no such user" in html_of(desk.browser(desk.mara).get(url_of(ticket)))


def test_who_has_it_is_told_however_long_the_refusals_are(desk: Desk, ticket: Ticket) -> None:
    others = [f"person{number}@acme.example" for number in range(9)]
    reply = reply_to_customer(ticket.pk, by=desk.mara, body_text="Is it on?", cc=others)
    release_message(reply.pk, now=reply.release_at)
    refused = dict.fromkeys(others, f"550 {'no ' * 150}")
    failure = PartialDeliveryError(accepted=["dana@acme.example"], refused=refused, put_off={})
    send_due_mail(now=timezone.now(), transport=FakeTransport(failure))
    html = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    assert f"Delivered to dana@acme.example, but not to {', '.join(others)}: person0" in html


def test_a_servers_own_words_are_not_taken_for_who_has_it(desk: Desk, ticket: Ticket) -> None:
    reply = reply_to_customer(ticket.pk, by=desk.mara, body_text="Is it on?")
    release_message(reply.pk, now=reply.release_at)
    words = "554 no. Delivered to: nobody@acme.example."
    send_due_mail(now=timezone.now(), transport=FakeTransport(PermanentDeliveryError(words)))
    for url in (url_of(ticket), "/outbox/"):
        assert f"Not sent: {words}" in html_of(desk.browser(desk.mara).get(url))


def test_who_has_it_costs_no_statement(desk: Desk, ticket: Ticket) -> None:
    def costs() -> list[int]:
        return [len(statements_of(desk.browser(desk.mara), url)) for url in (url_of(ticket), "/outbox/")]

    failure = PartialDeliveryError(accepted=["dana@acme.example"], refused={"it@acme.example": "550 no"}, put_off={})
    for _number in range(3):
        reply = reply_to_customer(ticket.pk, by=desk.mara, body_text="Is it on?", cc=["it@acme.example"])
        release_message(reply.pk, now=reply.release_at)
        send_due_mail(now=timezone.now(), transport=FakeTransport(failure))
    told = costs()
    assert Handover.objects.count() == 3
    OutboundMessage.objects.update(status=OutboundStatus.SENT)
    assert told == costs()
