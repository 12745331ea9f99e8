"""Boards with a name: kept, opened, changed, shared, with the columns that are chosen, and never a wider sight."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.utils import timezone

from accounts.enums import Role
from core.errors import Invalid
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of
from tests.desk.test_board import cells
from tests.factories import AgentFactory, TicketFactory
from tickets.enums import Priority
from tickets.models import KanbanBoard, Ticket
from tickets.services import Limit, save_board, save_view, set_wip_limits

pytestmark = pytest.mark.django_db


def columns(response: Any) -> list[str]:
    return [column["label"] for column in response.context["board"]["columns"]]


def subjects(response: Any) -> list[str]:
    return [
        card["subject"]
        for lane in response.context["board"]["lanes"]
        for cell in lane["cells"]
        for card in cell["cards"]
    ]


def tabs(response: Any) -> list[str]:
    return [str(tab["label"]) for tab in response.context["tabs"]]


def test_a_board_is_saved_under_a_name_and_opened_by_its_address(desk: Desk) -> None:
    TicketFactory(team=desk.team, subject="Tunnel drops", priority=Priority.HIGH)
    TicketFactory(team=desk.team, subject="Loose cable", priority=Priority.LOW)
    browser = desk.browser(desk.mara)
    page = browser.get("/board/team/?by=priority&lanes=agent&sort=created_at&q=tunnel")
    as_new = page.context["save_as_url"]
    assert as_new.replace("&", "&amp;") in html_of(page)
    form = browser.get(as_new)
    assert (form.status_code, "Save as a board" in html_of(form)) == (200, True)
    given = dict(parse_qsl(urlsplit(as_new).query))
    places = {"view-column-high": "1", "view-column-critical": "2", "view-column-low": ""}
    made = browser.post("/board/new/", {**given, "view-name": " My  tunnels ", "view-sort_by": "created_at", **places})
    assert made.headers["Location"] == "/board/my-my-tunnels/"
    board = KanbanBoard.objects.get()
    assert (board.name, board.base, board.column_field, board.swimlane_field) == (
        "My tunnels",
        "team",
        "priority",
        "agent",
    )
    assert (board.filters, board.sort_by, board.columns) == ({"q": "tunnel"}, "created_at", ["high", "critical"])
    assert [row.actor_name for row in board.history.all()] == ["Mara Weiss"]
    opened = browser.get("/board/my-my-tunnels/")
    assert (columns(opened), subjects(opened), opened.context["bar"]) == (["High", "Critical"], ["Tunnel drops"], None)
    assert tabs(browser.get("/board/team/")) == ["My queue", "Team", "Unowned", "All", "My tunnels"]
    assert "My tunnels" not in tabs(desk.browser(desk.jonas).get("/board/team/"))
    assert desk.browser(desk.jonas).get("/board/my-my-tunnels/").status_code == 404


def test_columns_are_chosen_ordered_and_hidden_and_what_they_hold_is_told(desk: Desk) -> None:
    for priority in (Priority.CRITICAL, Priority.HIGH, Priority.LOW, Priority.LOW):
        TicketFactory(team=desk.team, priority=priority)
    save_board("Worst", by=desk.mara, column_field="priority")
    browser = desk.browser(desk.mara)
    form = html_of(browser.get("/board/my-worst/edit/"))
    assert re.findall(r'name="view-column-(\w+)" value="(\d)"', form) == [
        *(("critical", "1"), ("high", "2"), ("medium", "3"), ("low", "4"))
    ]
    values = {"view-name": "Worst", "view-version": "1", "view-sort_by": "priority_score"}
    browser.post("/board/my-worst/edit/", values | {"view-column-high": "1", "view-column-critical": "2"})
    opened = browser.get("/board/my-worst/")
    assert (columns(opened), cells(opened.context["board"])) == (["High", "Critical"], {"High": 1, "Critical": 1})
    assert "2 more tickets stand in columns that are not shown." in html_of(opened)
    again = html_of(browser.get("/board/my-worst/edit/"))
    assert re.findall(r'name="view-column-(\w+)" value="(\d)"', again) == [("critical", "2"), ("high", "1")]
    none = browser.post("/board/my-worst/edit/", values | {"view-version": "2"})
    assert (none.status_code, "at least one column" in html_of(none)) == (400, True)
    assert KanbanBoard.objects.get().columns == ["high", "critical"]


def test_all_columns_in_their_usual_order_are_none_that_were_chosen(desk: Desk) -> None:
    save_board("Worst", by=desk.mara, column_field="priority", columns=["low", "high"])
    values = {"view-name": "Worst", "view-version": "1", "view-sort_by": "priority_score"}
    places = {f"view-column-{name}": str(place) for place, name in enumerate(("critical", "high", "medium", "low"))}
    desk.browser(desk.mara).post("/board/my-worst/edit/", values | places | {"view-column-critical": "1"})
    assert KanbanBoard.objects.get().columns == []


def test_a_board_looked_at_otherwise_offers_save_save_as_and_discard(desk: Desk) -> None:
    TicketFactory(team=desk.team, subject="Low one", priority=Priority.LOW)
    save_board("High ones", by=desk.mara, filters={"priority": "high"}, columns=["new", "waiting"])
    browser, here = desk.browser(desk.mara), "/board/my-high-ones/"
    assert subjects(browser.get(here)) == []
    changed = browser.get(f"{here}?by=status&lanes=agent&q=")
    bar, html = changed.context["bar"], html_of(changed)
    assert [text in html for text in ("Changed, not saved", "Save as…", "Discard")] == [True] * 3
    assert (subjects(changed), bar["save_label"], bar["discard_url"]) == (["Low one"], "Save", here)
    assert browser.post(bar["save_url"], bar["hidden"]).headers["Location"] == here
    board = KanbanBoard.objects.get()
    assert (board.filters, board.swimlane_field, board.columns) == ({}, "agent", ["new", "waiting"])
    browser.post(bar["save_url"], {"by": "priority", "q": ""})
    assert KanbanBoard.objects.get().columns == [], "columns of another kind are not kept"


def test_cleared_filters_stay_cleared_while_cards_move(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, priority=Priority.LOW)
    save_board("High ones", by=desk.mara, filters={"priority": "high"})
    browser = desk.browser(desk.mara)
    page = browser.get("/board/my-high-ones/?q=")
    assert page.context["board"]["move_url"] == "/board/my-high-ones/move/?by=status&q="
    moved = browser.post(page.context["board"]["move_url"], {"card": ticket.reference, "column": "in_progress"})
    assert moved.headers["Location"] == f"/board/my-high-ones/?by=status&q=#card-{ticket.reference}"
    assert Ticket.objects.get(pk=ticket.pk).owner == desk.mara


def test_cards_stand_in_the_order_of_the_board(desk: Desk) -> None:
    now = timezone.now()
    for subject, priority, days, due in (("Old", "low", 3, 2), ("New", "critical", 0, None), ("Due", "medium", 1, 1)):
        ticket = TicketFactory(team=desk.team, subject=subject, priority=priority)
        values = {"resolution_due_at": now + timedelta(days=due) if due else None}
        Ticket.objects.filter(pk=ticket.pk).update(created_at=now - timedelta(days=days), **values)
    browser = desk.browser(desk.mara)
    for sort, expected in (
        ("priority_score", ["New", "Due", "Old"]),
        ("created_at", ["Old", "Due", "New"]),
        ("due", ["Due", "Old", "New"]),
    ):
        save_board(sort, by=desk.mara, sort_by=sort)
        slug = KanbanBoard.objects.get(name=sort).slug
        assert subjects(browser.get(f"/board/{slug}/")) == expected, sort
        assert subjects(browser.get(f"/board/team/?sort={sort}")) == expected, sort
    assert browser.get("/board/team/?sort=subject").status_code == 400


def test_141_a_shared_board_shows_each_reader_only_what_they_may_see(desk: Desk) -> None:
    """Acceptance 141: made by whoever sees two teams, opened by whoever sees one of them; no name of the other."""
    desk.other_team.lead = desk.lea
    desk.other_team.save()
    desk.lea.refresh_from_db()
    TicketFactory(team=desk.team, subject="Ours")
    TicketFactory(team=desk.other_team, subject="Theirs", owner=desk.nina)
    shared = {"scope": "team", "team": desk.team, "base": "all"}
    both = [str(desk.other_team.pk), str(desk.team.pk)]
    save_board("House", by=desk.lea, **shared, column_field="team", columns=both)
    save_board("People", by=desk.lea, **shared, column_field="agent", columns=[str(desk.nina.pk), "none"])
    save_board("Next door", by=desk.lea, **shared, filters={"team": str(desk.other_team.pk)})
    lea, mara, nina = (desk.browser(person) for person in (desk.lea, desk.mara, desk.nina))
    assert (columns(lea.get("/board/house/")), columns(mara.get("/board/house/"))) == (
        ["Network", "Service Desk"],
        ["Service Desk"],
    )
    assert (columns(lea.get("/board/people/")), columns(mara.get("/board/people/"))) == (
        ["Nina Vogt", "Nobody"],
        ["Nobody"],
    )
    hidden = mara.get("/board/next-door/")
    assert (hidden.status_code, subjects(hidden), "Network" in html_of(hidden)) == (200, [], False)
    assert subjects(lea.get("/board/next-door/")) == ["Theirs"]
    assert nina.get("/board/house/").status_code == 404


def test_only_those_in_charge_share_with_a_team_and_admins_with_everybody(desk: Desk) -> None:
    ada = AgentFactory(name="Ada Min", roles=[Role.ADMIN])
    shared = {"view-name": "Ours", "view-scope": "team", "view-team": str(desk.team.pk), "view-sort_by": "due"}
    shared |= {"base": "team", "view-column-new": "1"}
    for person, status in ((desk.mara, 403), (desk.nina, 403), (desk.lea, 302), (desk.sam, 302), (ada, 302)):
        assert desk.browser(person).post("/board/new/", shared).status_code == status, person.name
        assert (KanbanBoard.objects.filter(owner=person, scope="team").count() == 1) == (status == 302), person.name
    everybody = shared | {"view-scope": "global", "view-name": "All of us"}
    assert desk.browser(desk.sam).post("/board/new/", everybody).status_code == 403
    assert desk.browser(ada).post("/board/new/", everybody).status_code == 302
    assert "All of us" in tabs(desk.browser(desk.nina).get("/board/team/"))


def test_who_may_not_change_a_shared_board_saves_another(desk: Desk) -> None:
    save_board("Ours", by=desk.lea, scope="team", team=desk.team)
    mara = desk.browser(desk.mara)
    assert mara.get("/board/ours/?by=agent").context["bar"]["save_label"] == ""
    assert "/board/ours/edit/" not in html_of(mara.get("/board/ours/"))
    refused = mara.post("/board/ours/save/", {"by": "agent"})
    assert (refused.status_code, "Save it under another name" in html_of(refused)) == (403, True)
    assert [mara.get("/board/ours/edit/").status_code, mara.post("/board/ours/delete/").status_code] == [403, 403]
    assert KanbanBoard.objects.get().version == 1
    assert desk.browser(desk.sam).post("/board/ours/save/", {"by": "agent"}).status_code == 302


def test_057_nobody_writes_over_or_deletes_a_shared_board_as_somebody_else_has_made_it(desk: Desk) -> None:
    save_board("Ours", by=desk.lea, scope="team", team=desk.team)
    lea, sam = desk.browser(desk.lea), desk.browser(desk.sam)
    seen = lea.get("/board/ours/?by=agent").context["bar"]["hidden"]
    to_delete = lea.get("/board/ours/edit/").context["seen"]
    assert '<input type="hidden" name="version" value="1">' in html_of(lea.get("/board/ours/edit/"))
    sam.post("/board/ours/save/", sam.get("/board/ours/?by=priority").context["bar"]["hidden"])
    for step, values in (("save", seen), ("delete", to_delete)):
        late = lea.post(f"/board/ours/{step}/", values)
        assert (late.status_code, "Somebody has changed this meanwhile" in html_of(late)) == (409, True), step
    assert KanbanBoard.objects.get().column_field == "priority"
    assert lea.post("/board/ours/delete/", lea.get("/board/ours/edit/").context["seen"]).status_code == 302


def test_a_deleted_board_leaves_its_tickets(desk: Desk) -> None:
    TicketFactory(team=desk.team, subject="Stays")
    save_board("Ours", by=desk.lea, scope="team", team=desk.team)
    lea = desk.browser(desk.lea)
    assert lea.post("/board/ours/delete/").headers["Location"] == "/board/team/"
    assert (lea.get("/board/ours/").status_code, subjects(lea.get("/board/team/"))) == (404, ["Stays"])
    assert KanbanBoard.history.filter(history_type="-").get().actor_name == "Lea Brandt"


def test_a_saved_view_is_a_board_too(desk: Desk) -> None:
    TicketFactory(team=desk.team, subject="High", priority=Priority.HIGH)
    TicketFactory(team=desk.team, subject="Low", priority=Priority.LOW)
    save_view("High ones", by=desk.mara, base="team", filters={"priority": "high"})
    browser = desk.browser(desk.mara)
    assert subjects(browser.get("/board/my-high-ones/")) == ["High"]
    assert sorted(subjects(browser.get("/board/my-high-ones/?q="))) == ["High", "Low"]
    assert browser.get("/board/my-high-ones/edit/").status_code == 404


def test_limits_of_the_team_stand_on_its_boards(desk: Desk) -> None:
    """The limit of a column is the team's: every board that shows the column tells it, and every way into it asks."""
    set_wip_limits(desk.team.pk, by=desk.lea, limits={("status", "in_progress"): Limit(1, "hard")})
    TicketFactory(team=desk.team, owner=desk.mara)
    ticket = TicketFactory(team=desk.team)
    save_board("Ours", by=desk.lea, scope="team", team=desk.team, columns=["in_progress", "new"])
    page = desk.browser(desk.mara).get("/board/ours/")
    assert [note["text"] for note in page.context["board"]["columns"][0]["notes"]] == ["Service Desk: 1 of 1, full"]
    given = {"card": ticket.reference, "column": "in_progress"}
    assert desk.browser(desk.mara).post("/board/ours/move/", given).status_code == 409


@pytest.mark.parametrize(
    "values",
    [
        {"name": " "},
        {"column_field": "sla_status", "columns": ["late"]},
        {"swimlane_field": "status"},
        {"sort_by": "subject"},
        {"columns": ["new", "new"]},
        {"columns": ["critical"]},
        {"column_field": "team", "columns": ["elsewhere"]},
        {"filters": {"q": "nothing:here"}},
        {"position": 1000},
        {"scope": "team"},
    ],
)
def test_what_is_no_board_is_refused(desk: Desk, values: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        save_board(**{"name": "A", "by": desk.lea, **values})
    assert KanbanBoard.objects.count() == 0


def test_a_filter_that_can_no_longer_be_read_is_explained(desk: Desk) -> None:
    save_board("Gone", by=desk.mara, filters={"q": "tag:gone"})
    browser = desk.browser(desk.mara)
    for url in ("/board/my-gone/", "/board/my-gone/edit/"):
        response = browser.get(url)
        assert (response.status_code, "There is no Tag “gone”." in html_of(response)) == (400, True), url
    assert browser.post("/board/my-gone/save/", {"by": "status", "q": "status:new"}).status_code == 302


def test_named_boards_cost_a_board_one_statement_however_many(desk: Desk) -> None:
    browser, costs = desk.browser(desk.mara), []
    for name in ("One", "Two"):
        save_board(name, by=desk.lea, scope="team", team=desk.team, base="all", filters={"priority": "high"})
        costs += [len(statements_of(browser, url)) for url in ("/board/team/", "/board/one/")]
    assert len(set(costs)) == 1
    assert costs[0] <= 12
