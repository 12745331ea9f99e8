"""Pages of figures: who is told what, and that every number leads to the rows behind it."""

import re
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from accounts.models import Agent
from tests.browser import Browser
from tests.factories import AgentFactory, TeamFactory
from tests.reports.conftest import Desk, at, fresh, moment
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
MARCH = "first=2026-03-01&last=2026-03-31"


def browser_of(agent: Agent) -> Browser:
    browser = Browser()
    browser.force_login(fresh(agent).user)
    return browser


def html_of(agent: Agent, path: str, *, status: int = 200) -> str:
    response = browser_of(agent).get(path)
    assert response.status_code == status, response.content.decode()[:500]
    return str(response.content.decode())


def a_month(desk: Desk) -> list[Ticket]:
    """One resolved by Mara, one open of hers, one resolved by Jonas, one of the other team."""
    return [
        desk.resolved("2 09:00", "2 09:10", "2 11:00", subject="Printer of Mara"),
        desk.accepted("3 09:00", "3 09:10", subject="Mail of Mara"),
        desk.resolved("2 09:00", "2 09:10", "2 13:00", subject="Phone of Jonas", by=desk.jonas),
        desk.resolved("2 09:00", "2 09:10", "2 15:00", subject="Switch of Nina", by=desk.nina, team=desk.other),
    ]


def test_163_numbers_lead_to_the_rows_behind_them(desk: Desk) -> None:
    a_month(desk)
    with time_machine.travel(at("31 12:00"), tick=False):
        page = html_of(desk.lead, f"/reports/customers/?{MARCH}")
        link = re.search(r'href="([^"]*figure=M5&amp;part=base[^"]*)">2<', page)
        assert link is not None
        rows = html_of(desk.lead, link[1].replace("&amp;", "&"))
    assert ("Printer of Mara" in rows, "Phone of Jonas" in rows) == (True, True)
    assert ("Mail of Mara" in rows, "Switch of Nina" in rows) == (False, False)
    assert "Time to value: 2 h 0 min" in rows  # of 2 h and 4 h, the first


@pytest.mark.parametrize(
    ("reader", "count"),
    [("mara", 1), ("jonas", 1), ("lead", 2), ("supervisor", 3), ("auditor", 3)],
)
def test_everybody_is_told_of_their_own_scope_alone(desk: Desk, reader: str, count: int) -> None:
    a_month(desk)
    with time_machine.travel(at("31 12:00"), tick=False):
        page = html_of(getattr(desk, reader), f"/reports/customers/?{MARCH}")
    assert re.findall(r'figure=M5&amp;part=base[^"]*">(\d+)<', page) == [str(count)]


def test_nobody_is_told_a_colleagues_figures(desk: Desk) -> None:
    """Not on a page, not by an address that names the colleague, their team or another one."""
    a_month(desk)
    with time_machine.travel(at("31 12:00"), tick=False):
        for path in ("/reports/", "/reports/flow/", "/reports/customers/", "/reports/help/"):
            page = html_of(desk.mara, f"{path}?{MARCH}")
            assert "Jonas" not in page
            assert "Service Desk" not in page
        browser = browser_of(desk.mara)
        own = f"/reports/rows/?figure=M22:agent:{desk.mara.pk}&part=counted&{MARCH}"
        of_jonas = f"/reports/rows/?figure=M22:agent:{desk.jonas.pk}&part=counted&{MARCH}"
        of_team = f"/reports/rows/?figure=M22:team:{desk.team.pk}&part=counted&{MARCH}"
        assert [browser.get(path).status_code for path in (own, of_jonas, of_team)] == [200, 404, 404]
        lead = browser_of(desk.lead)
        assert [lead.get(path).status_code for path in (own, of_jonas, of_team)] == [200, 200, 200]
        assert lead.get(of_team.replace(str(desk.team.pk), str(desk.other.pk))).status_code == 404
        assert lead.get(f"/reports/?{MARCH}&team={desk.other.pk}").status_code == 400


def test_a_lead_asks_for_the_own_figures_too(desk: Desk) -> None:
    with moment("1 09:00"):
        lead = AgentFactory(name="Lou", roles=[Role.TEAM_LEAD, Role.AGENT])
        team = TeamFactory(name="Field", lead=lead)
        lead.teams.add(team)
    desk.resolved("2 09:00", "2 09:10", "2 11:00", team=team, by=lead)
    desk.resolved("2 09:00", "2 09:10", "2 11:00", team=team, by=AgentFactory(teams=[team]))
    with time_machine.travel(at("31 12:00"), tick=False):
        counts = [
            re.findall(r'figure=M5&amp;part=base[^"]*">(\d+)<', html_of(lead, f"/reports/customers/?{MARCH}{more}"))
            for more in ("", "&team=me")
        ]
    assert counts == [["2"], ["1"]]


def test_rows_that_the_reader_may_not_open_are_counted_and_not_named(desk: Desk) -> None:
    """Mara's load is her lead's to know; what a ticket of another team is about is not."""
    desk.accepted("2 09:00", "2 09:10", subject="Printer of Mara")
    desk.mara.teams.add(desk.other)
    desk.accepted("2 09:00", "2 09:10", subject="Switch of Mara", team=desk.other)
    with time_machine.travel(at("31 12:00"), tick=False):
        page = html_of(desk.lead, f"/reports/rows/?figure=M22:agent:{desk.mara.pk}&part=counted&{MARCH}")
    assert ("Printer of Mara" in page, "Switch of Mara" in page, "1 more is not listed" in page) == (True, False, True)


def test_rows_come_page_by_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.views.ROWS_SHOWN", 2)
    names = [f"Printer {number}" for number in range(5)]
    for number, name in enumerate(names):
        desk.opened(f"2 09:0{number}", subject=name)
    seen: list[str] = []
    url = f"/reports/rows/?figure=M16&{MARCH}"
    with time_machine.travel(at("31 12:00"), tick=False):
        while url:
            page = html_of(desk.lead, url)
            seen += re.findall(r"<td>(Printer \d)</td>", page)
            assert "not listed" not in page
            following = re.search(r'href="([^"]+)" rel="next"', page)
            url = "/reports/rows/" + unescape(following[1]) if following else ""
        wrong = browser_of(desk.lead).get(f"/reports/rows/?figure=M16&{MARCH}&cursor=nonsense")
    assert seen == names[::-1]
    assert wrong.status_code == 400


def test_a_wrong_period_is_refused_at_its_field(desk: Desk) -> None:
    page = html_of(desk.lead, "/reports/?first=2026-03-31&last=2026-03-01", status=400)
    assert "The last day is not before the first one." in page
    assert html_of(desk.lead, "/reports/?first=2020-01-01&last=2026-03-01", status=400)
    assert browser_of(desk.lead).get("/reports/nonsense/").status_code == 404
    assert browser_of(desk.lead).get("/reports/rows/?figure=M99").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/reports/",
        "/reports/customers/",
        "/reports/promises/",
        "/reports/help/",
        "/reports/flow/",
        "/reports/decisions/",
    ],
)
def test_pages_cost_the_same_for_one_ticket_and_for_many(desk: Desk, path: str) -> None:
    counts = []
    for _round in range(2):
        a_month(desk)
        ticket = desk.accepted("4 09:00", "4 09:10")
        desk.asks(ticket, "4 10:00")
        TeamFactory(supervisor=desk.supervisor)
        browser = browser_of(desk.supervisor)
        with time_machine.travel(at("31 12:00"), tick=False), CaptureQueriesContext(connection) as queries:
            assert browser.get(f"{path}?{MARCH}").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] - 3 <= 19  # the session that the test began is saved once
