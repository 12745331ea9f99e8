"""What happens to connections, for receivers of this app and above."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class SignInRefused(DomainEvent):
    """The other system does not take the credentials of a connection. Published once until it has worked again."""

    connection_id: UUID


@dataclass(frozen=True, kw_only=True)
class PermissionLacking(DomainEvent):
    """The other system does not allow what a connection does, or a test has found something missing. Published once
    until a test finds nothing missing any more.
    """

    connection_id: UUID


@dataclass(frozen=True, kw_only=True)
class CredentialEnds(DomainEvent):
    """A secret or a certificate ends within so many days; `credential` is a code of its kind's `endings`."""

    connection_id: UUID
    credential: str
    ends_at: datetime
    days: int
