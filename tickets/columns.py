"""Columns of tickets as boards show them and limits count them (domain.md section 17)."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Case, CharField, F, Q, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tickets.enums import OPEN, ColumnField, Priority, TicketStatus

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

ON_BOARDS = tuple(status for statuses in STATUS_COLUMNS.values() for status in statuses)
"""Statuses of tickets in work and of resolved ones; an index holds just these (`ticket_board`)."""

STATUS_COLUMN = Case(
    When(status__in=STATUS_COLUMNS["waiting"], then=Value("waiting")), default=F("status"), output_field=CharField()
)
"""`status_column` in SQL."""

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
