"""The mail behind an outbox row: who it is from, what it continues, what it carries (email.md section 16)."""

import re
from collections.abc import Collection, Sequence
from email.encoders import encode_base64
from email.mime.base import MIMEBase
from email.utils import formataddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.html import linebreaks, urlize

from connectors.mail import letters, selectors
from connectors.mail.bounce_address import bounce_address
from connectors.mail.models import Mailbox
from connectors.mail.parsing import sanitise
from connectors.mail.reply_address import reply_address
from envelopes.models import Envelope
from tickets.enums import OutboundKind
from tickets.models import Attachment, OutboundMessage

AUTOMATIC = (OutboundKind.ACKNOWLEDGEMENT, OutboundKind.INTRODUCTION, OutboundKind.REMINDER)
"""Kinds that no person wrote; only these carry the signs of automatic mail (RFC 3834)."""
MAX_REFERENCES = 20
MAX_LINE = 990
"""Bytes of a header line; RFC 5322 allows 998."""
LOOP_HEADER = "X-ITIL-NEXT-Loop"
HOPS = 1
"""What carries the header is never answered automatically, so a second hop does not come to be."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_MESSAGE_ID = re.compile(r"[!-;=?-~]{3,250}")


class UnfoldedMail(EmailMultiAlternatives):
    """A mail whose Message-ID stays on the line of its name: folded before the id it is legal, and often lost."""

    envelope_sender: str | None = None
    """Where mail systems report to; empty: nowhere; None: to whom it is from."""
    settled: Collection[str] = ()
    """Recipients who are in the headers, but not to be sent to: they have the mail already, or never will."""

    def recipients(self) -> list[str]:
        return [address for address in super().recipients() if address not in self.settled]

    def message(self, **options: Any) -> Any:  # Any: Django's own class, a mixin over the standard library's
        message: Any = super().message(**options)
        message.policy = message.policy.clone(max_line_length=MAX_LINE)
        for name, addresses in (("To", self.to), ("Cc", self.cc)):
            if any(map(is_beyond_ascii, addresses)):
                raw = ", ".join(map(one_line, addresses)).encode()
                message.replace_header(name, raw.decode("ascii", "surrogateescape"))
        return message


def is_beyond_ascii(address: str) -> bool:
    """Whether only a server with SMTPUTF8 (RFC 6531) can deliver there; it is written as it is then.

    A domain has a spelling in ASCII, the part before the @ has none: encoded like a name it would be another mailbox.
    """
    return not address.rpartition("@")[0].isascii()


def compose(message: OutboundMessage, mailbox: Mailbox, *, files: Sequence[Attachment] | None = None) -> UnfoldedMail:
    """The mail as it is handed over. Every attempt makes the same one, with the same Message-ID.

    A preview gives the `files` of a message that is not saved yet; else they are the message's own.
    """
    to_vendor = letters.of(message)
    email = UnfoldedMail(
        subject=one_line(letters.subject(message, to_vendor)),
        body=letters.body(message, to_vendor),
        from_email=formataddr((one_line(_sender_name(message, mailbox)), mailbox.address)),
        to=list(message.to_recipients),
        cc=list(message.cc_recipients),
        reply_to=[letters.reply_to(to_vendor, mailbox) if to_vendor else reply_address(message.ticket, mailbox)],
        headers=_headers(message, to_vendor),
    )
    email.envelope_sender = _envelope_sender(message, mailbox)
    email.attach_alternative(_html(message, str(email.body)), "text/html")
    if files is None:
        files = list(Attachment.objects.filter(outbound=message).order_by("created_at", "id"))
    for file in files:
        if file.may_be_served:
            with file.file.open("rb") as content:
                email.attach(_attached(one_line(file.filename), content.read(), file.content_type))
    return email


def _envelope_sender(message: OutboundMessage, mailbox: Mailbox) -> str:
    """An address that finds this very mail again; without one, nobody answers what no person wrote (RFC 3834)."""
    return bounce_address(message, mailbox) or ("" if message.kind in AUTOMATIC else mailbox.address)


def _attached(name: str, content: bytes, content_type: str) -> MIMEBase:
    """A file, byte by byte: as text its line ends would change on the way. A mail in a mail may not be encoded so, and
    travels as a file.
    """
    main, _slash, sub = content_type.partition("/")
    part = MIMEBase(*(("application", "octet-stream") if main in ("message", "multipart") or not sub else (main, sub)))
    part.set_payload(content)
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=name if name.isascii() else ("utf-8", "", name))
    return part


def one_line(text: str) -> str:
    """Text that cannot end a header line or turn its direction."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _sender_name(message: OutboundMessage, mailbox: Mailbox) -> str:
    """The owner's name, also where a deputy wrote; what has no author comes from the mailbox."""
    owner = message.on_behalf_of or message.author
    return owner.name if owner else mailbox.display_name


def _headers(message: OutboundMessage, to_vendor: Envelope | None) -> dict[str, str]:
    thread = letters.thread_headers(message, to_vendor) if to_vendor else _thread_headers(message)
    headers = {"Message-ID": f"<{message.email_message_id}>", **thread}
    if message.kind in AUTOMATIC:
        is_answer = message.kind == OutboundKind.ACKNOWLEDGEMENT and "In-Reply-To" in headers
        headers |= {
            "Auto-Submitted": "auto-replied" if is_answer else "auto-generated",
            "X-Auto-Response-Suppress": "All",
            LOOP_HEADER: f"{settings.MESSAGE_ID_DOMAIN}; {HOPS}",
        }
    return headers


def _thread_headers(message: OutboundMessage) -> dict[str, str]:
    """In-Reply-To and References of the customer's newest mail before this one (RFC 5322 section 3.6.4)."""
    parent = selectors.newest_customer_mail(message.ticket, before=message.entry)
    if parent is None or not _MESSAGE_ID.fullmatch(parent.email_message_id):
        return {}
    references = [found for found in selectors.references_of(parent) if _MESSAGE_ID.fullmatch(found)]
    chain = [*dict.fromkeys(found for found in references if found != parent.email_message_id), parent.email_message_id]
    return {
        "In-Reply-To": f"<{parent.email_message_id}>",
        "References": " ".join(f"<{found}>" for found in chain[-MAX_REFERENCES:]),
    }


def _html(message: OutboundMessage, text: str) -> str:
    if message.body_html:
        return sanitise(message.body_html).html
    return linebreaks(urlize(text, autoescape=True), autoescape=False)
