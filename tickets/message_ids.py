"""Message-IDs of our own mails: random, signed, so that an answer to one is recognised without a look-up table (RFC
5322).
"""

import re
import secrets

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

SALT = "tickets.message_ids"
_OURS = re.compile(r"itn\.([0-9a-f]{32})\.([0-9a-f]{16})@")


def new_message_id() -> str:
    """Without angle brackets, such as itn.<32 hex>.<16 hex signature>@mail.example."""
    token = secrets.token_hex(16)
    return f"itn.{token}.{_signature(token)}@{settings.MESSAGE_ID_DOMAIN}"


def is_ours(message_id: str) -> bool:
    """Whether we made this id; a forged one is not."""
    found = _OURS.match(message_id)
    return found is not None and constant_time_compare(found[2], _signature(found[1]))


def _signature(token: str) -> str:
    return salted_hmac(SALT, token, algorithm="sha256").hexdigest()[:16]
