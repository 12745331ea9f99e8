"""What is promised on the open tickets of a load: facts, the clocks folded from them, watches over them, and the next
look at those that may lie idle.

Each team of the load has a policy of its own with targets so long that nothing is due for months, and of its alerts all
levels have fired: timers that run on a loaded desk find nothing that nobody has put there, but for the scores of those
whose customers will have waited for a day by then.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import sql

from accounts.calendars import work_calendar
from accounts.models import Agent, BusinessCalendar
from core.models import new_id
from desk.load.rows import OpenTicket
from sla.alerts.enums import LAST_LEVEL, AlertCondition
from sla.enums import ClockState, PauseReason
from sla.fold import apply
from sla.models import CalendarEdition, SlaPolicy
from sla.models.policies import MOST_MINUTES, OF_CUSTOMERS, TARGETS
from sla.records import calendar_data, fact_data, hours_of
from sla.reminders.reasons import IDLE_DAYS
from sla.reminders.recurrence import days_later
from sla.scores.facts import unanswered_since
from sla.scores.scoring import USUAL, Deadline, Ranking, rank
from sla.scores.scoring import Facts as ScoreFacts
from sla.states import Clock, Fact, FactKind, State, Terms
from tickets.enums import TicketStatus

OWNER = "owner"
FIRST = 1
"""Order of a load's policies: before those that everybody has."""
EARLY = timedelta(days=21)
"""Before a ticket is due a watch looks at it again; more than the longest threshold, since too early harms nothing."""
COLUMNS = {
    "sla_clockfact": ("ticket_id", "kind", "at", "data"),
    "sla_slaclock": (
        *("id", "ticket_id", "policy_id", "hours_id", "metric", "cycle", "state", "target_minutes", "started_at"),
        *("due_at", "at_risk_at", "paused_at", "paused_seconds", "elapsed_seconds", "completed_at", "breached_at"),
        "breached_by_retarget",
    ),
    "sla_slapause": ("id", "created_at", "updated_at", "version", "ticket_id", "reason", "from_at", "by_id", "note"),
    "sla_alertwatch": ("ticket_id", "condition", "cycle", "anchor_at", "next_level", "due_at"),
    "sla_inactivitycheck": ("ticket_id", "due_at"),
    "sla_ticketscore": ("ticket_id", "next_change_at", "urgent_at"),
}
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Promises:
    """All that the rows of a ticket follow from, besides itself."""

    terms: Mapping[str, Terms]
    """By the team's id, as hexadecimal digits."""
    zone: ZoneInfo
    """Of the agents who own the tickets."""
    until: datetime


def make_promises(teams: Iterable[tuple[str, str]], *, until: datetime) -> Promises:
    """The policies of these teams (id, name), made or found again, in the hours of the default calendar."""
    calendar = BusinessCalendar.objects.using(OWNER).get(is_default=True)
    hours = hours_of(calendar.pk, work_calendar(calendar))
    edition = {"calendar_id": calendar.pk, "content": calendar_data(hours.calendar)}
    CalendarEdition.objects.using(OWNER).get_or_create(pk=hours.id, defaults=edition)
    targets = {str(metric): MOST_MINUTES for metric in OF_CUSTOMERS}
    values = {TARGETS[metric]: MOST_MINUTES for metric in OF_CUSTOMERS} | {"order": FIRST}
    terms = {}
    for team_id, name in teams:
        policy, _is_new = SlaPolicy.objects.using(OWNER).get_or_create(
            name=f"Load: {name}", team_id=team_id, defaults=values
        )
        terms[team_id] = Terms(policy.pk, hours, targets)
    zone = ZoneInfo(Agent._meta.get_field("timezone").get_default())
    return Promises(terms, zone, until)


def copy_promises(cursor: Any, tickets: Sequence[OpenTicket], promises: Promises) -> None:
    """Write what belongs to these tickets, and when their resolution is due."""
    rows: dict[str, list[Row]] = {table: [] for table in COLUMNS}
    shown: list[tuple[str, datetime | None, Ranking]] = []
    for ticket in tickets:
        facts = list(_facts(ticket, promises.terms[ticket.team_id]))
        state = _folded(facts)
        due_at = state.resolution.due_at if state.resolution else None
        ranking = rank(_score_facts(ticket, state), USUAL, promises.until)
        stands = state.resolution is not None and state.resolution.state == ClockState.PAUSED
        shown.append((ticket.id, None if stands else due_at, ranking))
        rows["sla_ticketscore"].append((ticket.id, ranking.next_change_at, ranking.urgent_at))
        rows["sla_clockfact"] += [(ticket.id, str(fact.kind), fact.at, json.dumps(fact_data(fact))) for fact in facts]
        rows["sla_slaclock"] += [_clock_row(ticket.id, clock) for clock in state.every()]
        rows["sla_slapause"] += _pause_rows(ticket)
        rows["sla_alertwatch"] += _watch_rows(ticket, due_at)
        if ticket.is_owned:
            rows["sla_inactivitycheck"].append((ticket.id, _next_look(ticket, promises)))
    for table, lines in rows.items():
        names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table]))
        with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)) as copy:
            for line in lines:
                copy.write_row(line)
    cursor.execute(
        """
        UPDATE tickets_ticket
        SET resolution_due_at = shown.at, priority_score = shown.score, score_breakdown = shown.breakdown::jsonb
        FROM unnest(%s::uuid[], %s::timestamptz[], %s::numeric[], %s::text[]) AS shown (id, at, score, breakdown)
        WHERE tickets_ticket.id = shown.id
        """,
        [
            [ticket_id for ticket_id, _at, _ranking in shown],
            [at for _ticket_id, at, _ranking in shown],
            [ranking.score for _ticket_id, _at, ranking in shown],
            [json.dumps(ranking.breakdown) for _ticket_id, _at, ranking in shown],
        ],
    )


def _score_facts(ticket: OpenTicket, state: State) -> ScoreFacts:
    running = [clock for clock in state.clocks.values() if clock.state == ClockState.RUNNING]
    return ScoreFacts(
        priority=ticket.priority,
        tier=ticket.tier,
        deadlines=tuple(Deadline(clock.due_at, clock.hours.calendar) for clock in running if clock.due_at is not None),
        unanswered_since=unanswered_since(ticket.created_at, ticket.last_customer_at, ticket.last_reply_at, None),
    )


def _facts(ticket: OpenTicket, terms: Terms) -> Iterator[Fact]:
    yield Fact(FactKind.CREATED, ticket.created_at, terms=terms)
    if ticket.first_response_at is not None:
        yield Fact(FactKind.ANSWERED, ticket.first_response_at)
    if ticket.waiting_since is not None:
        old, new = str(TicketStatus.IN_PROGRESS), str(TicketStatus.WAITING_CUSTOMER)
        yield Fact(FactKind.STATUS, ticket.waiting_since, old=old, new=new)


def _folded(facts: Iterable[Fact]) -> State:
    first, *others = facts
    state = apply(None, first)
    for fact in others:
        state = apply(state, fact)
    return state


def _clock_row(ticket_id: str, clock: Clock) -> Row:
    return (
        *(new_id(), ticket_id, clock.policy_id, clock.hours.id, str(clock.metric), clock.cycle, str(clock.state)),
        *(clock.target_minutes, clock.started_at, clock.due_at, clock.at_risk_at, clock.paused_at),
        *(clock.paused_seconds, clock.elapsed_seconds, clock.completed_at, clock.breached_at),
        clock.breached_by_retarget,
    )


def _pause_rows(ticket: OpenTicket) -> Iterator[Row]:
    if (since := ticket.waiting_since) is not None:
        yield new_id(), since, since, 1, ticket.id, str(PauseReason.WAITING_CUSTOMER), since, None, ""


def _watch_rows(ticket: OpenTicket, due_at: datetime | None) -> Iterator[Row]:
    """Whoever was to be told that nobody has accepted it, or worked on it, has been told."""
    over = LAST_LEVEL + 1
    is_owned = ticket.is_owned
    yield ticket.id, str(AlertCondition.NOT_ASSIGNED), 1, None if is_owned else ticket.created_at, over, None
    worked_at = ticket.last_activity_at if is_owned else None
    yield ticket.id, str(AlertCondition.NOT_UPDATED), int(is_owned), worked_at, over, None
    look_at = due_at - EARLY if due_at else None
    yield ticket.id, str(AlertCondition.NOT_COMPLETED), int(due_at is not None), due_at, 1, look_at


def _next_look(ticket: OpenTicket, promises: Promises) -> datetime:
    idle_at = days_later(ticket.last_activity_at, IDLE_DAYS, promises.zone)
    return idle_at if idle_at > promises.until else days_later(promises.until, IDLE_DAYS, promises.zone)
