"""Notifications in the reader's language."""

from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.enums import Role
from notifications.enums import EventType
from notifications.models import Notification
from tickets.enums import Unsent
from tickets.models import Ticket

TEMPLATES: dict[str, str | Promise] = {
    EventType.TICKET_ASSIGNED: _("%(reference)s is offered to you: %(subject)s"),
    EventType.OFFER_ENDED: _("The offer of %(reference)s was withdrawn"),
    EventType.OWNERSHIP_RECEIVED: _("You own %(reference)s from now on: %(subject)s"),
    EventType.CUSTOMER_REPLY: _("%(author)s wrote on %(reference)s: %(subject)s"),
    EventType.TICKET_REOPENED: _("%(reference)s is open again: %(subject)s"),
    EventType.TICKET_CLOSED: _("The customer confirmed %(reference)s: %(subject)s"),
    EventType.NOTE_ADDED: _("%(author)s left a note on %(reference)s: %(subject)s"),
    EventType.TASK_ASSIGNED: _("A task on %(reference)s is yours: %(title)s"),
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
    EventType.MAIL_BRAKE: _("Too many mails, held back for a while: %(about)s"),
    EventType.ROLE_SELF_GRANTED: _("%(agent)s, an admin, took the role %(roles)s"),
}


def describe(notification: Notification) -> str:
    """One sentence; the ticket's link is the page's business. Of a ticket out of sight it tells the event's kind."""
    template = _template(notification)
    if template is None or not is_told_of_its_ticket(notification):
        return str(notification.get_event_type_display())
    facts: dict[str, Any] = dict(notification.payload)
    if notification.event_type == EventType.ROLE_SELF_GRANTED:
        facts["roles"] = ", ".join(str(role.label) for role in Role if role.value in facts["roles"])
    if notification.event_type == EventType.REPLY_DROPPED:
        facts["reason"] = str(Unsent(facts["reason"]).label)
    for name in ("starts_on", "ends_on"):
        if facts.get(name):
            facts[name] = date_format(date.fromisoformat(facts[name]), "DATE_FORMAT")
    return str(template) % facts


def _template(notification: Notification) -> str | Promise | None:
    facts: dict[str, Any] = notification.payload
    match notification.event_type:
        case EventType.OFFER_ENDED if facts.get("has_lapsed"):
            return _("The offer of %(reference)s has lapsed; it is back in the queue")
        case EventType.SEND_FAILED if facts.get("addresses"):
            return _("A message on %(reference)s did not reach %(addresses)s")
        case EventType.SEND_FAILED if facts.get("error"):
            return _("A message on %(reference)s was not sent: the mail server answered %(error)s")
        case EventType.MAIL_BRAKE if facts.get("kind") in ("answers", "mailbox"):
            return _("No automatic answers for a while, there were too many: %(about)s")
        case EventType.COVER_STARTED if not facts.get("ends_on"):
            return _("You cover for %(agent)s from %(starts_on)s until they are back")
    return TEMPLATES.get(notification.event_type)


def is_told_of_its_ticket(notification: Notification) -> bool:
    """Whether the recipient may see its ticket today: as `notifications_of` has found for all rows at once, else asked
    for this one.
    """
    if notification.ticket_id is None:
        return True
    if "is_ticket_in_sight" in vars(notification):
        return bool(vars(notification)["is_ticket_in_sight"])
    return Ticket.objects.visible_to(notification.recipient).filter(pk=notification.ticket_id).exists()
