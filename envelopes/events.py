"""What happens to envelopes, for the apps above. None carries what is written in one."""

from dataclasses import dataclass
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class EnvelopeEvent(DomainEvent):
    envelope_id: UUID
    ticket_id: UUID
    by_id: UUID | None
    """The agent who did it; None for the desk itself."""


@dataclass(frozen=True, kw_only=True)
class EnvelopeOpened(EnvelopeEvent):
    """Help is asked for; the clocks of response and pending begin."""


@dataclass(frozen=True, kw_only=True)
class LegalTeamMissing(DomainEvent):
    """A legal case was put before nobody, as no team gives legal advice."""

    ticket_id: UUID
    flag_id: UUID


@dataclass(frozen=True, kw_only=True)
class EnvelopeAccepted(EnvelopeEvent):
    """It has an expert; the clock of completion begins unless it ran before."""


@dataclass(frozen=True, kw_only=True)
class EnvelopeDeclined(EnvelopeEvent):
    """The addressed agent will not help; it is back with the team if there is one."""


@dataclass(frozen=True, kw_only=True)
class EnvelopeRedirected(EnvelopeEvent):
    """Somebody else is asked; the clocks keep their start."""

    former_agent_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class EnvelopePosted(EnvelopeEvent):
    """Somebody wrote in it; `awaiting` is whose turn it is now."""

    entry_id: UUID
    awaiting: str
    is_first_response: bool
    sender: str = ""
    """Of one that came by mail: who wrote it, as the mail says; an address proves nobody."""


@dataclass(frozen=True, kw_only=True)
class EnvelopeMailKept(EnvelopeEvent):
    """A mail about it that is no post: of somebody else, of a machine, or too late. Without `entry_id` it waits in
    quarantine, as `mail_id`.
    """

    entry_id: UUID | None
    mail_id: UUID | None = None
    also: tuple[str, ...] = ()
    """Ids of agents to tell beside its owner, as they may open it; as text, which is what a stored event keeps."""
    sender: str
    reason: str
    is_of_machine: bool = False


@dataclass(frozen=True, kw_only=True)
class ExpertInvited(EnvelopeEvent):
    agent_id: UUID


@dataclass(frozen=True, kw_only=True)
class HelpOffered(EnvelopeEvent):
    """Somebody who was not asked says that they can help."""


@dataclass(frozen=True, kw_only=True)
class EnvelopeReleased(EnvelopeEvent):
    """Its expert is gone; the clocks run on."""

    former_agent_id: UUID
    why: str = ""
    """One of `LeftBy`; empty where somebody gave it back, or took it from its expert."""


@dataclass(frozen=True, kw_only=True)
class EnvelopeCompleted(EnvelopeEvent):
    expert_id: UUID
    outcome: str


@dataclass(frozen=True, kw_only=True)
class EnvelopeCancelled(EnvelopeEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class VendorMailDropped(EnvelopeEvent):
    """The envelope or its ticket ended while a mail to the vendor was held: it was not sent."""

    message_id: UUID
    author_id: UUID


@dataclass(frozen=True, kw_only=True)
class EnvelopeReopened(EnvelopeEvent):
    """A new cycle of the completion clock begins."""


@dataclass(frozen=True, kw_only=True)
class EnvelopeTimedOut(EnvelopeEvent):
    """Nobody has accepted it within 240 business minutes; told once a pending cycle."""

    pending_since: str
    """ISO 8601, tells the cycle."""


TURNING: tuple[type[EnvelopeEvent], ...] = (
    *(EnvelopeOpened, EnvelopeAccepted, EnvelopeDeclined, EnvelopeRedirected, EnvelopePosted, ExpertInvited),
    *(EnvelopeReleased, EnvelopeCompleted, EnvelopeCancelled, EnvelopeReopened),
)
"""After which it may be somebody else's turn."""
