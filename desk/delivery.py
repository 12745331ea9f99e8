"""What mail systems reported about a sent message, as its entry shows it."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tickets.enums import Delivery
from tickets.models import OutboundMessage, Ticket

BAD = (Delivery.UNDELIVERABLE, Delivery.GIVEN_UP)


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


def _words(delivery: Delivery, found: dict[str, dict[str, Any]]) -> str:
    first = next(iter(found.values()))
    at = timezone.localtime(datetime.fromisoformat(first["at"]))
    facts = {"addresses": ", ".join(sorted(found)), "code": first["code"] or "–", "time": date_format(at, "H:i")}
    is_sure = all(facts["is_sure"] for facts in found.values())
    match delivery:
        case Delivery.UNDELIVERABLE if not is_sure:
            return _("Probably undeliverable to %(addresses)s (status %(code)s): the report names no mail") % facts
        case Delivery.UNDELIVERABLE:
            return _("Undeliverable to %(addresses)s (status %(code)s): the address does not take this mail") % facts
        case Delivery.GIVEN_UP:
            return _("Not delivered to %(addresses)s (status %(code)s): their mail server gave up for now") % facts
        case Delivery.DELAYED:
            return _("Sent, delayed on its way to %(addresses)s (status %(code)s)") % facts
        case Delivery.READ:
            return _("Read by %(addresses)s, %(time)s, as their mail program says") % facts
    return _("Delivered to %(addresses)s, %(time)s") % facts
