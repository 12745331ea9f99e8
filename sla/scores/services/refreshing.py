"""Scores are brought up to date: at the end of an act that changes what they follow from, and by a sweep where time
alone does. Neither version nor history of a ticket move: nobody's open form is stale because of it.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from core.actors import TIMER, Actor
from core.events import publish
from core.service import at_the_end, service
from core.sweep import is_any, run_past_failures
from sla.due import see_due, take, take_due
from sla.models import TicketScore
from sla.scores.facts import Known, facts_of
from sla.scores.scoring import Ranking, rank
from sla.scores.services.lapsing import end_lapsed
from sla.services.book import current_book
from tickets.events import TicketTouched

BATCH = 500
TOLD = 100
"""Of so many tickets in one batch open lists are told. More move together after downtime or another number of an admin,
and lists show them when they are next looked at.
"""
DUE = """
    SELECT s.ticket_id FROM sla_ticketscore s JOIN tickets_ticket t ON t.id = s.ticket_id
    WHERE s.next_change_at < %s AND s.ticket_id <> ALL(%s::uuid[])
    ORDER BY s.next_change_at LIMIT %s FOR NO KEY UPDATE OF t, s SKIP LOCKED
"""
WRITE = """
    WITH moved AS (
        UPDATE tickets_ticket t SET priority_score = m.score, score_breakdown = m.breakdown::jsonb
          FROM unnest(%s::uuid[], %s::numeric[], %s::text[]) AS m (id, score, breakdown) WHERE t.id = m.id)
    INSERT INTO sla_ticketscore (ticket_id, next_change_at, urgent_at)
    SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[])
    ON CONFLICT (ticket_id) DO UPDATE SET next_change_at = excluded.next_change_at, urgent_at = excluded.urgent_at
"""


@dataclass(frozen=True, slots=True)
class _Ranked:
    known: Known
    ranking: Ranking

    @property
    def has_moved(self) -> bool:
        return self.known.score != self.ranking.score or self.known.breakdown != self.ranking.breakdown

    @property
    def is_to_be_watched_otherwise(self) -> bool:
        shown = (self.known.next_change_at, self.known.urgent_at)
        return not self.known.has_row or shown != (self.ranking.next_change_at, self.ranking.urgent_at)

    def is_no_more_said(self, now: datetime) -> bool:
        override = self.known.facts.override
        return override is not None and override.until < now


def refresh_soon(ticket_id: UUID) -> None:
    """At the end of the act, whose transaction holds the ticket's lock: once, however much of it changes."""
    at_the_end(refresh_now, ticket_id)


def refresh_now(ticket_ids: Collection[UUID]) -> None:
    """Whoever calls holds the tickets' locks. Two statements."""
    refresh(ticket_ids, now=timezone.now())


def refresh(ticket_ids: Collection[UUID], *, now: datetime) -> list[UUID]:
    """Write the scores as they are at `now`, and when to look at them again. Answers with those that have moved."""
    values = current_book().scores
    ranked = [_Ranked(known, rank(known.facts, values, now)) for known in facts_of(ticket_ids)]
    moved = [each for each in ranked if each.has_moved]
    watched = [each for each in ranked if each.is_to_be_watched_otherwise]
    if moved or watched:
        _write(moved, watched)
    if lapsed := [each.known.ticket_id for each in ranked if each.is_no_more_said(now)]:
        end_lapsed(lapsed, now=now)
    return [each.known.ticket_id for each in moved]


def _write(moved: Sequence[_Ranked], watched: Sequence[_Ranked]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE,
            [
                [each.known.ticket_id for each in moved],
                [each.ranking.score for each in moved],
                [json.dumps(each.ranking.breakdown) for each in moved],
                [each.known.ticket_id for each in watched],
                [each.ranking.next_change_at for each in watched],
                [each.ranking.urgent_at for each in watched],
            ],
        )


def refresh_due_scores(*, now: datetime) -> int:
    """A timer: one batch of tickets one of whose factors changes by time alone. Answers how many were looked at."""
    if not is_any(TicketScore.objects.due(now), by="next_change_at"):
        return 0
    return run_past_failures(
        lambda besides: refresh_batch(besides, by=TIMER, now=now),
        lambda besides: see_due(DUE, now=now, besides=besides, limit=BATCH),
        lambda ticket_id: refresh_one(ticket_id, by=TIMER, now=now),
    )


@service
def refresh_batch(besides: Sequence[UUID], *, by: Actor, now: datetime) -> int:
    """Look at due tickets, but for those in `besides`."""
    return _refreshed(take_due(DUE, now=now, besides=besides, limit=BATCH), now)


@service
def refresh_one(ticket_id: UUID, *, by: Actor, now: datetime) -> int:
    """As `refresh_batch`; 0 if somebody works on it at this moment."""
    return _refreshed(take([ticket_id]), now)


def _refreshed(ticket_ids: Sequence[UUID], now: datetime) -> int:
    """Of locked tickets."""
    if ticket_ids:
        _tell(refresh(ticket_ids, now=now), now)
    return len(ticket_ids)


def _tell(ticket_ids: Sequence[UUID], at: datetime) -> None:
    if len(ticket_ids) <= TOLD:
        for ticket_id in ticket_ids:
            publish(TicketTouched(ticket_id=ticket_id, occurred_at=at))
