"""Mailboxes, people who answer in them, and what customers get of it."""

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message as ParsedMessage
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from accounts.models import Agent
from connectors.mail import maildir
from connectors.mail.models import Mailbox
from tests.factories import AgentFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tests.picture_server import PictureServer, picture_server
from tickets.models import OutboundMessage, Ticket
from tickets.services import accept_ticket, release_message, reply_to_customer


@pytest.fixture
def mailbox() -> Mailbox:
    return MailboxFactory()


@pytest.fixture
def nothing_is_remembered() -> Iterator[None]:
    """Of images and their servers."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def sender(settings: Settings) -> Iterator[PictureServer]:
    """The server of whoever has sent the mail; it stands for one of the public internet."""
    settings.REMOTE_IMAGE_NETWORKS = [ip_network("127.0.0.1/32")]
    with picture_server() as found:
        yield found


@pytest.fixture
def maildirs(settings: Settings, tmp_path: Path) -> Path:
    """What is sent lies in Maildirs below this folder."""
    settings.EMAIL_BACKEND = "connectors.mail.maildir.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    settings.MAIL_ROOT = tmp_path
    return tmp_path


def received_by(address: str) -> list[ParsedMessage]:
    paths = maildir.messages_in(maildir.folder_of(address))
    return [message_from_bytes(path.read_bytes()) for path in paths]


def owned_ticket(mailbox: Mailbox, **mail: str) -> tuple[Ticket, Agent]:
    """A ticket by mail (message id first@customer.test) with its owner."""
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


def released_reply(mailbox: Mailbox, *, text: str = "Is the plug in?", **more: object) -> OutboundMessage:
    """Ann, who owns the ticket of a customer's mail, has answered it, and her undo time is over."""
    incoming = arrive(
        a_mail(message_id="first@customer.test", References="<a@customer.test> <b@customer.test>"), mailbox
    )
    ann = AgentFactory(name="Ann Becker", teams=[mailbox.team])
    accept_ticket(incoming.ticket_id, by=ann)
    message = reply_to_customer(incoming.ticket_id, by=ann, body_text=text, **more)  # type: ignore[arg-type]
    release_message(message.pk, now=message.release_at)
    message.refresh_from_db()
    return message


class FakeTransport:
    """Keeps the contract of `Transport`, and fails as told."""

    def __init__(self, *failures: Exception) -> None:
        self.failures, self.sent = list(failures), []

    def open(self) -> None:
        pass

    def deliver(self, message: object) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message)

    def close(self) -> None:
        pass
