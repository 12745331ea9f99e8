"""Columns of tickets as boards show them and limits count them (domain.md section 17)."""

from collections.abc import Callable, Collection, Mapping
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Case, CharField, F, Q, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tickets.enums import OPEN, ColumnField, Priority, SlaStatus, TicketStatus
from tickets.filters import NONE

STATUS_COLUMNS: Mapping[str, tuple[TicketStatus, ...]] = {
    "new": (TicketStatus.NEW,),
    "in_progress": (TicketStatus.IN_PROGRESS,),
    "waiting": (TicketStatus.WAITING_CUSTOMER, TicketStatus.WAITING_INTERNAL),
    "resolved": (TicketStatus.RESOLVED,),
}
"""In the order in which a ticket goes through them; each name is also one of the filter language."""

LABELS: Mapping[ColumnField, Mapping[str, Promise | str]] = {
    ColumnField.STATUS: {
        "new": TicketStatus.NEW.label,
        "in_progress": TicketStatus.IN_PROGRESS.label,
        "waiting": _("Waiting"),
        "resolved": TicketStatus.RESOLVED.label,
    },
    ColumnField.PRIORITY: {priority.value: priority.label for priority in Priority},
}
"""Columns that are there whatever the tickets; those a limit can be set on."""

ESCALATED = "escalated"
"""The column of tickets that get help: no status of their own, as the status says who is waited for."""

BOARD_LABELS: Mapping[ColumnField, Mapping[str, Promise | str]] = {
    ColumnField.STATUS: {
        "new": TicketStatus.NEW.label,
        "in_progress": TicketStatus.IN_PROGRESS.label,
        ESCALATED: _("Escalated"),
        "waiting": _("Waiting"),
        "resolved": TicketStatus.RESOLVED.label,
    },
    ColumnField.PRIORITY: LABELS[ColumnField.PRIORITY],
    ColumnField.SLA_STATUS: {**{status.value: status.label for status in SlaStatus}, NONE: _("Nothing promised")},
}
"""Those of boards. No limit counts escalated ones apart: help that is needed is not refused, and asking for it frees no
place in the column of the work that goes on.
"""

ON_BOARDS = tuple(status for statuses in STATUS_COLUMNS.values() for status in statuses)
"""Statuses of tickets in work and of resolved ones; an index holds just these (`ticket_boards`)."""

STATUS_COLUMN = Case(
    When(status__in=STATUS_COLUMNS["waiting"], then=Value("waiting")), default=F("status"), output_field=CharField()
)
"""`status_column` in SQL."""

helped_ways: list[Callable[[], Q]] = []
"""Conditions on tickets somebody helps on; apps above add theirs. Each reads its own rows once."""


standing_ways: list[Callable[[Collection[str]], Q]] = []
"""Conditions on tickets whose promises stand in one of some ways (`SlaStatus`, `NONE` for nothing promised); the app
that keeps promises adds its own.
"""


def stands_as(values: Collection[str]) -> Q:
    """Tickets whose promises stand so. Where nobody promises anything, it is said of all that nothing is promised."""
    if not standing_ways:
        return Q() if NONE in values else Q(pk__in=[])
    return reduce(or_, [way(values) for way in standing_ways])


def is_escalated() -> Q:
    """Tickets in the column `escalated`: whoever waits for the customer waits there, whatever help is under way."""
    helped = reduce(or_, [way() for way in helped_ways], Q(pk__in=[]))
    return Q(status__in=STATUSES_ESCALATED) & helped


STATUSES_ESCALATED = tuple(status for status in OPEN if status != TicketStatus.WAITING_CUSTOMER)


def board_column() -> Case:
    """The column of a ticket on boards by status, in SQL."""
    return Case(
        When(is_escalated(), then=Value(ESCALATED)),
        When(status__in=STATUS_COLUMNS["waiting"], then=Value("waiting")),
        default=F("status"),
        output_field=CharField(),
    )


Place = tuple[UUID, ColumnField, str]
"""A column of a team."""

_COLUMN_OF = {status: name for name, statuses in STATUS_COLUMNS.items() for status in statuses}


def status_column(status: str) -> str:
    """The column of a status; empty for closed and cancelled, which stand on no board."""
    return _COLUMN_OF.get(TicketStatus(status), "")


def places_of(team_id: UUID, status: str, priority: str) -> set[Place]:
    """The columns of its team in which such a ticket counts; by priority only while it is open."""
    places: set[Place] = set()
    if column := status_column(status):
        places.add((team_id, ColumnField.STATUS, column))
    if status in OPEN:
        places.add((team_id, ColumnField.PRIORITY, priority))
    return places


def standing_in(field: str, column: str) -> Q:
    """The tickets that count in a column of `LABELS`, of whatever team."""
    if field == ColumnField.STATUS:
        return Q(status__in=STATUS_COLUMNS[column])
    return Q(priority=column, status__in=OPEN)
