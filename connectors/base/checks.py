from typing import Any

from django.core.checks import CheckMessage, Error, register

from connectors.base.sealing import UnusableKey, check_keys


@register()
def keys_are_usable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        check_keys()
    except UnusableKey:
        hint = "Give each as 32 random bytes in base64url, with commas between them, or none."
        return [Error("CONNECTORS_KEYS holds what is no key.", hint=hint, id="connections.E001")]
    return []
