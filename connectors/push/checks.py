from typing import Any

from django.core.checks import CheckMessage, Error, register

from connectors.push.keys import UnusableKey, private_key


@register()
def vapid_key_is_usable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        private_key()
    except UnusableKey:
        hint = "Set it to 32 random bytes as base64url, or leave it empty."
        return [Error("VAPID_PRIVATE_KEY is no key for web push.", hint=hint, id="push.E001")]
    return []
