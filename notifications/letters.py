"""What a delivery says, in the words of its recipient, written when it is handed over."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from notifications.models import Delivery, Notification
from notifications.selectors import notifications_of
from notifications.ways import Letter, Line
from notifications.wording import describe, is_told_of_its_ticket


def letter_of(delivery: Delivery) -> Letter:
    """Two statements, however much is in it. What has gone out of the recipient's sight names no ticket."""
    agent = delivery.recipient
    rows = list(notifications_of(agent).filter(items__delivery=delivery).order_by("created_at", "id"))
    language = agent.language or settings.LANGUAGE_CODE
    with translation.override(language):
        lines = tuple(_line(row) for row in _by_ticket(rows))
        return Letter(
            key=str(delivery.pk),
            recipient=agent,
            language=language,
            urgency=delivery.urgency,
            timing=delivery.timing,
            title=_title(lines),
            lines=lines,
            url=absolute("desk:notifications"),
        )


def _by_ticket(rows: list[Notification]) -> list[Notification]:
    """The news of each ticket together, tickets in the order of their first."""
    order: dict[object, int] = {}
    for row in rows:
        order.setdefault(row.ticket_id or row.pk, len(order))
    return sorted(rows, key=lambda row: order[row.ticket_id or row.pk])


def _line(row: Notification) -> Line:
    ticket = row.ticket if row.ticket is not None and is_told_of_its_ticket(row) else None
    return Line(
        notification_id=row.pk,
        event_type=row.event_type,
        kind=str(row.get_event_type_display()),
        text=" ".join(describe(row).split()),
        reference=ticket.reference if ticket else "",
        url=absolute("desk:ticket", ticket.reference) if ticket else absolute("desk:notifications"),
        told_at=row.created_at,
    )


def _title(lines: tuple[Line, ...]) -> str:
    references = {line.reference for line in lines}
    if len(lines) == 1:
        return f"{lines[0].reference}: {lines[0].kind}" if lines[0].reference else lines[0].kind
    if len(references) == 1 and (reference := references.pop()):
        return _("%(reference)s: %(count)d notifications") % {"reference": reference, "count": len(lines)}
    return _("%(count)d notifications") % {"count": len(lines)}


def absolute(name: str, *args: str) -> str:
    return settings.SITE_URL.rstrip("/") + reverse(name, args=args)
