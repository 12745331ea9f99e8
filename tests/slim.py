"""Tickets by the thousand with just what timed work looks at, by a few statements in the role that owns the tables.

They have no timeline and no history, but what is promised on them is what their facts tell (`rebuild_clocks --check`
agrees), so each timer finds what it would find on tickets that people have made.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.calendars import work_calendar
from accounts.enums import Role
from accounts.models import Agent, BusinessCalendar, Team
from core.models import new_id
from sla.fold import apply
from sla.models import SlaPolicy, TermsWalk
from sla.records import fact_data, hours_of
from sla.services.book import current_book, forget_book, keep_editions
from sla.states import Fact, FactKind, Terms
from tests.factories import AgentFactory, ContactFactory, TeamFactory

YEAR = 60 * 24 * 366
"""Minutes of a target, or of whatever else is not to come in a test."""
WARNING = timedelta(minutes=120)
"""So long before it is due the owner is warned, where the target is at least twice as long."""
TICKET, RESOLUTION, RESOLUTION_WARNING, RESOLUTION_MISSED, OWN = 0, 1, 7, 8, 9
"""Last digit of an id, by what it is of; clocks have 1 to 3."""
METRICS = ("resolution", "first_response", "time_to_value")
"""What may be promised, and must be the resolution at least."""

TICKETS = """
    INSERT INTO tickets_ticket (
        id, created_at, updated_at, version, reference, type, subject, description, description_html, status, priority,
        impact, urgency, channel, product, region, language, requester_id, team_id, owner_id, owner_accepted_at,
        last_staff_activity_at, resolution_due_at, resolution_code, resolution_note, closure_code, reopen_count,
        priority_score, score_breakdown, remote_images_allowed, flags
    )
    SELECT {id}, %(at)s, %(at)s, 1, 'S-' || to_hex(n), 'incident', 'Slim ' || n, '', '',
           CASE WHEN {owned} THEN 'in_progress' ELSE 'new' END, 'medium', '', '', 'email', '', '', 'en',
           %(requester)s, %(team)s, CASE WHEN {owned} THEN {owner} END,
           CASE WHEN {owned} THEN %(at)s::timestamptz END, CASE WHEN {owned} THEN %(at)s::timestamptz END,
           %(due_at)s, '', '', '', 0, 40, '{{"base": "40.00"}}', false, '{{}}'
    FROM {numbers}
"""
FACTS = "INSERT INTO sla_clockfact (ticket_id, kind, at, data) SELECT {id}, 'created', %(at)s, %(data)s FROM {numbers}"
CLOCK = """
    INSERT INTO sla_slaclock (
        id, ticket_id, policy_id, hours_id, metric, cycle, state, target_minutes, started_at, due_at, at_risk_at,
        paused_seconds, elapsed_seconds, breached_at, breached_by_retarget
    )
    SELECT {own_id}, {id}, %(policy)s, %(hours)s, %(metric)s, 1, 'running', %(target)s, %(at)s, %(due_at)s,
           %(at_risk_at)s, 0, 0, NULL, false
    FROM {numbers}
"""
WATCHES = """
    INSERT INTO sla_alertwatch (ticket_id, condition, cycle, anchor_at, next_level, due_at)
    SELECT {id}, c.condition, CASE WHEN c.anchor_at IS NULL THEN 0 ELSE 1 END, c.anchor_at, 1,
           CASE WHEN c.anchor_at IS NOT NULL THEN c.due_at END
    FROM {numbers} CROSS JOIN LATERAL (VALUES
        ('not_assigned', CASE WHEN NOT {owned} THEN %(at)s::timestamptz END, %(watch_at)s::timestamptz),
        ('not_updated', CASE WHEN {owned} THEN %(at)s::timestamptz END, %(watch_at)s::timestamptz),
        ('not_completed', %(due_at)s::timestamptz, %(last_watch_at)s::timestamptz)
    ) AS c (condition, anchor_at, due_at)
"""
CHECKS = "INSERT INTO sla_inactivitycheck (ticket_id, due_at) SELECT {id}, %(look_at)s FROM {numbers} WHERE {owned}"
SCORES = "INSERT INTO sla_ticketscore (ticket_id, next_change_at) SELECT {id}, %(score_at)s FROM {numbers}"
REMINDER = """
    INSERT INTO sla_reminder (
        id, created_at, updated_at, version, agent_id, ticket_id, kind, message, trigger_at, status, frequency,
        "interval", recurs_from, cycle, is_withdrawn
    )
    SELECT {own_id}, %(at)s, %(at)s, 1, {owner}, {of_ticket}, %(kind)s, %(message)s, %(trigger_at)s, 'pending', '', 1,
           '', {cycle}, false
    FROM {numbers} WHERE {whose}
"""


@dataclass(frozen=True)
class Around:
    """Whose the tickets are."""

    team: Team
    owners: Sequence[Agent]
    requester: UUID
    terms: Terms


def make_around(*, owners: int, targets: Mapping[str, int]) -> Around:
    """A new team that is always at work, its people, and a policy that promises these minutes by metric."""
    mark = new_id().hex[-12:]  # in a database that is kept, factories would count from the beginning again
    people = [
        AgentFactory(user__email=f"{mark}-{number}@slim.example", user__password="!", roles=[role], max_tickets=10_000)
        for number, role in enumerate([Role.SUPERVISOR, Role.MANAGER, *[Role.AGENT] * owners])
    ]
    team = TeamFactory(name=f"Slim {mark}", supervisor=people[0], manager=people[1])
    team.members.add(*people[2:])
    always = {"is_24x7": True, "timezone": "UTC"}
    calendar, _is_new = BusinessCalendar.objects.get_or_create(name="Always open", defaults=always)
    hours = hours_of(calendar.pk, work_calendar(calendar))
    keep_editions([hours])
    minutes = {f"{metric}_minutes": target for metric, target in targets.items()}
    policy = SlaPolicy.objects.create(name=f"Of {team.name}", order=1, team=team, calendar=calendar, **minutes)
    requester = ContactFactory(email=f"{mark}@slim.example").pk
    return Around(team, people[2:], requester, Terms(policy.pk, hours, dict(targets)))


def end_walks() -> None:
    """As if the timer had looked already which tickets the new policies concern, which is none."""
    forget_book()
    now = timezone.now()
    TermsWalk.objects.filter(ended_at__isnull=True).update(ended_at=now)
    TermsWalk.objects.create(book=current_book().stamp, begun_at=now, ended_at=now)


def add_tickets(
    cursor: Any,
    around: Around,
    count: int,
    *,
    at: datetime,
    watch_at: datetime | None = None,
    score_at: datetime | None = None,
    remind_own_at: datetime | None = None,
) -> int:
    """New tickets that came at `at` (whole seconds), every second of them accepted at once; the number of the first,
    of which ids follow. Watches are looked at on `watch_at` and scores on `score_at`, or in a year. With
    `remind_own_at` owners are to be warned of the resolution and told when it is missed, and each other ticket stands
    for a reminder of somebody's own.

    `cursor` is psycopg's or Django's, of the role that owns the tables.
    """
    targets = around.terms.targets
    fact = Fact(FactKind.CREATED, at, terms=around.terms)
    state = apply(None, fact)
    resolution = state.clocks[None, "resolution"]
    due_at = resolution.due_at
    assert due_at is not None
    cursor.execute("SELECT coalesce(max(seq), 0) + 1 FROM sla_clockfact")  # which counts on by as many with each call
    (first,) = cursor.fetchone()
    facts = {
        "at": at,
        "due_at": due_at,
        "data": json.dumps(fact_data(fact)),
        "first": first,
        "last": first + count - 1,
        "resolution_minutes": targets["resolution"],
        "requester": around.requester,
        "team": around.team.pk,
        "owners": [agent.pk for agent in around.owners],
        "policy": around.terms.policy_id,
        "hours": around.terms.hours.id,
        "owner_count": len(around.owners),
        "watch_at": watch_at or at + timedelta(minutes=YEAR),
        "score_at": score_at or at + timedelta(minutes=YEAR),
        "look_at": at + timedelta(days=365),
        "last_watch_at": max(due_at, at + timedelta(minutes=YEAR)),
    }
    _run(cursor, TICKETS, facts)
    _run(cursor, FACTS, facts)
    for digit, clock in enumerate((state.clocks[None, metric] for metric in METRICS if metric in targets), start=1):
        values = {"metric": str(clock.metric), "target": clock.target_minutes, "due_at": clock.due_at}
        _run(cursor, CLOCK, {**facts, **values, "at_risk_at": clock.at_risk_at}, own=digit)
    _run(cursor, WATCHES, facts)
    _run(cursor, CHECKS, facts)
    _run(cursor, SCORES, facts)
    if remind_own_at is not None:
        _remind(cursor, facts, due_at, remind_own_at)
    return int(first)


def _remind(cursor: Any, facts: Mapping[str, Any], due_at: datetime, own_at: datetime) -> None:
    clock, target = f"{_id_of(RESOLUTION)}::text", facts["resolution_minutes"]
    of_promise = {"of_ticket": _id_of(TICKET), "whose": OWNED}
    warning = {**facts, "kind": "sla_warning", "message": "", "trigger_at": due_at - WARNING}
    _run(cursor, REMINDER, warning, own=RESOLUTION_WARNING, cycle=f"{clock} || ':{target}'", **of_promise)
    missed = {**facts, "kind": "sla_breach", "message": "", "trigger_at": due_at}
    _run(cursor, REMINDER, missed, own=RESOLUTION_MISSED, cycle=clock, **of_promise)
    own = {**facts, "kind": "custom", "message": "Look at it", "trigger_at": own_at}
    _run(cursor, REMINDER, own, own=OWN, of_ticket="NULL", cycle="''", whose=f"NOT {OWNED}")


OWNED = "(n % 2 = 0)"


def _id_of(digit: int) -> str:
    return f"(lpad(to_hex(n), 12, '0') || '70008' || '00000000000000{digit}')::uuid"


def _run(cursor: Any, text: str, values: Mapping[str, Any], *, own: int = 0, **parts: str) -> None:
    parts |= {
        "id": _id_of(TICKET),
        "own_id": _id_of(own),
        "owned": OWNED,
        "owner": "(%(owners)s::uuid[])[n / 2 % %(owner_count)s + 1]",
        "numbers": "generate_series(%(first)s::bigint, %(last)s::bigint) AS n",
    }
    cursor.execute(text.format(**parts).replace(" % ", " %% "), values)
