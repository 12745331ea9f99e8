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
    MENTIONED = "mentioned", _("You are mentioned")
    FLAG_ADDED = "flag_added", _("Ticket flagged")
    TASK_ASSIGNED = "task_assigned", _("Task for you")
    APPROVAL_REQUESTED = "approval_requested", _("Approval wanted")
    APPROVAL_OVERDUE = "approval_overdue", _("Approval overdue")
    APPROVAL_DECIDED = "approval_decided", _("Approval decided")
    LEGAL_TEAM_MISSING = "legal_team_missing", _("Nobody gives legal advice")
    ENVELOPE_REQUESTED = "envelope_requested", _("Help wanted")
    ENVELOPE_UPDATED = "envelope_updated", _("Envelope changed")
    ENVELOPE_MESSAGE = "envelope_message", _("New in an envelope")
    ESCALATION_TIMEOUT = "escalation_timeout", _("Nobody has accepted an envelope")
    SEND_FAILED = "send_failed", _("Not sent")
    REPLY_DROPPED = "reply_dropped", _("Scheduled reply not sent")
    COVER_STARTED = "cover_started", _("You cover for a colleague")
    COVER_ENDED = "cover_ended", _("You no longer cover for a colleague")
    DEPUTY_ABSENT = "deputy_absent", _("The deputy is absent too")
    LONG_ABSENCE = "long_absence", _("Absence of more than 30 days")
    BULK_ENDED = "bulk_ended", _("Act on many tickets has ended")
    MAIL_BRAKE = "mail_brake", _("Mails are held back")
    ROLE_SELF_GRANTED = "role_self_granted", _("An admin took a role")


class Urgency(models.TextChoices):
    NORMAL = "normal", _("Normal")
    URGENT = "urgent", _("Urgent")
    BREACH = "breach", _("Breach")
