"""What the pages put below a reply, frozen with it: the author's own signature, then that of the ticket's team."""

from accounts.models import Agent
from core.actors import Actor
from tickets.models import Ticket
from tickets.placeholders import escaped, fill
from tickets.texts import team_signature


def with_signature(text: str, by: Actor, ticket: Ticket) -> str:
    """The text with the signatures below, unless it ends with them already, as a reply does that was taken back.

    Text without a word stays so: a signature alone is no reply. Variables are the service's to fill.
    """
    signature = _signature_of(by, ticket)
    words = text.rstrip()
    return f"{words}\n\n{signature}" if signature and words and not words.endswith(signature) else text


def shown_signature(by: Agent, ticket: Ticket) -> str:
    """As it will read, for the composer."""
    return fill(_signature_of(by, ticket), ticket, by=by).text


def without_signature(text: str, by: Actor | None, ticket: Ticket) -> str:
    """What the agent typed, of a reply that was taken back; to be sent again, so that braces in it stay braces."""
    if isinstance(by, Agent) and (signature := shown_signature(by, ticket)):
        text = text.removesuffix(signature).rstrip()
    return escaped(text)


def _signature_of(by: Actor | None, ticket: Ticket) -> str:
    if not isinstance(by, Agent):
        return ""
    parts = (by.signature.strip(), team_signature(ticket))
    return "\n".join(part for part in parts if part)
