"""Notifications in the reader's language."""

from django.utils.translation import gettext as _

from notifications.enums import EventType
from notifications.models import Notification


def describe(notification: Notification) -> str:
    """One sentence; the ticket's link is the page's business."""
    facts: dict[str, object] = notification.payload
    match notification.event_type:
        case EventType.TICKET_ASSIGNED:
            text = _("%(reference)s is offered to you: %(subject)s")
        case EventType.OFFER_ENDED if facts.get("has_lapsed"):
            text = _("The offer of %(reference)s has lapsed; it is back in the queue")
        case EventType.OFFER_ENDED:
            text = _("The offer of %(reference)s was withdrawn")
        case EventType.OWNERSHIP_RECEIVED:
            text = _("You own %(reference)s from now on: %(subject)s")
        case EventType.CUSTOMER_REPLY:
            text = _("%(author)s wrote on %(reference)s: %(subject)s")
        case EventType.TICKET_REOPENED:
            text = _("%(reference)s is open again: %(subject)s")
        case EventType.TICKET_CLOSED:
            text = _("The customer confirmed %(reference)s: %(subject)s")
        case EventType.NOTE_ADDED:
            text = _("%(author)s left a note on %(reference)s: %(subject)s")
        case EventType.SEND_FAILED:
            text = _("A message on %(reference)s was not sent: %(error)s")
        case EventType.COVER_STARTED:
            text = _("You cover for %(agent)s from %(starts_on)s to %(ends_on)s")
        case EventType.LONG_ABSENCE:
            text = _(
                "%(agent)s is away for more than 30 days from %(starts_on)s; their open tickets may need new owners"
            )
        case _other:
            return str(notification.get_event_type_display())
    return text % facts
