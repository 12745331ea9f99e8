from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Deferrable, F, Q
from django.utils.translation import gettext_lazy as _

from core.history import audited_history
from core.models import BaseModel
from core.workcalendar import clock

MINUTES_A_DAY = 24 * 60
WEEKDAYS = [
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
]


class HolidayLanguage(models.TextChoices):
    """In which the public holidays of a calendar are named; explanations of due dates name them."""

    GERMAN = "de", _("German")
    ENGLISH = "en", _("English")


class BusinessCalendar(BaseModel):
    """When a team works, in its own time zone. Source: domain.md section 9; the arithmetic is `core.worktime`.

    The public holidays of `country` and `region` are taken as rows, for this year and some to come.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    timezone = models.CharField(_("time zone"), max_length=64, default="Europe/Berlin", help_text=_("IANA name"))
    is_24x7 = models.BooleanField(_("always open"), default=False)
    is_default = models.BooleanField(_("default"), default=False)
    country = models.CharField(_("public holidays of"), max_length=2, blank=True)
    region = models.CharField(_("region"), max_length=20, blank=True)
    holiday_language = models.CharField(
        _("names of the public holidays"), max_length=2, choices=HolidayLanguage, default=HolidayLanguage.ENGLISH
    )
    left_out = ArrayField(models.CharField(max_length=100), verbose_name=_("do not count"), default=list, blank=True)
    """Public holidays on which work is done all the same, in every year: `PublicHoliday.keys`."""
    taken_until = models.PositiveSmallIntegerField(_("taken until"), null=True, blank=True, editable=False)
    """Last year whose public holidays are there."""
    taken_from = models.CharField(_("taken from"), max_length=20, blank=True, editable=False)
    """`public_holidays.edition()` of then."""

    history = audited_history()

    class Meta:
        verbose_name = _("business calendar")
        verbose_name_plural = _("business calendars")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(name="calendar_one_default", fields=["is_default"], condition=Q(is_default=True))
        ]

    def __str__(self) -> str:
        return self.name


class CalendarWindow(BaseModel):
    """Open hours of one weekday, in minutes after local midnight; 1440 is 24:00.

    One that ends before it starts runs past midnight; what lies after it belongs to the next day and its holidays.
    """

    calendar = models.ForeignKey(BusinessCalendar, on_delete=models.CASCADE, related_name="windows")  # part of it
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=WEEKDAYS)
    start_minute = models.PositiveSmallIntegerField(_("from"), validators=[MaxValueValidator(MINUTES_A_DAY - 1)])
    end_minute = models.PositiveSmallIntegerField(
        _("to"), validators=[MinValueValidator(1), MaxValueValidator(MINUTES_A_DAY)]
    )

    history = audited_history()

    class Meta:
        verbose_name = _("window")
        verbose_name_plural = _("windows")
        ordering = ["weekday", "start_minute"]
        constraints = [
            models.CheckConstraint(
                name="calendarwindow_within_days",
                condition=Q(start_minute__lt=MINUTES_A_DAY, end_minute__gte=1, end_minute__lte=MINUTES_A_DAY)
                & ~Q(start_minute=F("end_minute")),
                violation_error_message=_("A window needs a length; a whole day is 00:00 to 24:00."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {clock(self.start_minute)}–{clock(self.end_minute)}"

    @property
    def passes_midnight(self) -> bool:
        return self.start_minute > self.end_minute


class Holiday(BaseModel):
    """A local date without work, or, as a half day, with a window of its own."""

    calendar = models.ForeignKey(BusinessCalendar, on_delete=models.CASCADE, related_name="holidays")  # part of it
    name = models.CharField(_("name"), max_length=100)
    on = models.DateField(_("date"))
    is_recurring = models.BooleanField(_("every year"), default=False)
    is_half_day = models.BooleanField(_("half day"), default=False)
    start_minute = models.PositiveSmallIntegerField(_("from"), null=True, blank=True)
    end_minute = models.PositiveSmallIntegerField(_("to"), null=True, blank=True)
    is_public = models.BooleanField(_("public holiday"), default=False, editable=False)
    """Taken for the calendar's country, so it follows that; others are the calendar's own."""

    history = audited_history()

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["on"]
        constraints = [
            models.UniqueConstraint(name="holiday_once", fields=["calendar", "on"], deferrable=Deferrable.DEFERRED),
            models.CheckConstraint(
                name="holiday_half_day_has_window",
                condition=Q(is_half_day=False, start_minute__isnull=True, end_minute__isnull=True)
                | Q(
                    is_half_day=True,
                    start_minute__isnull=False,
                    end_minute__isnull=False,
                    start_minute__lt=F("end_minute"),
                    end_minute__lte=MINUTES_A_DAY,
                ),
                violation_error_message=_("A half day needs the window in which work is done, a whole one has none."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.on})"
