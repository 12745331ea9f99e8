"""Notifications in the reader's language."""

from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.enums import Role
from notifications.enums import EventType
from notifications.models import Notification
from tickets.enums import BulkKind, FlagType, Unsent
from tickets.models import Ticket
from tickets.resolution_enums import ApprovalStatus, ResolutionType

TEMPLATES: dict[str, str | Promise] = {
    EventType.TICKET_ASSIGNED: _("%(reference)s is offered to you: %(subject)s"),
    EventType.OFFER_ENDED: _("The offer of %(reference)s was withdrawn"),
    EventType.OWNERSHIP_RECEIVED: _("You own %(reference)s from now on: %(subject)s"),
    EventType.CUSTOMER_REPLY: _("%(author)s wrote on %(reference)s: %(subject)s"),
    EventType.TICKET_REOPENED: _("%(reference)s is open again: %(subject)s"),
    EventType.TICKET_CLOSED: _("The customer confirmed %(reference)s: %(subject)s"),
    EventType.TICKET_RESOLVED_BY_OTHER: _("%(by)s resolved %(reference)s: %(subject)s"),
    EventType.SLA_WARNING: _("%(reference)s is due soon: %(subject)s"),
    EventType.SLA_BREACH: _("%(reference)s is overdue: %(subject)s"),
    EventType.ALERT: _("Alert of level %(level)s on %(reference)s: %(subject)s"),
    EventType.REMINDER: _("Reminder of %(reference)s: %(message)s"),
    EventType.NOTE_ADDED: _("%(author)s left a note on %(reference)s: %(subject)s"),
    EventType.MENTIONED: _("%(author)s mentions you on %(reference)s: %(subject)s"),
    EventType.FLAG_ADDED: _("%(reference)s is flagged as “%(flag)s”: %(subject)s"),
    EventType.TASK_ASSIGNED: _("A task on %(reference)s is yours: %(title)s"),
    EventType.APPROVAL_REQUESTED: _("%(agent)s asks for your approval on %(reference)s: %(what)s"),
    EventType.APPROVAL_OVERDUE: _("An approval on %(reference)s is overdue: %(what)s, asked for by %(agent)s"),
    EventType.LEGAL_TEAM_MISSING: _(
        "Nobody was asked for legal advice on %(reference)s: no team is marked to give it. %(subject)s"
    ),
    EventType.ENVELOPE_REQUESTED: _("%(by)s asks %(target)s for help on %(reference)s: %(subject)s"),
    EventType.ENVELOPE_MESSAGE: _("%(by)s wrote in envelope %(number)s of %(reference)s"),
    EventType.ESCALATION_TIMEOUT: _("Nobody has accepted envelope %(number)s of %(reference)s yet: %(target)s"),
    EventType.SEND_FAILED: _("A message on %(reference)s was not sent: the mail server did not take it"),
    EventType.REPLY_DROPPED: _("A scheduled reply on %(reference)s was not sent: %(reason)s"),
    EventType.COVER_STARTED: _("You cover for %(agent)s from %(starts_on)s to %(ends_on)s"),
    EventType.COVER_ENDED: _("You no longer cover for %(agent)s from %(starts_on)s on"),
    EventType.DEPUTY_ABSENT: _(
        "%(deputy)s, deputy of %(agent)s, is absent too from %(starts_on)s on; name somebody else"
    ),
    EventType.LONG_ABSENCE: _(
        "%(agent)s is away for more than 30 days from %(starts_on)s; their open tickets may need new owners"
    ),
    EventType.BULK_ENDED: _(
        "“%(act)s” has ended. Done: %(done)s, not done: %(refused)s, was so already: %(unchanged)s"
    ),
    EventType.MEETING_FAILED: _("A meeting on %(reference)s is not in the calendar as it should be"),
    EventType.MAIL_BRAKE: _("Too many mails, held back for a while: %(about)s"),
    EventType.CONNECTION_REFUSED: _(
        "The connection “%(connection)s” cannot sign in any more; what is to be done stands under Connections"
    ),
    EventType.CONNECTION_LACKING: _(
        "Something is missing at the connection “%(connection)s”, such as a permission; Connections says what"
    ),
    EventType.CREDENTIAL_ENDS: _("What the connection “%(connection)s” signs in with ends on %(ends_on)s"),
    EventType.PROPOSAL_MADE: _("%(by)s proposes to change “%(what)s”: %(reason)s"),
    EventType.ROLE_SELF_GRANTED: _("%(agent)s, an admin, took the role %(roles)s"),
}

WITHOUT_TICKET: dict[str, str | Promise] = {
    EventType.LEGAL_TEAM_MISSING: _(
        "A legal case waits: no team is marked to give legal advice. Mark one among the teams"
    ),
    EventType.REMINDER: _("Reminder: %(message)s"),
    EventType.ALERT: _("%(count)s tickets with alerts of level %(level)s: %(references)s"),
}
"""For those who are to do something and see no tickets."""

REMINDED: dict[str, str | Promise] = {
    "escalation_timeout": _("%(reference)s: nobody has accepted an envelope yet"),
    "no_customer_response": _("%(reference)s: the customer has not answered for 3 days"),
    "stale_ticket": _("%(reference)s: nothing has happened for 5 days"),
    "follow_up": _("Follow up on %(reference)s"),
    "check_in": _("Check on %(reference)s that it works"),
    "weekly_review": _("Time for your weekly review"),
    "monthly_review": _("Time for your monthly review"),
}
"""What nobody has put into words of their own, by the reminder's kind."""

ALERTED: dict[str, str | Promise] = {
    "not_assigned": _("Level %(level)s: nobody has accepted %(reference)s. %(subject)s"),
    "not_updated": _("Level %(level)s: nobody has worked on %(reference)s. %(subject)s"),
    "not_completed": _("Level %(level)s: %(reference)s is not resolved. %(subject)s"),
}
ALERTED_OF_MANY: dict[str, str | Promise] = {
    "not_assigned": _("Level %(level)s: nobody has accepted %(count)s tickets: %(references)s"),
    "not_updated": _("Level %(level)s: nobody has worked on %(count)s tickets: %(references)s"),
    "not_completed": _("Level %(level)s: %(count)s tickets are not resolved: %(references)s"),
}
"""By the condition of the alert; many at once are told in one sentence."""
ALERTED_OUT_OF_SIGHT: dict[str, str | Promise] = {
    "not_assigned": _("Level %(level)s: tickets out of your sight that nobody has accepted: %(count)s"),
    "not_updated": _("Level %(level)s: tickets out of your sight that nobody has worked on: %(count)s"),
    "not_completed": _("Level %(level)s: tickets out of your sight that are not resolved: %(count)s"),
}
"""To admins, who are told where nobody else is there to be told, and read no tickets."""

DECIDED: dict[str, str | Promise] = {
    ApprovalStatus.APPROVED: _("Approved on %(reference)s: %(what)s"),
    ApprovalStatus.REJECTED: _("Not approved on %(reference)s: %(what)s. %(note)s"),
    ApprovalStatus.WITHDRAWN: _("Withdrawn on %(reference)s: %(what)s"),
}


PROPOSALS: dict[str, str | Promise] = {
    "accepted": _("%(by)s accepted your proposal on “%(what)s”. %(note)s"),
    "declined": _("%(by)s declined your proposal on “%(what)s”. %(note)s"),
}
"""By the decision, as the payload names it."""

ENDING: dict[str, str | Promise] = {
    "secret": _("The client secret of the connection “%(connection)s” ends on %(ends_on)s"),
    "certificate": _("The certificate of the connection “%(connection)s” ends on %(ends_on)s"),
}
"""By what ends, as the payload names it."""

ENVELOPE_CHANGES: dict[str, str | Promise] = {
    "opened": _("%(by)s asks %(target)s for help, one level on: envelope %(number)s of %(reference)s"),
    "legal": _("Legal advice on %(reference)s is asked of %(target)s in envelope %(number)s: %(subject)s"),
    "accepted": _("%(by)s accepted envelope %(number)s of %(reference)s"),
    "declined": _("%(by)s declined envelope %(number)s of %(reference)s"),
    "invited": _("%(by)s wants you in envelope %(number)s of %(reference)s: %(subject)s"),
    "offered": _("%(by)s can help: envelope %(number)s of %(reference)s"),
    "released": _("%(by)s gave envelope %(number)s of %(reference)s back"),
    "left": _("%(expert)s left the desk; envelope %(number)s of %(reference)s goes on without them"),
    "owns": _("%(expert)s owns %(reference)s now; envelope %(number)s goes on without them"),
    "taken": _("%(by)s took envelope %(number)s of %(reference)s from you"),
    "taken_from_owner": _("You own %(reference)s now; envelope %(number)s, in which you helped, goes on without you"),
    "sealed": _("%(by)s sealed envelope %(number)s of %(reference)s"),
    "cancelled": _("Envelope %(number)s of %(reference)s was withdrawn"),
    "mail_dropped": _(
        "Your mail to the vendor in envelope %(number)s of %(reference)s was not sent; its text is kept as a draft"
    ),
    "mail_kept": _("A mail of %(by)s is kept in envelope %(number)s of %(reference)s and was told to nobody else"),
    "mail_held": _("A mail of %(by)s about envelope %(number)s of %(reference)s waits in quarantine"),
    "reopened": _("%(by)s opened envelope %(number)s of %(reference)s again"),
}
"""By what has changed, as the payload names it."""


OUT_OF_SIGHT: dict[str, str | Promise] = {
    "cancelled": _("Help that you were asked for, or gave, is needed no more"),
}
"""Of these, what is said where the ticket is in sight no more."""


def describe(notification: Notification) -> str:
    """One sentence; the ticket's link is the page's business. Of a ticket out of sight it tells the event's kind."""
    is_envelope = notification.event_type == EventType.ENVELOPE_UPDATED
    template = ENVELOPE_CHANGES.get(notification.payload.get("what", "")) if is_envelope else _template(notification)
    if template is None or not is_told_of_its_ticket(notification):
        known = OUT_OF_SIGHT.get(notification.payload.get("what", "")) if is_envelope else None
        return str(known or notification.get_event_type_display())
    facts: dict[str, Any] = dict(notification.payload)
    if notification.event_type == EventType.ROLE_SELF_GRANTED:
        facts["roles"] = ", ".join(str(role.label) for role in Role if role.value in facts["roles"])
    if notification.event_type == EventType.REPLY_DROPPED:
        facts["reason"] = str(Unsent(facts["reason"]).label)
    if "amount" in facts:
        facts["what"] = f"{ResolutionType(facts['type']).label} {facts['amount']}".strip()
    if notification.event_type == EventType.BULK_ENDED:
        facts["act"] = str(BulkKind(facts["kind"]).label)
    if notification.event_type == EventType.FLAG_ADDED:
        facts["flag"] = str(FlagType(facts["flag"]).label)
    for name in ("starts_on", "ends_on"):
        if facts.get(name):
            facts[name] = date_format(date.fromisoformat(facts[name]), "DATE_FORMAT")
    said = (str(template) % facts).strip()
    if notification.event_type == EventType.SEND_FAILED and "number" in facts:
        return str(_("%(said)s (envelope %(number)s)")) % {"said": said, "number": facts["number"]}
    return said


def _template(notification: Notification) -> str | Promise | None:
    facts: dict[str, Any] = notification.payload
    match notification.event_type:
        case EventType.OFFER_ENDED if facts.get("has_lapsed"):
            return _("The offer of %(reference)s has lapsed; it is back in the queue")
        case EventType.SEND_FAILED if facts.get("addresses") and not facts.get("is_sure", True):
            return _("A message on %(reference)s probably did not reach %(addresses)s")
        case EventType.SEND_FAILED if facts.get("addresses"):
            return _("A message on %(reference)s did not reach %(addresses)s")
        case EventType.SEND_FAILED if facts.get("reached"):
            return _partly_sent(facts)
        case EventType.SEND_FAILED if facts.get("is_unclear"):
            return _("A message on %(reference)s may not have been sent: nobody can tell what the mail server did")
        case EventType.REPLY_DROPPED if not facts.get("is_scheduled", True):
            return _("A reply on %(reference)s was not sent: %(reason)s")
        case EventType.SEND_FAILED if facts.get("error"):
            return _("A message on %(reference)s was not sent: the mail server answered %(error)s")
        case EventType.BULK_ENDED if facts.get("is_undo"):
            return _("Taking back “%(act)s” has ended. Taken back: %(undone)s, not taken back: %(kept)s")
        case EventType.BULK_ENDED if facts.get("was_stopped"):
            return _("“%(act)s” was stopped. Done: %(done)s, not done: %(refused)s, was so already: %(unchanged)s")
        case EventType.MAIL_BRAKE if facts.get("kind") in ("answers", "mailbox"):
            return _("No automatic answers for a while, there were too many: %(about)s")
        case EventType.COVER_STARTED if not facts.get("ends_on"):
            return _("You cover for %(agent)s from %(starts_on)s until they are back")
    known = WITHOUT_TICKET if notification.ticket_id is None else TEMPLATES
    return (
        DECIDED.get(facts.get("status", ""))
        or PROPOSALS.get(facts.get("decision", ""))
        or ENDING.get(facts.get("credential", ""))
        or _reminded(notification)
        or _alerted(notification)
        or known.get(notification.event_type)
        or TEMPLATES.get(notification.event_type)
    )


def _reminded(notification: Notification) -> str | Promise | None:
    is_worded = notification.event_type != EventType.REMINDER or notification.payload.get("message")
    return None if is_worded else REMINDED.get(notification.payload.get("kind", ""))


def _alerted(notification: Notification) -> str | Promise | None:
    known = ALERTED
    if notification.payload.get("count"):
        known = ALERTED_OF_MANY if notification.payload.get("references") else ALERTED_OUT_OF_SIGHT
    is_alert = notification.event_type == EventType.ALERT
    return known.get(notification.payload.get("condition", "")) if is_alert else None


def _partly_sent(facts: dict[str, Any]) -> Promise:
    if facts.get("error"):
        return _(
            "A message on %(reference)s reached %(reached)s, but not %(missed)s: the mail server answered %(error)s"
        )
    return _("A message on %(reference)s reached %(reached)s, but not %(missed)s")


def is_told_of_its_ticket(notification: Notification) -> bool:
    """Whether the recipient may see its ticket today: as `notifications_of` has found for all rows at once, else asked
    for this one.
    """
    if notification.ticket_id is None:
        return True
    if "is_ticket_in_sight" in vars(notification):
        return bool(vars(notification)["is_ticket_in_sight"])
    return Ticket.objects.visible_to(notification.recipient).filter(pk=notification.ticket_id).exists()
