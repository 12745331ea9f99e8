"""A ticket that nobody owns, and one that Mara owns."""

import pytest

from tests.desk.conftest import Desk
from tests.factories import TicketFactory
from tickets.models import Ticket

HTMX = {"HX-Request": "true"}
FROM_HEAD = HTMX | {"HX-Target": "ticket-head"}


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


@pytest.fixture
def free(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline")


@pytest.fixture
def owned(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Scanner jams", owner=desk.mara)
