"""Which of the rows behind a number its reader may open: the others are a number."""

from uuid import UUID

from core.actors import Actor
from envelopes.models import Envelope
from reports.enums import Part
from reports.measures.asked import Rows
from reports.measures.figures import Figure
from tickets.models import CalibrationItem, Ticket


def ticket_of(rows: Rows) -> str:
    """Where clocks, alerts, transfers and decisions have their ticket."""
    return "resolution__ticket" if rows.model is CalibrationItem else "ticket"


def in_sight(rows: Rows, reader: Actor) -> Rows:
    """Of what hangs on a ticket that whose ticket is in sight."""
    if rows.model is Ticket:
        return rows.filter(pk__in=Ticket.objects.visible_to(reader).order_by().values("pk"))
    if rows.model is Envelope:
        return rows.filter(pk__in=Envelope.objects.visible_to(reader).order_by().values("pk"))
    tickets = Ticket.objects.visible_to(reader).order_by().values("pk")
    return rows.filter(**{f"{ticket_of(rows)}__in": tickets})


def ids_in_sight(figure: Figure, part: Part, reader: Actor) -> tuple[list[UUID], int]:
    """The ids of those, in order, and how many others there are. Two queries."""
    rows = figure.rows(part).order_by()
    seen = sorted(set(in_sight(rows, reader).values_list("pk", flat=True)))
    return seen, rows.values("pk").distinct().count() - len(seen)
