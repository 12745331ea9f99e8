"""Reminders in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

from sla.reminders.enums import Frequency, ReminderKind
from sla.reminders.models import Reminder

K = ReminderKind
OF_THE_DESK: dict[str, Promise] = {
    K.SLA_WARNING: gettext_lazy("The promised solution is due soon"),
    K.SLA_BREACH: gettext_lazy("The promised solution is overdue"),
    K.ESCALATION_TIMEOUT: gettext_lazy("Nobody has accepted an envelope yet"),
    K.NO_CUSTOMER_RESPONSE: gettext_lazy("The customer has not answered for 3 days"),
    K.STALE_TICKET: gettext_lazy("Nothing has happened for 5 days"),
}


def describe(reminder: Reminder) -> str:
    """One line: the person's own words, or what the desk reminds of."""
    return reminder.message or str(OF_THE_DESK.get(reminder.kind) or reminder.get_kind_display())


def rhythm_of(reminder: Reminder) -> str:
    """How it recurs; nothing for one that does not."""
    every = reminder.interval
    match reminder.frequency:
        case Frequency.DAILY:
            return ngettext("every day", "every %(every)s days", every) % {"every": every}
        case Frequency.WEEKLY:
            return ngettext("every week", "every %(every)s weeks", every) % {"every": every}
        case Frequency.MONTHLY:
            return ngettext("every month", "every %(every)s months", every) % {"every": every}
    return ""


def reference_of(reminder: Reminder) -> str:
    """Of its ticket, while the reader may see it; rows must come from `reminders_of`."""
    ticket = reminder.ticket
    return ticket.reference if ticket is not None and vars(reminder)["is_ticket_in_sight"] else ""
