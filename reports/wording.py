"""What figures are called and how they are counted, in the words of the desk (metrics.md)."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, Promise] = {
    "M5": _("Time to value"),
    "M5_business": _("Time to value, in hours of work"),
    "M6": _("Reopened"),
    "M6b": _("Reopened or followed up"),
    "M11": _("Envelope rate"),
    "M16": _("Backlog age"),
    "M20": _("Accepted in time"),
    "M20_unowned": _("Without an owner now"),
    "M22": _("Tickets against capacity"),
    "M22_envelopes": _("Envelopes against capacity"),
}
DEFINITIONS: dict[str, Promise] = {
    "M5": _(
        "From the creation of a ticket to its resolution, of tickets resolved in the period. By the clock on the wall "
        "nothing is taken off, as the customer waits at night, too; beside it the hours of the team's calendar. After "
        "a reopening, from the first creation to the last resolution. Provisional until the ticket is closed."
    ),
    "M6": _(
        "Tickets reopened within 30 days of their first resolution, of those first resolved in the period; each counts "
        "once. With follow-ups: also those whose customer came back by a new ticket within 14 days. Provisional until "
        "the 30 days are over."
    ),
    "M11": _(
        "Resolved tickets on which help was asked for by at least one envelope. It has no target: asking for help is "
        "no flaw. A low rate beside a long time to value is a warning."
    ),
    "M16": _(
        "How long open tickets have been open now, counted from their first creation. Those that wait for the customer "
        "have a band of their own. The backlog is written down at the beginning of each day, so the trend does not "
        "shift later."
    ),
    "M20": _(
        "Tickets accepted before the first alert would have come: within 5 minutes of work for critical ones, 15 for "
        "high, 30 for medium, 120 for low; of the tickets created in the period. Provisional: unowned, "
        "and not late yet."
    ),
    "M22": _(
        "Open tickets that somebody owns, and envelopes that they work on, against what they can take. Who is absent "
        "today is told apart and is no part of the team's figure."
    ),
}
COMMON: tuple[Promise, ...] = (
    _("A period is counted from its first day to its last one, both included, by the desk's clock."),
    _(
        "Cancelled tickets (spam, duplicates, withdrawn, created in error) never count; a follow-up is a ticket "
        "of its own."
    ),
    _("n/a stands where there is nothing to count. Percentages have one decimal, rounded half up."),
    _("Of durations, half of all were at most the median and nine of ten at most the 90th percentile."),
    _("A ticket is its owner's at its resolution. Nobody sees the figures of a colleague."),
    _("Later facts, such as a reopening, change past periods: every page says when it was computed."),
)
PAGES: dict[str, Promise] = {
    "": _("Overview"),
    "customers": _("Customers"),
    "help": _("Help"),
    "flow": _("Work"),
}


def name_of(code: str) -> str:
    return str(NAMES[code])
