from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Forbidden


class RemindersForbidden(Forbidden):
    detail = _("Your role has no reminders.")
    hint = _("An admin can grant you a role that works at the desk.")


class ReminderTransition(Conflict):
    code = "invalid_transition"
    detail = _("This reminder is “%(status)s”; that is not possible now.")
    hint = _("Look at your reminders, or add a new one.")


class ReminderAutomatic(Conflict):
    code = "reminder_automatic"
    detail = _("The desk made this reminder; its words and its time follow the ticket.")
    hint = _("Snooze it, mark it as done, or add a reminder of your own.")
