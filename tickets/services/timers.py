"""What happens because time has passed: sweeps over indexed due columns, cheap where nothing is due."""

from datetime import datetime

from core.actors import TIMER
from core.sweep import run_each
from tickets.models import Ticket
from tickets.services.lifecycle import auto_close_ticket
from tickets.services.ownership import lapse_offer

BATCH = 500


def close_due_tickets(*, now: datetime) -> int:
    """Close what was resolved five business days ago without an answer."""
    due = Ticket.objects.due_to_close(now).values_list("pk", flat=True)[:BATCH]
    return run_each(list(due), lambda ticket_id: auto_close_ticket(ticket_id, by=TIMER, at=now))


def lapse_due_offers(*, now: datetime) -> int:
    """Return tickets whose offer was not answered to their team's queue."""
    due = Ticket.objects.with_lapsed_offer(now).values_list("pk", flat=True)[:BATCH]
    return run_each(list(due), lambda ticket_id: lapse_offer(ticket_id, by=TIMER, at=now))
