"""What mail systems report about a message that has left: noted on it, never on its entry (email.md section 6)."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from accounts.services import mark_undeliverable
from core.actors import DESK
from core.events import publish
from core.service import service
from tickets.enums import Delivery
from tickets.events import MessageUndelivered
from tickets.models import OutboundMessage
from tickets.services._common import touched

MAX_ADDRESSES = 100
"""Of one message; further ones in a report are somebody's words about nobody we wrote to."""
DEAD_ADDRESS = re.compile(r"5\.(?:1\.(?:[0-6]|10)|2\.[0-2])")
"""Status codes that speak of the recipient's mailbox (RFC 3463 section 3.2 and 3.3, RFC 7505), not of this one mail:
others say that it was too large, or refused for its sender or content, and the next mail may well arrive.
"""
RANKS = list(Delivery)
"""The later one says more: what was read has arrived, what is undeliverable will not be waited for."""


@service
def note_delivery(
    message_id: UUID,
    *,
    addresses: Iterable[str],
    delivery: Delivery,
    at: datetime,
    code: str = "",
    is_sure: bool = True,
) -> set[str]:
    """Note of each address what became of the mail, and tell of a failure once; the answer is for whom that is new.

    `code` is the status of RFC 3463, as 5.1.1, or nothing. The ticket stays as it is: a report is nobody's word.
    """
    message = OutboundMessage.objects.select_for_update(of=("self",)).get(pk=message_id)
    known: Mapping[str, dict[str, object]] = message.delivery
    news = {}
    for address in dict.fromkeys(found.strip().lower() for found in addresses if found.strip()):
        if _is_news(known.get(address), delivery, is_sure=is_sure):
            news[address] = {"delivery": delivery.value, "code": code, "at": at.isoformat(), "is_sure": is_sure}
    if not news or len({*known, *news}) > MAX_ADDRESSES:
        return set()
    message.delivery = {**known, **news}
    message.save(update_fields=["delivery"])
    touched(message.ticket_id, at=at)
    if delivery == Delivery.UNDELIVERABLE and is_sure and DEAD_ADDRESS.fullmatch(code):
        for address in sorted(news):
            mark_undeliverable(address, by=DESK, at=at, code=code)
    if delivery in (Delivery.GIVEN_UP, Delivery.UNDELIVERABLE):
        publish(
            MessageUndelivered(
                ticket_id=message.ticket_id,
                message_id=message.pk,
                author_id=message.author_id,
                addresses=", ".join(sorted(news)),
                is_sure=is_sure,
                occurred_at=at,
            )
        )
    return set(news)


def _is_news(before: Mapping[str, object] | None, delivery: Delivery, *, is_sure: bool) -> bool:
    """Of higher rank than what is known, or the same and sure for the first time."""
    if before is None:
        return True
    old = RANKS.index(Delivery(str(before["delivery"])))
    return old < RANKS.index(delivery) or (before["delivery"] == delivery and is_sure and not before["is_sure"])
