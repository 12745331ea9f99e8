"""By which tenants people may sign in."""

from uuid import UUID

from connectors.base.models import Connection

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
