from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Forbidden


class NoCalendar(Conflict):
    code = "no_calendar"
    detail = _("No calendar is connected for the team %(team)s, so no meeting can be arranged here.")
    hint = _("An admin can connect the calendar of a shared mailbox.")


class MeetingForbidden(Forbidden):
    is_audited = True
    detail = _("Programs arrange no meetings.")
    hint = _("The owner of the ticket can do it.")


class MeetingOver(Conflict):
    code = "meeting_over"
    detail = _("The meeting is over or cancelled, and does not change any more.")
    hint = _("Arrange another one.")


class MeetingNotFailed(Conflict):
    code = "not_failed"
    detail = _("It has not failed.")
    hint = _("What is on its way is tried again by itself.")
