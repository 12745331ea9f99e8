"""Replies that are taken back after their release: those that remain have answered (domain.md section 9)."""

from datetime import timedelta

import pytest

from sla.enums import Metric
from sla.fold import apply, fold
from sla.models import SlaClock
from sla.states import Fact, FactKind, State
from tests.sla.conftest import MONDAY_NINE, Desk, clock_of, minutes, travel
from tests.sla.oracle import Week
from tests.sla.test_clocks import customer_writes
from tests.sla.test_oracle import calendar_of, facts_of
from tickets.models import Ticket
from tickets.services.conversation import undo_message

pytestmark = pytest.mark.django_db
TEN = MONDAY_NINE + minutes(60)
LATER = TEN + timedelta(seconds=20)


def take_back(desk: Desk, ticket: Ticket, number: int) -> None:
    message = ticket.outbound_messages.order_by("released_at")[number]
    with travel(LATER + timedelta(seconds=5)):
        undo_message(message.pk, by=desk.owner)


def test_a_later_reply_that_went_out_has_answered(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.answer(ticket, TEN)
    desk.answer(ticket, LATER)
    take_back(desk, ticket, 0)
    clock = clock_of(ticket, Metric.FIRST_RESPONSE)
    ticket.refresh_from_db()
    assert (clock.state, clock.completed_at) == ("completed", LATER)
    assert (clock.elapsed_seconds, ticket.first_response_at) == (3620, LATER)
    customer_writes(ticket, LATER + minutes(5))
    assert clock_of(ticket, Metric.NEXT_RESPONSE).state == "running", "the first is answered"


def test_by_the_later_reply_it_may_have_been_answered_too_late(desk: Desk) -> None:
    ticket = desk.ticket(TEN - minutes(120))
    desk.answer(ticket, TEN)
    desk.answer(ticket, LATER)
    assert clock_of(ticket, Metric.FIRST_RESPONSE).breached_at is None
    take_back(desk, ticket, 0)
    assert clock_of(ticket, Metric.FIRST_RESPONSE).breached_at == TEN


def test_an_earlier_reply_that_went_out_has_answered(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.answer(ticket, TEN)
    desk.answer(ticket, LATER)
    take_back(desk, ticket, 1)
    assert clock_of(ticket, Metric.FIRST_RESPONSE).completed_at == TEN


def test_the_next_response_is_that_of_the_later_reply(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.answer(ticket, TEN - minutes(30))
    customer_writes(ticket, TEN - minutes(20))
    desk.answer(ticket, TEN)
    desk.answer(ticket, LATER)
    take_back(desk, ticket, 1)
    assert clock_of(ticket, Metric.NEXT_RESPONSE).completed_at == LATER
    take_back(desk, ticket, 2)
    clock = clock_of(ticket, Metric.NEXT_RESPONSE)
    assert (clock.state, clock.completed_at) == ("running", None)
    assert clock_of(ticket, Metric.FIRST_RESPONSE).completed_at == TEN - minutes(30)
    desk.answer(ticket, LATER + minutes(10))
    assert clock_of(ticket, Metric.NEXT_RESPONSE).completed_at == LATER + minutes(10)
    assert SlaClock.objects.filter(ticket=ticket, metric=Metric.NEXT_RESPONSE).count() == 1


def test_a_reply_released_by_a_machine_whose_clock_is_behind_is_taken_back_too() -> None:
    """It counts from the fact before it on, which bears a later moment."""
    calendar = calendar_of(Week("UTC", (((0, 1440),),) * 7))
    created = facts_of(calendar, MONDAY_NINE, 480, [], MONDAY_NINE)[0]
    assert created.terms is not None
    terms = type(created.terms)(created.terms.policy_id, created.terms.hours, {"first_response": 60})
    ahead = [Fact(FactKind.CREATED, MONDAY_NINE, terms=terms), Fact(FactKind.TIME_PASSED, TEN - minutes(30))]
    state = fold([*ahead, Fact(FactKind.ANSWERED, TEN - minutes(31))])
    assert state is not None

    def shown(state: State) -> tuple[str, object, bool]:
        clock = state.clocks[None, Metric.FIRST_RESPONSE]
        return str(clock.state), clock.completed_at, state.is_answered

    assert shown(state) == ("completed", TEN - minutes(30), True)
    back = Fact(FactKind.ANSWER_WITHDRAWN, TEN - minutes(29), since=TEN - minutes(31))
    assert shown(apply(state, back)) == ("running", None, False)
