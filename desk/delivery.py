"""What mail systems reported about a sent message, as its entry shows it; and why one was not sent."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Contact
from connectors.mail.sentences import error_in_words
from connectors.mail.services.handover import missed, reached_by
from tickets.enums import Delivery
from tickets.models import OutboundMessage, Ticket

BAD = (Delivery.UNDELIVERABLE, Delivery.GIVEN_UP)


def correct_url(ticket: Ticket) -> str:
    """Where the customer's address is corrected, and from where the way leads back to the ticket."""
    return reverse("desk:address", args=[ticket.requester_id]) + f"?ticket={ticket.reference}"


def delivery_of(message: OutboundMessage, ticket: Ticket) -> dict[str, Any]:
    """State, words and a way forward, the worst first; nothing where nothing was reported."""
    reported: dict[str, dict[str, Any]] = message.delivery
    for delivery in (*BAD, Delivery.DELAYED, Delivery.READ, Delivery.DELIVERED):
        if found := {address: facts for address, facts in reported.items() if facts["delivery"] == delivery}:
            text = _words(delivery, found)
            if delivery not in BAD:
                return {"delivery": "sending" if delivery == Delivery.DELAYED else "sent", "delivery_text": text}
            return {
                "delivery": "failed",
                "delivery_text": text,
                "retry_url": reverse("desk:ticket", args=[ticket.reference]) + "?compose=reply",
                "retry_label": _("Check the address and write again"),
            }
    return {}


STATUSES = {
    "5.1": gettext_lazy("the address does not exist"),
    "5.2.2": gettext_lazy("the mailbox is full"),
    "5.2": gettext_lazy("the mailbox takes no mail"),
    "5.4": gettext_lazy("their mail server is not reached"),
    "5.7": gettext_lazy("their mail server refuses our mail"),
}
"""What statuses of RFC 3463 say, the longer ones first where both would fit."""


def why_undeliverable(contact: Contact) -> str:
    """Reason and date of the report that marked a contact's address; nothing for one that is not marked."""
    if contact.undeliverable_at is None:
        return ""
    code = contact.undeliverable_code
    known = (STATUSES[key] for key in (code, code.rpartition(".")[0]) if key in STATUSES)
    reason = next(known, _("their mail server refuses it for good"))
    at = date_format(timezone.localtime(contact.undeliverable_at), "SHORT_DATE_FORMAT")
    status = f"{reason}, {code}" if code else str(reason)
    return _("Mail to this address came back on %(date)s (%(reason)s)") % {"date": at, "reason": status}


def _words(delivery: Delivery, found: dict[str, dict[str, Any]]) -> str:
    first = next(iter(found.values()))
    at = timezone.localtime(datetime.fromisoformat(first["at"]))
    facts = {"addresses": ", ".join(sorted(found)), "code": first["code"] or "–", "time": date_format(at, "H:i")}
    if not all(reported["is_sure"] for reported in found.values()):
        return _unsure_words(delivery, facts)
    match delivery:
        case Delivery.UNDELIVERABLE:
            return _("Undeliverable to %(addresses)s (status %(code)s): the address does not take this mail") % facts
        case Delivery.GIVEN_UP:
            return _("Not delivered to %(addresses)s (status %(code)s): their mail server gave up for now") % facts
        case Delivery.DELAYED:
            return _("Sent, delayed on its way to %(addresses)s (status %(code)s)") % facts
        case Delivery.READ:
            return _("Read by %(addresses)s, %(time)s, as their mail program says") % facts
    return _("Delivered to %(addresses)s, %(time)s") % facts


def _unsure_words(delivery: Delivery, facts: dict[str, Any]) -> str:
    """Only recipient and time speak for it that the report is about this mail."""
    match delivery:
        case Delivery.UNDELIVERABLE:
            return _("Probably undeliverable to %(addresses)s (status %(code)s): the report names no mail") % facts
        case Delivery.GIVEN_UP:
            return _("Probably not delivered to %(addresses)s (status %(code)s): the report names no mail") % facts
        case Delivery.DELAYED:
            return _("Sent, probably delayed on its way to %(addresses)s (status %(code)s)") % facts
        case Delivery.READ:
            return _("Probably read by %(addresses)s, %(time)s: the receipt names no mail") % facts
    return _("Probably delivered to %(addresses)s, %(time)s: the report names no mail") % facts


def words_of_failure(message: OutboundMessage) -> str:
    """Who did not get it and why; who did, where somebody did. To be read with `handover`."""
    reached, problem = reached_by(message), error_in_words(message.last_error)
    if reached:
        facts = {"reached": ", ".join(reached), "missed": ", ".join(missed(message, reached)), "error": problem}
        return _("Delivered to %(reached)s, but not to %(missed)s: %(error)s") % facts
    if message.may_have_left:
        return _("Perhaps not sent: %(error)s") % {"error": problem}
    return _("Not sent: %(error)s") % {"error": problem}
