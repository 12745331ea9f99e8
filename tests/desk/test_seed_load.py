"""The bulk load: what it leaves behind, and that it leaves nothing behind when it breaks."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from accounts.models import Agent, Contact, Team
from core import timers
from desk.load import loading, rows, words
from desk.load.days import Days
from sla.alerts.models import Alert, AlertWatch
from sla.models import ClockFact, SlaClock, SlaPause, TicketScore
from sla.reminders.models import InactivityCheck, Reminder
from sla.reminders.services import check_idle_tickets
from sla.scores.services.refreshing import refresh
from tests.database import empty_all_tables
from tests.factories import TicketFactory
from tickets.enums import OPEN, TicketStatus
from tickets.models import ReferenceCounter, SearchDocument, Ticket, TimelineEntry
from tickets.models.search import WORDS_OF
from tickets.search import search_tickets

UNTIL = datetime(2026, 3, 2, 12, tzinfo=UTC)
COUNT = 600

loaded = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture(scope="module", autouse=True)
def _first_rows_for_others(django_db_setup: None) -> Iterator[None]:
    """Django empties all tables after each test here, also of what migrations had put in."""
    yield
    empty_all_tables()


@pytest.fixture(autouse=True)
def _first_rows(request: pytest.FixtureRequest) -> None:
    """Django has emptied all tables after the test before, also of what migrations had put in."""
    if request.node.get_closest_marker("django_db") is not None:
        request.getfixturevalue("transactional_db")
        empty_all_tables()


def load(total: int = COUNT, *, seed: int = 1) -> loading.Loaded:
    return loading.load(total, seed=seed, until=UNTIL, say=lambda _text: None, long_ticket_entries=60)


def walls() -> dict[str, str]:
    """Our triggers and whether they are enabled (`O`)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal")
        return dict(cursor.fetchall())


def indexes_and_keys() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(  # without what PostgreSQL 18 keeps for NOT NULL
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " UNION ALL SELECT conname || ' ' || conrelid::regclass || pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype <> 'n' AND connamespace = 'public'::regnamespace"
        )
        casts = re.compile(r"::(character varying|text)|[()\[\]]")  # written in another order once they are read again
        return {casts.sub("", definition) for (definition,) in cursor.fetchall()}


@loaded
def test_loads_what_was_asked_for_and_finds_it_by_its_words() -> None:
    before = indexes_and_keys(), walls()
    done = load()
    assert (Ticket.objects.count(), done.tickets) == (COUNT, COUNT)
    assert TimelineEntry.objects.count() == done.entries
    assert 4 * COUNT < done.entries < 7 * COUNT
    assert SearchDocument.objects.count() == COUNT
    assert (indexes_and_keys(), walls()) == before
    assert set(walls().values()) == {"O"}
    assert Ticket.objects.filter(created_at__gt=UNTIL).count() == 0
    assert TimelineEntry.objects.filter(created_at__gt=UNTIL).count() == 0
    assert Contact.objects.count() == COUNT // 20
    _found_by_the_words_of_its_messages()


def _found_by_the_words_of_its_messages() -> None:
    ticket = Ticket.objects.filter(team__name="Workplace", status=TicketStatus.CLOSED).latest("created_at")
    agent = Agent.objects.filter(teams=ticket.team).earliest("email")
    body = ticket.entries.earliest("seq").body_text
    assert ticket in search_tickets(agent, " ".join(body.split()[-12:])).items
    texts = [ticket.subject, ticket.requester.name, ticket.requester.email]
    texts += ticket.entries.values_list("body_text", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT strip({WORDS_OF})::text", [" ".join(texts)])
        (expected,) = cursor.fetchone()
        cursor.execute("SELECT words::text FROM tickets_searchdocument WHERE ticket_id = %s", [ticket.pk])
        assert cursor.fetchone() == (expected,)


@loaded
def test_large_load_takes_indexes_away_and_brings_them_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "LARGE", 1)
    before = indexes_and_keys(), walls()
    load()
    assert (indexes_and_keys(), walls()) == before
    assert Ticket.objects.count() == COUNT


@loaded
def test_a_load_that_breaks_leaves_no_row_and_every_wall_and_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "LARGE", 1)
    monkeypatch.setattr(rows, "TICKET_COLUMNS", (*rows.TICKET_COLUMNS, "no_such_column"))
    before = indexes_and_keys(), walls()
    with pytest.raises(Exception, match="no_such_column"):
        load()
    assert (indexes_and_keys(), walls()) == before
    assert not Ticket.objects.exists()
    assert not Contact.objects.exists()
    assert not ReferenceCounter.objects.exists()


@loaded
def test_references_are_without_gap_and_go_on_afterwards() -> None:
    load()
    for counter in ReferenceCounter.objects.all():
        start = f"{counter.prefix}-{counter.year}-"
        numbers = sorted(
            int(reference.removeprefix(start))
            for reference in Ticket.objects.filter(reference__startswith=start).values_list("reference", flat=True)
        )
        assert numbers == list(range(1, counter.last + 1))
    years = {int(reference.split("-")[1]) for reference in Ticket.objects.values_list("reference", flat=True)}
    assert years == {2023, 2024, 2025, 2026}
    this_year = timezone.now().year
    last = ReferenceCounter.objects.filter(prefix="INC", year=this_year).values_list("last", flat=True).first() or 0
    ticket = TicketFactory(team=Team.objects.get(name="Workplace"))
    assert ticket.reference == f"INC-{this_year}-{last + 1:06}"
    assert ticket.entries.get().seq > TimelineEntry.objects.exclude(ticket=ticket).latest("seq").seq


@loaded
def test_a_second_load_adds_to_the_first() -> None:
    load()
    load()
    assert Ticket.objects.count() == 2 * COUNT
    assert Team.objects.filter(name="Workplace").count() == 1
    assert Contact.objects.count() == 2 * (COUNT // 20)


@loaded
def test_the_same_seed_tells_the_same_tickets() -> None:
    def told(seed: int) -> tuple[list[object], ...]:
        empty_all_tables()
        load(200, seed=seed)
        tickets = Ticket.objects.order_by("created_at")
        entries = TimelineEntry.objects.order_by("ticket__created_at", "seq")
        return (
            list(tickets.values_list("reference", "subject", "status", "team__name", "requester__email", "created_at")),
            list(entries.values_list("kind", "author_name", "body_text", "created_at")),
        )

    first = told(1)
    assert told(1) == first
    assert told(2)[0] != first[0]


@loaded
def test_shape_of_the_load_is_that_of_a_desk() -> None:
    load(3000)
    assert set(Ticket.objects.values_list("status", flat=True)) == set(TicketStatus.values)
    tenth = Ticket.objects.filter(team__name=words.TEAMS[0][0])
    assert 240 < tenth.count() < 360
    assert 100 <= Ticket.objects.filter(team__name=words.TINY_TEAM).count() <= 300
    assert 60 < Ticket.objects.filter(status__in=OPEN).count() < 140
    long_ticket = tenth.get(reference=Ticket.objects.order_by("created_at")[2969].reference)
    assert (long_ticket.entries.count(), long_ticket.status) == (60, "in_progress")
    not_owned = Ticket.objects.filter(owner=None).exclude(status__in=[TicketStatus.NEW, TicketStatus.CANCELLED])
    assert not_owned.count() == 0
    due = Ticket.objects.due_to_close(UNTIL)
    assert due.count() == 0  # else the first sweep would close what was just loaded


@loaded
def test_command_shows_progress_and_checks_the_walls(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_load", "--tickets", "40", "--seed", "7")
    output = capsys.readouterr().out
    assert "40 of 40 tickets" in output
    assert "all triggers are enabled" in output
    assert Ticket.objects.count() == 40
    assert connections["owner"].in_atomic_block is False


@loaded
def test_disabled_wall_is_reported() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_ticket DISABLE TRIGGER USER")
        try:
            with pytest.raises(CommandError, match="ticket_owner"):
                call_command("seed_load", "--tickets", "1", verbosity=0)
        finally:
            cursor.execute("ALTER TABLE tickets_ticket ENABLE TRIGGER USER")


@pytest.mark.parametrize("count", [0, -1, 20_000_001])
def test_senseless_counts_are_refused(count: int) -> None:
    with pytest.raises(CommandError, match="--tickets"):
        call_command("seed_load", "--tickets", str(count))


def test_days_keep_the_order_of_numbers() -> None:
    days = Days.before(UNTIL, 5000)
    moments = [days.created_at(index, jitter) for index in range(5000) for jitter in (0.0, 0.99)]
    assert moments == sorted(moments)
    assert UNTIL - timedelta(days=1100) < moments[0] < moments[-1] < UNTIL
    weekend = sum(moment.weekday() >= 5 for moment in moments)
    assert 0 < weekend < len(moments) / 10


@loaded
def test_promises_on_open_tickets_are_those_that_their_facts_tell_and_nothing_is_due(
    capsys: pytest.CaptureFixture[str],
) -> None:
    load(3000)
    opened = Ticket.objects.filter(status__in=OPEN)
    assert set(ClockFact.objects.values_list("ticket", flat=True)) == set(opened.values_list("pk", flat=True))
    call_command("rebuild_clocks", "--check")
    assert json.loads(capsys.readouterr().out) == {"tickets": opened.count(), "differences": 0}
    assert set(SlaClock.objects.values_list("state", flat=True)) == {"running", "paused", "completed"}
    waiting = opened.filter(status=TicketStatus.WAITING_CUSTOMER)
    assert SlaPause.objects.filter(to_at=None).count() == waiting.count() > 0
    assert set(opened.filter(resolution_due_at=None)) == set(waiting)
    assert AlertWatch.objects.count() == 3 * opened.count()
    assert InactivityCheck.objects.count() == opened.exclude(owner=None).count()
    run = timers.run_all(now=UNTIL + timedelta(days=90))
    assert [run.counts[name] for name in ("clocks_breached", "pauses_ended", "alerts_raised", "alerts_told")] == [0] * 4
    assert run.failed == []
    assert not Alert.objects.exists()
    call_command("rebuild_clocks", "--check")


@loaded
def test_loaded_tickets_have_the_score_that_the_desk_would_compute() -> None:
    load(3000)
    opened = Ticket.objects.filter(status__in=OPEN)
    scores = dict(opened.values_list("pk", "priority_score"))
    assert TicketScore.objects.count() == len(scores)
    assert refresh(list(scores), now=UNTIL) == [], "none moves"
    assert {str(score) for score in scores.values()} >= {"40.00", "48.00"}, "an answer that is waited for counts"


@loaded
def test_of_what_is_loaded_nothing_lies_idle_at_once() -> None:
    load(3000)
    assert check_idle_tickets(now=UNTIL) == 0
    assert check_idle_tickets(now=UNTIL + timedelta(days=6)) == InactivityCheck.objects.count() > 0
    assert Reminder.objects.filter(kind="stale_ticket").exists()
