"""Urgency is inherited from the ticket and rises with it (domain.md section 5; metrics.md M9)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from django.db import connection

from core.actors import DESK
from envelopes import services
from envelopes.clock import PlainClock, clock, use_clock
from envelopes.enums import OlaMetric
from envelopes.help_board import Wanted, help_page
from envelopes.models import Envelope
from envelopes.selectors import my_envelopes
from tests.envelopes.conftest import MONDAY_NINE, Scene, fresh, now_of
from tests.factories import EnvelopeFactory, TicketFactory
from tickets.models import Ticket
from tickets.services import edit_ticket

pytestmark = pytest.mark.django_db


class HalfForCritical(PlainClock):
    """A clock that counts by the ticket's priority, as one of service levels may."""

    def due_at(self, envelope: Envelope, metric: OlaMetric, *, start: datetime) -> datetime:
        due = super().due_at(envelope, metric, start=start)
        return start + (due - start) / 2 if envelope.ticket.priority == "critical" else due


@pytest.fixture
def clock_by_priority() -> Iterator[None]:
    usual = clock()
    use_clock(HalfForCritical())
    yield
    use_clock(usual)


def raise_to(priority: str, ticket: Ticket, *, by: Any) -> None:
    version = Ticket.objects.values_list("version", flat=True).get(pk=ticket.pk)
    edit_ticket(ticket.pk, by=by, version=version, priority=priority, reason="The whole ward cannot print.")


def test_raising_the_priority_of_a_ticket_raises_its_envelope_on_the_board(scene: Scene) -> None:
    early = EnvelopeFactory(team=scene.network)
    later, last = (
        EnvelopeFactory(ticket=TicketFactory(team=scene.ticket.team, owner=scene.owner), team=scene.network)
        for _number in range(2)
    )

    def board() -> list[Any]:
        return [row.envelope.id for row in help_page(fresh(scene.nina), Wanted()).rows]

    assert board() == [early.pk, later.pk, last.pk], "alike: what is due first"
    raise_to("critical", last.ticket, by=scene.owner)
    assert board() == [last.pk, early.pk, later.pk]
    assert help_page(fresh(scene.nina), Wanted()).rows[0].envelope.priority == "critical"
    raise_to("low", last.ticket, by=scene.owner)
    assert board() == [early.pk, later.pk, last.pk], "and falls with it"


def test_pages_of_the_board_follow_each_other_in_this_order_and_cost_the_same(
    scene: Scene, django_assert_num_queries: Any
) -> None:
    envelopes = [EnvelopeFactory(team=scene.network) for _number in range(5)]
    Ticket.objects.filter(pk=envelopes[3].ticket_id).update(priority_score="100.00")
    expected = [envelopes[number].pk for number in (3, 0, 1, 2, 4)]
    nina, found, cursor = fresh(scene.nina), [], ""
    help_page(nina, Wanted(), size=1)
    for size in (2, 3):
        with django_assert_num_queries(4):
            page = help_page(nina, Wanted(), cursor, size=size)
        found += [row.envelope.id for row in page.rows]
        cursor = page.next_cursor or ""
    assert (found, cursor) == (expected, "")


def test_ones_own_envelopes_stand_in_the_same_order(scene: Scene) -> None:
    first, urgent = (EnvelopeFactory(team=scene.network, expert=scene.nina) for _number in range(2))
    Ticket.objects.filter(pk=urgent.ticket_id).update(priority="critical", priority_score="100.00")
    rows = my_envelopes(fresh(scene.nina))
    assert [(row.id, row.priority) for row in rows] == [(urgent.pk, "critical"), (first.pk, "medium")]


def test_what_is_promised_is_computed_anew_when_the_priority_changes(scene: Scene, clock_by_priority: None) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False):
        asked = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
        worked = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    answered_by = worked.response_due_at
    raise_to("critical", scene.ticket, by=scene.owner)
    assert now_of(asked).response_due_at == MONDAY_NINE + timedelta(minutes=120)
    assert worked.completion_due_at is not None
    half = MONDAY_NINE + (worked.completion_due_at - MONDAY_NINE) / 2
    assert (now_of(worked).completion_due_at, now_of(worked).response_due_at) == (half, answered_by), "that was kept"
    row = Envelope.history.filter(id=asked.pk).latest("history_id")
    assert (row.response_due_at, row.actor_name) == (MONDAY_NINE + timedelta(minutes=120), DESK.audit_name)


def test_what_is_promised_never_ends_after_the_tickets_own_due_date(scene: Scene) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False):
        worked = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
        sealed = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
        services.complete_envelope(sealed.pk, by=scene.nina, summary="Port 7.")
    kept = now_of(sealed).completion_due_at
    due = MONDAY_NINE + timedelta(hours=3)
    Ticket.objects.filter(pk=scene.ticket.pk).update(resolution_due_at=due)
    assert services.renew_dues(scene.ticket.pk, by=DESK) == 1
    assert (now_of(worked).completion_due_at, now_of(sealed).completion_due_at) == (due, kept)
    assert services.renew_dues(scene.ticket.pk, by=DESK) == 0, "nothing to write"
    Ticket.objects.filter(pk=scene.ticket.pk).update(resolution_due_at=None)
    services.renew_dues(scene.ticket.pk, by=DESK)
    assert now_of(worked).completion_due_at == worked.completion_due_at


def test_a_new_cycle_counts_from_its_own_beginning(scene: Scene) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False):
        envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
        services.complete_envelope(envelope.pk, by=scene.nina, summary="Port 7.")
    with time_machine.travel(MONDAY_NINE + timedelta(days=2), tick=False):
        services.reopen_envelope(envelope.pk, by=scene.owner)
    with time_machine.travel(MONDAY_NINE + timedelta(days=2, hours=1), tick=False):
        services.release_envelope(envelope.pk, by=scene.nina, reason="Off sick.")
        services.accept_envelope(envelope.pk, by=scene.noah)
    before = now_of(envelope)
    assert before.completion_started_at == MONDAY_NINE + timedelta(days=2)
    assert services.renew_dues(scene.ticket.pk, by=DESK) == 0
    assert now_of(envelope).completion_due_at == before.completion_due_at


def test_envelopes_of_before_get_their_start_from_their_thread(scene: Scene) -> None:
    """The migration that fills in what was not kept."""
    moments = {}
    with time_machine.travel(MONDAY_NINE, tick=False):
        asked = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
        worked, again = (
            EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina) for _number in range(2)
        )
        services.complete_envelope(again.pk, by=scene.nina, summary="Port 7.")
        moments |= {asked.pk: None, worked.pk: MONDAY_NINE}
    with time_machine.travel(MONDAY_NINE + timedelta(hours=2), tick=False):
        services.reopen_envelope(again.pk, by=scene.owner)
        services.release_envelope(worked.pk, by=scene.nina, reason="Off sick.")
        services.accept_envelope(worked.pk, by=scene.noah)
        moments |= {again.pk: MONDAY_NINE + timedelta(hours=2)}
    Envelope.objects.update(completion_started_at=None)
    with connection.cursor() as cursor:
        cursor.execute(import_module("envelopes.migrations.0009_completion_starts").WRITE)
    assert dict(Envelope.objects.values_list("pk", "completion_started_at")) == moments
