"""Admins learn of what they alone can mend. It stands on the page of connections as well."""

from uuid import UUID

from accounts.enums import Role
from accounts.models import Agent
from connectors.base.events import CredentialEnds, PermissionLacking, SignInRefused
from connectors.base.models import Connection
from core.events import subscribe
from notifications.enums import EventType, Urgency
from notifications.services import notify


@subscribe(SignInRefused, after_commit=True)
def tell_of_refused_sign_in(event: SignInRefused) -> None:
    notify(
        _admins(),
        EventType.CONNECTION_REFUSED,
        dedupe_key=f"sign-in:{event.connection_id}:{event.occurred_at.isoformat()}",
        urgency=Urgency.URGENT,
        connection=Connection.objects.get(pk=event.connection_id).name,
    )


@subscribe(PermissionLacking, after_commit=True)
def tell_of_what_is_missing(event: PermissionLacking) -> None:
    notify(
        _admins(),
        EventType.CONNECTION_LACKING,
        dedupe_key=f"lacking:{event.connection_id}:{event.occurred_at.isoformat()}",
        urgency=Urgency.URGENT,
        connection=Connection.objects.get(pk=event.connection_id).name,
    )


@subscribe(CredentialEnds, after_commit=True)
def tell_of_end(event: CredentialEnds) -> None:
    """Urgent on its last day."""
    notify(
        _admins(),
        EventType.CREDENTIAL_ENDS,
        dedupe_key=f"ends:{event.connection_id}:{event.credential}:{event.ends_at.isoformat()}:{event.days}",
        urgency=Urgency.URGENT if event.days <= 1 else Urgency.NORMAL,
        connection=Connection.objects.get(pk=event.connection_id).name,
        credential=event.credential,
        ends_on=event.ends_at.date().isoformat(),
    )


def _admins() -> list[UUID]:
    return list(Agent.objects.active().filter(roles__contains=[Role.ADMIN]).values_list("pk", flat=True))
