"""Addresses that a reply goes to besides its customer's."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid

MAX_CC = 50


def each_once(given: Sequence[str], *, besides: str) -> list[str]:
    """Who gets a copy besides the recipient, each once however it is spelt."""
    spelt: dict[str, str] = {}
    for address in filter(None, map(str.strip, given)):
        spelt.setdefault(address.lower(), address)
    spelt.pop(besides.strip().lower(), None)
    return list(spelt.values())


def usable_addresses(given: Sequence[str], *, besides: str) -> list[str]:
    """As `each_once`; raises Invalid naming the first address that is none."""
    addresses = each_once(given, besides=besides)
    if len(addresses) > MAX_CC:
        raise Invalid({"cc": _("At most 50 people can get a copy.")})
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError as error:
            raise Invalid({"cc": _("“%(address)s” is not an e-mail address.") % {"address": address}}) from error
    return addresses
