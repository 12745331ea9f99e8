"""The signature that the pages put below a reply, frozen with it."""

from accounts.models import Agent
from core.actors import Actor


def with_signature(text: str, by: Actor) -> str:
    """The text with the agent's signature below, unless it ends with it already, as a reply does that was taken back.

    Text without a word stays so: a signature alone is no reply.
    """
    signature = _signature_of(by)
    words = text.rstrip()
    return f"{words}\n\n{signature}" if signature and words and not words.endswith(signature) else text


def without_signature(text: str, by: Actor | None) -> str:
    """What the agent typed, of a reply that was taken back."""
    signature = _signature_of(by)
    return text.removesuffix(signature).rstrip() if signature else text


def _signature_of(by: Actor | None) -> str:
    return by.signature.strip() if isinstance(by, Agent) else ""
