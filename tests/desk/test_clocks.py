"""Promises on pages: the badge of a ticket, its clocks and why they are due when they are, pauses (domain.md 9)."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.enums import Role
from accounts.models import Holiday
from accounts.services import save_calendar
from core.actors import DESK
from sla.models import SlaPolicy
from sla.services import choose_for_ticket, follow_new_terms, pause_clocks, resume_clocks
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of, url_of
from tests.factories import AgentFactory, EnvelopeFactory, TicketFactory, default_calendar
from tickets.models import Ticket
from tickets.services import reply_to_customer, resume_ticket
from tickets.services.conversation import release_due_messages

pytestmark = pytest.mark.django_db
MONDAY_NINE = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""09:00 in Berlin; the default calendar is open from 08:00 to 18:00."""
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(MONDAY_NINE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    """A medium one of 09:00: an answer is due at 11:00, the resolution at 17:00."""
    return TicketFactory(team=desk.team, requester=desk.dana, owner=desk.mara)


def head_of(html: str) -> str:
    begin = html.index('id="ticket-head"')
    return html[begin : html.index("</header>", begin)]


def panel_of(html: str) -> str:
    begin = html.index('id="clocks"')
    return html[begin : html.index("</section>", begin)]


def shown_in(html: str) -> tuple[str, str]:
    """State and words of the first badge; style gives each state its shape and colour."""
    found = re.search(r'class="sla sla--(\w+)"[^>]*>([^<]+)</span>', html)
    assert found, "no badge"
    return found[1], found[2]


@pytest.mark.parametrize(
    ("after_minutes", "state", "words"),
    [
        (0, "on_track", "2 h left"),
        (59, "on_track", "1 h left"),
        (61, "at_risk", "At risk · 59 min left"),
        (121, "breached", "1 min over"),
        (241, "breached", "2 h over"),
    ],
)
def test_093_page_and_list_show_time_left_in_words_and_by_its_state(
    desk: Desk, ticket: Ticket, clock: Any, after_minutes: int, state: str, words: str
) -> None:
    clock.move_to(MONDAY_NINE + timedelta(minutes=after_minutes))
    page = head_of(html_of(desk.browser(desk.mara).get(url_of(ticket))))
    assert shown_in(page) == (state, words)
    row = html_of(desk.browser(desk.mara).get("/queue/mine/"))
    assert shown_in(row[row.index(f'id="row-{ticket.reference}"') :]) == (state, words)


def test_093_time_left_is_business_time_and_goes_on_by_script(desk: Desk, ticket: Ticket, clock: Any) -> None:
    """What the script counts with: the full hour, what was left then, below what it is at risk, the open times."""
    page = head_of(html_of(desk.browser(desk.mara).get(url_of(ticket))))
    nine, six, next_eight = (int((MONDAY_NINE + timedelta(hours=hours)).timestamp()) for hours in (0, 9, 23))
    assert f'data-clock="{nine} 7200 3600 {nine}-{six} {next_eight}-{next_eight + 7200}"' in page


def test_the_panel_tells_each_clock_with_its_due_moment_in_the_readers_zone(desk: Desk, ticket: Ticket) -> None:
    desk.mara.timezone = "America/New_York"
    desk.mara.save()
    panel = panel_of(html_of(desk.browser(desk.mara).get(url_of(ticket))))
    for text in ("First response", "Resolution", "Time to value", "2 h left", "8 h left"):
        assert text in panel, text
    assert 'title="Mon 2 Mar 2026, 05:00">2 Mar, 05:00</time>' in panel


def test_a_pause_says_by_whom_why_and_until_when(desk: Desk, ticket: Ticket, clock: Any) -> None:
    browser = desk.browser(desk.sam)
    assert url_of(ticket, "clocks/pause/") in panel_of(html_of(browser.get(url_of(ticket))))
    form = {"reason": "vendor", "until": "2026-03-02T15:00", "note": "A part is on its way"}
    assert browser.post(url_of(ticket, "clocks/pause/"), form).status_code == 302
    panel = panel_of(html_of(browser.get(url_of(ticket))))
    for text in ("Paused · Vendor", "until Mon 2 Mar 2026, 15:00", "Sam Okafor", "A part is on its way"):
        assert text in panel, text
    assert url_of(ticket, "clocks/resume/") in panel
    assert browser.post(url_of(ticket, "clocks/resume/")).status_code == 302
    assert "Paused" not in panel_of(html_of(browser.get(url_of(ticket))))


def test_092_agents_are_offered_no_pause_and_refused_one(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    assert "clocks/pause/" not in panel_of(html_of(browser.get(url_of(ticket))))
    form = {"reason": "vendor", "until": "2026-03-02T15:00", "note": ""}
    assert browser.post(url_of(ticket, "clocks/pause/"), form).status_code == 403


def test_a_pause_without_its_end_or_in_the_past_says_so_and_keeps_what_was_typed(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.sam)
    form = {"reason": "vendor", "until": "2026-03-01T15:00", "note": "A part"}
    answer = browser.post(url_of(ticket, "clocks/pause/"), form)
    assert (answer.status_code, "within the next 366 days" in html_of(answer)) == (400, True)
    assert "A part" in html_of(answer)


@pytest.mark.parametrize("is_approved", [False, True])
def test_080_what_stands_still_is_nowhere_due_and_comes_behind_what_is(
    desk: Desk, ticket: Ticket, clock: Any, is_approved: bool
) -> None:
    clock.move_to(MONDAY_NINE + timedelta(minutes=10))
    if is_approved:
        pause_clocks(ticket.pk, by=desk.sam, reason="vendor", until=MONDAY_NINE + timedelta(days=9))
    else:
        reply_to_customer(ticket.pk, by=desk.mara, body_text="Is the plug in?", then="wait_for_customer")
        release_due_messages(now=MONDAY_NINE + timedelta(minutes=11))
    clock.move_to(MONDAY_NINE + timedelta(days=1, hours=3))
    running = TicketFactory(team=desk.team, requester=desk.dana, owner=desk.mara)
    browser = desk.browser(desk.mara)
    page = html_of(browser.get(url_of(ticket)))
    assert ("To be resolved by" in page, 'title="Resolution: due' in page) == (False, False)
    rows = browser.get("/queue/all/?columns=reference,due&sort=resolution_due_at").context["rows"]
    assert [row["reference"] for row in rows] == [running.reference, ticket.reference]
    due = next(extra for extra in rows[1]["extras"] if extra["name"] == "due")
    assert due["value"] == ""
    assert rows[1]["promise"]["words"] == ("11 h over" if is_approved else "Paused"), "that of the answer goes on"
    shown = browser.get(f"/api/v1/tickets/{ticket.reference}/").json()
    assert shown["resolution_due_at"] is None
    clock.move_to(MONDAY_NINE + timedelta(days=1, hours=4))
    if is_approved:
        resume_clocks(ticket.pk, by=desk.sam)
    else:
        resume_ticket(ticket.pk, by=desk.mara)
    due_at = MONDAY_NINE + timedelta(days=2, hours=1, minutes=50)
    assert Ticket.objects.get(pk=ticket.pk).resolution_due_at == due_at, "seven open hours and fifty minutes later"


def test_why_lists_every_stretch_of_time(desk: Desk, ticket: Ticket, clock: Any) -> None:
    clock.move_to(MONDAY_NINE + timedelta(hours=1))
    pause_clocks(ticket.pk, by=desk.sam, reason="change_freeze", until=MONDAY_NINE + timedelta(hours=3), note="Freeze")
    clock.move_to(MONDAY_NINE + timedelta(hours=2))
    browser = desk.browser(desk.mara)
    part = html_of(browser.get(url_of(ticket, "around/clocks/"), headers=HTMX))
    for text in ("Counts", "Paused: Change freeze", "Sam Okafor", "Freeze", "8 h of open time"):
        assert text in part, text
    page = html_of(browser.get(url_of(ticket, "around/clocks/")))
    assert (page.lstrip().startswith("<!doctype html>"), "Paused: Change freeze" in page) == (True, True)


def test_why_tells_who_changed_the_hours_and_for_whom_a_policy_was_named(
    desk: Desk, ticket: Ticket, clock: Any
) -> None:
    admin = AgentFactory(name="Ada Min", roles=[Role.ADMIN])
    follow_new_terms(now=MONDAY_NINE)
    clock.move_to(MONDAY_NINE + timedelta(minutes=10))
    save_calendar(
        default_calendar().pk, by=admin, reason="Works outing", holidays=[Holiday(on=date(2026, 3, 9), name="Out")]
    )
    gold = SlaPolicy.objects.create(name="Gold", resolution_minutes=300, order=9999)
    clock.move_to(MONDAY_NINE + timedelta(minutes=20))
    follow_new_terms(now=MONDAY_NINE + timedelta(minutes=20))
    browser, why = desk.browser(desk.mara), url_of(ticket, "around/clocks/")
    part = html_of(browser.get(why, headers=HTMX))
    assert "Ada Min changed “Standard” on" in part
    assert "and the clock followed: Works outing" in part
    assert "Named for" not in part
    choose_for_ticket(ticket.pk, by=DESK, policy=gold, reason="Rule 7")
    assert "Gold (Named for this ticket)" in html_of(browser.get(why, headers=HTMX))


def test_why_tells_seconds_and_leaves_out_what_has_none(desk: Desk, ticket: Ticket, clock: Any) -> None:
    clock.move_to(MONDAY_NINE + timedelta(minutes=5, seconds=20))
    pause_clocks(ticket.pk, by=desk.sam, reason="vendor", until=MONDAY_NINE + timedelta(hours=3))
    clock.move_to(MONDAY_NINE + timedelta(minutes=5, seconds=45))
    resume_clocks(ticket.pk, by=desk.sam)
    part = html_of(desk.browser(desk.mara).get(url_of(ticket, "around/clocks/"), headers=HTMX))
    lengths = re.findall(r'class="why__length">([^<]+)<', part[part.index("Time to value") :])
    assert lengths == ["5 min 20 s", "25 s", "7 h 54 min 40 s"]


def test_why_fits_the_panel_it_was_asked_from_until_something_changes(desk: Desk, ticket: Ticket) -> None:
    """The explanation has the id of the place it is put, and a page with other clocks another one."""
    browser = desk.browser(desk.mara)
    why = url_of(ticket, "around/clocks/")

    def place() -> str:
        page = html_of(browser.get(url_of(ticket)))
        return page[page.index('id="clocks-why-') :][:30].split('"')[1]

    before = place()
    assert f'id="{before}"' in html_of(browser.get(why, headers=HTMX))
    pause_clocks(ticket.pk, by=desk.sam, reason="vendor", until=MONDAY_NINE + timedelta(hours=3))
    assert place() != before
    assert f'id="{place()}"' in html_of(browser.get(why, headers=HTMX))


def test_094_what_helpers_promise_stands_at_their_envelope_for_its_readers(desk: Desk, ticket: Ticket) -> None:
    EnvelopeFactory(ticket=ticket, team=desk.other_team)
    shown = {}
    for who in (desk.mara, desk.jonas, desk.nina):
        html = html_of(desk.browser(who).get(url_of(ticket)))
        row = html[html.index('class="envelope-row"') :]
        shown[who.name] = 'class="sla ' in row[: row.index("</li>")]
        assert "Response of helpers" not in panel_of(html)
    assert shown == {"Mara Weiss": True, "Jonas Kern": False, "Nina Vogt": True}
    why = {
        who.name: "Response of helpers" in html_of(desk.browser(who).get(url_of(ticket, "around/clocks/")))
        for who in (desk.mara, desk.jonas)
    }
    assert why == {"Mara Weiss": True, "Jonas Kern": False}


def test_the_panel_costs_no_statement(desk: Desk, ticket: Ticket) -> None:
    assert [sql for sql in statements_of(desk.browser(desk.mara), url_of(ticket)) if 'FROM "sla_slaclock"' in sql] == []


@pytest.mark.parametrize("page", ["/queue/team/", "/board/team/", "/board/team/?by=sla_status", "/search/?q=printer"])
def test_093_140_badges_cost_the_same_however_many_tickets(desk: Desk, clock: Any, page: str) -> None:
    costs = []
    for more in (1, 3):
        for number in range(more):
            TicketFactory(team=desk.team, requester=desk.dana, subject=f"Printer {more}{number}")
        clock.move_to(MONDAY_NINE + timedelta(minutes=61))
        html = html_of(desk.browser(desk.mara).get(page))
        clock.move_to(MONDAY_NINE)
        assert html.count('class="sla sla--at_risk"') == (1 if more == 1 else 4)
        costs.append(len(statements_of(desk.browser(desk.mara), page)))
    assert costs[0] == costs[1]


def test_a_row_edited_in_its_place_keeps_its_badge(desk: Desk, ticket: Ticket) -> None:
    row = html_of(desk.browser(desk.mara).get(url_of(ticket, "inline/priority/?closed=1"), headers=HTMX))
    assert "2 h left" in row
