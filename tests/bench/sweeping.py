"""What `tests.bench.sweeps` measures; needs Django set up."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management import call_command
from django.db import connection, connections

from core import timers
from core.models import EventDelivery
from sla.alerts.models import Alert, AlertRecipient, AlertWatch
from sla.alerts.services import raise_due_alerts
from sla.models import SlaClock
from sla.reminders.models import Reminder
from sla.reminders.services import trigger_due_reminders
from sla.scores.models import TicketScore
from sla.scores.services import refresh_due_scores
from sla.services import note_missed
from tests.bench.sweeps import AtOnce, Swept
from tests.slim import YEAR, add_tickets, end_walks, make_around
from tickets.models import Ticket, TimelineEntry

OWNERS = 50
BLOCK = 100_000
ROUNDS = 3
DUE = 1_000
AT_ONCE = 10_000
PATIENCE_SECONDS = 120
MINUTE = timedelta(minutes=1)
FAR = YEAR * MINUTE


@dataclass(frozen=True)
class Sweep:
    """A timer, and tickets on each of which it has one thing to do."""

    name: str
    timer: Callable[..., int]
    table: str
    """Whose rows are due."""
    due: str
    """How it asks for them."""
    came: timedelta
    """So long ago the tickets came."""
    targets: Mapping[str, int]


SWEEPS = (
    Sweep(
        "clocks_breached",
        note_missed,
        "sla_slaclock",
        "state = 'running' AND breached_at IS NULL AND due_at <= %s ORDER BY due_at",
        61 * MINUTE,
        {"resolution": 60},
    ),
    Sweep(
        "alerts_raised",
        raise_due_alerts,
        "sla_alertwatch",
        "due_at <= %s ORDER BY due_at",
        125 * MINUTE,
        {"resolution": YEAR},
    ),
    Sweep(
        "scores_refreshed",
        refresh_due_scores,
        "sla_ticketscore",
        "next_change_at < %s ORDER BY next_change_at",
        60 * MINUTE,
        {"resolution": 240},
    ),
    Sweep(
        "reminders_triggered",
        trigger_due_reminders,
        "sla_reminder",
        "status = 'pending' AND trigger_at <= %s ORDER BY trigger_at",
        121 * MINUTE,
        {"resolution": 240},
    ),
)
ALERTED, SCORED, REMINDED = "sla_alertwatch", "sla_ticketscore", "sla_reminder"


def fill(tickets: int) -> None:
    """Bring the database up to date and to the size asked for; a filled one is used again."""
    call_command("migrate", verbosity=0)
    TicketScore.objects.filter(next_change_at__lt=_now()).update(next_change_at=None)  # of before there were scores
    missing = tickets - Ticket.objects.count()
    if missing > 0:
        around = make_around(
            owners=OWNERS, targets=dict.fromkeys(("resolution", "first_response", "time_to_value"), YEAR)
        )
        now = _now()
        for begun in range(0, missing, BLOCK):
            count = min(BLOCK, missing - begun)
            with connections["owner"].cursor() as cursor:
                add_tickets(cursor, around, count, at=now, remind_own_at=now + FAR)
            print(f"{begun + count:,} of {missing:,} open tickets", flush=True)
    for sweep in SWEEPS:
        while sweep.timer(now=_now()):  # what has become due since the last run
            pass
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def make_due(sweep: Sweep, count: int, *, now: datetime) -> None:
    """New tickets, by which the timer has `count` things to do at `now`."""
    around = make_around(owners=OWNERS, targets=sweep.targets)
    watch_at = now - MINUTE if sweep.table == ALERTED else None
    score_at = now - MINUTE if sweep.table == SCORED else None
    remind_at = now - MINUTE if sweep.table == REMINDED else None
    with connections["owner"].cursor() as cursor:
        moments = {"watch_at": watch_at, "score_at": score_at, "remind_own_at": remind_at}
        add_tickets(cursor, around, count, at=now - sweep.came, **moments)


def swept(sweep: Sweep) -> Swept:
    """The median of some runs, each with as many new tickets."""
    runs = [_run(sweep) for _round in range(ROUNDS)]
    seconds = sorted(run.seconds for run in runs)
    last = runs[-1]
    return Swept(sweep.name, DUE, statistics.median(seconds), seconds[0], last.statements, last.rows_read, last.index)


def _run(sweep: Sweep) -> Swept:
    now = _now()
    make_due(sweep, DUE, now=now)
    index = _index_of(sweep, now)
    counter, before, done = _Counter(), _rows_read(sweep.table), 0
    began_at = time.perf_counter()
    with connection.execute_wrapper(counter):
        while found := sweep.timer(now=now):
            done += found
    seconds = time.perf_counter() - began_at
    if done != DUE:
        raise RuntimeError(f"{sweep.name} did {done} of {DUE}")
    rows_read = _rows_read(sweep.table) - before
    return Swept(sweep.name, DUE, seconds, seconds, counter.count, rows_read, index)


def _index_of(sweep: Sweep, now: datetime) -> str:
    """By which PostgreSQL finds what is due; it goes through no table."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) SELECT 1 FROM {sweep.table} WHERE {sweep.due} LIMIT 200", [now])
        (plan,) = cursor.fetchone()[0]
    text = json.dumps(plan)
    if "Seq Scan" in text:
        raise RuntimeError(f"{sweep.name} goes through the whole table: {text}")
    return text.partition('"Index Name": "')[2].partition('"')[0]


def _rows_read(table: str) -> int:
    """Since ever, by everybody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE relname = %s", [table]
        )
        return int(cursor.fetchone()[0])


def at_once() -> AtOnce:
    """Things to do of all kinds; the time until two processes have done them all, and what they did more than once."""
    end_walks()
    EventDelivery.objects.filter(done_at__isnull=True).update(done_at=_now())  # left by the workers of a run before
    timers.run_all()  # what a desk has done today already
    now, share, before = _now(), AT_ONCE // 10, _counts()
    for sweep, part in zip(SWEEPS, (3, 3, 2, 2), strict=True):
        make_due(sweep, part * share, now=now)
    end_walks()
    workers = [_worker(), _worker()]
    try:
        for worker in workers:
            worker.stdout.readline()
        began_at = time.perf_counter()
        for worker in workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        while _left(now) and time.perf_counter() - began_at < PATIENCE_SECONDS:
            time.sleep(0.05)
        seconds = time.perf_counter() - began_at
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    after = _counts()
    wanted = {"missed": 3, "lines": 6, "alerts": 3, "told of": 3, "brought up": 2, "to be told": 2}
    done = {name: after[name] - before[name] for name in wanted}
    faults = [
        f"{name}: {done[name]} instead of {parts * share}"
        for name, parts in wanted.items()
        if done[name] != parts * share
    ]
    return AtOnce(AT_ONCE, seconds, faults)


def _worker() -> Any:
    command = [sys.executable, "-m", "tests.bench.sweeps", "--work"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _left(now: datetime) -> bool:
    scores = TicketScore.objects.filter(next_change_at__lt=now)
    due = (SlaClock.objects.due(now), AlertWatch.objects.due(now), scores, Reminder.objects.due(now))
    return any(rows.exists() for rows in due)


def _counts() -> dict[str, int]:
    return {
        "missed": SlaClock.objects.filter(breached_at__isnull=False).count(),
        "lines": TimelineEntry.objects.filter(kind__in=["sla_event", "alert"]).count(),
        "alerts": Alert.objects.count(),
        "told of": AlertRecipient.objects.count(),
        "brought up": Reminder.objects.filter(status="triggered").count(),
        "to be told": EventDelivery.objects.filter(event="ReminderTriggered").count(),
    }


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class _Counter:
    count = 0

    def __call__(self, execute: Callable[..., object], *args: object) -> object:
        self.count += 1
        return execute(*args)
