from django.db import models
from django.utils.translation import gettext_lazy as _


class CardAct(models.TextChoices):
    """What a button of a card leads to; each is asked again on a page of ours before anything is done."""

    ACCEPT_TICKET = "accept_ticket", _("Accept ticket")
    ACCEPT_ENVELOPE = "accept_envelope", _("Accept")
    DECLINE_ENVELOPE = "decline_envelope", _("Decline")
    SNOOZE = "snooze", _("Snooze for 30 minutes")
    COMPLETE = "complete", _("Done")


class PostStatus(models.TextChoices):
    QUEUED = "queued", _("On its way")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


class PostKind(models.TextChoices):
    """What a post to a channel tells; beside the reference, priority and state of its ticket it says no more."""

    TEST = "test", _("Test card")
    ENVELOPE_REQUESTED = "envelope_requested", _("Help wanted")
    ESCALATION_TIMEOUT = "escalation_timeout", _("Nobody has accepted an envelope")
    SLA_BREACH = "sla_breach", _("Overdue")
