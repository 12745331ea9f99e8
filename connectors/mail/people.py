"""The people a mail names beside its sender: who may be taken along, and who only seems to be somebody."""

import re
from collections.abc import Iterable
from itertools import takewhile

from connectors.mail.models import Mailbox
from connectors.mail.parsing import Address, ParsedMail

FAILED_CHECK = "dmarc=fail"
FAILED_DMARC = "failed DMARC"
"""The flag in the ledger's evidence of a mail that `has_failed_authentication`."""
MAX_TAKEN_ALONG = 20
"""People of one mail's To and Cc who become participants; a longer list is no conversation."""
USABLE = re.compile(r"[^\s@<>\x00-\x1f]+@[^\s@<>\x00-\x1f]+")
_NOBODY = re.compile(
    r"no-?reply|do-?not-?reply|noreply.*|.*-no-?reply|mailer-daemon|postmaster|listserv|majordomo|bounces?([-+=].*)?|"
    r"owner-.+|.+-(request|bounces|owner|subscribe|unsubscribe)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"\([^()]*\)")
_ANGLE_MAIL = re.compile(r"<mailto:([^>?\s]+)", re.IGNORECASE)


def has_failed_authentication(mail: ParsedMail) -> bool:
    """Our gateway, which writes the topmost Authentication-Results, says that From is not who it claims (RFC 8601).

    Its filters write one each, so all that follow the first in the name of the same server count.
    """
    results = mail.authentication_results
    ours = takewhile(lambda text: _authserv_id(text) == _authserv_id(results[0]), results)
    return any("dmarc=fail" in re.sub(r"\s", "", text).lower() for text in ours)


def _authserv_id(result: str) -> str:
    """Who has written a result, without comments and version."""
    words = _COMMENT.sub(" ", result.partition(";")[0]).split()
    return words[0].lower() if words else ""


def list_addresses(mail: ParsedMail) -> set[str]:
    """Addresses of the list that passed the mail on, as far as it names them: nobody's own."""
    posts = [value for name, value in mail.headers if name.lower() == "list-post"]
    found = {address.lower() for value in posts for address in _ANGLE_MAIL.findall(value)}
    if not mail.list_id:
        return found
    words = mail.list_id.lower()
    return found | {
        person.address.lower()
        for person in (*mail.to, *mail.cc)
        if person.address.partition("@")[0].lower() in re.split(r"[^\w+-]+", words)
    }


def others_in(mail: ParsedMail, own: Iterable[Mailbox]) -> list[Address]:
    """Who else stands in To and Cc: people, not mailboxes of ours, machines or lists; each once, in their order."""
    ours = {mailbox.address for mailbox in own}
    left_out = list_addresses(mail)
    found: dict[str, Address] = {}
    for person in (*mail.to, *mail.cc):
        address = person.address.lower()
        local, _at, domain = address.rpartition("@")
        bases = (local, local.rpartition("+")[0], local.partition("+")[0])
        is_ours = any(f"{base}@{domain}" in ours for base in bases)
        if USABLE.fullmatch(address) and not (is_ours or address in left_out or _NOBODY.fullmatch(local)):
            found.setdefault(address, person)
    return list(found.values())
