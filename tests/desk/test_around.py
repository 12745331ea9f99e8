"""The context panel: dates, tags, and the sections that come after the page (issue 4, "right context")."""

import pytest

from accounts.enums import Tier
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, statements_of, url_of
from tests.factories import ContactFactory, TicketFactory
from tickets.models import Ticket
from tickets.services import edit_ticket, resolve_ticket

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline in ward", owner=desk.mara)


def test_the_panel_shows_tier_vip_company_dates_and_tags(desk: Desk, ticket: Ticket) -> None:
    desk.company.tier = Tier.VIP
    desk.company.save()
    edit_ticket(ticket.pk, by=desk.mara, version=ticket.version, tags=["ward", "printer"])
    html = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    panel = html[html.index('id="context-panel"') :]
    for text in (
        f'href="/customers/{desk.dana.pk}/"',
        f'href="/orgs/{desk.company.pk}/"',
        ">VIP<",
        "Opened",
        "Accepted",
    ):
        assert text in panel, text
    assert [tag in panel for tag in ("#tag", ">ward<", ">printer<")] == [True, True, True]


def test_later_sections_are_links_to_pages_of_their_own_and_cost_the_page_nothing(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    html = html_of(browser.get(url_of(ticket)))
    for name in ("company", "similar"):
        url = url_of(ticket, f"around/{name}/")
        assert f'<a href="{url}" hx-get="{url}"' in html
        page = html_of(browser.get(url))
        assert (page.lstrip().startswith("<!doctype html>"), f'id="around-{name}"' in page) == (True, True)
        part = browser.get(url, headers=HTMX)
        assert html_of(part).lstrip().startswith(f'<section class="section" id="around-{name}"')
        assert "HX-Request" in part.headers["Vary"]


def test_open_and_recent_tickets_of_the_company_as_far_as_they_are_seen(desk: Desk, ticket: Ticket) -> None:
    colleague = ContactFactory(first_name="Erik", last_name="Lang", company=desk.company)
    for number in range(6):
        TicketFactory(team=desk.team, requester=colleague, subject=f"Open {number}")
    done = TicketFactory(team=desk.team, requester=colleague, subject="Solved one", owner=desk.mara)
    resolve_ticket(done.pk, by=desk.mara, code="fixed", note="New drum.")
    TicketFactory(team=desk.other_team, requester=colleague, subject="Secret switch")
    TicketFactory(team=desk.team, subject="Of another company")
    html = html_of(desk.browser(desk.mara).get(url_of(ticket, "around/company/"), headers=HTMX))
    assert [f"Open {number}<" in html for number in range(6)] == [False, True, True, True, True, True]
    assert ('title="Open tickets">6</span>' in html, "Erik Lang" in html, "Solved one" in html) == (True, True, True)
    assert ("Secret switch" in html, "Of another company" in html, ticket.reference in html) == (False, False, False)


def test_similar_tickets_tell_how_they_were_resolved(desk: Desk, ticket: Ticket) -> None:
    done = TicketFactory(team=desk.team, subject="Ward: printer offline", owner=desk.mara)
    resolve_ticket(done.pk, by=desk.mara, code="fixed", note="Replaced the network cable.")
    TicketFactory(team=desk.other_team, subject="Printer offline in ward too")
    html = html_of(desk.browser(desk.mara).get(url_of(ticket, "around/similar/"), headers=HTMX))
    assert (done.reference in html, "Fixed: Replaced the network cable." in html) == (True, True)
    assert "Printer offline in ward too" not in html


def test_what_is_out_of_sight_or_unknown_is_missing(desk: Desk, ticket: Ticket) -> None:
    assert desk.browser(desk.nina).get(url_of(ticket, "around/similar/")).status_code == 404
    assert desk.browser(desk.mara).get(url_of(ticket, "around/nothing/")).status_code == 404


def test_a_section_costs_the_same_at_one_and_at_many_tickets(desk: Desk, ticket: Ticket) -> None:
    browser, costs = desk.browser(desk.mara), []
    for more in (1, 4):
        for number in range(more):
            other = TicketFactory(
                team=desk.team, requester=desk.dana, subject=f"Printer offline in ward {more}{number}", owner=desk.mara
            )
            resolve_ticket(other.pk, by=desk.mara, code="fixed", note="Restarted.")
            TicketFactory(team=desk.team, requester=desk.dana, subject=f"Printer offline in ward {number}")
        costs.append(
            [len(statements_of(browser, url_of(ticket, f"around/{name}/"))) for name in ("company", "similar")]
        )
    assert costs[0] == costs[1]
    assert max(costs[1]) <= 8


def test_a_customer_without_company_has_no_such_section(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.team, requester=ContactFactory(company=None))
    browser = desk.browser(desk.mara)
    assert "around/company/" not in html_of(browser.get(url_of(ticket)))
    assert "belongs to no company" in html_of(browser.get(url_of(ticket, "around/company/")))


def test_a_customers_phone_is_shown_to_whoever_is_near_enough(desk: Desk, ticket: Ticket) -> None:
    """permissions.md section 3, rule 11: owner, lead and above in scope, auditors."""
    desk.dana.phone = "+49 30 5550122"
    desk.dana.save()
    readers = {
        "owner": desk.mara,
        "colleague": desk.jonas,
        "lead": desk.lea,
        "supervisor": desk.sam,
        "auditor": desk.aude,
    }
    shown = {name: "5550122" in html_of(desk.browser(who).get(url_of(ticket))) for name, who in readers.items()}
    assert shown == {"owner": True, "colleague": False, "lead": True, "supervisor": True, "auditor": True}
