from datetime import timedelta
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Unit(StrEnum):
    """What a figure's value is counted in."""

    PERCENT = "percent"
    PER_THOUSAND = "per_thousand"
    PER_HUNDRED = "per_hundred"
    SECONDS = "seconds"
    COUNT = "count"
    MONEY = "money"


class Part(StrEnum):
    """Which rows behind a figure are meant."""

    COUNTED = "counted"
    """Those of the numerator."""
    BASE = "base"
    """Those of the denominator."""


class Step(models.TextChoices):
    """How long each step of a figure's course is."""

    DAY = "day", _("Day by day")
    WEEK = "week", _("Week by week")
    MONTH = "month", _("Month by month")


class Band(models.TextChoices):
    """Age of an open ticket (metrics.md M16); who waits for the customer is counted apart."""

    UNDER_1 = "0-1", _("Up to 1 day")
    UNDER_3 = "1-3", _("1 to 3 days")
    UNDER_7 = "3-7", _("3 to 7 days")
    UNDER_14 = "7-14", _("7 to 14 days")
    UNDER_30 = "14-30", _("14 to 30 days")
    OVER_30 = "30+", _("More than 30 days")
    WAITING = "waiting", _("Waiting for the customer")


_DAY = timedelta(days=1)
AGES: dict[Band, tuple[timedelta | None, timedelta | None]] = {
    Band.UNDER_1: (None, _DAY),
    Band.UNDER_3: (_DAY, 3 * _DAY),
    Band.UNDER_7: (3 * _DAY, 7 * _DAY),
    Band.UNDER_14: (7 * _DAY, 14 * _DAY),
    Band.UNDER_30: (14 * _DAY, 30 * _DAY),
    Band.OVER_30: (30 * _DAY, None),
}
"""Older than the first, and not older than the second."""
