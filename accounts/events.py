from dataclasses import dataclass
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class AbsenceRecorded(DomainEvent):
    """An absence was recorded or its dates or deputy were changed."""

    absence_id: UUID
    agent_id: UUID
    deputy_id: UUID | None
    recorded_by_id: UUID | None
    former_deputy_id: UUID | None = None
    """Who covered before the change; the same as `deputy_id` where it stayed."""


@dataclass(frozen=True, kw_only=True)
class AbsenceCancelled(DomainEvent):
    absence_id: UUID
    agent_id: UUID
    cancelled_by_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class DeputyAbsent(DomainEvent):
    """The deputy of an absence is to be away themselves on some of its days, so nobody covers then."""

    absence_id: UUID
    """That of the person who was to be covered."""
    deputy_absence_id: UUID


@dataclass(frozen=True, kw_only=True)
class AgentInvited(DomainEvent):
    """A person got an account and is to receive the invitation mail."""

    agent_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class AgentDeactivated(DomainEvent):
    """From this moment the agent has no access; sessions and tokens end."""

    agent_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class AgentReactivated(DomainEvent):
    agent_id: UUID


@dataclass(frozen=True, kw_only=True)
class CalendarChanged(DomainEvent):
    """A business calendar is new, or its hours are others: zone, windows or holidays. A new name alone is no change."""

    calendar_id: UUID


@dataclass(frozen=True, kw_only=True)
class DefaultCalendarChanged(DomainEvent):
    """Teams without a calendar of their own work by this one from now on."""

    calendar_id: UUID


@dataclass(frozen=True, kw_only=True)
class ContactAddressChanged(DomainEvent):
    """A customer's e-mail address was corrected: mail to them goes to the new one from now on."""

    contact_id: UUID
    old: str
    new: str
    by_id: UUID
    """The agent who did it."""


@dataclass(frozen=True, kw_only=True)
class CustomerTierChanged(DomainEvent):
    """Of one contact, also by joining a company, or of a company and so of everybody there; the other id is None."""

    contact_id: UUID | None
    company_id: UUID | None
    tier: str


@dataclass(frozen=True, kw_only=True)
class PrimaryTeamChanged(DomainEvent):
    """A person belongs to another team first of all, or to none: their hours are others from now on."""

    agent_id: UUID


@dataclass(frozen=True, kw_only=True)
class RolesChanged(DomainEvent):
    """A person's roles changed. A business role that an admin grants to oneself is reported to managers (rule 12)."""

    agent_id: UUID
    old: str
    new: str
    """Role codes before and after, sorted, separated by commas."""
    changed_by_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class SecondFactorSwitchedOn(DomainEvent):
    """From now on the person's password alone lets nobody in."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class SecondFactorSwitchedOff(DomainEvent):
    """By the person themselves, or, with `is_reset`, by an admin for one who has lost their app."""

    user_id: UUID
    is_reset: bool
