"""Whether the customer may have written what is not on the ticket yet: asked by `tickets` before scheduled replies."""

from django.db.models import BinaryField
from django.db.models.functions import Substr

from connectors.mail import selectors
from connectors.mail.enums import MailState
from connectors.mail.models import MailMessage
from tickets.models import OutboundMessage, Ticket

HEAD_BYTES = 65_536
"""Of a mail that is looked through for who wrote it; a longer header may hold anybody."""
MAX_LOOKED_THROUGH = 200
"""Mails that wait; the ticket is locked meanwhile, and among more there may be one of its people's."""


def may_be_unheard(message: OutboundMessage) -> bool:
    """The ticket's mailbox has not been read to its end since the moment of the reply, or a mail of one of the
    ticket's people waits in the ledger, or more wait than can be looked through.
    """
    mailbox = selectors.mailbox_for(message.ticket)
    if mailbox is None:
        return False
    is_read = mailbox.read_to is not None and mailbox.read_to >= message.release_at
    return not is_read or _waits_in_ledger(message.ticket)


def _waits_in_ledger(ticket: Ticket) -> bool:
    """By the header alone, as it was received: reading mails is the intake's business."""
    waiting = MailMessage.objects.filter(state=MailState.RECEIVED)
    if waiting[: MAX_LOOKED_THROUGH + 1].count() > MAX_LOOKED_THROUGH:
        return True
    participants = ticket.participants.values_list("contact__email", flat=True)
    people = [address.lower().encode() for address in (ticket.requester.email, *participants)]
    with_head = waiting.annotate(head=Substr("raw__content", 1, HEAD_BYTES, output_field=BinaryField()))
    heads = with_head.values_list("head", flat=True)[:MAX_LOOKED_THROUGH].iterator(chunk_size=50)
    return any(_may_be_of(people, bytes(head)) for head in heads)


def _may_be_of(people: list[bytes], head: bytes) -> bool:
    header, blank_line, _body = head.replace(b"\r\n", b"\n").partition(b"\n\n")
    if not blank_line and len(head) >= HEAD_BYTES:
        return True
    header = header.lower()
    return any(address in header for address in people)
