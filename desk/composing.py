"""Writing to the right people (ux.md 3): a form carries, signed, the ticket and the customer it was opened for."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.core import signing
from django.core.cache import cache
from django.forms import Form
from django.http import QueryDict
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from core.errors import DomainError, Invalid
from tickets.errors import WrongTicketContext
from tickets.models import Ticket

SALT = "desk.composing"
AFTER_SEND = [
    ("stay", gettext_lazy("stay here")),
    ("next", gettext_lazy("next in the list")),
    ("list", gettext_lazy("back to the list")),
]
"""Where a send may lead (`accounts.panels.Panels.after_send`)."""


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
    person_id: str = ""
    """For whom the form was made: nobody else gets what is typed into it."""

    def signed(self) -> str:
        values = [self.reference, self.requester_id, self.address, self.last_seen_seq, self.nonce, list(self.asked)]
        values.append(self.person_id)
        return signing.dumps(values, salt=SALT, compress=True)


def renew_context(form: Form, context: str) -> None:
    """Give the form the context of what is on screen now, also where it was sent with an older one."""
    form.initial["context"] = form.fields["context"].initial = context
    if form.is_bound:
        posted = QueryDict(mutable=True)
        posted.update(form.data)
        posted["context"] = context
        form.data = posted


def context_of(
    ticket: Ticket, *, last_seen_seq: int, by: Agent, asked: Sequence[str] = (), mode: str = ""
) -> ComposerContext:
    """`mode` names the envelope that is written in (`desk.drafts.mode_of`), for which no other form serves."""
    return ComposerContext(
        reference=_place(ticket, mode),
        requester_id=str(ticket.requester_id),
        address=ticket.requester.email,
        last_seen_seq=last_seen_seq,
        nonce=get_random_string(16),
        asked=tuple(asked),
        person_id=str(by.pk),
    )


def _place(ticket: Ticket, mode: str) -> str:
    return f"{ticket.reference} {mode}" if mode else ticket.reference


def read_context(token: str, ticket: Ticket, *, mode: str = "") -> ComposerContext:
    """What the form was made for.

    Raises Invalid for what we did not sign, WrongTicketContext for another ticket, person or envelope.
    """
    context = signed_context(token)
    if context is None:
        message = gettext_lazy(
            "This form is not ours or too old. Your text is kept; check the recipient and send again."
        )
        raise Invalid({"context": message})
    if context.reference != _place(ticket, mode) or context.requester_id != str(ticket.requester_id):
        actual = f"{ticket.requester.name} ({ticket.reference})"
        raise WrongTicketContext(given=f"{context.address} ({context.reference})", actual=actual)
    return context


def is_misplaced(error: DomainError | None) -> bool:
    """Whether the form may belong to another ticket: then its files are not kept with this one."""
    return isinstance(error, WrongTicketContext) or (isinstance(error, Invalid) and "context" in error.fields)


def signed_context(token: str) -> ComposerContext | None:
    """What a form was made for, whether it is still true or not; None for what we did not sign."""
    try:
        reference, requester_id, address, last_seen_seq, nonce, asked, *person = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    person_id = person[0] if person else ""  # pages opened before forms named their person are still sent
    return ComposerContext(reference, requester_id, address, last_seen_seq, nonce, tuple(asked), person_id)


def id_in(text: str) -> UUID | None:
    """The id in a hidden field or an address, or None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


SENT_FOR_SECONDS = 24 * 3600


def claim(context: ComposerContext, text: str = "") -> bool:
    """Whether this form is sent for the first time, with this `text` where another one may follow it; `release_claim`
    after a refusal.
    """
    return cache.add(_key(context, text), True, SENT_FOR_SECONDS)


def release_claim(context: ComposerContext, text: str = "") -> None:
    cache.delete(_key(context, text))


def _key(context: ComposerContext, text: str) -> str:
    return f"composer:{context.nonce}:{sha256(text.encode()).hexdigest() if text else ''}"
