"""Pages whose rows are joined after they are chosen (core.paging)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.paging import keyset_page
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tickets.models import Ticket
from tickets.querysets import NEWEST_FIRST, TicketQuerySet

pytestmark = pytest.mark.django_db


def test_a_page_is_the_same_with_its_joins_and_costs_one_query() -> None:
    agent = AgentFactory(teams=[TeamFactory()])
    for _number in range(5):
        TicketFactory(team=agent.teams.get())
    TicketFactory()  # another team's
    tickets = Ticket.objects.visible_to(agent)
    plain = keyset_page(tickets, NEWEST_FIRST, size=2)
    with CaptureQueriesContext(connection) as captured:
        joined = keyset_page(tickets, NEWEST_FIRST, size=2, load=TicketQuerySet.for_list)
        assert [ticket.requester.name for ticket in joined.items]
    assert len(captured) == 1
    assert "ANY(ARRAY(" in captured[0]["sql"]
    assert joined == plain
    seen = list(joined.items)
    while joined.next_cursor is not None:
        joined = keyset_page(tickets, NEWEST_FIRST, size=2, cursor=joined.next_cursor, load=TicketQuerySet.for_list)
        seen += joined.items
    assert seen == list(tickets.order_by(*NEWEST_FIRST))
    assert len(seen) == 5
    back = keyset_page(tickets, NEWEST_FIRST, size=2, cursor=joined.previous_cursor or "", load=TicketQuerySet.for_list)
    assert back.items == seen[2:4]
