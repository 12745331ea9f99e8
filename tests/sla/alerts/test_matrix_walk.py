"""What is edited in the matrix holds for every watch of the cell, whatever runs at that moment."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from sla.alerts.models import AlertRule, AlertWatch, MatrixWalk
from sla.alerts.services import edit_rule, follow_matrix, raise_due_alerts, raising, walking
from tests.concurrency import in_parallel
from tests.factories import AgentFactory
from tests.sla.alerts.conftest import MONDAY_NINE, Watched, fired

NA = "not_assigned"


def edit(minutes: int, *, level: int = 2) -> None:
    rule = AlertRule.objects.get(priority="critical", condition=NA, level=level)
    edit_rule(
        rule.pk,
        by=AgentFactory(roles=[Role.ADMIN]),
        reason="Ten hours are too long.",
        threshold_minutes=minutes,
        recipients=["group_manager"],
        is_active=True,
    )


def due(*tickets: Any) -> list[datetime | None]:
    rows = AlertWatch.objects.filter(ticket__in=tickets, condition=NA).order_by("pk")
    return list(rows.values_list("due_at", flat=True))


@pytest.mark.django_db
def test_an_edited_level_fires_for_tickets_that_are_there(desk: Watched) -> None:
    ticket = desk.ticket(owned=False)
    desk.walk(6)
    edit(10)
    desk.walk(6)
    assert fired(ticket, NA) == [(1, 1, 5, "open"), (1, 2, 10, "open")]
    assert not MatrixWalk.objects.filter(ended_at__isnull=True).exists()


@pytest.mark.django_db
def test_the_edit_touches_no_ticket_and_a_timer_all_of_the_cell_batch_by_batch(
    desk: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [desk.ticket(owned=False) for _number in range(5)]
    others = [desk.ticket(), desk.ticket(owned=False, priority="high")]
    desk.walk(1)
    later, before = [MONDAY_NINE + timedelta(minutes=5)] * 5, due(*others)
    with CaptureQueriesContext(connection) as caught:
        edit(10)
    assert not [query for query in caught if "sla_alertwatch" in query["sql"]]
    assert due(*tickets) == later
    monkeypatch.setattr(walking, "BATCH", 2)
    assert follow_matrix(now=desk.now) == 2
    assert due(*tickets) == [desk.now] * 2 + later[2:]
    edit(20, level=3)
    assert [follow_matrix(now=desk.now) for _run in range(4)] == [2, 2, 1, 0], "from the first one on"
    assert (due(*tickets), due(*others)) == ([desk.now] * 5, before)
    assert MatrixWalk.objects.get().ended_at == desk.now


@pytest.fixture
def committed_desk(transactional_db: None) -> Iterator[Watched]:
    with time_machine.travel(MONDAY_NINE, tick=False) as clock:
        yield Watched(clock)


@pytest.mark.django_db(transaction=True)
def test_an_edit_during_a_sweep_that_has_read_the_old_matrix_is_not_lost(
    committed_desk: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = committed_desk
    ticket = desk.ticket(owned=False)
    usual, outcomes = raising._write, list[Any]()

    def edit_and_follow() -> int:
        edit(10)
        return follow_matrix(now=desk.now)

    def write(*args: Any, **options: Any) -> None:
        monkeypatch.setattr(raising, "_write", usual)
        outcomes.extend(in_parallel(edit_and_follow, patience=20))
        usual(*args, **options)

    monkeypatch.setattr(raising, "_write", write)
    desk.at(MONDAY_NINE + timedelta(minutes=5))
    raise_due_alerts(now=desk.now)
    assert outcomes == [0], "the sweep keeps the ticket, and the walk waits before it"
    assert due(ticket) == [MONDAY_NINE + timedelta(hours=24)], "ten hours of business time: what the old matrix said"
    desk.walk(5)
    assert fired(ticket, NA) == [(1, 1, 5, "open"), (1, 2, 10, "open")]
