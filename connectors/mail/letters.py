"""Mails of an envelope: what tells that they belong to it, and nothing that tells of its ticket.

Whatever goes out of an envelope by mail, to a vendor or to an expert, carries the envelope's signed word in four places
(`envelopes.mail_tokens`); none of the customer's ids, references or words is part of it.
"""

from uuid import UUID

from connectors.mail.bounce_address import MAX_LOCAL_PART
from connectors.mail.models import Mailbox
from envelopes.mail_tokens import thread_id_of, token_of
from envelopes.models import Envelope
from envelopes.selectors import entries_of
from envelopes.services.mail import POSTED
from tickets.enums import ASIDE, OutboundStatus
from tickets.models import OutboundMessage

MAX_REFERENCES = 20


def of(message: OutboundMessage) -> Envelope | None:
    """The envelope that a mail to a vendor is written out of. Raises Envelope.DoesNotExist for one that has none: such
    a mail must not go out as if it were the customer's.
    """
    return Envelope.objects.get(vendor_messages__outbound=message.pk) if message.kind in ASIDE else None


def subject(message: OutboundMessage, envelope: Envelope | None) -> str:
    return tagged(message.subject, envelope.pk) if envelope else message.subject


def body(message: OutboundMessage, envelope: Envelope | None) -> str:
    return f"{message.body_text}\n\n-- \n{token_of(envelope.pk)}" if envelope else message.body_text


def tagged(text: str, envelope_id: UUID) -> str:
    """A subject that finds the way back to the envelope."""
    return f"{text} [{token_of(envelope_id)}]"


def reply_to(envelope: Envelope, mailbox: Mailbox) -> str:
    """Where answers into the envelope go: the mailbox itself where its server takes no plus addresses."""
    local, _at, domain = mailbox.address.rpartition("@")
    signed = f"{local}+{token_of(envelope.pk)}"
    if not mailbox.takes_plus_addresses or len(signed.encode()) > MAX_LOCAL_PART:
        return mailbox.address
    return f"{signed}@{domain}"


def thread_headers(message: OutboundMessage, envelope: Envelope) -> dict[str, str]:
    """The conversation with the vendor alone: its own id, our mails so far and the vendor's answers."""
    entries = entries_of(envelope).exclude(email_message_id="")
    entries = entries.exclude(outbound_message__status=OutboundStatus.CANCELLED)
    if message.entry is not None:
        entries = entries.filter(seq__lt=message.entry.seq)
    newest = [
        entry
        for entry in entries.order_by("-seq")[: MAX_REFERENCES * 5]
        if "outbound" in entry.facts
        or (entry.facts.get("event") == POSTED and entry.email_from.lower() in envelope.vendor_addresses)
    ]
    chain = [thread_id_of(envelope.pk), *(entry.email_message_id for entry in newest[: MAX_REFERENCES - 1][::-1])]
    usable = [found for found in chain if "<" not in found and ">" not in found and " " not in found]
    answered = next((entry.email_message_id for entry in newest if entry.email_from), "")
    headers = {"References": " ".join(f"<{found}>" for found in usable)}
    return headers | ({"In-Reply-To": f"<{answered}>"} if answered in usable else {})
