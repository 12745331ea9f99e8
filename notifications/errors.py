from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Forbidden


class NotYourNotifications(Forbidden):
    detail = _("How somebody is told of things is theirs to say.")


class MayNotWorkOnTickets(Forbidden):
    detail = _("Your role works on no tickets.")
    hint = _("Agents, leads, supervisors and managers do.")


class TicketHasEnded(Conflict):
    code = "invalid_transition"
    detail = _("Ticket %(reference)s is not being worked on any more.")
    hint = _("Open it again first, if there is something left to do.")


class DeliveryNotFailed(Conflict):
    code = "invalid_transition"
    detail = _("This delivery has not failed, or has gone on by another channel.")


class MayNotSeeFailures(Forbidden):
    detail = _("You may not see how others are reached.")
    hint = _("Supervisors and managers see it of their teams.")
