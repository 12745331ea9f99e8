"""A mail's ticket comes in without its clocks; they begin after the commit, and count from the mail on."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from connectors.mail.enums import Backend
from core.events import deliver_all
from sla.models import ClockFact, SlaClock, SlaPolicy
from sla.services import begin_promises
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tests.sla.conftest import MONDAY_NINE, Desk, clock_of, due_of, minutes, travel
from tickets.models import Ticket
from tickets.services import accept_ticket


def written(desk: Desk) -> Ticket:
    with travel(MONDAY_NINE):
        message = arrive(a_mail(), MailboxFactory(team=desk.team, backend=Backend.FILES))
    ticket: Ticket | None = message.ticket
    assert ticket is not None
    return ticket


def test_085_promises_of_a_mail_follow_its_commit_and_count_from_the_mail_on(desk: Desk) -> None:
    ticket = written(desk)
    assert (SlaClock.objects.count(), ClockFact.objects.count(), due_of(ticket)) == (0, 0, None)
    with travel(MONDAY_NINE + minutes(3)):
        deliver_all()
    begun = {clock.metric: (clock.started_at, clock.due_at) for clock in SlaClock.objects.filter(ticket=ticket)}
    assert begun == {
        "first_response": (MONDAY_NINE, MONDAY_NINE + minutes(120)),
        "resolution": (MONDAY_NINE, MONDAY_NINE + minutes(480)),
        "time_to_value": (MONDAY_NINE, MONDAY_NINE + minutes(480)),
    }
    assert due_of(ticket) == MONDAY_NINE + minutes(480)
    begin_promises(ticket.pk)
    assert ClockFact.objects.filter(ticket=ticket).count() == 1


def test_what_is_noted_before_that_begins_them_itself(desk: Desk) -> None:
    """A worker that stands still loses nothing of what counts."""
    ticket = written(desk)
    with travel(MONDAY_NINE + minutes(5)):
        accept_ticket(ticket.pk, by=desk.owner)
    desk.answer(ticket, MONDAY_NINE + minutes(20), then="wait_for_customer")
    assert clock_of(ticket, "first_response").completed_at == MONDAY_NINE + minutes(20)
    assert clock_of(ticket, "resolution").paused_at == MONDAY_NINE + minutes(20)
    with travel(MONDAY_NINE + minutes(30)):
        deliver_all()
    assert SlaClock.objects.filter(ticket=ticket).count() == 3


def test_a_ticket_from_before_there_were_clocks_gets_none_by_what_happens_later(desk: Desk) -> None:
    ticket = written(desk)
    later = MONDAY_NINE + timedelta(days=3)
    with travel(later):
        accept_ticket(ticket.pk, by=desk.owner)
    desk.answer(ticket, later + minutes(20))
    assert not SlaClock.objects.filter(ticket=ticket).exists()


def test_a_policy_that_clocks_may_follow_is_never_deleted(desk: Desk) -> None:
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        SlaPolicy.objects.filter(priority="medium").delete()
    assert SlaPolicy.objects.filter(priority="medium").exists()
