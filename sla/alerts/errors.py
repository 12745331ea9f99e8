from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Forbidden


class NotRecipient(Forbidden):
    detail = _("This alert went to others.")
    hint = _("Only whoever was told of it can acknowledge it.")


class AlertTransition(Conflict):
    code = "invalid_transition"
    detail = _("This alert is “%(status)s”; that is not possible now.")
    hint = _("Open the ticket again to see how it stands.")


class ForecastForbidden(Forbidden):
    detail = _("Who is told next is for those who answer for the ticket.")
    hint = _("Its owner, or who leads, supervises or manages the team can look.")


class MatrixForbidden(Forbidden):
    detail = _("Only an admin changes the alert matrix.")
    hint = _("A manager can propose the change to an admin.")
