"""Answers come to an address that names their ticket: support+t-inc-2025-000123.<signature>@… (email.md section 3).

Signed with a key of its own, so that nobody reaches a ticket by counting. It is as good as a Message-ID of ours: only
who has had a mail of the conversation knows it.
"""

import re
from collections.abc import Iterable

from django.utils.crypto import constant_time_compare, salted_hmac

from connectors.mail.bounce_address import MAX_LOCAL_PART, without_id
from connectors.mail.models import Mailbox
from envelopes.mail_tokens import without_token
from tickets.models import Ticket

SALT = "connectors.mail.reply_address"
_TOKEN = re.compile(r"\+t-([a-z]{2,5}-[0-9]{4}-[0-9]{6,12})\.([0-9a-f]{16})@", re.IGNORECASE | re.ASCII)


def reply_address(ticket: Ticket, mailbox: Mailbox) -> str:
    """Where answers about the ticket go: the mailbox itself where its server takes no plus addresses."""
    local, _at, domain = mailbox.address.rpartition("@")
    reference = ticket.reference.lower()
    signed = f"{local}+t-{reference}.{_signature(reference)}"
    if not mailbox.takes_plus_addresses or len(signed.encode()) > MAX_LOCAL_PART:
        return mailbox.address
    return f"{signed}@{domain}"


def references_in(addresses: Iterable[str]) -> list[str]:
    """References of the tickets that addresses name with a signature of ours, in their order."""
    found = (match for address in addresses for match in _TOKEN.finditer(address.lower()))
    return [match[1].upper() for match in found if constant_time_compare(match[2], _signature(match[1]))]


def as_known(address: str) -> str:
    """The address as people know it: whom they wrote to, without what it says to us."""
    return without_token(without_id(_TOKEN.sub("@", address)))


def _signature(reference: str) -> str:
    return salted_hmac(SALT, reference, algorithm="sha256").hexdigest()[:16]
