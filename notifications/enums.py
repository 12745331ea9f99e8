from django.db import models
from django.utils.translation import gettext_lazy as _


class EventType(models.TextChoices):
    """What people are told of in the app; further channels come with their own issue (domain.md section 14)."""

    TICKET_ASSIGNED = "ticket_assigned", _("Offered to you")
    OFFER_ENDED = "offer_ended", _("Offer ended")
    OWNERSHIP_RECEIVED = "ownership_received", _("You own a ticket now")
    CUSTOMER_REPLY = "customer_reply", _("Customer wrote")
    TICKET_REOPENED = "ticket_reopened", _("Reopened")
    TICKET_CLOSED = "ticket_closed", _("Closed by the customer")
    NOTE_ADDED = "note_added", _("New note")
    TASK_ASSIGNED = "task_assigned", _("Task for you")
    SEND_FAILED = "send_failed", _("Not sent")
    REPLY_DROPPED = "reply_dropped", _("Scheduled reply not sent")
    COVER_STARTED = "cover_started", _("You cover for a colleague")
    COVER_ENDED = "cover_ended", _("You no longer cover for a colleague")
    DEPUTY_ABSENT = "deputy_absent", _("The deputy is absent too")
    LONG_ABSENCE = "long_absence", _("Absence of more than 30 days")
    MAIL_BRAKE = "mail_brake", _("Mails are held back")
    ROLE_SELF_GRANTED = "role_self_granted", _("An admin took a role")


class Urgency(models.TextChoices):
    NORMAL = "normal", _("Normal")
    URGENT = "urgent", _("Urgent")
    BREACH = "breach", _("Breach")
