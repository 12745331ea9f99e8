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
        "meeting_late": _("Its time was over before the calendar had taken it."),
        "meeting_stranger": _(
            "Somebody among the attendees takes part in the envelope no longer. Take them out, or cancel the meeting."
        ),
        "meeting_bad_address": _("One of the attendees' addresses is not taken by the calendar. Correct it."),
        "meeting_refused": _("The calendar does not take it as it is. Change it, or ask an admin."),
        "meeting_no_sign_in": _("The desk cannot sign in to the calendar; an admin has to mend that."),
        "meeting_not_allowed": _("The desk may not write in the calendar of %(mailbox)s; an admin has to allow it."),
        "meeting_not_reached": _("The calendar was not reached, or has asked for patience."),
        "meeting_unclear": _("Whether the calendar has taken it is not known yet; it is looked for."),
    }
)
