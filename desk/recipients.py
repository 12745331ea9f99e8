"""The exact recipients of a reply, as the buttons that send it name them (ux.md 3, ruling 14)."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from desk.forms import addresses_in
from tickets.services.addresses import each_once


@dataclass(frozen=True)
class Words:
    """What one button says now, and what a script puts there as the copies change."""

    now: str
    none: str
    one: str
    many: str
    """With `{n}` for how many get a copy."""
    unscripted: str
    """Where nothing counts the copies while they are typed."""


@dataclass(frozen=True)
class Recipients:
    address: str
    send: Words
    wait: Words
    """Of the button that waits for the customer besides."""
    every: str
    """All of them, by address."""
    copy_words: str


def recipients_of(name: str, address: str, cc: str, *, anyway: bool = False) -> Recipients:
    """`cc` as it stands in its field; `anyway`: after what the sender has been asked to look at again."""
    copies = each_once(addresses_in(cc), besides=address)
    copy_words = _("copy to")
    every = [address, f"{copy_words} {', '.join(copies)}"] if copies else [address]
    return Recipients(
        address=address,
        send=_words(name, len(copies), _sending_anyway if anyway else _sending, _("Send to %(name)s and those in Cc")),
        wait=_words(name, len(copies), _waiting, _("Send to %(name)s and those in Cc, and wait")),
        every=" · ".join(every),
        copy_words=copy_words,
    )


def _words(name: str, copies: int, pattern: Callable[[int], str], unscripted: str) -> Words:
    def text(count: int, number: str) -> str:
        return pattern(count) % {"name": name, "number": number}

    now, unscripted = text(copies, str(copies)), unscripted % {"name": name}
    return Words(now=now, none=text(0, ""), one=text(1, "1"), many=text(2, "{n}"), unscripted=unscripted)


def _sending(copies: int) -> str:
    if not copies:
        return _("Send to %(name)s")
    return ngettext("Send to %(name)s and %(number)s other", "Send to %(name)s and %(number)s others", copies)


def _sending_anyway(copies: int) -> str:
    if not copies:
        return _("Send to %(name)s anyway")
    return ngettext(
        "Send to %(name)s and %(number)s other anyway", "Send to %(name)s and %(number)s others anyway", copies
    )


def _waiting(copies: int) -> str:
    if not copies:
        return _("Send to %(name)s and wait")
    return ngettext(
        "Send to %(name)s and %(number)s other, and wait", "Send to %(name)s and %(number)s others, and wait", copies
    )
