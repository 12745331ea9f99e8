"""What people are told about calendars and meetings on their way."""

from django.utils.translation import gettext_lazy as _

from connectors.base import sentences

sentences.put(
    {
        "calendar_off": _("The connection to the calendar is switched off; an admin can switch it on."),
        "calendar_graph_missing": _("The connection to Microsoft 365 that it signs in by is missing or switched off."),
        "calendar_of": _("Reading the calendar of %(mailbox)s"),
        "calendar_no_mailbox": _("The mailbox whose calendar it is has gone, or has no calendar."),
        "calendar_unreadable": _("The calendar's answer could not be read."),
        "meeting_unclear": _("Whether the calendar has taken it is not known yet; it is looked for."),
    }
)
