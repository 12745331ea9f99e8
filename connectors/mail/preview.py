"""Exactly who will receive what from which address: read from the mail that would be handed over."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage as ParsedMessage
from email.parser import BytesParser
from email.policy import SMTPUTF8
from typing import Any

from connectors.mail import selectors
from connectors.mail.composing import compose
from tickets.models import Attachment, OutboundMessage


@dataclass(frozen=True)
class Preview:
    """Header values decoded as mail programs show them, and both bodies."""

    sender: str
    reply_to: str
    to: str
    cc: str
    subject: str
    text: str
    html: str
    files: Sequence[str]


def preview_of(message: OutboundMessage, files: Sequence[Attachment]) -> Preview | None:
    """What `compose` makes of an unsaved message and its files; None without a mailbox to send from."""
    mailbox = selectors.mailbox_for(message.ticket)
    if mailbox is None:
        return None
    return preview_of_mail(compose(message, mailbox, files=files).message().as_bytes())


def preview_of_mail(raw: bytes) -> Preview:
    """A mail as whoever gets it reads it."""
    parsed: Any = BytesParser(policy=SMTPUTF8).parsebytes(raw)
    mail: ParsedMessage = parsed
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    return Preview(
        sender=_shown(mail["From"]),
        reply_to=_shown(mail["Reply-To"]),
        to=_shown(mail["To"]),
        cc=_shown(mail["Cc"]),
        subject=_shown(mail["Subject"]),
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
        files=[part.get_filename() or "" for part in mail.iter_attachments()],
    )


def _shown(value: Any) -> str:
    return str(value) if value is not None else ""
