"""The lists: what stands in them, how they are narrowed and paged, what they cost."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from desk.selectors import COUNT_CAP, in_short, open_counts
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of
from tests.factories import AbsenceFactory, AgentFactory, ContactFactory, TicketFactory
from tickets.enums import Priority
from tickets.services import cancel_ticket, offer_ticket, resolve_ticket

pytestmark = pytest.mark.django_db


def test_strangers_are_sent_to_sign_in() -> None:
    response = Client().get("/queue/mine/")
    assert (response.status_code, response.headers["Location"]) == (302, "/login/?next=/queue/mine/")


@pytest.mark.parametrize(("who", "view"), [("mara", "mine"), ("lea", "mine"), ("sam", "team"), ("aude", "all")])
def test_the_day_begins_where_a_role_works(desk: Desk, who: str, view: str) -> None:
    response = desk.browser(getattr(desk, who)).get("/")
    assert response.headers["Location"] == f"/queue/{view}/"


def test_unknown_view_is_missing(desk: Desk) -> None:
    assert desk.browser(desk.mara).get("/queue/nothing/").status_code == 404


def test_own_queue_holds_owned_offered_and_covered(desk: Desk) -> None:
    TicketFactory(team=desk.team, subject="Mine to work", owner=desk.mara)
    offer_ticket(TicketFactory(team=desk.team, subject="Put to me").pk, to=desk.mara, by=desk.lea)
    TicketFactory(team=desk.team, subject="Of an absent colleague", owner=desk.lea)
    AbsenceFactory(agent=desk.lea, deputy=desk.mara)
    TicketFactory(team=desk.team, subject="Of a present colleague", owner=desk.jonas)
    TicketFactory(team=desk.team, subject="Of nobody")
    html = html_of(desk.browser(desk.mara).get("/queue/mine/"))
    assert [subject in html for subject in ("Mine to work", "Put to me", "Of an absent colleague")] == [True] * 3
    assert [subject in html for subject in ("Of a present colleague", "Of nobody")] == [False] * 2
    assert ("Offered to you" in html, "For Lea Brandt" in html) == (True, True)


def test_lists_show_nothing_of_other_teams(desk: Desk) -> None:
    TicketFactory(team=desk.other_team, subject="Switch in cellar")
    for view in ("mine", "team", "unowned", "all"):
        assert "Switch in cellar" not in html_of(desk.browser(desk.mara).get(f"/queue/{view}/"))
    assert "Switch in cellar" in html_of(desk.browser(desk.nina).get("/queue/unowned/"))
    assert "Switch in cellar" in html_of(desk.browser(desk.aude).get("/queue/all/"))


def test_only_those_who_may_accept_get_the_button(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team)
    button = f"/t/{ticket.reference}/accept/"
    assert button in html_of(desk.browser(desk.mara).get("/queue/all/"))
    assert button not in html_of(desk.browser(desk.aude).get("/queue/all/"))


def test_ended_tickets_stand_in_all_and_in_a_chosen_status_only(desk: Desk) -> None:
    done = TicketFactory(team=desk.team, subject="Solved one", owner=desk.mara)
    resolve_ticket(done.pk, by=desk.mara, code="fixed", note="Done.")
    browser = desk.browser(desk.mara)
    assert "Solved one" not in html_of(browser.get("/queue/mine/"))
    assert "Solved one" in html_of(browser.get("/queue/mine/?status=resolved"))
    assert "Solved one" in html_of(browser.get("/queue/mine/?status=any"))
    assert "Solved one" in html_of(browser.get("/queue/all/"))


@pytest.mark.parametrize(
    ("query", "said"),
    [("", "Filters"), ("?priority=critical", "Filters · 1 set"), ("?priority=critical&owner=me", "Filters · 2 set")],
)
def test_filters_are_folded_and_say_how_many_are_set(desk: Desk, query: str, said: str) -> None:
    html = html_of(desk.browser(desk.mara).get(f"/queue/all/{query}"))
    fold = html[html.index('<details class="list-bar__fold">') :].split("</details>")[0]
    assert f"<span>{said}</span></summary>" in fold
    assert (fold.count("<select"), 'method="get"' in fold) == (4, True)


def test_filters_stand_in_the_address(desk: Desk) -> None:
    TicketFactory(team=desk.team, subject="Burning server", priority=Priority.CRITICAL)
    TicketFactory(team=desk.team, subject="Loose cable", priority=Priority.LOW, owner=desk.mara)
    browser = desk.browser(desk.mara)
    found = {
        "?priority=critical": (True, False),
        "?owner=me": (False, True),
        "?owner=none": (True, False),
        f"?team={desk.team.pk}": (True, True),
        "?status=in_progress&priority=low": (False, True),
    }
    for query, expected in found.items():
        html = html_of(browser.get(f"/queue/team/{query}"))
        assert ("Burning server" in html, "Loose cable" in html) == expected, query


@pytest.mark.parametrize(
    "query", ["?status=sleeping", "?team=elsewhere", "?priority=9", "?owner=you", "?cursor=%00", "?cursor=WyJuZXh0Il0"]
)
def test_nonsense_in_the_address_is_a_bad_request_with_a_page(desk: Desk, query: str) -> None:
    response = desk.browser(desk.mara).get(f"/queue/team/{query}")
    assert (response.status_code, "Clear filters" in html_of(response)) == (400, True)


def test_a_list_goes_on_behind_its_last_row(desk: Desk) -> None:
    requester = ContactFactory()
    for number in range(52):
        TicketFactory(team=desk.team, requester=requester, subject=f"Case no {number:02}.")
    browser = desk.browser(desk.mara)
    first = browser.get("/queue/team/?priority=medium")
    second = browser.get(f"/queue/team/{first.context['next_url']}")
    shown = [f"Case no {n:02}." for n in range(52)]
    assert [text for text in shown if text in html_of(first)] == shown[:50]
    assert [text for text in shown if text in html_of(second)] == shown[50:]
    assert "priority=medium" in first.context["next_url"]
    back = browser.get(f"/queue/team/{second.context['previous_url']}")
    assert [text for text in shown if text in html_of(back)] == shown[:50]


def test_empty_lists_say_which_kind_of_empty(desk: Desk) -> None:
    browser = desk.browser(desk.mara)
    assert "No tickets need you" in html_of(browser.get("/queue/mine/"))
    assert "Every ticket has its owner" in html_of(browser.get("/queue/unowned/"))
    assert "No tickets yet" in html_of(browser.get("/queue/all/"))
    assert "No ticket matches these filters" in html_of(browser.get("/queue/all/?priority=low"))


def test_counts_stop_at_the_cap(desk: Desk) -> None:
    TicketFactory.create_batch(COUNT_CAP + 5, team=desk.team, requester=desk.dana)
    TicketFactory(team=desk.team, owner=desk.mara)
    counts = open_counts(desk.mara)
    assert counts == {"mine": 1, "team": COUNT_CAP + 1, "unowned": COUNT_CAP + 1}
    assert (in_short(counts["team"]), in_short(counts["mine"])) == ("200+", "1")


@pytest.mark.parametrize("view", ["mine", "team", "unowned", "all"])
def test_a_list_costs_at_most_eight_statements_however_many_rows(desk: Desk, view: str) -> None:
    browser = desk.browser(desk.mara)
    costs = []
    for more in (1, 2):
        for _number in range(more):
            offered = TicketFactory(team=desk.team, requester=ContactFactory(company=desk.company))
            offer_ticket(offered.pk, to=desk.mara, by=desk.lea)
            TicketFactory(team=desk.team, owner=desk.mara)
        costs.append(len(statements_of(browser, f"/queue/{view}/")))
    assert costs[0] == costs[1] <= 8, statements_of(browser, f"/queue/{view}/")


def test_reopened_and_ended_work_is_told_apart(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, subject="No ticket at all")
    cancel_ticket(ticket.pk, by=desk.mara, code="spam")
    html = html_of(desk.browser(desk.mara).get("/queue/all/?status=cancelled"))
    assert ("No ticket at all" in html, "accept/" in html) == (True, False)


def test_times_are_told_in_the_readers_zone(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team)
    type(ticket).objects.filter(pk=ticket.pk).update(
        created_at=datetime(2026, 3, 2, 23, 30, tzinfo=UTC),
        last_customer_message_at=timezone.now() - timedelta(days=90),
    )
    desk.mara.timezone = "Asia/Tokyo"
    desk.mara.save()
    assert "Opened 3 Mar, 08:30" in html_of(desk.browser(desk.mara).get("/queue/unowned/"))


def test_deactivated_agents_see_nothing(desk: Desk) -> None:
    gone = AgentFactory(name="Gone Person", roles=[Role.AGENT], teams=[desk.team], is_active=False)
    browser = Client()
    browser.force_login(gone.user, backend="accounts.auth.AgentBackend")
    assert browser.get("/queue/mine/").status_code == 403


def test_a_list_is_narrowed_by_what_is_typed_and_says_so_in_chips(desk: Desk) -> None:
    TicketFactory(team=desk.team, subject="Tunnel drops", priority=Priority.HIGH, owner=desk.mara)
    TicketFactory(team=desk.team, subject="Tunnel slow", priority=Priority.LOW, owner=desk.mara)
    TicketFactory(team=desk.team, subject="Loose cable", priority=Priority.HIGH, owner=desk.mara)
    response = desk.browser(desk.mara).get("/queue/team/", {"q": "priorität:hoch  tunnel", "owner": "me"})
    html = html_of(response)
    assert [subject in html for subject in ("Tunnel drops", "Tunnel slow", "Loose cable")] == [True, False, False]
    assert response.context["chips"] == [
        {"label": "Priority: High", "url": "?owner=me&q=tunnel"},
        {"label": "tunnel", "url": "?owner=me&q=priority%3Ahigh"},
    ]
    assert 'href="?owner=me&amp;q=tunnel"' in html
    assert '<input type="hidden" name="owner" value="me">' in html  # the box keeps the choices
    assert '<input type="hidden" name="q" value="priority:high tunnel">' in html  # and the choices keep the box
    assert 'value="priorität:hoch  tunnel"' in html
    assert 'href="/search/?q=tunnel"' in html


def test_the_filter_stays_in_the_links_to_other_pages(desk: Desk) -> None:
    requester = ContactFactory()
    for number in range(52):
        TicketFactory(team=desk.team, requester=requester, subject=f"Tunnel {number:02}.")
    for view in ("team", "all"):
        browser = desk.browser(desk.mara)
        first = browser.get(f"/queue/{view}/", {"q": "tunnel"})
        second = browser.get(f"/queue/{view}/{first.context['next_url']}")
        shown = [[f"Tunnel {n:02}." in html_of(page) for n in range(52)].count(True) for page in (first, second)]
        assert (shown, "q=tunnel" in first.context["next_url"]) == ([50, 2], True), view


def test_a_status_that_is_typed_shows_ended_tickets(desk: Desk) -> None:
    done = TicketFactory(team=desk.team, subject="Solved one", owner=desk.mara)
    resolve_ticket(done.pk, by=desk.mara, code="fixed", note="Done.")
    browser = desk.browser(desk.mara)
    shown = {q: "Solved one" in html_of(browser.get("/queue/mine/", {"q": q})) for q in ("solved", "status:resolved")}
    assert shown == {"solved": False, "status:resolved": True}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("state:new", "There is no filter “state”"),
        ("priority:urgent", "“urgent” is no value of Priority"),
        ("team:nowhere", "There is no Team “nowhere”."),
        ("&quot;open", "A quotation mark is not closed."),
    ],
)
def test_a_filter_that_cannot_be_read_stays_in_the_box_and_is_explained(desk: Desk, typed: str, said: str) -> None:
    response = desk.browser(desk.mara).get("/queue/team/", {"q": typed.replace("&quot;", '"')})
    html = html_of(response)
    assert (response.status_code, said in html, f'value="{typed}"' in html) == (400, True, True)


def test_a_reference_typed_alone_opens_its_ticket_if_it_is_in_sight(desk: Desk) -> None:
    seen, hidden = TicketFactory(team=desk.team), TicketFactory(team=desk.other_team)
    browser = desk.browser(desk.mara)
    assert browser.get("/queue/mine/", {"q": seen.reference}).headers["Location"] == f"/t/{seen.reference}/"
    assert browser.get("/queue/mine/", {"q": hidden.reference}).status_code == 200


@pytest.mark.parametrize("typed", ["owner:none", "team:service status:new priority:medium", "tunnel", '"tunnel drops"'])
def test_a_filtered_list_costs_the_same_however_many_rows(desk: Desk, typed: str) -> None:
    browser = desk.browser(desk.mara)
    costs = []
    for more in (1, 2):
        for _number in range(more):
            TicketFactory(team=desk.team, subject="tunnel drops", requester=ContactFactory(company=desk.company))
        costs.append(len(statements_of(browser, f"/queue/team/?{urlencode({'q': typed})}")))
    assert costs[0] == costs[1] <= 9, statements_of(browser, f"/queue/team/?{urlencode({'q': typed})}")
