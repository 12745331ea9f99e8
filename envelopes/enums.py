from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class EnvelopeKind(models.TextChoices):
    INTERNAL = "internal", _("Help of colleagues")
    EXTERNAL_VENDOR = "external_vendor", _("Help of a vendor")
    LEGAL = "legal", _("Legal advice")


class EnvelopeStatus(models.TextChoices):
    PENDING = "pending", _("Asked")
    ACTIVE = "active", _("Being worked on")
    DECLINED = "declined", _("Declined")
    COMPLETED = "completed", _("Sealed")
    CANCELLED = "cancelled", _("Withdrawn")


OPEN = (EnvelopeStatus.PENDING, EnvelopeStatus.ACTIVE, EnvelopeStatus.DECLINED)
"""What keeps a ticket from being resolved: a declined one waits for somebody to redirect or withdraw it."""


class Awaiting(models.TextChoices):
    """Whose turn it is."""

    EXPERT = "expert", _("Expert")
    OWNER = "owner", _("Owner")


class Outcome(models.TextChoices):
    SOLVED = "solved", _("Solved")
    ADVICE_GIVEN = "advice_given", _("Advice given")
    NOT_REPRODUCIBLE = "not_reproducible", _("Not reproducible")
    WRONG_TEAM = "wrong_team", _("Wrong team")
    NO_LONGER_NEEDED = "no_longer_needed", _("No longer needed")


class OlaMetric(models.TextChoices):
    """What a team promises about an envelope (domain.md section 9)."""

    RESPONSE = "ola_response", _("First response")
    COMPLETION = "ola_completion", _("Completion")


class LeftBy(StrEnum):
    """How an expert comes to help no more without a step of their own or of those in charge."""

    LEAVING = "left"
    """Their access has ended."""
    OWNING = "owns"
    """The ticket is theirs now."""
