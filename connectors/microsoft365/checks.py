from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from connectors.microsoft365.kind import MICROSOFT_365


@register()
def ids_come_together(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if bool(settings.MSGRAPH_TENANT_ID) == bool(settings.MSGRAPH_CLIENT_ID):
        return []
    hint = "Set both, and MSGRAPH_CLIENT_SECRET, or none of them."
    return [Error("One of MSGRAPH_TENANT_ID and MSGRAPH_CLIENT_ID is not set.", hint=hint, id="microsoft365.E001")]


@register()
def ids_are_usable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    given = {"tenant_id": settings.MSGRAPH_TENANT_ID, "client_id": settings.MSGRAPH_CLIENT_ID}
    wrong = [
        asked for asked in MICROSOFT_365.settings if given.get(asked.name) and not asked.is_usable(given[asked.name])
    ]
    return [Error(f"MSGRAPH_{asked.name.upper()}: {asked.wrong}", id="microsoft365.E002") for asked in wrong]
