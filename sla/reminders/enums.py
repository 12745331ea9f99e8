"""Words of reminders (domain.md section 13)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReminderKind(models.TextChoices):
    SLA_WARNING = "sla_warning", _("Due soon")
    SLA_BREACH = "sla_breach", _("Overdue")
    ESCALATION_TIMEOUT = "escalation_timeout", _("Nobody has accepted an envelope")
    NO_CUSTOMER_RESPONSE = "no_customer_response", _("No answer from the customer")
    STALE_TICKET = "stale_ticket", _("Nothing has happened")
    FOLLOW_UP = "follow_up", _("Follow up")
    CHECK_IN = "check_in", _("Check that it works")
    CUSTOM = "custom", _("Something else")
    WEEKLY_REVIEW = "weekly_review", _("Weekly review")
    MONTHLY_REVIEW = "monthly_review", _("Monthly review")


K = ReminderKind
AUTOMATIC = (K.SLA_WARNING, K.SLA_BREACH, K.ESCALATION_TIMEOUT, K.NO_CUSTOMER_RESPONSE, K.STALE_TICKET)
"""Made by the desk for the owner of a ticket, and withdrawn when their reason is gone."""
OWN = tuple(kind for kind in ReminderKind if kind not in AUTOMATIC)
"""Made by a person for themselves."""
OF_A_TICKET = (K.FOLLOW_UP, K.CHECK_IN)
"""Nothing without a ticket."""
REVIEWS = (K.WEEKLY_REVIEW, K.MONTHLY_REVIEW)
"""Of one's work as a whole, so never of a ticket."""


class ReminderStatus(models.TextChoices):
    PENDING = "pending", _("Waiting for its time")
    TRIGGERED = "triggered", _("Due")
    SNOOZED = "snoozed", _("Snoozed")
    COMPLETED = "completed", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


OPEN = (ReminderStatus.PENDING, ReminderStatus.TRIGGERED, ReminderStatus.SNOOZED)


class Frequency(models.TextChoices):
    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")


RHYTHM = {K.WEEKLY_REVIEW: Frequency.WEEKLY, K.MONTHLY_REVIEW: Frequency.MONTHLY}
"""What a review recurs by."""
