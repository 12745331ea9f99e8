"""A mail that goes to another ticket takes along that the customer waits for an answer to it."""

from datetime import timedelta

import pytest

from sla.models import TicketScore
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tests.sla.conftest import MONDAY_NINE, Desk, minutes, travel
from tests.sla.scores.test_following import SECOND, shown, sweep
from tickets.models import Ticket, TimelineEntry
from tickets.services import move_entry
from tickets.services.moving import undo_move

pytestmark = pytest.mark.django_db
WRITTEN_AT = MONDAY_NINE + minutes(60)


def unanswered(ticket: Ticket) -> object:
    return TicketScore.objects.get(ticket=ticket.pk).unanswered_since


def test_moved_and_moved_back_it_counts_where_it_stands(desk: Desk) -> None:
    here, there = desk.ticket(), desk.ticket()
    for ticket in (here, there):
        desk.answer(ticket, MONDAY_NINE + minutes(10))
    mailbox = MailboxFactory(team=desk.team)
    with travel(WRITTEN_AT):
        arrive(a_mail(subject=f"[{here.reference}] And now?", sender=here.requester.email), mailbox)
    entry = TimelineEntry.objects.get(ticket=here, kind="email_inbound", created_at=WRITTEN_AT)
    day_after = WRITTEN_AT + timedelta(hours=24) + SECOND
    with travel(day_after):
        sweep(day_after)
    assert "no_response" in shown(here)[1]
    with travel(day_after + minutes(1)):
        move_entry(entry.pk, to=there, by=desk.owner)
    assert (unanswered(here), unanswered(there)) == (None, WRITTEN_AT)
    assert "no_response" not in shown(here)[1]
    with travel(day_after + minutes(2)):
        undo_move(entry.pk, by=desk.owner)
    assert (unanswered(here), unanswered(there)) == (WRITTEN_AT, None)
    assert ("no_response" in shown(here)[1], "no_response" in shown(there)[1]) == (True, False)
