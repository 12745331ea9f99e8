from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, DomainError, Forbidden

if TYPE_CHECKING:
    from sla.alerts.effects import Effects


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


class MatrixPreviewed(DomainError):
    """What an edit would do; it is rolled back."""

    status = 200
    code = "preview"
    detail = _(
        "Nothing is saved yet. Of the %(watched)s newest tickets that are watched for this, somebody would be told "
        "otherwise of %(changed)s."
    )
    hint = _("Save to let it hold; watches that run follow within minutes.")

    def __init__(self, effects: "Effects") -> None:
        super().__init__(watched=effects.watched, changed=effects.changed)
        self.effects = effects
