from dataclasses import dataclass
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class PeopleTold(DomainEvent):
    """These agents have something new to read, or have read some of it: the number beside their bell is another."""

    agent_ids: tuple[UUID, ...]
