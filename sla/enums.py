from django.db import models
from django.utils.translation import gettext_lazy as _


class PolicyKind(models.TextChoices):
    SLA = "sla", _("Promise to the customer")
    OLA = "ola", _("Promise between teams")
    UNDERPINNING = "underpinning", _("Promise of a vendor")


class Metric(models.TextChoices):
    """What one clock measures. Source: domain.md section 9."""

    FIRST_RESPONSE = "first_response", _("First response")
    NEXT_RESPONSE = "next_response", _("Next response")
    RESOLUTION = "resolution", _("Resolution")
    TIME_TO_VALUE = "time_to_value", _("Time to value")
    OLA_RESPONSE = "ola_response", _("Response of helpers")
    OLA_COMPLETION = "ola_completion", _("Completion by helpers")


class ClockState(models.TextChoices):
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")


OPEN = (ClockState.RUNNING, ClockState.PAUSED)


class PauseReason(models.TextChoices):
    """Why a clock stands still: the customer's turn by itself, the others by a supervisor's word."""

    WAITING_CUSTOMER = "waiting_customer", _("Waiting for the customer")
    VENDOR = "vendor", _("Vendor")
    CHANGE_FREEZE = "change_freeze", _("Change freeze")
    CUSTOMER_AGREED_DATE = "customer_agreed_date", _("Date agreed with the customer")
    FORCE_MAJEURE = "force_majeure", _("Force majeure")


APPROVED = (
    *(PauseReason.VENDOR, PauseReason.CHANGE_FREEZE),
    *(PauseReason.CUSTOMER_AGREED_DATE, PauseReason.FORCE_MAJEURE),
)
"""Reasons that a supervisor may give."""


class Indicator(models.TextChoices):
    """How a promise stands, as lists, boards and badges show it."""

    ON_TRACK = "on_track", _("On track")
    AT_RISK = "at_risk", _("At risk")
    BREACHED = "breached", _("Breached")
    PAUSED = "paused", _("Paused")
    MET = "met", _("Met")
    MISSED = "missed", _("Missed")


class ChosenFor(models.TextChoices):
    """For whom a policy was named, so that it came before all others."""

    TICKET = "ticket", _("Named for this ticket")
    COMPANY = "company", _("Named for the company")
