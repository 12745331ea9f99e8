"""Writing to the right people (ux.md 3): what a composer was opened for, signed, and which risks are asked about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core import signing
from django.core.cache import cache
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Agent
from core.errors import Invalid
from tickets.errors import WrongTicketContext
from tickets.models import Ticket
from tickets.selectors import REFERENCE

SALT = "desk.composing"
MANY_RECIPIENTS = 3
PLACEHOLDER = re.compile(r"\{\{[^{}\n]{0,100}\}\}")
SPEAKS_OF_FILE = re.compile(
    r"\b(attached|attachments?|enclosed|anbei|angehängt\w*|angefügt\w*|beigefügt\w*|im anhang|als anhang|anlage)\b",
    re.IGNORECASE,
)


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


@dataclass(frozen=True)
class Risk:
    code: str
    text: str


def risks_of(ticket: Ticket, *, body: str, cc: Sequence[str], has_files: bool) -> list[Risk]:
    """Why a reply deserves a second look; empty for most of them."""
    risks = []
    if outside := _outside(ticket, cc):
        text = _("Not of %(company)s: %(addresses)s") % {
            "company": ticket.company.name if ticket.company else ticket.requester.name,
            "addresses": ", ".join(outside),
        }
        risks.append(Risk(f"outside:{','.join(outside).lower()}", text))
    if (count := 1 + len(cc)) > MANY_RECIPIENTS:
        risks.append(Risk(f"many:{count}", ngettext("%d recipient", "%d recipients", count) % count))
    if SPEAKS_OF_FILE.search(body) and not has_files:
        risks.append(Risk("no_file", _("The text speaks of a file, but none is attached.")))
    if found := PLACEHOLDER.findall(body):
        text = _("Not filled in: %(placeholders)s") % {"placeholders": ", ".join(dict.fromkeys(found))}
        risks.append(Risk("placeholder", text))
    if others := _other_references(ticket, body):
        text = _("The text names other tickets: %(references)s") % {"references": ", ".join(others)}
        risks.append(Risk("reference", text))
    return risks


def _outside(ticket: Ticket, addresses: Sequence[str]) -> list[str]:
    """Addresses of neither the customer's company nor the customer's own mail domain."""
    inside = {ticket.requester.email.rpartition("@")[2].lower()}
    if ticket.company:
        inside |= {domain.lower() for domain in ticket.company.domains}
    return [address for address in addresses if address.rpartition("@")[2].lower() not in inside]


def _other_references(ticket: Ticket, body: str) -> list[str]:
    """References in the text that are not this ticket's."""
    found = {match[0].upper() for match in REFERENCE.finditer(body)}
    return sorted(found - {ticket.reference})


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


def with_signature(text: str, agent: Agent) -> str:
    """The text with the agent's signature below, as the composer shows it."""
    signature = agent.signature.strip()
    return f"{text.rstrip()}\n\n{signature}" if signature else text


def without_signature(text: str, agent: Agent | None) -> str:
    """What the agent typed, of a reply that was taken back."""
    signature = agent.signature.strip() if agent else ""
    return text.removesuffix(signature).rstrip() if signature else text
