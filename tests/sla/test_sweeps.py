"""Several workers at once never write a breach twice, none is lost, and a sweep costs what is due."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.models import EventDelivery
from sla import services
from sla.metrics import of_clocks
from sla.models import ClockFact, SlaClock, TermsWalk
from sla.services import sweeping
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tests.sla.conftest import MONDAY_NINE, Desk, travel
from tickets.models import Ticket, TimelineEntry
from tickets.services import lock_ticket

LATE = MONDAY_NINE + timedelta(days=1)


def open_tickets(number: int) -> list[Ticket]:
    team = TeamFactory()
    with travel(MONDAY_NINE):
        return [TicketFactory(team=team) for _number in range(number)]


@pytest.mark.django_db(transaction=True)
def test_of_several_workers_each_breach_is_written_once() -> None:
    tickets = open_tickets(12)

    def sweep() -> int:
        done = 0
        while count := services.note_missed(now=LATE):
            done += count
        return done

    outcomes = in_parallel(sweep, sweep, sweep)
    assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
    assert services.note_missed(now=LATE) == 0
    assert SlaClock.objects.filter(breached_at__isnull=True).count() == 0
    told = TimelineEntry.objects.filter(kind="sla_event").values_list("ticket", "facts__metric")
    assert len(told) == len(set(told)) == len(tickets) * 3
    assert list(services.differences([ticket.pk for ticket in tickets])) == []


@pytest.mark.django_db(transaction=True)
def test_a_ticket_that_somebody_works_on_is_left_to_the_next_run() -> None:
    busy, idle = open_tickets(2)

    def work() -> int:
        with transaction.atomic():
            lock_ticket(busy.pk)
            with transaction.atomic():
                (count,) = in_parallel(lambda: services.note_missed(now=LATE))
        return int(count)

    assert work() == 2, "first response, then resolution and value at one moment"
    assert set(SlaClock.objects.due(LATE).values_list("ticket", flat=True)) == {busy.pk}
    assert services.note_missed(now=LATE) == 2
    assert not SlaClock.objects.due(LATE).exists()
    assert idle.pk != busy.pk


@pytest.mark.django_db
def test_a_ticket_whose_sweep_fails_does_not_keep_the_others(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = desk.ticket(owned=False), desk.ticket(owned=False)
    usual = sweeping.settle

    def settle(ledgers: Any, **options: Any) -> None:
        ledgers = list(ledgers)
        if any(ledger.ticket_id == broken.pk for ledger in ledgers):
            raise RuntimeError("broken")
        usual(ledgers, **options)

    monkeypatch.setattr(sweeping, "settle", settle)
    assert services.note_missed(now=LATE) == 2
    assert set(SlaClock.objects.due(LATE).values_list("ticket", flat=True)) == {broken.pk}
    assert not ClockFact.objects.filter(ticket=broken, kind="time_passed").exists()
    monkeypatch.undo()
    assert services.note_missed(now=LATE) == 2
    assert not SlaClock.objects.filter(ticket=sound).due(LATE).exists()


@pytest.mark.django_db
def test_a_whole_batch_that_fails_does_not_keep_what_comes_after_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = {desk.ticket(owned=False).pk for _number in range(2)}
    with travel(MONDAY_NINE + timedelta(minutes=5)):
        sound = [TicketFactory() for _number in range(3)]
    usual = sweeping.settle

    def settle(ledgers: Any, **options: Any) -> None:
        ledgers = list(ledgers)
        if any(ledger.ticket_id in broken for ledger in ledgers):
            raise RuntimeError("broken")
        usual(ledgers, **options)

    monkeypatch.setattr(sweeping, "settle", settle)
    monkeypatch.setattr(sweeping, "BATCH", 2)
    while services.note_missed(now=LATE):
        pass
    assert set(SlaClock.objects.due(LATE).values_list("ticket", flat=True)) == broken
    assert SlaClock.objects.filter(ticket__in=sound, breached_at__isnull=False).count() == 3 * len(sound)


@pytest.mark.django_db
def test_a_sweep_with_nothing_due_reads_one_index(desk: Desk) -> None:
    desk.ticket()
    with CaptureQueriesContext(connection) as asked:
        assert (services.note_missed(now=MONDAY_NINE), services.end_pauses(now=MONDAY_NINE)) == (0, 0)
    assert len(asked) == 2
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sweeping.MISSED}", [MONDAY_NINE, [], 10])
        assert "slaclock_due" in str(cursor.fetchall())
        cursor.execute(f"EXPLAIN {sweeping.OVER}", [MONDAY_NINE, [], 10])
        assert "slapause_ends" in str(cursor.fetchall())


@pytest.mark.django_db
def test_operators_see_how_late_the_sweep_is(desk: Desk) -> None:
    ticket = desk.ticket(priority="critical")

    def told() -> dict[str, float]:
        return {gauge.name: gauge.value for gauge in of_clocks(MONDAY_NINE + timedelta(minutes=16))}

    walks = {"terms_walks_under_way": 0, "terms_walk_failures": 0}
    assert told() == {"clocks_missed_unnoted": 1, "clock_sweep_lag_seconds": 60, **walks}
    services.note_missed(now=MONDAY_NINE + timedelta(minutes=16))
    services.follow_customer(contact_id=ticket.requester_id, company_id=None)
    assert told() == {"clocks_missed_unnoted": 0, "clock_sweep_lag_seconds": 0, **walks, "terms_walks_under_way": 1}


@pytest.mark.django_db
def test_once_followed_an_edit_is_walked_through_no_more(desk: Desk) -> None:
    desk.ticket()
    assert services.follow_new_terms(now=MONDAY_NINE) == 1
    walk = TermsWalk.objects.get()
    assert walk.ended_at == MONDAY_NINE
    assert services.follow_new_terms(now=MONDAY_NINE) == 0
    assert not EventDelivery.objects.filter(failed_at__isnull=False).exists()
    assert AgentFactory().pk, "people change nothing that is promised"
    assert services.follow_new_terms(now=MONDAY_NINE) == 0
