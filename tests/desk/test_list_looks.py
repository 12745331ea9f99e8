"""Order and columns of the lists: links that turn them, what is kept for a person, what a page costs."""

import re
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.utils import timezone

from desk.columns import COLUMNS, USUAL
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of
from tests.desk.test_named_boards import subjects as cards
from tests.factories import ContactFactory, TicketFactory
from tickets.enums import Priority
from tickets.models import Category, Ticket
from tickets.services import edit_ticket, wait_for_customer
from tickets.sorting import NAMED_SORTS, SORTS, with_sorted_names

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
REFERENCES = re.compile(r'<li class="queue-line" id="row-([^"]+)"')


def subjects(response: Any) -> list[str]:
    return re.findall(r"data-key-row[^>]*>([^<]+)</a>", html_of(response))


def three(desk: Desk) -> None:
    """Old and low and due first, in between and waiting and due at no time, new and critical."""
    now = timezone.now()
    dues = {"Old": now + timedelta(days=1), "Between": None, "New": now + timedelta(days=2)}
    for subject, priority, days in (
        ("Old", Priority.LOW, 3),
        ("Between", Priority.MEDIUM, 2),
        ("New", Priority.CRITICAL, 1),
    ):
        ticket = TicketFactory(team=desk.team, subject=subject, priority=priority, owner=desk.mara)
        Ticket.objects.filter(pk=ticket.pk).update(
            created_at=now - timedelta(days=days),
            last_public_reply_at=now + timedelta(hours=1),
            resolution_due_at=dues[subject],
        )
        if subject == "Between":
            wait_for_customer(ticket.pk, by=desk.mara)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["New", "Between", "Old"]),
        ("priority_score", ["Old", "Between", "New"]),
        ("created_at", ["Old", "Between", "New"]),
        ("-created_at", ["New", "Between", "Old"]),
        ("resolution_due_at", ["Old", "New", "Between"]),
        ("-resolution_due_at", ["Between", "New", "Old"]),
        ("status", ["New", "Old", "Between"]),
        ("-status", ["Between", "Old", "New"]),
    ],
)
def test_a_list_stands_in_the_order_of_its_address(desk: Desk, sort: str, expected: list[str]) -> None:
    three(desk)
    browser, asked = desk.browser(desk.mara), {"sort": sort} if sort else {}
    assert subjects(browser.get("/queue/team/", asked)) == expected
    groups = [] if sort else ["Needs attention", "Waiting on others", "On track"]
    response = browser.get("/queue/mine/", asked)
    assert [group["label"] for group in response.context["groups"]] == groups
    assert subjects(response) == expected


def test_headings_are_links_that_order_the_list_and_turn_it_round(desk: Desk) -> None:
    three(desk)
    browser = desk.browser(desk.mara)
    heads = {head["name"]: head for head in browser.get("/queue/team/?owner=me").context["heads"]}
    assert list(heads) == ["priority", "reference", "subject", "customer", "status", "owner", "changed"]
    assert [name for name, head in heads.items() if "url" in head] == ["priority", "customer", "status", "owner"]
    assert heads["status"]["url"] == "?owner=me&sort=status"
    assert (heads["priority"]["is_current"], heads["priority"]["url"]) == (True, "?owner=me&sort=priority_score")
    turned = browser.get("/queue/team/?owner=me&sort=priority_score")
    assert 'href="?owner=me" title="Most urgent first" aria-current="true"' in html_of(turned)


def test_pages_of_every_order_hold_each_ticket_once_forwards_and_back(desk: Desk) -> None:
    requester, now = ContactFactory(), timezone.now()
    desk.mara.max_tickets = 500
    desk.mara.save()
    for number in range(104):
        priority = (Priority.LOW, Priority.HIGH)[number % 2]
        owner = desk.mara if number % 3 else None
        ticket = TicketFactory(
            team=desk.team, requester=requester, subject=f"No {number:03}", priority=priority, owner=owner
        )
        due = now + timedelta(days=number % 5) if number % 7 else None
        created_at = now - timedelta(hours=number // 4)
        Ticket.objects.filter(pk=ticket.pk).update(created_at=created_at, resolution_due_at=due)
    browser = desk.browser(desk.mara)
    for view, sort in product(("team", "all"), SORTS):
        pages = [browser.get(f"/queue/{view}/?sort={sort}")]
        while url := pages[-1].context["next_url"]:
            pages.append(browser.get(f"/queue/{view}/{url}"))
        found = [subject for page in pages for subject in subjects(page)]
        expected = [ticket.subject for ticket in with_sorted_names(Ticket.objects.all(), sort).order_by(*SORTS[sort])]
        assert (len(pages), found) == (3, expected), (view, sort)
        back = [browser.get(f"/queue/{view}/{pages[-1].context['previous_url']}")]
        back.append(browser.get(f"/queue/{view}/{back[0].context['previous_url']}"))
        assert [subjects(page) for page in back] == [subjects(pages[1]), subjects(pages[0])], (view, sort)


def test_among_equally_urgent_tickets_what_is_due_first_stands_first(desk: Desk) -> None:
    """Domain.md section 11: score, then what is due (nothing promised: last), then age; in every list and on boards."""
    now = timezone.now()
    for number, (subject, days) in enumerate((("Never", None), ("Late", 9), ("Soon", 1), ("Never either", None))):
        ticket = TicketFactory(team=desk.team, subject=subject)
        due = now + timedelta(days=days) if days else None
        created_at = now - timedelta(days=9 - number)
        Ticket.objects.filter(pk=ticket.pk).update(
            resolution_due_at=due, created_at=created_at, priority_score=60, offered_to=desk.mara, offered_at=now
        )
    TicketFactory(team=desk.team, subject="Worse", priority=Priority.CRITICAL)
    browser, expected = desk.browser(desk.mara), ["Worse", "Soon", "Late", "Never", "Never either"]
    for view in ("team", "unowned", "all"):
        urgent = f"/queue/{view}/?sort=-priority_score"
        assert subjects(browser.get(urgent)) == expected, view
        assert subjects(browser.get(f"/queue/{view}/?sort=priority_score")) == expected[::-1], view
        files = b"".join(browser.get(f"/queue/{view}/export.csv?sort=-priority_score").streaming_content).decode()
        assert [line.split(",")[1] for line in files.splitlines()[1:]] == expected, view
    assert subjects(browser.get("/queue/mine/")) == expected[1:]
    assert cards(browser.get("/board/team/?by=team")) == expected
    tickets = {ticket.subject: ticket.reference for ticket in Ticket.objects.all()}
    following = browser.get(f"/t/{tickets['Late']}/next/?from=team")
    assert following.url.startswith(f"/t/{tickets['Never']}/"), "J goes the same way"


def test_the_column_of_due_dates_orders_the_list(desk: Desk) -> None:
    three(desk)
    browser = desk.browser(desk.mara)
    page = browser.get("/queue/team/?columns=reference,due")
    head = next(head for head in page.context["heads"] if head["name"] == "due")
    assert (head["url"], head["gives"]) == ("?columns=reference%2Cdue&sort=resolution_due_at", "First due first")
    sorted_page = browser.get(f"/queue/team/{head['url']}")
    assert subjects(sorted_page) == ["Old", "New", "Between"]
    cells = [row["extras"][0]["value"] for row in sorted_page.context["rows"]]
    assert [bool(cell) for cell in cells] == [True, True, False], "nothing is promised on the last"
    assert 'datetime="' in cells[0]


def people_of(ticket: Ticket) -> dict[str, str]:
    """Names as rows show them."""
    return {
        "owner": ticket.owner.name if ticket.owner else "",
        "customer": ticket.requester.name,
        "company": ticket.company.name if ticket.company else "",
        "team": ticket.team.name,
    }


def test_pages_and_neighbours_by_names_hold_each_ticket_once(desk: Desk) -> None:
    desk.mara.teams.add(desk.other_team)
    loner = ContactFactory(
        first_name="", last_name="", email="zoe@lone.example", company=None
    )  # known by address alone
    for number in range(57):
        owner = (None, desk.jonas, desk.lea)[number % 3]
        team = desk.team if number % 2 else desk.other_team
        TicketFactory(team=team, requester=(desk.dana, loner)[number % 4 // 2], owner=owner, subject=f"No {number:02}")
    tickets = {
        ticket.subject: ticket for ticket in Ticket.objects.select_related("owner", "company", "requester", "team")
    }
    browser = desk.browser(desk.mara)
    for sort in NAMED_SORTS:
        each_once_by_name(browser, sort, tickets)


def each_once_by_name(browser: Any, sort: str, tickets: dict[str, Ticket]) -> None:
    pages = [browser.get(f"/queue/team/?sort={sort}")]
    pages.append(browser.get(f"/queue/team/{pages[0].context['next_url']}"))
    found = [subject for page in pages for subject in subjects(page)]
    names = [people_of(tickets[subject])[sort.lstrip("-")] for subject in found]
    assert (len(found), len(set(found)), len(subjects(pages[0]))) == (57, 57, 50), sort
    assert names == sorted(names, reverse=sort.startswith("-")), sort
    assert subjects(browser.get(f"/queue/team/{pages[1].context['previous_url']}")) == found[:50], sort
    here, after = tickets[found[30]], tickets[found[31]]
    answer = browser.get(f"/t/{here.reference}/next/?from=team%3Fsort%3D{sort}")
    assert answer.url.startswith(f"/t/{after.reference}/"), "J goes the same way"
    beside = html_of(browser.get(f"/t/{tickets[found[55]].reference}/list/?from=team%3Fsort%3D{sort}", headers=HTMX))
    assert [tickets[subject].reference for subject in found[47:]] == REFERENCES.findall(beside), sort


def test_no_order_by_names_is_offered_where_closed_tickets_would_all_be_read(desk: Desk) -> None:
    TicketFactory(team=desk.team, requester=desk.dana)
    browser = desk.browser(desk.mara)
    for address, is_offered in (
        ("/queue/team/", True),
        ("/queue/all/", False),
        ("/queue/all/?q=status:open", True),
        ("/queue/all/?q=printer", False),
    ):
        html = html_of(browser.get(f"{address}{'&' if '?' in address else '?'}columns=team,company,customer,owner"))
        offered = [f"sort={name}" in html for name in ("owner", "customer", "company", "team")]
        assert (offered, '<option value="owner"' in html) == ([is_offered] * 4, is_offered), address
    answer = browser.get("/queue/all/?sort=owner")
    assert (answer.status_code, answer.context["heads"][0]["is_current"]) == (200, False)
    assert 'value="-created_at" selected' in html_of(answer), "the usual order, which costs the same at any size"


def test_an_order_by_names_costs_no_statement_more(desk: Desk) -> None:
    TicketFactory.create_batch(3, team=desk.team, requester=desk.dana)
    browser = desk.browser(desk.mara)
    usual, by_name = (len(statements_of(browser, f"/queue/team/{query}")) for query in ("", "?sort=company"))
    assert by_name == usual


def test_chosen_columns_stand_in_the_row_and_hidden_ones_do_not(desk: Desk) -> None:
    category = Category.objects.create(name="Printing")
    ticket = TicketFactory(team=desk.team, owner=desk.mara, requester=desk.dana, category=category)
    edit_ticket(ticket.pk, by=desk.mara, version=2, tags=["vpn", "cellar"], product="LaserFix")
    browser = desk.browser(desk.mara)
    usual = html_of(browser.get("/queue/team/"))
    assert [text in usual for text in ("Printing", "cellar, vpn", "LaserFix", "Dana Roth")] == [
        False,
        False,
        False,
        True,
    ]
    chosen = html_of(browser.get("/queue/team/?columns=category&columns=tags,product,team,type,channel,opened"))
    row = chosen[chosen.index(f'id="row-{ticket.reference}"') :].split("</li>")[0]
    assert [text in row for text in ("Printing", "cellar, vpn", "LaserFix", "Service Desk", "Incident")] == [True] * 5
    assert [text in row for text in ("Dana Roth", f">{ticket.reference}<", "Owner:")] == [False] * 3


@pytest.mark.parametrize("query", ["?sort=subject", "?sort=--created_at", "?columns=secrets", "?columns=reference,x"])
def test_orders_and_columns_there_are_not_are_refused_with_a_page(desk: Desk, query: str) -> None:
    response = desk.browser(desk.mara).get(f"/queue/team/{query}")
    assert (response.status_code, "Clear filters" in html_of(response)) == (400, True)


def test_a_cursor_of_another_order_is_refused(desk: Desk) -> None:
    TicketFactory.create_batch(51, team=desk.team, requester=desk.dana)
    browser = desk.browser(desk.mara)
    cursor = browser.get("/queue/team/?sort=created_at").context["next_url"].partition("cursor=")[2]
    assert browser.get(f"/queue/team/?sort=created_at&cursor={cursor}").status_code == 200
    assert browser.get(f"/queue/team/?sort=status&cursor={cursor}").status_code == 400


def test_a_look_is_kept_for_one_person_and_one_list(desk: Desk) -> None:
    three(desk)
    mara, jonas = desk.browser(desk.mara), desk.browser(desk.jonas)
    changed = mara.get("/queue/team/?sort=created_at&columns=reference,tags")
    bar = changed.context["bar"]
    assert bar["save_label"] == "Keep order and columns"
    assert mara.get("/queue/team/").context["bar"] is None
    response = mara.post(bar["save_url"], bar["hidden"])
    assert (response.status_code, response.headers["Location"]) == (302, "/queue/team/")
    kept = mara.get("/queue/team/")
    assert (subjects(kept), kept.context["bar"]) == (["Old", "Between", "New"], None)
    assert [head["name"] for head in kept.context["heads"]] == ["priority", "reference", "subject", "tags"]
    assert subjects(jonas.get("/queue/team/")) == ["New", "Between", "Old"]
    assert mara.get("/queue/all/").context["listing"].look.sort == "-created_at"
    # A search that cannot be put into a kept order leaves it kept.
    mara.post(bar["save_url"], bar["hidden"] | {"sort": "customer"})
    searched = mara.get("/queue/team/?q=new")
    assert ("sort" in searched.context["kept"], searched.context["bar"]["hidden"]["sort"]) == (False, "customer")
    assert [sort["value"] for sort in searched.context["display"]["sorts"] if sort["is_selected"]] == [
        "-priority_score"
    ]
    # As usual again: nothing is kept any more.
    mara.post("/queue/team/save/", {"sort": "-priority_score", "columns": ",".join(USUAL)})
    desk.mara.refresh_from_db()
    assert desk.mara.list_settings == {"looks": {}}


def test_order_and_columns_stay_when_a_list_is_narrowed_paged_and_exported(desk: Desk) -> None:
    TicketFactory.create_batch(51, team=desk.team, requester=desk.dana)
    response = desk.browser(desk.mara).get("/queue/team/?q=status:new&sort=created_at&columns=tags")
    kept = {"sort": "created_at", "columns": "tags"}
    assert response.context["kept"] == kept
    assert response.context["kept_terms"] == {"q": "status:new", **kept}
    assert response.context["display"]["hidden"] == {"q": "status:new"}
    assert response.context["chips"][0]["url"] == "?sort=created_at&columns=tags"
    for url in (response.context["next_url"], response.context["exports"][0]["url"]):
        assert "sort=created_at&columns=tags" in url


def test_a_file_of_a_list_stands_in_its_order(desk: Desk) -> None:
    three(desk)
    response = desk.browser(desk.mara).get("/queue/team/export.csv?sort=created_at")
    lines = b"".join(response.streaming_content).decode().splitlines()[1:]  # type: ignore[attr-defined]  # a stream
    assert [line.split(",")[1].strip('"') for line in lines] == ["Old", "Between", "New"]


def test_words_alone_in_all_are_a_search_and_newest_first_whatever_the_order(desk: Desk) -> None:
    three(desk)
    for ticket in Ticket.objects.all():
        edit_ticket(ticket.pk, by=desk.lea, version=ticket.version, subject=f"{ticket.subject} tunnel")
    response = desk.browser(desk.mara).get("/queue/all/?q=tunnel&sort=created_at")
    assert subjects(response) == ["New tunnel", "Between tunnel", "Old tunnel"]
    assert [head for head in response.context["heads"] if "url" in head] == []


def test_no_column_and_no_order_costs_a_statement_more(desk: Desk) -> None:
    browser = desk.browser(desk.mara)
    every = ",".join(COLUMNS)
    costs = []
    for more in (1, 2):
        for _number in range(more):
            ticket = TicketFactory(
                team=desk.team, owner=desk.mara, category=Category.objects.create(name=f"C{_number}{more}")
            )
            edit_ticket(ticket.pk, by=desk.mara, version=2, tags=["vpn", f"t{_number}{more}"])
        queries = ("", f"?columns={every}", f"?columns={every}&sort=status", "?sort=priority_score")
        costs += [len(statements_of(browser, f"/queue/team/{query}")) for query in queries]
    assert set(costs) == {costs[0]}
    assert costs[0] <= 8, statements_of(browser, "/queue/team/")


def test_the_day_begins_with_the_list_a_person_has_chosen(desk: Desk) -> None:
    browser = desk.browser(desk.mara)
    assert browser.post("/queue/unowned/start/").headers["Location"] == "/queue/unowned/"
    assert browser.get("/").headers["Location"] == "/queue/unowned/"
    assert desk.browser(desk.jonas).get("/").headers["Location"] == "/queue/mine/"
    assert browser.post("/queue/nothing/start/").status_code == 404
