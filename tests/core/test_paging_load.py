"""Pages whose rows are joined after they are chosen (core.paging), and what pages far behind the first one read."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.paging import encode_cursor, keyset_page
from tests.database import connect_as_owner
from tests.factories import AgentFactory, ContactFactory, TeamFactory, TicketFactory
from tickets.models import Ticket
from tickets.querysets import NEWEST_FIRST, TicketQuerySet
from tickets.sorting import SORTS, with_sorted_names

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


@pytest.mark.django_db(transaction=True)
def test_a_page_in_the_middle_of_many_alike_reads_only_its_own_rows() -> None:
    """A thousand tickets as urgent as each other, on which nothing is promised: only their age tells them apart."""
    team, requester, now = TeamFactory(), ContactFactory(), timezone.now()
    alike = (
        Ticket(team=team, requester=requester, reference=f"P-{n}", created_at=now - timedelta(hours=n))
        for n in range(1000)
    )
    Ticket.objects.bulk_create(alike, batch_size=500)
    with connect_as_owner() as owner:
        owner.execute("ANALYZE tickets_ticket")
    for sort in ("-priority_score", "priority_score", "resolution_due_at", "-resolution_due_at"):
        tickets = with_sorted_names(Ticket.objects.filter(team=team), sort)
        in_order = list(tickets.order_by(*SORTS[sort])[499:510])
        cursor = encode_cursor("next", in_order[0], SORTS[sort])
        for load in (None, lambda rows, sort=sort: with_sorted_names(rows.for_list(), sort)):
            with CaptureQueriesContext(connection) as asked:
                page = keyset_page(tickets, SORTS[sort], cursor=cursor, size=10, load=load)
            assert page.items == in_order[1:], sort
            with connection.cursor() as database:
                database.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {asked[0]['sql']}")
                ((plans,),) = database.fetchall()
            read = list(read_by(plans[0]["Plan"]))
            assert (len(read), sum(read) < 50) == (3, True), (sort, load, read)


def read_by(node: dict[str, Any], *, is_search: bool = False) -> Iterator[int]:
    """How many rows were looked at to find those of the page, by each part of a plan that stands on an index."""
    is_search = is_search or node.get("Parent Relationship") == "InitPlan"
    if is_search and "Scan" in node["Node Type"]:
        yield node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
    for part in node.get("Plans", []):
        yield from read_by(part, is_search=is_search)
