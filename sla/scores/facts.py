"""What the scores of tickets follow from, read with one statement however many they are."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.calendars import work_calendar_of
from accounts.enums import Tier
from accounts.models import Team
from accounts.models.customers import TIER_ORDER
from core.worktime import WorkCalendar
from sla.scores.scoring import Deadline, Facts, Override, Pending
from sla.selectors import hours_by_id
from tickets.enums import OPEN

FACTS = """
    SELECT t.id, t.priority, t.flags, t.status, t.reopen_count, t.created_at, t.last_customer_message_at,
           t.last_public_reply_at, t.priority_score, t.score_breakdown, r.tier, rc.tier, c.tier,
           s.next_change_at, s.urgent_at, s.unanswered_since, s.ticket_id IS NOT NULL,
           k.due_at, k.hours, k.missed, e.since, e.teams, o.score, o.until
      FROM tickets_ticket t
      JOIN accounts_contact r ON r.id = t.requester_id
      LEFT JOIN accounts_company rc ON rc.id = r.company_id
      LEFT JOIN accounts_company c ON c.id = t.company_id
      LEFT JOIN sla_ticketscore s ON s.ticket_id = t.id
      LEFT JOIN sla_scoreoverride o ON o.ticket_id = t.id AND o.ended_at IS NULL
      LEFT JOIN LATERAL (
           SELECT array_agg(due_at) AS due_at, array_agg(hours_id) AS hours,
                  array_agg(breached_at) AS missed
             FROM sla_slaclock WHERE ticket_id = t.id AND envelope_id IS NULL AND state = 'running') k ON true
      LEFT JOIN LATERAL (
           SELECT array_agg(h.pending_since) AS since, array_agg(coalesce(h.team_id, a.primary_team_id)) AS teams
             FROM envelopes_envelope h LEFT JOIN accounts_agent a ON a.id = h.assigned_to_id
            WHERE h.ticket_id = t.id AND h.status = 'pending') e ON true
     WHERE t.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A ticket's facts, and what its rows show now."""

    ticket_id: UUID
    facts: Facts
    score: Decimal
    breakdown: dict[str, str]
    next_change_at: datetime | None
    urgent_at: datetime | None
    has_row: bool
    unanswered_since: datetime | None


def facts_of(ticket_ids: Collection[UUID]) -> list[Known]:
    """One statement; a few more where help is waited for, for the calendars of whom is asked."""
    with connection.cursor() as cursor:
        cursor.execute(FACTS, [list(ticket_ids)])
        rows = cursor.fetchall()
    calendars = _Calendars()
    return [_known(row, calendars) for row in rows]


class _Calendars:
    """Of teams, each read once."""

    def __init__(self) -> None:
        self._found: dict[UUID | None, WorkCalendar] = {}

    def of(self, team_id: UUID | None) -> WorkCalendar:
        if team_id not in self._found:
            team = Team.objects.select_related("calendar").get(pk=team_id) if team_id else None
            self._found[team_id] = work_calendar_of(team)
        return self._found[team_id]


def _known(row: tuple[Any, ...], calendars: _Calendars) -> Known:
    ticket_id, priority, flags, status, reopen_count, created_at, asked_at, answered_at, score, breakdown, *rest = row
    *tiers, next_change_at, urgent_at, noted, has_row, due, hours, missed, since, teams, said, until = rest
    unanswered = unanswered_since(created_at, asked_at, answered_at, noted)
    facts = Facts(
        priority=priority,
        tier=highest(tiers),
        flags=flags,
        reopen_count=reopen_count,
        is_open=status in OPEN,
        deadlines=tuple(_deadlines(due, hours, missed)),
        pending=tuple(Pending(at, calendars.of(team)) for at, team in zip(since or (), teams or (), strict=True)),
        unanswered_since=unanswered,
        override=Override(said, until) if until is not None else None,
    )
    return Known(ticket_id, facts, score, json.loads(breakdown), next_change_at, urgent_at, has_row, noted)


def _deadlines(due: Any, hours: Any, missed: Any) -> Iterator[Deadline]:
    for due_at, edition_id, missed_at in zip(due or (), hours or (), missed or (), strict=True):
        yield Deadline(due_at, hours_by_id(edition_id).calendar, missed_at)


def highest(tiers: Collection[str | None]) -> str:
    return max((Tier(tier) for tier in tiers if tier), key=TIER_ORDER.index, default=Tier.STANDARD)


def unanswered_since(
    created_at: datetime, asked_at: datetime | None, answered_at: datetime | None, noted: datetime | None
) -> datetime | None:
    """The customer's first message without an answer, by the ticket's moments and what was noted of it."""
    if asked_at is None or (answered_at is not None and answered_at >= asked_at):
        return None
    if answered_at is None:
        return created_at
    return noted if noted is not None and answered_at < noted <= asked_at else asked_at
