"""By which tenants people may sign in, and what is set up about it."""

from uuid import UUID

from django.db.models import F, QuerySet

from accounts.policies import may_see_people_settings
from connectors.base.models import Connection
from connectors.entra.models import GroupRole, MicrosoftAccount
from core.actors import Actor

KIND = "entra"


def ways_in() -> list[Connection]:
    """One button each on the sign-in page; none, and the page is as it is without Microsoft."""
    return list(Connection.objects.of_kind(KIND).active().order_by("name"))


def way_in_named(text: str) -> Connection | None:
    """By what stands in an address or a session; None for what is no id of one."""
    try:
        return way_in(UUID(text))
    except ValueError:
        return None


def way_in(connection_id: UUID) -> Connection | None:
    return Connection.objects.of_kind(KIND).active().filter(pk=connection_id).first()


def tenant_named(text: str) -> Connection | None:
    """By id or name, also one that is switched off."""
    rows = Connection.objects.of_kind(KIND)
    try:
        return rows.filter(pk=UUID(text)).first()
    except ValueError:
        return rows.filter(name=text.strip()).first()


def microsoft_accounts_for(actor: Actor) -> QuerySet[MicrosoftAccount]:
    """With the person, also as `agent_name`, and the connection; for admins and auditors (permissions.md section 2)."""
    if not may_see_people_settings(actor):
        return MicrosoftAccount.objects.none()
    return MicrosoftAccount.objects.select_related("agent", "connection").annotate(agent_name=F("agent__name"))


def group_roles_for(actor: Actor) -> QuerySet[GroupRole]:
    """With the connection; for admins and auditors (permissions.md section 2)."""
    if not may_see_people_settings(actor):
        return GroupRole.objects.none()
    return GroupRole.objects.select_related("connection")
