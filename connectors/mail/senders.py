"""Who speaks in a mail (email.md section 4)."""

import re

from accounts.services import Person
from connectors.mail import selectors
from connectors.mail.models import Mailbox
from connectors.mail.parsing import Address, ParsedMail
from connectors.mail.people import USABLE, list_addresses

Own = dict[str, Mailbox]
"""Our active mailboxes by their addresses."""
MAX_ADDRESS = 320
_COMMA_NAME = re.compile(r"([^,]+),\s*([^,]+)")


def sender_of(mail: ParsedMail, own: Own) -> tuple[Address | None, str]:
    """Who speaks: Reply-To if not one of ours, else From, X-Original-From, Sender, Return-Path (email.md section 4)."""
    lists = list_addresses(mail)
    candidates = [("reply_to", address) for address in mail.reply_to if address.address.lower() not in lists]
    candidates = [(rule, found) for rule, found in candidates if not selectors.own_mailbox(found.address, own)]
    senders = [("from", address) for address in mail.from_all]
    originals = [("x_original_from", mail.original_from)] if mail.original_from else []
    is_rewritten = any(address.address.lower() in lists for address in mail.from_all)
    candidates += [*originals, *senders] if is_rewritten else [*senders, *originals]
    candidates += [("sender", mail.sender)] if mail.sender else []
    candidates += [("return_path", Address("", mail.return_path))] if mail.return_path else []
    for rule, found in candidates:
        if len(found.address) <= MAX_ADDRESS and USABLE.fullmatch(found.address):
            name = found.name or (mail.from_.name if mail.from_ and rule == "reply_to" else "")
            return Address(name, found.address), rule
    return None, ""


def person_of(sender: Address) -> Person:
    name = _COMMA_NAME.fullmatch(sender.name.strip())
    return Person(sender.address, f"{name[2]} {name[1]}" if name else sender.name)
