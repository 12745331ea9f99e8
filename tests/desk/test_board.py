"""The board: what stands in which cell, what is counted, what leads where."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from itertools import permutations
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Agent
from desk.board.dimensions import DIMENSIONS, layout_from
from desk.board.reading import MAX_CARDS, Place, board_of
from desk.selectors import QUEUES, QueueFilter
from envelopes.models import Envelope
from envelopes.services import cancel_envelope
from sla.models import SlaClock
from sla.selectors import indicators
from tests.desk.conftest import Desk
from tests.desk.pages import html_of
from tests.factories import AgentFactory, CompanyFactory, ContactFactory, EnvelopeFactory, TicketFactory
from tickets.enums import Priority
from tickets.filters import read_filter
from tickets.models import Ticket
from tickets.services import Limit, cancel_ticket, offer_ticket, resolve_ticket, set_wip_limits

pytestmark = pytest.mark.django_db


def board(agent: Agent, view: str = "team", typed: str = "", **layout: str) -> dict[str, Any]:
    vars(agent).pop("_reach", None)
    place = Place(QUEUES[view], QueueFilter(terms=read_filter(typed)), layout_from(layout))
    return board_of(place, agent)


def cells(found: dict[str, Any]) -> dict[Any, int]:
    """What stands where: label of the column, or of lane and column, with its count; empty cells are left out."""
    labels = {column["key"]: column["label"] for column in found["columns"]}
    return {
        (lane["label"], labels[cell["column"]]) if found["has_lanes"] else labels[cell["column"]]: cell["count"]
        for lane in found["lanes"]
        for cell in lane["cells"]
        if cell["count"]
    }


def waiting(ticket: Ticket, status: str = "waiting_customer") -> Ticket:
    Ticket.objects.filter(pk=ticket.pk).update(status=status)
    return ticket


@pytest.fixture
def filled(desk: Desk) -> Desk:
    """Six tickets of the team: two new (one of them critical), two in work, one waiting, one resolved."""
    TicketFactory(team=desk.team, requester=desk.dana)
    TicketFactory(team=desk.team, requester=desk.dana, priority=Priority.CRITICAL)
    TicketFactory(team=desk.team, owner=desk.mara)
    TicketFactory(team=desk.team, owner=desk.jonas, priority=Priority.HIGH, requester=desk.dana)
    waiting(TicketFactory(team=desk.team, owner=desk.mara, priority=Priority.HIGH))
    done = TicketFactory(team=desk.team, owner=desk.mara, requester=desk.dana)
    resolve_ticket(done.pk, by=desk.mara, code="fixed", note="Done.")
    TicketFactory(team=desk.other_team, requester=desk.dana)
    cancel_ticket(TicketFactory(team=desk.team).pk, by=desk.mara, code="withdrawn")
    return desk


def test_140_by_status_as_a_ticket_goes_through_it(filled: Desk) -> None:
    found = board(filled.mara)
    assert [column["label"] for column in found["columns"]] == [
        "New",
        "In progress",
        "Escalated",
        "Waiting",
        "Resolved",
    ]
    assert cells(found) == {"New": 2, "In progress": 2, "Waiting": 1, "Resolved": 1}


def test_140_tickets_with_open_envelopes_are_escalated_unless_the_customer_is_waited_for(desk: Desk) -> None:
    """domain.md 17: `waiting_customer` -> waiting; otherwise open envelopes -> escalated; otherwise the status."""
    helped = [TicketFactory(team=desk.team, owner=desk.mara) for _number in range(4)]
    for ticket in helped:
        EnvelopeFactory(ticket=ticket, team=desk.other_team)
    waiting(helped[1], "in_progress")
    waiting(helped[2])
    cancel_envelope(Envelope.objects.get(ticket=helped[3]).pk, by=desk.mara, reason="Done without.")
    waiting(TicketFactory(team=desk.team, owner=desk.mara), "waiting_internal")
    found = board(desk.mara)
    assert cells(found) == {"Escalated": 2, "Waiting": 2, "In progress": 1}
    cards = {
        cell["column"]: {card["reference"] for card in cell["cards"]}
        for lane in found["lanes"]
        for cell in lane["cells"]
    }
    assert cards["escalated"] == {helped[0].reference, helped[1].reference}


def test_a_column_leads_to_the_list_of_the_same_tickets(desk: Desk) -> None:
    for status, has_help in (("in_progress", True), ("in_progress", False), ("waiting_internal", True)):
        ticket = TicketFactory(team=desk.team, owner=desk.mara, subject=f"{status} {has_help}")
        if has_help:
            EnvelopeFactory(ticket=ticket, team=desk.other_team)
        waiting(ticket, status)
    waiting(TicketFactory(team=desk.team, owner=desk.mara))
    for column in board(desk.mara)["columns"]:
        html = html_of(desk.browser(desk.mara).get(column["url"]))
        assert html.count('<li class="queue-row') == column["count"], column["url"]


@pytest.mark.parametrize(
    ("typed", "layout"),
    [
        ("status:open", {}),
        ("status:new,waiting_customer", {}),
        ("status:new status:resolved", {}),
        ("status:escalated", {}),
        ("status:waiting_internal -status:escalated", {}),
        ("status:any", {"by": "agent"}),
        ("", {"by": "agent", "lanes": "status"}),
        ("status:waiting,closed", {"by": "status", "lanes": "priority"}),
    ],
)
def test_heads_lead_to_what_they_count_whatever_the_board_is_narrowed_to(
    filled: Desk, typed: str, layout: dict[str, str]
) -> None:
    for status in ("in_progress", "waiting_internal", "waiting_customer"):
        ticket = TicketFactory(team=filled.team, owner=filled.mara)
        EnvelopeFactory(ticket=ticket, team=filled.other_team)
        waiting(ticket, status)
    waiting(TicketFactory(team=filled.team, owner=filled.jonas), "waiting_internal")
    found = board(filled.mara, typed=typed, **layout)
    lanes = found["lanes"] if found["has_lanes"] else []
    assert sum(column["count"] for column in found["columns"])
    for head in (*found["columns"], *lanes):
        html = html_of(filled.browser(filled.mara).get(head["url"]))
        assert html.count('<li class="queue-row') == head["count"], head["url"]


def test_both_kinds_of_waiting_are_one_column(desk: Desk) -> None:
    for status in ("waiting_customer", "waiting_internal"):
        waiting(TicketFactory(team=desk.team, owner=desk.mara), status)
    assert cells(board(desk.mara)) == {"Waiting": 2}


def test_140_status_in_columns_and_priority_in_lanes(filled: Desk) -> None:
    assert cells(board(filled.mara, by="status", lanes="priority")) == {
        ("Critical", "New"): 1,
        ("Medium", "New"): 1,
        ("High", "In progress"): 1,
        ("Medium", "In progress"): 1,
        ("High", "Waiting"): 1,
        ("Medium", "Resolved"): 1,
    }


def test_resolved_tickets_stand_in_their_own_column_or_not_at_all(filled: Desk) -> None:
    assert cells(board(filled.mara, by="agent")) == {"Nobody": 2, "Me": 2, "Jonas Kern": 1}
    assert cells(board(filled.mara, by="agent", lanes="status"))["Resolved", "Me"] == 1
    assert cells(board(filled.mara, by="agent", typed="status:resolved")) == {"Me": 1}
    assert cells(board(filled.mara, by="priority")) == {"Critical": 1, "High": 2, "Medium": 2}


def test_by_team_and_by_customer(filled: Desk) -> None:
    filled.mara.teams.add(filled.other_team)
    assert cells(board(filled.mara, by="team")) == {"Service Desk": 5, "Network": 1}
    loner = ContactFactory(first_name="Olga", last_name="Lone")
    for ticket in Ticket.objects.filter(company=None):
        Ticket.objects.filter(pk=ticket.pk).update(requester=loner)
    assert cells(board(filled.mara, by="customer")) == {"Acme GmbH": 4, "Olga Lone": 2}


STANDS_IN = {  # typed by hand from domain.md section 17
    "new": "New",
    "in_progress": "In progress",
    "waiting_customer": "Waiting",
    "waiting_internal": "Waiting",
    "resolved": "Resolved",
}


def crowd(desk: Desk, chance: Random) -> list[Ticket]:
    """Tickets of every status, priority, team, owner and customer, as they fall."""
    desk.mara.teams.add(desk.other_team)
    loner = ContactFactory(first_name="Olga", last_name="Lone")
    for _number in range(36):
        status = chance.choice([*STANDS_IN, "closed"])
        owner = None if status == "new" else chance.choice([desk.mara, desk.jonas, desk.lea])
        ticket = TicketFactory(
            team=chance.choice([desk.team, desk.other_team]),
            owner=owner,
            requester=chance.choice([desk.dana, loner]),
            priority=chance.choice(list(Priority)),
        )
        if owner is not None and chance.random() < 0.3:
            EnvelopeFactory(ticket=ticket, team=desk.other_team)
        Ticket.objects.filter(pk=ticket.pk).update(status=status)
        risk = timezone.now() + timedelta(hours=chance.choice([-2, -1, 1]))
        SlaClock.objects.filter(ticket=ticket).update(at_risk_at=risk, due_at=risk + timedelta(minutes=90))
    return list(Ticket.objects.select_related("team", "owner", "company", "requester"))


LABEL_OF: dict[str, Callable[[Ticket], str]] = {
    "status": lambda ticket: (
        "Escalated"
        if ticket.envelopes.exists() and ticket.status in ("in_progress", "waiting_internal")
        else STANDS_IN[ticket.status]
    ),
    "priority": lambda ticket: ticket.get_priority_display(),
    "team": lambda ticket: ticket.team.name,
    "agent": lambda ticket: (ticket.owner.name if ticket.owner else "Nobody").replace("Mara Weiss", "Me"),
    "customer": lambda ticket: ticket.company.name if ticket.company else ticket.requester.name,
    "sla_status": lambda ticket: str(indicators([ticket.pk], timezone.now())[ticket.pk].label),
}


@pytest.mark.parametrize("seed", [1, 2])
def test_140_of_any_tickets_any_two_dimensions_count_each_where_it_stands(desk: Desk, seed: int) -> None:
    """Acceptance 140: all pairs, compared with tickets counted one by one."""
    tickets = crowd(desk, Random(seed))
    assert set(LABEL_OF) == set(DIMENSIONS)
    for by, lanes in permutations(DIMENSIONS, 2):
        shown = [*STANDS_IN] if "status" in (by, lanes) else [name for name in STANDS_IN if name != "resolved"]
        standing = [ticket for ticket in tickets if ticket.status in shown]
        expected = Counter((LABEL_OF[lanes](ticket), LABEL_OF[by](ticket)) for ticket in standing)
        found = board(desk.mara, by=by, lanes=lanes)
        assert cells(found) == expected, (by, lanes)
        sums = [sum(part["count"] for part in found[parts]) for parts in ("columns", "lanes")]
        assert [found["count"], *sums] == [len(standing)] * 3, (by, lanes)
        each = [cell for lane in found["lanes"] for cell in lane["cells"]]
        assert [cell["count"] for cell in each] == [len(cell["cards"]) for cell in each], (by, lanes)


@pytest.mark.parametrize("by", list(DIMENSIONS))
def test_the_list_behind_a_column_holds_what_the_column_counts(filled: Desk, by: str) -> None:
    TicketFactory(team=filled.team, requester=ContactFactory(company=CompanyFactory(name="Acme GmbH & Co")))
    browser, found = filled.browser(filled.mara), board(filled.mara, by=by)
    for column in found["columns"]:
        html = html_of(browser.get(column["url"]))
        assert len(set(re.findall(r"row-(INC-\d{4}-\d{6})", html))) == column["count"], column["label"]


def test_columns_of_agents_are_those_who_have_something_and_those_one_may_offer_to(filled: Desk) -> None:
    AgentFactory(name="Elsa Other", teams=[filled.other_team])
    assert [column["label"] for column in board(filled.mara, by="agent")["columns"]] == ["Nobody", "Me", "Jonas Kern"]
    seen_by_lead = [column["label"] for column in board(filled.lea, by="agent")["columns"]]
    assert seen_by_lead == ["Nobody", "Me", "Jonas Kern", "Mara Weiss"]


def test_of_many_customers_those_with_most_tickets_are_shown_and_the_others_told(desk: Desk) -> None:
    for number in range(26):
        TicketFactory(team=desk.team, requester=ContactFactory(company=CompanyFactory(name=f"Company {number:02}")))
    busy = CompanyFactory(name="Zebra")
    for _number in range(3):
        TicketFactory(team=desk.team, requester=ContactFactory(company=busy))
    found = board(desk.mara, by="customer")
    assert len(found["columns"]) == 24
    assert found["columns"][-1]["label"] == "Zebra"
    assert found["left_out"].startswith("3 more tickets stand in columns that are not shown.")


def test_cells_share_the_cards_and_the_rest_is_a_link(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.board.reading.MAX_CARDS", 6)
    for priority, count in ((Priority.CRITICAL, 1), (Priority.HIGH, 4), (Priority.LOW, 3)):
        for _number in range(count):
            TicketFactory(team=desk.team, priority=priority)
    found = board(desk.mara, by="priority")
    (lane,) = found["lanes"]
    assert {cell["column"]: (len(cell["cards"]), cell["more"]) for cell in lane["cells"]} == {
        "critical": (1, 0),
        "high": (2, 2),
        "medium": (0, 0),
        "low": (2, 1),
    }
    (more,) = [cell["more_url"] for cell in lane["cells"] if cell["column"] == "high"]
    assert more == f"/queue/team/?{urlencode({'q': 'priority:high status:open'})}"
    assert MAX_CARDS == 150


def test_cards_stand_in_the_order_of_the_lists(desk: Desk) -> None:
    subjects = {"low": "Third", "critical": "First", "high": "Second"}
    for priority, subject in subjects.items():
        TicketFactory(team=desk.team, priority=priority, subject=subject)
    (lane,) = board(desk.mara)["lanes"]
    assert [card["subject"] for card in lane["cells"][0]["cards"]] == ["First", "Second", "Third"]


def test_141_a_board_shows_only_what_its_reader_may_see(filled: Desk) -> None:
    nina = cells(board(filled.nina, view="all", by="team"))
    assert nina == {"Network": 1}
    assert cells(board(filled.aude, view="all", by="team")) == {"Service Desk": 5, "Network": 1}
    html = html_of(filled.browser(filled.nina).get("/board/all/"))
    for hidden in Ticket.objects.filter(team=filled.team):
        assert hidden.reference not in html


def test_the_filter_of_lists_narrows_the_board(filled: Desk) -> None:
    assert cells(board(filled.mara, typed="priority:high")) == {"In progress": 1, "Waiting": 1}
    browser = filled.browser(filled.mara)
    html = html_of(browser.get("/board/team/?by=priority&owner=me&q=status:waiting"))
    assert len(re.findall(r'id="card-INC', html)) == 1
    chip = re.search(r'class="filter-chip" href="([^"]+)"', html)
    assert chip is not None
    assert unescape(chip[1]) == "?by=priority&owner=me"


def test_views_are_those_of_the_lists(filled: Desk) -> None:
    offer_ticket(TicketFactory(team=filled.team).pk, to=filled.mara, by=filled.lea)
    assert cells(board(filled.mara, view="mine")) == {"New": 1, "In progress": 1, "Waiting": 1, "Resolved": 1}
    assert cells(board(filled.mara, view="unowned")) == {"New": 3}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("by=nothing", "A board has no such columns."),
        ("by=sla_status&lanes=sla_status", "Columns and lanes show two different things."),
        ("by=team&lanes=team", "Columns and lanes show two different things."),
        ("lanes=status", "Columns and lanes show two different things."),
        ("status=closed", "This filter has no such value."),
        ("q=colour:red", "There is no filter “colour”."),
    ],
)
def test_what_no_board_shows_is_said(desk: Desk, query: str, said: str) -> None:
    response = desk.browser(desk.mara).get(f"/board/team/?{query}")
    assert response.status_code == 400
    assert said in html_of(response)


def test_what_a_board_can_be_laid_out_by(desk: Desk) -> None:
    html = html_of(desk.browser(desk.mara).get("/board/team/"))
    offered = re.search(r'<select id="filter-by".*?</select>', html, re.DOTALL)
    assert offered is not None
    assert re.findall(r'value="([^"]+)"', offered[0]) == [
        "status",
        "priority",
        "team",
        "agent",
        "customer",
        "sla_status",
    ]


def test_unknown_view_is_missing_and_a_reference_opens_its_ticket(desk: Desk) -> None:
    browser, ticket = desk.browser(desk.mara), TicketFactory(team=desk.team)
    assert browser.get("/board/nothing/").status_code == 404
    assert browser.get("/board/team/", {"q": ticket.reference}).headers["Location"] == f"/t/{ticket.reference}/"
    assert Client().get("/board/team/").headers["Location"] == "/login/?next=/board/team/"


def test_the_board_in_the_navigation_is_that_of_the_team(desk: Desk) -> None:
    html = html_of(desk.browser(desk.mara).get("/queue/mine/"))
    assert 'href="/board/"' in html
    assert desk.browser(desk.mara).get("/board/").headers["Location"] == "/board/team/"
    assert desk.browser(desk.aude).get("/board/").headers["Location"] == "/board/all/"


def test_readers_who_move_nothing_get_no_way_to_try(filled: Desk) -> None:
    for reader, is_offered in ((filled.aude, False), (filled.mara, True)):
        html = html_of(filled.browser(reader).get("/board/all/"))
        assert ("/board/all/move/" in html) is is_offered


def test_an_empty_board_says_what_would_stand_there(desk: Desk) -> None:
    assert "Nothing stands on this board" in html_of(desk.browser(desk.mara).get("/board/team/"))


def test_the_board_alone_for_htmx(filled: Desk) -> None:
    response = filled.browser(filled.mara).get("/board/team/", headers={"HX-Request": "true"})
    html = html_of(response)
    assert html.lstrip().startswith('<div class="board" id="board" data-module="board livelist"')
    assert "<html" not in html
    assert "board-news" not in html.replace('hx-target="#board-news"', ""), "an open form beside it stays"
    assert "HX-Request" in response.headers["Vary"]


def test_limits_stand_beside_their_column_with_what_the_team_has(filled: Desk) -> None:
    limits = {("status", "new"): Limit(3), ("status", "in_progress"): Limit(2), ("status", "waiting"): Limit(1, "hard")}
    set_wip_limits(filled.team.pk, by=filled.lea, limits=limits)
    TicketFactory(team=filled.team, owner=filled.mara)
    notes = {column["label"]: [note["text"] for note in column["notes"]] for column in board(filled.mara)["columns"]}
    assert notes == {
        "New": ["Service Desk: 2 of at most 3"],
        "In progress": ["Service Desk: 3, limit 2 exceeded"],
        "Escalated": [],
        "Waiting": ["Service Desk: 1 of 1, full"],
        "Resolved": [],
    }
    assert [column["notes"] for column in board(filled.nina, view="all")["columns"]] == [[], [], [], [], []]
