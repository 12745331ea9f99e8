"""Words of the alert matrix (domain.md section 10)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.enums import TicketStatus


class AlertCondition(models.TextChoices):
    NOT_ASSIGNED = "not_assigned", _("Nobody has accepted it")
    NOT_UPDATED = "not_updated", _("Nobody has worked on it")
    NOT_COMPLETED = "not_completed", _("Not resolved in time")


class AlertStatus(models.TextChoices):
    OPEN = "open", _("Open")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    CLEARED = "cleared", _("Cleared")


STANDING = (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED)
"""What gave rise to these is still so."""


class Recipient(models.TextChoices):
    """Whom a level tells, by what they are to the ticket."""

    TECH = "tech", _("Owner")
    SUPERVISOR = "supervisor", _("Supervisor")
    GROUP_MANAGER = "group_manager", _("Manager of the team")


LEVELS = (1, 2, 3)
LAST_LEVEL = 3
"""Of whom is told like of a missed promise (domain.md section 14)."""
OVER = (TicketStatus.RESOLVED, TicketStatus.CLOSED, TicketStatus.CANCELLED)
"""Nobody is waited for; cycles end, and begin anew if the ticket is opened again."""
SILENT = (TicketStatus.WAITING_CUSTOMER, *OVER)
"""In which nobody is told that a ticket stands still or is due."""
