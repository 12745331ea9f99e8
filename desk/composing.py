"""Writing to the right people (ux.md 3): a form carries, signed, the ticket and the customer it was opened for."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core import signing
from django.core.cache import cache
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy

from core.errors import Invalid
from tickets.errors import WrongTicketContext
from tickets.models import Ticket

SALT = "desk.composing"


@dataclass(frozen=True)
class ComposerContext:
    """What was on screen when the form was made; it comes back with the form and must still be true."""

    reference: str
    requester_id: str
    address: str
    last_seen_seq: int
    nonce: str
    """Once for each form shown, so that a second click sends nothing twice."""
    asked: tuple[str, ...] = ()
    """Risks the person has been shown; only these count as confirmed."""

    def signed(self) -> str:
        values = [self.reference, self.requester_id, self.address, self.last_seen_seq, self.nonce, list(self.asked)]
        return signing.dumps(values, salt=SALT, compress=True)


def context_of(ticket: Ticket, *, last_seen_seq: int, asked: Sequence[str] = ()) -> ComposerContext:
    return ComposerContext(
        reference=ticket.reference,
        requester_id=str(ticket.requester_id),
        address=ticket.requester.email,
        last_seen_seq=last_seen_seq,
        nonce=get_random_string(16),
        asked=tuple(asked),
    )


def read_context(token: str, ticket: Ticket) -> ComposerContext:
    """What the form was made for.

    Raises Invalid for what we did not sign, WrongTicketContext for another ticket or person.
    """
    try:
        reference, requester_id, address, last_seen_seq, nonce, asked = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        message = gettext_lazy(
            "This form is not ours or too old. Your text is kept; check the recipient and send again."
        )
        raise Invalid({"context": message}) from error
    context = ComposerContext(reference, requester_id, address, last_seen_seq, nonce, tuple(asked))
    if context.reference != ticket.reference or context.requester_id != str(ticket.requester_id):
        actual = f"{ticket.requester.name} ({ticket.reference})"
        raise WrongTicketContext(given=f"{context.address} ({context.reference})", actual=actual)
    return context


def id_in(text: str) -> UUID | None:
    """The id in a hidden field or an address, or None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


SENT_FOR_SECONDS = 24 * 3600


def claim(context: ComposerContext) -> bool:
    """Whether this form is sent for the first time; `release_claim` after a refusal."""
    return cache.add(f"composer:{context.nonce}", True, SENT_FOR_SECONDS)


def release_claim(context: ComposerContext) -> None:
    cache.delete(f"composer:{context.nonce}")
