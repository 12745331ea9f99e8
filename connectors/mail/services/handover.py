"""What is known of how the outside took an outgoing mail, beyond its status: by recipient, and where it is unclear."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.utils import timezone

from connectors.base import PartialDeliveryError, TransientDeliveryError
from connectors.mail import selectors
from connectors.mail.backends import MailboxNotReadable, sent_folder_of
from connectors.mail.models import Handover, Mailbox
from core import wake
from core.errors import DomainError
from tickets.models import OutboundMessage


def mark_unclear(message_id: UUID, *, refused: Mapping[str, str] | None = None) -> None:
    """The mail may have gone: its worker was killed, or the server's answer was lost. Within a transaction.

    `refused` for good before that do not have it in any case.
    """
    handover = _of(message_id)
    handover.is_unclear = True
    handover.refused |= dict(refused or {})
    handover.save()


def settled_addresses(message: OutboundMessage) -> set[str]:
    """Recipients who have the mail or were refused for good; they are not tried again."""
    handover = Handover.objects.filter(outbound=message).first()
    return {*handover.accepted, *handover.refused} if handover else set()


def has_left(message: OutboundMessage, mailbox: Mailbox) -> bool:
    """Whether a mail whose sending is unclear lies in the Sent folder; False where nobody can know.

    Raises TransientDeliveryError if the folder cannot be looked at: better late than twice.
    """
    if not Handover.objects.filter(outbound=message, is_unclear=True, accepted=[]).exists():
        return False
    try:
        folder = sent_folder_of(mailbox)
        if folder is None:
            return False
        try:
            return folder.holds(message.email_message_id)
        finally:
            folder.close()
    except (MailboxNotReadable, DomainError) as error:
        raise TransientDeliveryError(
            f"It may have been sent; before it is sent again the Sent folder must be looked at: {error}"
        ) from error


def note_partial(message_id: UUID, error: PartialDeliveryError) -> None:
    """Remember who has the mail and who was refused for good. Within a transaction."""
    handover = _of(message_id)
    handover.accepted = list(dict.fromkeys([*handover.accepted, *error.accepted]))
    handover.refused |= error.refused
    handover.is_unclear = False
    handover.save()


def settle_rest(message: OutboundMessage) -> bool:
    """All who were not refused have the mail now; whether anybody was. Within a transaction."""
    handover = Handover.objects.select_for_update(of=("self",)).filter(outbound=message).first()
    if handover is None or not handover.refused:
        return False
    everybody = [*message.to_recipients, *message.cc_recipients]
    handover.accepted = [address for address in dict.fromkeys(everybody) if address not in handover.refused]
    handover.save()
    return True


def reached_by(message: OutboundMessage) -> list[str]:
    """Who has the mail, as far as the mail server said so; no statement where the message was read with `handover`."""
    handover: Handover | None = getattr(message, "handover", None)
    return handover.accepted if handover else []


def refusal_words(message: OutboundMessage, latest: str) -> str:
    """Who was refused, and what was in the way last."""
    handover: Handover | None = getattr(message, "handover", None)
    refused = [f"{address}: {answer}" for address, answer in handover.refused.items()] if handover else []
    return "; ".join(filter(None, (*refused, latest)))


def missed(message: OutboundMessage, reached: Collection[str]) -> list[str]:
    """The other recipients, in their order."""
    everybody = dict.fromkeys([*message.to_recipients, *message.cc_recipients])
    return [address for address in everybody if address not in reached]


def plan_copy(message: OutboundMessage) -> None:
    """A copy is due in the Sent folder of the mailbox that speaks for the ticket, if it keeps one.

    Within the transaction that says the mail was sent, so that each sent mail has its copy, also after a kill.
    """
    mailbox = selectors.mailbox_for(message.ticket)
    if mailbox is None or not mailbox.settings.get("sent_folder"):
        return
    handover = _of(message.pk)
    handover.copy_for, handover.copy_due_at = mailbox, timezone.now()
    handover.save()
    wake.after_commit("connectors.mail.file_copies")


def _of(message_id: UUID) -> Handover:
    handover, _is_new = Handover.objects.select_for_update(of=("self",)).get_or_create(outbound_id=message_id)
    return handover
