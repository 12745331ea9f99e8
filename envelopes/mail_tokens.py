"""What names an envelope in a mail: a signed word that tells nothing of ticket or customer, such as e-<39 letters>.

It stands in the address that answers go to, in a Message-ID of the conversation, in the subject and below the text, so
that an answer finds its envelope whatever a mail program has taken away. Only who has had such a mail knows it.
"""

import re
from base64 import b32decode, b32encode
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

SALT = "envelopes.mail_tokens"
ID_BYTES, SIGNATURE_BYTES = 16, 8
_TOKEN = re.compile(r"(?<![a-z0-9])e-([a-z2-7]{39})(?![a-z0-9])", re.IGNORECASE | re.ASCII)


def token_of(envelope_id: UUID) -> str:
    packed = b32encode(envelope_id.bytes + _signature(envelope_id.bytes)).decode().rstrip("=").lower()
    return f"e-{packed}"


def thread_id_of(envelope_id: UUID) -> str:
    """The Message-ID, without brackets, that stands first in References of all mails of the envelope."""
    return f"{token_of(envelope_id)}@{settings.MESSAGE_ID_DOMAIN}"


def envelopes_in(texts: Iterable[str]) -> list[UUID]:
    """Ids of the envelopes that these texts name with our signature, in their order, each once."""
    found: dict[UUID, None] = {}
    for text in texts:
        for match in _TOKEN.finditer(text):
            whole = b32decode(f"{match[1].upper()}=")
            name, signature = whole[:ID_BYTES], whole[ID_BYTES:]
            if constant_time_compare(signature, _signature(name)):
                found[UUID(bytes=name)] = None
    return list(found)


def without_token(text: str) -> str:
    """An address as people know it: support@ instead of support+e-…@."""
    return re.sub(rf"\+{_TOKEN.pattern}@", "@", text, flags=re.IGNORECASE | re.ASCII)


def _signature(name: bytes) -> bytes:
    return salted_hmac(SALT, name, algorithm="sha256").digest()[:SIGNATURE_BYTES]
