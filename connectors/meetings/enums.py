from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class MeetingStatus(models.TextChoices):
    """What the desk wants of a meeting."""

    PLANNED = "planned", _("Planned")
    CANCELLED = "cancelled", pgettext_lazy("meeting", "Cancelled")


class CopyState(models.TextChoices):
    """How far the calendar has followed what the desk wants."""

    QUEUED = "queued", _("On its way")
    DONE = "done", _("In the calendar")
    FAILED = "failed", _("Failed")


class MeetingState(models.TextChoices):
    """Both in one word, as people are shown it."""

    SENDING = "sending", _("On its way")
    ARRANGED = "arranged", _("Arranged")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", pgettext_lazy("meeting", "Cancelled")


class Answer(models.TextChoices):
    """What an attendee has answered; the values are Graph's own words."""

    NONE = "none", _("No answer yet")
    ACCEPTED = "accepted", pgettext_lazy("meeting", "Accepted")
    TENTATIVE = "tentativelyAccepted", _("Tentative")
    DECLINED = "declined", _("Declined")
