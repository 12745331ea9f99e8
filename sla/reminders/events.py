"""What happens to reminders, for those who tell people."""

from dataclasses import dataclass
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class ReminderTriggered(DomainEvent):
    """It is due, for the first time or after it was snoozed."""

    reminder_id: UUID
    is_again: bool = False
    """After it was snoozed."""
