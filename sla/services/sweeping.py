"""What happens to clocks because time has passed. Each costs what is due, not what is open."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection

from core.actors import TIMER, Actor
from core.service import service
from core.sweep import run_each
from sla.services.ledger import ledgers_of, settle
from sla.states import Fact, FactKind

logger = logging.getLogger(__name__)

BATCH = 200
MISSED = """
    SELECT ticket_id FROM sla_slaclock WHERE state = 'running' AND breached_at IS NULL AND due_at <= %s
    ORDER BY due_at LIMIT %s
"""
OVER = "SELECT ticket_id FROM sla_slapause WHERE to_at IS NULL AND until <= %s ORDER BY until LIMIT %s"


def note_missed(*, now: datetime) -> int:
    """A timer: write down, once, which promises were missed, and when."""
    return _pass_time(MISSED, now)


def end_pauses(*, now: datetime) -> int:
    """A timer: what stood still until a moment runs on from that very moment."""
    return _pass_time(OVER, now)


def _pass_time(query: str, now: datetime) -> int:
    """One batch of tickets that nobody works on at this moment. One that fails does not keep the others waiting."""
    with connection.cursor() as cursor:
        cursor.execute(query, [now, BATCH])
        ticket_ids = sorted({ticket_id for (ticket_id,) in cursor})
    if not ticket_ids:
        return 0
    try:
        return pass_time(ticket_ids, by=TIMER, now=now)
    except SoftTimeLimitExceeded:
        raise
    except Exception:  # the outermost loop of a worker
        logger.exception("sweep of clocks failed", extra={"tickets": len(ticket_ids)})
        return run_each(ticket_ids, lambda ticket_id: pass_time([ticket_id], by=TIMER, now=now))


@service
def pass_time(ticket_ids: Sequence[UUID], *, by: Actor, now: datetime) -> int:
    """Let the tickets' clocks see what time has done by `now`; those locked by somebody else are left to the next run.
    Answers how much it was.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM tickets_ticket WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
            [list(ticket_ids)],
        )
        locked = [ticket_id for (ticket_id,) in cursor]
    ledgers = ledgers_of(locked)
    for ledger in ledgers.values():
        while (moment := ledger.state.next_change) is not None and moment <= now:
            ledger.note(Fact(FactKind.TIME_PASSED, moment))
    done = sum(len(ledger.new) for ledger in ledgers.values())
    settle(ledgers.values(), by=by)
    return done
