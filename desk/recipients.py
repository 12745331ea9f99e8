"""The exact recipients of a reply, as the button that confirms it names them (ux.md 3, ruling 14)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from desk.forms import addresses_in


@dataclass(frozen=True)
class Recipients:
    """Words of the button, and those a script puts there as the copies change."""

    address: str
    now: str
    none: str
    one: str
    many: str
    """With `{n}` for how many get a copy."""
    every: str
    """All of them, by address."""
    copy_words: str


def recipients_of(name: str, address: str, cc: str, *, anyway: bool = False) -> Recipients:
    """`cc` as it stands in its field; `anyway`: after what the sender has been asked to look at again."""
    copies = addresses_in(cc)
    copy_words = _("copy to")
    every = [address, f"{copy_words} {', '.join(copies)}"] if copies else [address]
    return Recipients(
        address=address,
        now=_words(name, len(copies), str(len(copies)), anyway=anyway),
        none=_words(name, 0, anyway=anyway),
        one=_words(name, 1, "1", anyway=anyway),
        many=_words(name, 2, "{n}", anyway=anyway),
        every=" · ".join(every),
        copy_words=copy_words,
    )


def _words(name: str, copies: int, number: str = "", *, anyway: bool) -> str:
    if not copies:
        text = _("Send to %(name)s anyway") if anyway else _("Send to %(name)s")
    elif anyway:
        text = ngettext(
            "Send to %(name)s and %(number)s other anyway", "Send to %(name)s and %(number)s others anyway", copies
        )
    else:
        text = ngettext("Send to %(name)s and %(number)s other", "Send to %(name)s and %(number)s others", copies)
    return text % {"name": name, "number": number}
