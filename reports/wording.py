"""What figures are called and how they are counted, in the words of the desk (metrics.md)."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, Promise] = {
    "M1": _("Single point of contact"),
    "M1b": _("Single point of contact, exceptions forgiven"),
    "M5": _("Time to value"),
    "M5_business": _("Time to value, in hours of work"),
    "M6": _("Reopened"),
    "M6b": _("Reopened or followed up"),
    "M7": _("Resolved at first contact"),
    "M7b": _("Resolved at first contact, of all tickets"),
    "M8": _("From the first envelope to the resolution, in hours of work"),
    "M8_wall": _("From the first envelope to the resolution"),
    "M8_legal": _("From legal advice to the resolution, in hours of work"),
    "M9": _("First words of an expert, in hours of work"),
    "M9b": _("Acceptance of an envelope, in hours of work"),
    "M10": _("Promises between teams kept"),
    "M11": _("Envelope rate"),
    "M12": _("SLA compliance"),
    "M12b": _("SLA compliance, without changed targets"),
    "M13": _("Resolved in time, and the value lasted"),
    "M14": _("Response time, in hours of work"),
    "M15": _("Alerts for every 100 open tickets"),
    "M15_answered": _("Alerts acknowledged within 15 minutes"),
    "M16": _("Backlog age"),
    "M18": _("Decisions upheld"),
    "M18_backlog": _("Decisions to be reviewed"),
    "M19": _("Compensation"),
    "M19_mean": _("Compensation for each closed ticket"),
    "M19_before": _("Compensation in such a period of the three months before"),
    "M20": _("Accepted in time"),
    "M20_unowned": _("Without an owner now"),
    "M21": _("Transfers of ownership per 1000 tickets"),
    "M21_reason": _("Transfers of ownership"),
    "M22": _("Tickets against capacity"),
    "M22_envelopes": _("Envelopes against capacity"),
    "open": _("Open tickets"),
    "open_unowned": _("Without an owner now"),
    "M23": _("Envelopes sealed"),
    "M23_outcome": _("What came of envelopes"),
}
DEFINITIONS: dict[str, Promise] = {
    "M1": _(
        "Closed tickets whose customer heard from one owner alone, a deputy counting as the owner they write for, of "
        "those with at least one message of a person; what the desk writes by itself does not count. With exceptions "
        "forgiven: also those that were handed on, if nobody but their owners wrote. The aim is 95 %."
    ),
    "M7": _(
        "Tickets resolved in the first interaction: by phone or chat within 30 minutes of their creation, by mail or "
        "portal within 60 minutes of work with at most one message to the customer. An envelope, an answer of the "
        "customer before, or a reopening within five business days rules it out. Not eligible: what programs or "
        "monitoring have made. Provisional until the ticket is closed."
    ),
    "M8": _(
        "From the opening of a ticket's first envelope to its last resolution, of tickets resolved in the period, in "
        "the hours of the ticket's team; beside it by the clock on the wall. Envelopes that were withdrawn before an "
        "answer do not count. Where only the desk itself asked for legal advice, the time stands apart."
    ),
    "M9": _(
        "Of envelopes opened in the period: until somebody of the side that was asked has written, in the hours of "
        "that team; accepting alone is no answer. A redirection does not begin anew. Provisional: nobody has "
        "answered yet."
    ),
    "M10": _(
        "Promises between teams that were due in the period: kept, of those completed or late and still running. What "
        "was cancelled, and what runs and is not late, does not count."
    ),
    "M12": _(
        "Promises to customers that were due in the period, each cycle by itself: kept, of those completed or late and "
        "still running. What was cancelled, and what runs and is not late, does not count. Without changed targets: "
        "promises left out that only a change of priority or policy made late."
    ),
    "M13": _(
        "Tickets whose resolution was due in the period and came in time, and whose value lasted: closed, not reopened "
        "within five business days, no complaint, and confirmed by the customer where nothing was done or nothing was "
        "found. Provisional until the ticket is closed."
    ),
    "M14": _("What first and next responses took, in the hours that were promised, by when they were given."),
    "M15": _(
        "Alerts raised in the period, one for each level that a ticket reached in a cycle, for every 100 tickets that "
        "were open at some time of it; and how many were acknowledged within 15 minutes. Provisional: raised less "
        "than 15 minutes ago, and not acknowledged."
    ),
    "M18": _(
        "Decisions upheld, of those reviewed in the period; by reason, team and tier. Only the random sample stands "
        "for all decisions. What the reader has still to review themselves does not count."
    ),
    "M19": _(
        "Granted amounts, by when they were approved or, where nobody had to approve them, written down; each currency "
        "by itself. What was rejected or withdrawn, or is not decided, does not count. Beside them the average of "
        "periods of the same length in the 13 weeks before."
    ),
    "M23": _(
        "Envelopes sealed in the period, by outcome, helper and team, so that help is recognised; names stand in their "
        "order, and it is no ranking."
    ),
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
        "Tickets accepted before the first alert would have come, by the alert matrix as it is now and in hours of "
        "work; of the tickets created in the period. Provisional: unowned, and not late yet."
    ),
    "M21": _(
        "Transfers in the period, for every 1000 tickets created in it, and by reason. There are only two: employment "
        "that has ended, and a leave of more than 30 days."
    ),
    "M22": _(
        "Open tickets that somebody owns, and envelopes that they work on, against what they can take. Who is absent "
        "today, or has left, is told apart and is no part of the team's figure, which is about its own tickets."
    ),
    "open": _("Tickets that are open now, by team, and those of them that nobody owns."),
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
    "promises": _("Promises"),
    "help": _("Help"),
    "flow": _("Work"),
    "decisions": _("Decisions"),
}


def name_of(code: str) -> str:
    return str(NAMES[code])
