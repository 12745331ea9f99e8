"""Clocks as lists and the ticket's page show them: what a badge tells, and nothing asked for each ticket."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import JSONField, QuerySet
from django.db.models.expressions import RawSQL

from sla.enums import OPEN
from sla.models import SlaClock
from tickets.around import surroundings_of
from tickets.models import Ticket

T = TypeVar("T", bound=QuerySet[Ticket])


@dataclass(frozen=True, slots=True)
class ShownClock:
    envelope_id: UUID | None
    metric: str
    state: str
    due_at: datetime
    at_risk_at: datetime
    breached_at: datetime | None
    completed_at: datetime | None
    target_minutes: int
    hours_id: UUID
    """The edition of the calendar it is counted in (`hours_by_id`)."""

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class OpenPause:
    """By whose word clocks stand still, or that it is the customer's turn (`by` is empty)."""

    reason: str
    from_at: datetime
    until: datetime | None
    by: str
    note: str


_COLUMNS = (
    *("envelope_id", "metric", "state", "due_at", "at_risk_at", "breached_at", "completed_at", "target_minutes"),
    "hours_id",
)
_LISTED = ", ".join(_COLUMNS)

CLOCKS = f"""(SELECT jsonb_agg(to_jsonb(c)) FROM (
    SELECT DISTINCT ON (envelope_id, metric) {_LISTED} FROM sla_slaclock
     WHERE ticket_id = tickets_ticket.id ORDER BY envelope_id, metric, cycle DESC) c)"""  # noqa: S608  # our own words
_PROMISES = f"""(SELECT jsonb_agg(to_jsonb(c)) FROM (
    SELECT {_LISTED} FROM sla_slaclock
     WHERE ticket_id = tickets_ticket.id AND envelope_id IS NULL AND state IN ('running', 'paused')) c)"""  # noqa: S608
PAUSES = """(SELECT jsonb_agg(jsonb_build_object('reason', p.reason, 'from_at', p.from_at, 'until', p.until,
                     'by', coalesce(a.name, ''), 'note', p.note) ORDER BY p.from_at)
      FROM sla_slapause p LEFT JOIN accounts_agent a ON a.id = p.by_id
     WHERE p.ticket_id = tickets_ticket.id AND p.to_at IS NULL)"""
"""Come with the statement that reads the ticket for its page (`tickets.around.kept_above`)."""


def clocks_beside(ticket: Ticket) -> list[ShownClock]:
    """The newest cycle of each of the ticket's clocks, those of help too, what is due first first; no query.

    Whoever shows one of help asks whether its envelope may be read.
    """
    rows = surroundings_of(ticket).also.get("clocks") or []
    return sorted((_clock(row) for row in rows), key=lambda clock: (clock.due_at, clock.metric))


def pauses_beside(ticket: Ticket) -> list[OpenPause]:
    """What stops the ticket's clocks now; no query."""
    rows = surroundings_of(ticket).also.get("clock_pauses") or []
    return [OpenPause(**row | {"from_at": _at(row["from_at"]), "until": _at(row["until"])}) for row in rows]


def with_promises(tickets: T) -> T:
    """So that `promises_of` asks nothing more: for lists, whose statements are counted."""
    return tickets.annotate(_promises=RawSQL(_PROMISES, [], output_field=JSONField()))  # noqa: S611  # our own words


def promises_of(tickets: Collection[Ticket]) -> Mapping[UUID, list[ShownClock]]:
    """Running and paused promises to the customer, by ticket. One query for those not read `with_promises`."""
    told = {ticket.pk: vars(ticket)["_promises"] or [] for ticket in tickets if "_promises" in vars(ticket)}
    found = {ticket_id: [_clock(row) for row in rows] for ticket_id, rows in told.items() if rows}
    untold = [ticket.pk for ticket in tickets if ticket.pk not in told]
    if not untold:
        return found
    rows = SlaClock.objects.of_tickets(untold).open().of_customer().order_by()
    for ticket_id, *values in rows.values_list("ticket_id", *_COLUMNS):
        found.setdefault(ticket_id, []).append(ShownClock(*values))
    return found


def _clock(row: Mapping[str, Any]) -> ShownClock:
    values = {**row}
    values |= {name: _at(row[name]) for name in _COLUMNS if name.endswith("_at")}
    values |= {name: UUID(row[name]) for name in ("envelope_id", "hours_id") if row[name]}
    return ShownClock(**values)


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
