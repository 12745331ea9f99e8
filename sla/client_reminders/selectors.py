"""What reminders to a customer follow from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.worktime import WorkCalendar
from sla.client_reminders.models import ClientReminderRule, ClientReminderWatch
from sla.client_reminders.planning import moments
from sla.enums import PauseReason
from sla.explain import Stop
from sla.models.clocks import SlaPause
from sla.selectors import work_calendar_for
from tickets.enums import TicketStatus
from tickets.models import Ticket


@dataclass(frozen=True)
class Asking:
    """How asking the customer again stands on a ticket that waits for them."""

    watch: ClientReminderWatch
    calendar: WorkCalendar
    interval_minutes: int
    stops: Sequence[Stop]
    """Pauses by a supervisor's word."""

    @property
    def paused_until(self) -> datetime | None:
        """When a pause that lasts ends by itself."""
        return next((stop.until for stop in self.stops if stop.to_at is None), None)

    @property
    def ended_stops(self) -> list[Stop]:
        """A pause that lasts, as it will have been if nobody ends it before."""
        return [stop if stop.to_at is not None else Stop(stop.reason, stop.from_at, stop.until) for stop in self.stops]

    def moments(self) -> list[datetime]:
        return list(
            moments(
                self.calendar,
                self.watch.anchor_at,
                self.interval_minutes,
                sent=self.watch.sent,
                stops=self.ended_stops,
            )
        )


def asking_on(ticket: Ticket) -> Asking | None:
    """None: the customer is not asked again. Four queries."""
    if ticket.status != TicketStatus.WAITING_CUSTOMER:
        return None
    watch = ClientReminderWatch.objects.filter(pk=ticket.pk, due_at__isnull=False).first()
    rule = ClientReminderRule.objects.filter(priority=ticket.priority, is_active=True).first()
    if watch is None or rule is None:
        return None
    return Asking(watch, work_calendar_for(ticket), rule.interval_minutes, _approved_stops(ticket.pk))


def _approved_stops(ticket_id: UUID) -> list[Stop]:
    rows = SlaPause.objects.filter(ticket=ticket_id).exclude(reason=PauseReason.WAITING_CUSTOMER).order_by("from_at")
    return [Stop(row.reason, row.from_at, row.to_at, row.until) for row in rows]
