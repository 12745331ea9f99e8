"""Mails as customers write them, and the mailboxes they write to."""

from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from connectors.mail.enums import BrakeKind, Source
from connectors.mail.models import Brake, Mailbox, MailMessage
from connectors.mail.services import take_in
from core.models import new_id
from tests.factories.people import TeamFactory
from tickets.enums import OutboundKind
from tickets.models import Ticket
from tickets.services import queue_system_message

SUPPORT = "support@desk.test"


class MailboxFactory(DjangoModelFactory[Mailbox]):
    class Meta:
        model = Mailbox

    address = SUPPORT
    team = factory.SubFactory(TeamFactory)


class BrakeFactory(DjangoModelFactory[Brake]):
    class Meta:
        model = Brake

    mailbox = factory.SubFactory(MailboxFactory)
    kind = BrakeKind.SENDER
    key = about = "loud@customer.test"
    counted = 60
    window_minutes = 60
    started_at = factory.LazyFunction(timezone.now)
    until = factory.LazyAttribute(lambda brake: brake.started_at + timedelta(minutes=brake.window_minutes))


def a_mail(
    *,
    sender: str = "Dana Roth <dana@customer.test>",
    to: str = SUPPORT,
    subject: str = "Printer is on fire",
    body: str = "It burns since this morning.",
    message_id: str | None = None,
    html: str = "",
    files: dict[str, bytes] | None = None,
    **headers: str,
) -> bytes:
    """Bytes of a mail; `headers` with underscores for hyphens, `message_id=""` for none."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = format_datetime(timezone.now())
    if message_id is None:
        message_id = f"{new_id().hex}@customer.test"
    if message_id:
        mail["Message-ID"] = f"<{message_id}>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(body)
    if html:
        mail.add_alternative(html, subtype="html")
    for name, content in (files or {}).items():
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def our_mail_on(ticket: Ticket) -> str:
    """Message-ID of a mail of ours about the ticket, which its requester has got."""
    sent = queue_system_message(ticket.pk, kind=OutboundKind.ACKNOWLEDGEMENT, body_text="We have it.")
    return str((sent or ticket.outbound_messages.get(kind=OutboundKind.ACKNOWLEDGEMENT)).email_message_id)


def arrive(raw: bytes, mailbox: Mailbox, **more: Any) -> MailMessage:
    """Through the real intake."""
    return take_in(mailbox, raw, provider_id=more.pop("name", new_id().hex), source=Source.POLLED)
