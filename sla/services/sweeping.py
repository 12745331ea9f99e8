"""What happens to clocks because time has passed. Each costs what is due, not what is open."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from core.actors import TIMER, Actor
from core.service import service
from core.sweep import is_any, run_past_failures
from sla.due import see_due, take, take_due
from sla.models import SlaClock, SlaPause
from sla.services.ledger import ledgers_of, settle
from sla.states import Fact, FactKind

BATCH = 200
MISSED = """
    SELECT c.ticket_id FROM sla_slaclock c JOIN tickets_ticket t ON t.id = c.ticket_id
    WHERE c.state = 'running' AND c.breached_at IS NULL AND c.due_at <= %s AND c.ticket_id <> ALL(%s::uuid[])
    ORDER BY c.due_at LIMIT %s FOR NO KEY UPDATE OF t, c SKIP LOCKED
"""
OVER = """
    SELECT p.ticket_id FROM sla_slapause p JOIN tickets_ticket t ON t.id = p.ticket_id
    WHERE p.to_at IS NULL AND p.until <= %s AND p.ticket_id <> ALL(%s::uuid[])
    ORDER BY p.until LIMIT %s FOR NO KEY UPDATE OF t, p SKIP LOCKED
"""


def note_missed(*, now: datetime) -> int:
    """A timer: write down, once, which promises were missed, and when."""
    return _pass_time(MISSED, now) if is_any(SlaClock.objects.due(now), by="due_at") else 0


def end_pauses(*, now: datetime) -> int:
    """A timer: what stood still until a moment runs on from that very moment."""
    due = SlaPause.objects.filter(to_at__isnull=True, until__lte=now)
    return _pass_time(OVER, now) if is_any(due, by="until") else 0


def _pass_time(query: str, now: datetime) -> int:
    """One batch of tickets that nobody works on at this moment. One that fails does not keep the others waiting."""
    return run_past_failures(
        lambda besides: pass_time_of_due(query, besides, by=TIMER, now=now),
        lambda besides: see_due(query, now=now, besides=besides, limit=BATCH),
        lambda ticket_id: pass_time([ticket_id], by=TIMER, now=now),
    )


@service
def pass_time_of_due(query: str, besides: Sequence[UUID], *, by: Actor, now: datetime) -> int:
    """`pass_time` for one batch that `query` finds, but for the tickets in `besides`."""
    return _let_pass(take_due(query, now=now, besides=besides, limit=BATCH), by=by, now=now)


@service
def pass_time(ticket_ids: Sequence[UUID], *, by: Actor, now: datetime) -> int:
    """Let the tickets' clocks see what time has done by `now`; those locked by somebody else are left to the next run.
    Answers how much it was.
    """
    return _let_pass(take(ticket_ids), by=by, now=now)


def _let_pass(ticket_ids: Sequence[UUID], *, by: Actor, now: datetime) -> int:
    """Of locked tickets."""
    if not ticket_ids:
        return 0
    ledgers = ledgers_of(ticket_ids)
    for ledger in ledgers.values():
        while (moment := ledger.state.next_change) is not None and moment <= now:
            ledger.note(Fact(FactKind.TIME_PASSED, moment))
    done = sum(len(ledger.new) for ledger in ledgers.values())
    settle(ledgers.values(), by=by)
    return done
