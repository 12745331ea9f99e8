from django.db import models
from django.utils.translation import gettext_lazy as _


class EventType(models.TextChoices):
    """What people are told of (domain.md section 14)."""

    TICKET_ASSIGNED = "ticket_assigned", _("Offered to you")
    OFFER_ENDED = "offer_ended", _("Offer ended")
    OWNERSHIP_RECEIVED = "ownership_received", _("You own a ticket now")
    CUSTOMER_REPLY = "customer_reply", _("Customer wrote")
    TICKET_REOPENED = "ticket_reopened", _("Reopened")
    TICKET_CLOSED = "ticket_closed", _("Closed by the customer")
    TICKET_RESOLVED_BY_OTHER = "ticket_resolved_by_other", _("Resolved by somebody else")
    SLA_WARNING = "sla_warning", _("Due soon")
    SLA_BREACH = "sla_breach", _("Overdue")
    ALERT = "alert", _("Alert")
    REMINDER = "reminder", _("Reminder")
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
    MEETING_FAILED = "meeting_failed", _("Meeting not in the calendar")
    CONNECTION_REFUSED = "connection_refused", _("A connection cannot sign in")
    CONNECTION_LACKING = "connection_lacking", _("Something is missing at a connection")
    CREDENTIAL_ENDS = "credential_ends", _("A secret or certificate ends soon")
    PROPOSAL_MADE = "proposal_made", _("Another promise is proposed")
    PROPOSAL_DECIDED = "proposal_decided", _("Your proposal is decided")
    ROLE_SELF_GRANTED = "role_self_granted", _("An admin took a role")


class Urgency(models.TextChoices):
    NORMAL = "normal", _("Normal")
    URGENT = "urgent", _("Urgent")
    BREACH = "breach", _("Breach")

    @property
    def rank(self) -> int:
        """The higher, the more urgent."""
        return list(Urgency).index(self)


class DeliveryChannel(models.TextChoices):
    """Ways in which one person is reached; in the app everything stands in any case."""

    IN_APP = "in_app", _("In the app")
    EMAIL = "email", _("E-mail")
    PUSH = "push", _("Push message")
    TEAMS = "teams", "Teams"
    SLACK = "slack", "Slack"


class Timing(models.TextChoices):
    IMMEDIATE = "immediate", _("At once")
    HOURLY_DIGEST = "hourly_digest", _("Each hour, in one message")
    DAILY_DIGEST = "daily_digest", _("Each day at 08:00, in one message")


class DeliveryStatus(models.TextChoices):
    QUEUED = "queued", _("On its way")
    BATCHED = "batched", _("Gathered")
    DEFERRED = "deferred", _("Put off")
    SUPPRESSED = "suppressed", _("Left out")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


class Because(models.TextChoices):
    """Why a delivery is where it is, beyond its status."""

    WINDOW = "window", _("another message went out less than 5 minutes before")
    FOLD_UP = "fold_up", _("another message about this ticket went out less than 30 minutes before")
    DIGEST = "digest", _("gathered for a digest")
    QUIET_HOURS = "quiet_hours", _("quiet hours")
    WORKING = "working", _("you were working on the ticket")
    LOOKING = "looking", _("you were looking at the ticket")
    READ = "read", _("read in the app before")
    INACTIVE = "inactive", _("the account is deactivated")
    OUT_OF_SIGHT = "out_of_sight", _("the ticket is out of sight")
    NEXT_CHANNEL = "next_channel", _("went on by the next channel")
    UNCLEAR = "unclear", _("it may have arrived: nobody can tell what became of handing it over")
