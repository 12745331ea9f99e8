"""Who acts: the least the lower apps need to know of a person, a program or the system itself."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


class Actor(Protocol):
    """Whoever causes a change; its name and user land in the history. Implemented by the models of `accounts` too."""

    @property
    def audit_name(self) -> str:
        """Name as it shall read in the audit trail for ever."""

    @property
    def audit_user_id(self) -> UUID | None:
        """Id of the signed-in user behind the act; None for customers and the system."""


@dataclass(frozen=True)
class SystemActor:
    """A timer, rule or connector that acts in its own name, without anybody's rights."""

    audit_name: str
    audit_user_id: UUID | None = None


TIMER = SystemActor("ITIL-NEXT timer")
"""Everything that happens because time has passed."""

DESK = SystemActor("ITIL-NEXT")
"""What the desk itself writes: acknowledgements and the like."""
