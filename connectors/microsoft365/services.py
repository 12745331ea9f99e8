"""The first connection to Microsoft 365, which the environment names."""

from django.conf import settings

from connectors.base.errors import NameTaken
from connectors.base.models import Connection
from connectors.base.services import add_connection
from connectors.microsoft365.identity import SECRET
from core.actors import system_actor

KIND = "microsoft365"
NAME = "Microsoft 365"
ENVIRONMENT = system_actor("MSGRAPH_TENANT_ID")


def add_from_environment() -> Connection | None:
    """The connection that MSGRAPH_TENANT_ID and MSGRAPH_CLIENT_ID name; an existing one of that tenant stays as it is.

    None without them.
    """
    tenant, client = settings.MSGRAPH_TENANT_ID, settings.MSGRAPH_CLIENT_ID
    if not tenant or not client:
        return None
    rows = Connection.objects.of_kind(KIND).filter(settings__tenant_id=tenant, settings__client_id=client)
    if (existing := rows.order_by("created_at").first()) is not None:
        return existing
    try:
        return add_connection(
            KIND,
            by=ENVIRONMENT,
            name=NAME,
            settings={"tenant_id": tenant, "client_id": client},
            variables={SECRET: "MSGRAPH_CLIENT_SECRET"},
        )
    except NameTaken:  # another process was faster, or somebody has given its name to another one
        return rows.first()


def fill_due(*, now: object = None) -> int:
    """Timer: once a connection is there this is a look at the settings and one statement; without them no statement."""
    del now
    if not settings.MSGRAPH_TENANT_ID or Connection.objects.of_kind(KIND).exists():
        return 0
    return 1 if add_from_environment() else 0
