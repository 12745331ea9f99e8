"""How promises stand: for lists, boards, badges, and for whoever counts in a ticket's business time."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from accounts.calendars import work_calendar_of
from core.worktime import WorkCalendar
from sla.enums import ClockState, Indicator, Metric
from sla.models import SlaClock
from sla.selectors.editions import hours_by_id
from tickets.models import Ticket

WORST_FIRST = (Indicator.BREACHED, Indicator.AT_RISK, Indicator.ON_TRACK, Indicator.PAUSED)


class Standing(Protocol):
    """What a clock's standing is told from, however it was read."""

    @property
    def state(self) -> str: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def at_risk_at(self) -> datetime: ...
    @property
    def breached_at(self) -> datetime | None: ...


C = TypeVar("C", bound=Standing)


def indicator_of(clock: Standing, now: datetime) -> Indicator:
    """How one clock stands. What is missed stays so; what stands still is neither at risk nor missed by that."""
    if clock.state == ClockState.COMPLETED:
        return Indicator.MISSED if clock.breached_at else Indicator.MET
    if clock.breached_at is not None or (clock.state == ClockState.RUNNING and clock.due_at <= now):
        return Indicator.BREACHED
    if clock.state == ClockState.PAUSED:
        return Indicator.PAUSED
    return Indicator.AT_RISK if clock.at_risk_at < now else Indicator.ON_TRACK


def open_clocks_of(ticket_ids: Collection[UUID]) -> dict[UUID, list[SlaClock]]:
    """Running and paused promises to the customer, by ticket, what is due first first. One query."""
    found: dict[UUID, list[SlaClock]] = {}
    for clock in SlaClock.objects.of_tickets(ticket_ids).open().of_customer().order_by("due_at", "metric"):
        found.setdefault(clock.ticket_id, []).append(clock)
    return found


def nearest_clocks(ticket_ids: Collection[UUID], now: datetime) -> dict[UUID, tuple[Indicator, SlaClock]]:
    """Of each ticket the promise that a badge shows: the worst off, among equals the one due first. One query."""
    return {ticket_id: worst(clocks, now) for ticket_id, clocks in open_clocks_of(ticket_ids).items()}


def worst(clocks: Iterable[C], now: datetime) -> tuple[Indicator, C]:
    shown = [(indicator_of(clock, now), clock) for clock in clocks]
    return min(shown, key=lambda pair: (WORST_FIRST.index(pair[0]), pair[1].due_at))


def indicators(ticket_ids: Collection[UUID], now: datetime) -> dict[UUID, Indicator]:
    """By ticket; one without open promises is not in it. One query."""
    return {ticket_id: indicator for ticket_id, (indicator, _clock) in nearest_clocks(ticket_ids, now).items()}


def resolution_clock_of(ticket_id: UUID) -> SlaClock | None:
    """That of the ticket, whatever its state. One query."""
    return resolution_clocks_of([ticket_id]).get(ticket_id)


def resolution_clocks_of(ticket_ids: Collection[UUID]) -> dict[UUID, SlaClock]:
    """As `resolution_clock_of`, by ticket. One query."""
    rows = SlaClock.objects.of_tickets(ticket_ids).filter(metric=Metric.RESOLUTION).order_by("cycle")
    return {clock.ticket_id: clock for clock in rows}


def work_calendar_for(ticket: Ticket) -> WorkCalendar:
    """In whose hours what is promised on the ticket is counted: its policy's, or, where nothing is promised, its
    team's. One query, up to four where nothing is promised.
    """
    return work_calendars_for([ticket])[ticket.pk]


def work_calendars_for(tickets: Collection[Ticket]) -> Mapping[UUID, WorkCalendar]:
    """As `work_calendar_for`, for many with one query."""
    rows = SlaClock.objects.of_tickets([ticket.pk for ticket in tickets]).filter(metric=Metric.RESOLUTION)
    counted = {ticket_id: hours_by_id(hours) for ticket_id, hours in rows.values_list("ticket_id", "hours_id")}
    return {
        ticket.pk: counted[ticket.pk].calendar if ticket.pk in counted else work_calendar_of(ticket.team)
        for ticket in tickets
    }
