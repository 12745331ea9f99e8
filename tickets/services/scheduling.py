"""Replies that wait for a better moment: when the customer is at work, or when their author says."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.calendars import customer_hours
from accounts.models import Agent
from core import worktime
from core.errors import Invalid, StaleVersion
from core.service import service
from tickets.enums import OutboundStatus, SendWhen
from tickets.errors import NotScheduled, NotYourMessage
from tickets.models import OutboundMessage, Ticket
from tickets.policies import may_undo
from tickets.services._common import lock, refuse_if_ended, refuse_unless_owner, touched

FURTHEST = timedelta(days=366)


def moment_to_send(
    ticket: Ticket, *, when: str, send_at: datetime | None, by: Agent, now: datetime
) -> tuple[datetime, bool]:
    """When a reply written now leaves, never before the undo time is over, and whether it waits for longer than that.

    Raises Invalid for a moment that is missing, past or more than a year away.
    """
    soonest = now + timedelta(seconds=by.undo_seconds)
    if when not in SendWhen:
        raise Invalid({"when": _("Choose now, at_work or at.")})
    if when != SendWhen.AT and send_at is not None:
        raise Invalid({"send_at": _("A moment is named only with “at a moment I name”.")})
    moment = soonest
    if when == SendWhen.AT:
        moment = max(_named(send_at, now=now), soonest)
    elif when == SendWhen.AT_WORK:
        moment = _at_work(ticket, soonest)
    return moment, moment > soonest


def _named(send_at: datetime | None, *, now: datetime) -> datetime:
    if send_at is None:
        raise Invalid({"send_at": _("Say when the reply is to be sent.")})
    if send_at <= now:
        raise Invalid({"send_at": _("This moment has passed.")})
    if send_at > now + FURTHEST:
        raise Invalid({"send_at": _("At most a year ahead.")})
    return send_at


def _at_work(ticket: Ticket, soonest: datetime) -> datetime:
    """From `soonest` on the first moment within the customer's working hours."""
    try:
        return worktime.next_open(customer_hours(ticket.requester), soonest)
    except (worktime.InvalidCalendar, worktime.NoOpenTime) as error:
        raise Invalid({"when": _("The default business calendar never opens; name a moment yourself.")}) from error


@service
def reschedule_message(
    message_id: UUID, *, by: Agent, when: str, send_at: datetime | None = None, version: int | None = None
) -> OutboundMessage:
    """Another moment for a reply that waits for one; `now` leaves the undo time to take it back after all.

    Raises NotYourMessage, NotOwner, NotScheduled, TicketClosed, Invalid.
    """
    ticket_id = OutboundMessage.objects.values_list("ticket_id", flat=True).get(pk=message_id)
    ticket = lock(ticket_id)
    message = OutboundMessage.objects.select_for_update(of=("self",)).get(pk=message_id)
    message.ticket = ticket
    if not may_undo(by, message):
        raise NotYourMessage
    if message.status != OutboundStatus.HELD or not message.is_scheduled:
        ways = ["undo"] if message.may_be_undone else []
        raise NotScheduled(status=OutboundStatus(message.status).label, allowed=ways)
    refuse_unless_owner(by, ticket)
    refuse_if_ended(ticket)
    now = timezone.now()
    moment, waits = moment_to_send(ticket, when=when, send_at=send_at, by=by, now=now)
    if version is not None and version != message.version:
        raise StaleVersion(given=version, current=message.version)
    message.release_at, message.sent_now_at = moment, None if waits else now
    message.save(update_fields=["release_at", "sent_now_at"])
    touched(ticket.pk, at=now)
    return message
