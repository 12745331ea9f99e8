from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class TicketType(models.TextChoices):
    INCIDENT = "incident", _("Incident")
    SERVICE_REQUEST = "service_request", _("Service request")

    @property
    def prefix(self) -> str:
        """Start of the reference: INC-2025-000123, REQ-2025-000124."""
        return {TicketType.INCIDENT: "INC", TicketType.SERVICE_REQUEST: "REQ"}[self]


class TicketStatus(models.TextChoices):
    NEW = "new", _("New")
    IN_PROGRESS = "in_progress", _("In progress")
    WAITING_CUSTOMER = "waiting_customer", _("Waiting for customer")
    WAITING_INTERNAL = "waiting_internal", _("Waiting for colleagues")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")


OPEN = (
    TicketStatus.NEW,
    TicketStatus.IN_PROGRESS,
    TicketStatus.WAITING_CUSTOMER,
    TicketStatus.WAITING_INTERNAL,
)
"""Statuses in which work is left; they count towards an agent's capacity once owned."""

ENDED = (TicketStatus.CLOSED, TicketStatus.CANCELLED)
"""Statuses that nothing leaves; such tickets are not edited any more."""


class Priority(models.TextChoices):
    CRITICAL = "critical", _("Critical")
    HIGH = "high", _("High")
    MEDIUM = "medium", _("Medium")
    LOW = "low", _("Low")


class Grade(models.TextChoices):
    """Impact or urgency."""

    HIGH = "high", _("High")
    MEDIUM = "medium", _("Medium")
    LOW = "low", _("Low")


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    CHAT = "chat", _("Chat")
    PORTAL = "portal", _("Portal")
    API = "api", _("API")
    MONITORING = "monitoring", _("Monitoring")
    SLACK = "slack", "Slack"
    TEAMS = "teams", "Teams"
    JIRA = "jira", "Jira"


class ResolutionCode(models.TextChoices):
    FIXED = "fixed", _("Fixed")
    WORKAROUND = "workaround", _("Workaround")
    INFORMATION = "information", _("Information given")
    REQUEST_FULFILLED = "request_fulfilled", _("Request fulfilled")
    COMPENSATED = "compensated", _("Compensated")
    NOT_REPRODUCIBLE = "not_reproducible", _("Not reproducible")
    NO_ACTION = "no_action", _("No action needed")


class ClosureCode(models.TextChoices):
    CONFIRMED = "confirmed", _("Confirmed by the customer")
    AUTO_CLOSED = "auto_closed", _("Closed without an answer")
    DUPLICATE = "duplicate", _("Duplicate")
    SPAM = "spam", _("Spam")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    CREATED_IN_ERROR = "created_in_error", _("Created in error")


CANCEL_CODES = (ClosureCode.DUPLICATE, ClosureCode.SPAM, ClosureCode.WITHDRAWN, ClosureCode.CREATED_IN_ERROR)


class EntryKind(models.TextChoices):
    EMAIL_INBOUND = "email_inbound", _("Mail from the customer")
    EMAIL_OUTBOUND = "email_outbound", _("Mail to the customer")
    CHAT = "chat", _("Chat")
    PHONE_NOTE = "phone_note", _("Phone call")
    NOTE = "note", _("Internal note")
    SYSTEM = "system", _("System")
    OWNERSHIP = "ownership", _("Ownership")
    STATUS_CHANGE = "status_change", _("Status")
    PRIORITY_CHANGE = "priority_change", _("Priority")
    ENVELOPE_CREATED = "envelope_created", _("Envelope opened")
    ENVELOPE_MESSAGE = "envelope_message", _("Envelope message")
    ENVELOPE_COMPLETED = "envelope_completed", _("Envelope sealed")
    TASK_CREATED = "task_created", _("Task created")
    TASK_COMPLETED = "task_completed", _("Task completed")
    RESOLUTION = "resolution", _("Resolution")
    APPROVAL = "approval", _("Approval")
    SLA_EVENT = "sla_event", _("Service level")
    ALERT = "alert", _("Alert")
    FLAG = "flag", _("Flag")
    LINK = "link", _("Link")
    CHANGE = "change", pgettext_lazy("noun", "Change")
    CONNECTOR = "connector", _("Connector")


CUSTOMER_FACING = (EntryKind.EMAIL_INBOUND, EntryKind.EMAIL_OUTBOUND, EntryKind.CHAT, EntryKind.PHONE_NOTE)
"""Kinds that may be public; everything else stays inside."""


SPOKEN = (*CUSTOMER_FACING, EntryKind.NOTE)
"""Kinds that are somebody's words; the others are one-line events."""

LOGGED = (EntryKind.PHONE_NOTE, EntryKind.CHAT)
"""Conversations that happened elsewhere and are written down afterwards."""


class Direction(models.TextChoices):
    """Who began a conversation that is logged."""

    INBOUND = "inbound", _("Incoming")
    OUTBOUND = "outbound", _("Outgoing")


class AttemptOutcome(models.TextChoices):
    """What became of an entry that somebody marked as an attempt to solve the ticket."""

    WORKED = "worked", _("Worked")
    FAILED = "failed", _("Did not work")
    NONE = "none", _("Not an attempt")


class Visibility(models.TextChoices):
    PUBLIC = "public", _("Customer sees it")
    INTERNAL = "internal", _("Staff only")
    ENVELOPE_ONLY = "envelope_only", _("Envelope only")


class AuthorType(models.TextChoices):
    AGENT = "agent", _("Agent")
    CUSTOMER = "customer", _("Customer")
    SYSTEM = "system", _("System")
    API = "api", _("Program")


class OutboundStatus(models.TextChoices):
    HELD = "held", _("Sending soon")
    QUEUED = "queued", _("Waiting to be sent")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Taken back")


class OutboundKind(models.TextChoices):
    REPLY = "reply", _("Reply")
    ACKNOWLEDGEMENT = "acknowledgement", _("Acknowledgement")
    RESOLUTION = "resolution", _("Resolution")
    INTRODUCTION = "introduction", _("Introduction of the new owner")
    REMINDER = "reminder", _("Reminder to the customer")
    VENDOR = "vendor", _("Mail to a vendor")


ASIDE = (OutboundKind.VENDOR,)
"""Kinds that are not the customer's and stand on nobody's main thread; the app above that wrote them shows them."""


class Delivery(models.TextChoices):
    """What a mail system has reported of one recipient, the weaker word first (RFC 3464, RFC 8098)."""

    DELAYED = "delayed", _("Delayed")
    DELIVERED = "delivered", _("Delivered")
    READ = "read", _("Read")
    GIVEN_UP = "given_up", _("Not delivered for the time being")
    UNDELIVERABLE = "undeliverable", _("Undeliverable")


class Then(models.TextChoices):
    """What follows a reply, in the transaction of its release."""

    WAIT_FOR_CUSTOMER = "wait_for_customer", _("Wait for the customer")


class SendWhen(models.TextChoices):
    """When a reply is to leave."""

    NOW = "now", _("Now")
    AT_WORK = "at_work", _("When the customer is at work")
    AT = "at", _("At a moment I name")


class Unsent(models.TextChoices):
    """Why a reply that had not left was taken back by what happened on its ticket, and not by somebody's undoing it."""

    CUSTOMER_WROTE = "customer_wrote", _("the customer wrote first")
    ENDED = "ended", _("the ticket has ended")
    RESOLVED = "resolved", _("the ticket was resolved before")
    OWNER_CHANGED = "owner_changed", _("somebody else owns the ticket now")
    REQUESTER_CHANGED = "requester_changed", _("the ticket has another requester now")
    ADDRESS_CHANGED = "address_changed", _("the customer's address was corrected")
    LEGAL = "legal", _("the ticket is a legal case now, where texts are prescribed")


class ScanStatus(models.TextChoices):
    PENDING = "pending", _("Being checked")
    CLEAN = "clean", _("Clean")
    INFECTED = "infected", _("Blocked")
    FAILED = "failed", _("Check failed")


class TransferReason(models.TextChoices):
    TERMINATION = "termination", _("Employment ended")
    EXTENDED_LEAVE = "extended_leave", _("Leave of more than 30 days")


class TaskStatus(models.TextChoices):
    TODO = "todo", _("To do")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class DraftMode(models.TextChoices):
    """Whom a draft is meant for; it never becomes another's by itself."""

    REPLY = "reply", _("Reply to the customer")
    NOTE = "note", _("Internal note")


class TextScope(models.TextChoices):
    """Who uses a canned response or a template."""

    PERSONAL = "personal", _("Me alone")
    TEAM = "team", _("A team")
    GLOBAL = "global", _("Everybody")


class LinkKind(models.TextChoices):
    DUPLICATE_OF = "duplicate_of", _("Duplicate of")
    FOLLOW_UP_OF = "follow_up_of", _("Follow-up of")
    RELATED = "related", _("Related to")
    CAUSED_BY = "caused_by", _("Caused by")


class FlagType(models.TextChoices):
    """What sets a case apart (domain.md section 12)."""

    PHYSICAL_DAMAGE = "physical_damage", _("Physical damage")
    SOCIAL_MEDIA = "social_media", _("Social media")
    VIP = "vip", _("VIP")
    LEGAL = "legal", _("Legal")
    REPEAT_CONTACT = "repeat_contact", _("Repeat contact")
    COMPLAINT = "complaint", _("Complaint")


class FlagCause(models.TextChoices):
    """Why the desk itself has flagged a ticket; its label is the flag's reason."""

    TIER = "tier", _("The customer, or their company, is VIP.")
    CONTACTS = "contacts", _("Third contact about the same issue within 30 days.")


class Sentiment(models.TextChoices):
    """How a case that was public in social media is talked about in the end."""

    POSITIVE = "positive", _("Positive")
    NEUTRAL = "neutral", _("Neutral")
    NEGATIVE = "negative", _("Negative")


class PlacementCause(models.TextChoices):
    """Why an entry is shown on another ticket than before."""

    MOVE = "move", _("Moved")
    MERGE = "merge", _("Merged")
    SPLIT = "split", _("Split off")
    UNDO = "undo", _("Moved back")


class ColumnField(models.TextChoices):
    """What tickets stand side by side by on a board (domain.md section 17)."""

    STATUS = "status", _("Status")
    PRIORITY = "priority", _("Priority")
    TEAM = "team", _("Team")
    AGENT = "agent", _("Agent")
    CUSTOMER = "customer", _("Customer")
    SLA_STATUS = "sla_status", _("SLA")


class SlaStatus(models.TextChoices):
    """How what is promised on a ticket stands: the worst off of its open promises, in this order."""

    BREACHED = "breached", _("Breached")
    AT_RISK = "at_risk", _("At risk")
    ON_TRACK = "on_track", _("On track")
    PAUSED = "paused", _("Paused")


class WipMode(models.TextChoices):
    """What a limit of work in progress does when its column is full."""

    SOFT = "soft", _("Warns")
    HARD = "hard", _("Refuses")


class ViewScope(models.TextChoices):
    """Who has a saved view in their navigation."""

    PERSONAL = "personal", _("Only me")
    TEAM = "team", _("A team")
    GLOBAL = "global", _("Everybody")


class ListBase(models.TextChoices):
    """The list that a saved view narrows; each is about whoever looks."""

    MINE = "mine", _("My queue")
    TEAM = "team", _("Team")
    UNOWNED = "unowned", _("Unowned")
    ALL = "all", _("All")


class BoardSort(models.TextChoices):
    """In which order cards stand in their cell (domain.md section 17)."""

    PRIORITY_SCORE = "priority_score", _("Most urgent first")
    CREATED_AT = "created_at", _("Oldest first")
    DUE = "due", _("First due first")


class BulkKind(models.TextChoices):
    """What can be done with many tickets at once; never an owner's change but by accepting, never a reply."""

    ACCEPT = "accept", _("Accept")
    PRIORITY = "priority", _("Change priority")
    ADD_TAGS = "add_tags", _("Add tags")
    REMOVE_TAGS = "remove_tags", _("Remove tags")
    WATCH = "watch", _("Watch")
    OFFER = "offer", _("Offer to a colleague")
    CHANGE_TEAM = "change_team", _("Change team")
    CANCEL = "cancel", _("Cancel")


class BulkStage(models.TextChoices):
    """How far an act on many tickets is; one on few is done within its request."""

    ASKED = "asked", _("Not begun")
    QUEUED = "queued", _("Waits for its turn")
    RUNNING = "running", _("Running")
    DONE = "done", _("Finished")


ON_THE_WAY = (BulkStage.QUEUED, BulkStage.RUNNING)


class BulkState(models.TextChoices):
    """What became of one ticket in an act on many."""

    WAITING = "waiting", _("Not done yet")
    DONE = "done", _("Done")
    UNCHANGED = "unchanged", _("Was so already")
    REFUSED = "refused", _("Not done")
    UNDONE = "undone", _("Taken back")
    KEPT = "kept", _("Not taken back")
