"""Where mail systems report about one mail of ours: support+b-<its Message-ID, packed>@… as the envelope's sender.

A report that names no mail is known by the address it comes to all the same (VERP; email.md sections 5 and 6). The id
is signed, so nobody can make one up; whoever knows it has had the mail.
"""

import re
from base64 import b32decode, b32encode
from collections.abc import Iterable

from connectors.mail.models import Mailbox
from tickets.message_ids import is_ours
from tickets.models import OutboundMessage

MAX_LOCAL_PART = 64
"""Octets before the @ (RFC 5321 section 4.5.3.1.1)."""
TOKEN_HEX = 32
_ID = re.compile(r"itn\.([0-9a-f]{32})\.([0-9a-f]{16})@")
_PACKED = re.compile(r"\+b-([a-z2-7]{39})@", re.IGNORECASE | re.ASCII)
_PLAIN = re.compile(r"\+(itn\.[0-9a-f]{32}\.[0-9a-f]{16})@", re.IGNORECASE | re.ASCII)
"""As earlier mails and other programs write it; too long behind most names."""


def bounce_address(message: OutboundMessage, mailbox: Mailbox) -> str:
    """The address of reports about this mail; empty where the mailbox's server takes no plus addresses."""
    found = _ID.match(message.email_message_id)
    if not mailbox.takes_plus_addresses or found is None:
        return ""
    packed = b32encode(bytes.fromhex(found[1] + found[2])).decode().rstrip("=").lower()
    local, _at, domain = mailbox.address.rpartition("@")
    signed = f"{local}+b-{packed}"
    return f"{signed}@{domain}" if len(signed.encode()) <= MAX_LOCAL_PART else ""


def ids_in(texts: Iterable[str]) -> list[str]:
    """The parts before the @ of Message-IDs of ours that addresses in these texts carry, in their order."""
    found = []
    for text in texts:
        found += [_unpacked(match[1]) for match in _PACKED.finditer(text)]
        found += [match[1].lower() for match in _PLAIN.finditer(text)]
    return [local for local in dict.fromkeys(found) if is_ours(f"{local}@")]


def message_of(texts: Iterable[str]) -> OutboundMessage | None:
    """The mail of ours that the first such address stands for, with its ticket."""
    for local in ids_in(texts):
        rows = OutboundMessage.objects.filter(email_message_id__startswith=f"{local}@")
        if message := rows.select_related("ticket").first():
            return message
    return None


def _unpacked(packed: str) -> str:
    signed = b32decode(f"{packed.upper()}=").hex()
    return f"itn.{signed[:TOKEN_HEX]}.{signed[TOKEN_HEX:]}"


def without_id(address: str) -> str:
    """The address as people know it."""
    return _PLAIN.sub("@", _PACKED.sub("@", address))
