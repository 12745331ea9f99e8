from django.db import models
from django.utils.translation import gettext_lazy as _


class AnswerClass(models.TextChoices):
    """What an answer means for who has asked (integrations.md section 0)."""

    TRANSIENT = "transient", _("for a while")
    AMBIGUOUS = "ambiguous", _("unclear whether it was done")
    CREDENTIALS = "credentials", _("sign-in refused")
    PERMISSION = "permission", _("a permission is missing")
    PERMANENT = "permanent", _("refused for good")
    GONE = "gone", _("no longer there")
    PARTIAL = "partial", _("done in part")


class ConnectionState(models.TextChoices):
    """How a connection is, in one word."""

    OFF = "off", _("Switched off")
    UNTRIED = "untried", _("Not tried yet")
    WORKING = "working", _("Working")
    PAUSED = "paused", _("Slowed down")
    FAILING = "failing", _("Failing")
    BROKEN_OFF = "broken_off", _("Broken off for a while")


class FindingState(models.TextChoices):
    """How one thing went that a test of a connection looks at."""

    FINE = "fine", _("fine")
    MISSING = "missing", _("missing")
    FAILED = "failed", _("not tested")
    UNCLEAR = "unclear", _("cannot be told")
    """By what may be asked without leaving a trace; no fault."""


class SecretPlace(models.TextChoices):
    ENVIRONMENT = "environment", _("named: the environment or a file holds it")
    SEALED = "sealed", _("kept here, encrypted")
