"""Replies that wait for a moment, as pages show them."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Contact
from core.moments import zone_named


def moment_in_words(at: datetime, customer: Contact) -> str:
    """By the reader's clock, and by the customer's where that shows another time."""
    here = timezone.localtime(at)
    # Translators: format of a moment with its weekday, letters as in Django's date filter
    words = date_format(here, _("l, j F Y, H:i"))
    zone = zone_named(customer.timezone)
    if zone is None:
        return words
    there = at.astimezone(zone)
    if there.utcoffset() == here.utcoffset():
        return words
    # Translators: format of a moment by the customer's clock, letters as in Django's date filter
    time = date_format(there, _("D H:i"))
    return _("%(moment)s, %(time)s for the customer") % {"moment": words, "time": time}
