from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def ids_come_together(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if bool(settings.MSGRAPH_TENANT_ID) == bool(settings.MSGRAPH_CLIENT_ID):
        return []
    hint = "Set both, and MSGRAPH_CLIENT_SECRET, or none of them."
    return [Error("One of MSGRAPH_TENANT_ID and MSGRAPH_CLIENT_ID is not set.", hint=hint, id="microsoft365.E001")]
