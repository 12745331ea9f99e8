"""What a board costs: statements, nodes, and what its counts read."""

import re
from itertools import permutations

import pytest

from accounts.enums import Role
from desk.board.dimensions import DIMENSIONS, layout_from
from desk.board.reading import Place, counted, tickets_on
from desk.selectors import QUEUES, QueueFilter
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of
from tests.factories import AgentFactory, CompanyFactory, ContactFactory, TeamFactory, TicketFactory
from tickets.models import Ticket
from tickets.services import Limit, set_wip_limits

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("query", ["", "by=agent&lanes=status", "by=customer&lanes=team", "by=team&lanes=priority"])
def test_a_board_costs_the_same_however_many_tickets(desk: Desk, query: str) -> None:
    """ux.md section 10: at most twelve statements."""
    set_wip_limits(desk.team.pk, by=desk.lea, limits={("status", "new"): Limit(9), ("priority", "low"): Limit(9)})
    costs = []
    for more in (1, 2):
        for _number in range(more):
            TicketFactory(team=desk.team, owner=AgentFactory(teams=[desk.team]))
            TicketFactory(team=desk.team, requester=ContactFactory(company=CompanyFactory()))
            TicketFactory(team=TeamFactory(allow_foreign_accept=True))
        costs.append(len(statements_of(desk.browser(desk.mara), f"/board/all/?{query}")))
    assert costs[0] == costs[1] <= 12, statements_of(desk.browser(desk.mara), f"/board/all/?{query}")


def test_150_cards_stay_within_the_nodes_of_a_board(desk: Desk) -> None:
    """ux.md section 10: at most 2,500 nodes."""
    owner = AgentFactory(roles=[Role.AGENT], max_tickets=1000)
    company = CompanyFactory()
    dana = ContactFactory(company=company)
    for _number in range(152):
        TicketFactory(team=desk.team, requester=dana, owner=owner)
    html = html_of(desk.browser(desk.mara).get("/board/team/?lanes=priority"))
    assert len(re.findall(r'id="card-', html)) == 150
    assert "2 more<span" in html
    assert len(re.findall(r"<[a-z]", html)) <= 2500


@pytest.mark.parametrize("view", ["mine", "team", "unowned", "all"])
def test_counts_need_nothing_but_what_the_index_of_boards_holds(desk: Desk, view: str) -> None:
    """Of a million tickets some ten thousand are in work: the index of just these answers without the table."""
    (index,) = [index for index in Ticket._meta.indexes if index.name == "ticket_boards"]
    held = {Ticket._meta.get_field(name).column for name in (*index.fields, *index.include)}
    for by, lanes in [*permutations(DIMENSIONS, 2), ("status", "")]:
        place = Place(QUEUES[view], QueueFilter(), layout_from({"by": by, "lanes": lanes}))
        asked = re.findall(r'"tickets_ticket"."(\w+)"', str(counted(tickets_on(place, desk.mara), place.layout).query))
        assert asked
        assert set(asked) <= held, (by, lanes)
