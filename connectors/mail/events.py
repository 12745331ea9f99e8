"""What happens to mail, for receivers of this app and above."""

from dataclasses import dataclass
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class BrakeDrawn(DomainEvent):
    """Mails, or our automatic answers, are held back from now on: `kind` is a `BrakeKind`, `about` names for whom."""

    brake_id: UUID
    ticket_id: UUID | None
    team_id: UUID
    kind: str
    about: str
