"""An envelope's tab stays open through acts and refusals of its ticket, and around its thread."""

from typing import Any

import pytest

from desk.envelopes.tabs import tab_url
from envelopes import services
from envelopes.models import Envelope
from tests.desk.conftest import Desk
from tests.desk.envelopes.conftest import HTMX, from_page
from tests.desk.pages import html_of, url_of
from tests.factories import EnvelopeFactory, TicketFactory
from tickets.models import Ticket
from tickets.services import create_task, resolve_ticket

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("act", "status"), [("wait/", 409), ("accept/", 409), ("fields/priority/", 409)])
def test_a_refusal_from_the_head_stands_in_the_tab_that_is_open(
    desk: Desk, ticket: Ticket, envelope: Envelope, act: str, status: int
) -> None:
    resolved = TicketFactory(team=desk.team, owner=desk.mara)
    helped = EnvelopeFactory(ticket=resolved, team=desk.other_team, expert=desk.nina, reason="Cabling")
    services.complete_envelope(helped.pk, by=desk.nina, summary="A loose cable.")
    resolve_ticket(resolved.pk, by=desk.mara, code="fixed", note="Done.")
    mara, tab = desk.browser(desk.mara), tab_url(resolved.reference, 1)
    values = {"priority": "high", "version": "1"}
    answer = mara.post(url_of(resolved, act), values, headers=from_page(tab))
    html = html_of(answer)
    assert (answer.status_code, 'id="envelope-facts"' in html, 'role="alert"' in html) == (status, True, True)
    assert (answer.headers["HX-Retarget"], 'data-tab="1"' in html) == ("#workspace", True)
    on_timeline = html_of(mara.post(url_of(resolved, act), values, headers=from_page(url_of(resolved))))
    assert ('id="envelope-facts"' in on_timeline, 'data-tab=""' in on_timeline) == (False, True)


def test_a_tab_of_another_ticket_or_one_that_is_not_read_is_not_opened(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    other = TicketFactory(team=desk.team, owner=desk.mara)
    wrong = desk.browser(desk.mara).post(url_of(other, "accept/"), headers=from_page(tab_url(ticket.reference, 1)))
    assert (wrong.status_code, "Packets drop." in html_of(wrong)) == (409, False)
    unread = desk.browser(desk.jonas).post(url_of(ticket, "accept/"), headers=from_page(tab_url(ticket.reference, 1)))
    assert (unread.status_code, "Packets drop." in html_of(unread)) == (409, False)


def test_without_script_an_act_from_the_tab_leads_back_to_it(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    mara, tab = desk.browser(desk.mara), tab_url(ticket.reference, 1)
    field = url_of(ticket, "fields/priority/")

    def sent(priority: str, **headers: str) -> str:
        version = Ticket.objects.get(pk=ticket.pk).version
        values = {"priority": priority, "version": version, "reason": "So"}
        return str(mara.post(field, values, headers=headers).headers["Location"])

    assert sent("high", Referer=f"https://desk.example{tab}") == tab
    assert sent("low") == url_of(ticket)


def from_tab(ticket: Ticket, target: str = "workspace") -> dict[str, str]:
    """What htmx says while the tab of envelope 1 is open."""
    return HTMX | {"HX-Target": target, "HX-Current-URL": f"http://testserver{tab_url(ticket.reference, 1)}?from=mine"}


def tab_in(answer: Any) -> str:
    """Number of the tab that the answer shows; empty for the timeline."""
    html = html_of(answer)
    return html.split('data-tab="')[1].split('"')[0]


def test_an_act_around_the_threads_answers_with_the_tab_it_was_asked_from(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    mara = desk.browser(desk.mara)
    task = create_task(ticket.pk, by=desk.mara, title="Call the site")
    start = url_of(ticket, f"tasks/{task.pk}/start/")
    answer = mara.post(start, headers=from_tab(ticket))
    assert (answer.status_code, tab_in(answer), "HX-Replace-Url" in answer.headers) == (200, "1", False)
    refused = mara.post(start, headers=from_tab(ticket))
    assert (refused.status_code, tab_in(refused)) == (409, "1")
    head = mara.post(url_of(ticket, "accept/"), headers=from_tab(ticket, "ticket-head"))
    assert (head.status_code, tab_in(head), head.headers["HX-Retarget"]) == (409, "1", "#workspace")
    from_timeline = mara.post(start, headers=HTMX | {"HX-Current-URL": f"http://testserver{url_of(ticket)}"})
    assert tab_in(from_timeline) == ""


def test_where_the_open_tab_went_out_of_sight_the_timeline_comes_with_its_address(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    answer = desk.browser(desk.jonas).post(url_of(ticket, "accept/"), headers=from_tab(ticket))
    assert (tab_in(answer), answer.headers["HX-Replace-Url"]) == ("", url_of(ticket))


def test_asking_again_from_a_tab_leaves_it_current(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    answer = desk.browser(desk.mara).post(
        url_of(ticket, "envelopes/"),
        {"target": f"team:{desk.other_team.pk}", "reason": "Which port?"},
        headers=from_tab(ticket, "ticket-head"),
    )
    tabs = html_of(answer).split('id="ticket-tabs"')[1]
    current = tabs.split('aria-current="page"')[1].split("</a>")[0]
    assert ("Network" in current, "Timeline" in current) == (True, False)


def test_a_refused_form_is_shown_again_with_its_words(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    """For its values, its state or its person; the ticket's page would have no place for them."""
    tab = tab_url(ticket.reference, 1)
    below = {"target": f"team:{desk.team.pk}", "reason": "Your switch?"}
    assert desk.browser(desk.nina).post(f"{tab}envelopes/", below).status_code == 302
    open_below = desk.browser(desk.nina).post(f"{tab}complete/", {"summary": "It was port 7."})
    foreign = desk.browser(desk.jonas).post(f"{tab}complete/", {"summary": "It was port 7."})
    for answer, status, words in ((open_below, 409, "Envelopes are still open: 2 "), (foreign, 403, "others to do")):
        html = html_of(answer)
        assert (answer.status_code, words in html, "It was port 7.</textarea>" in html) == (status, True, True)
    assert "Packets drop." not in html_of(foreign)
    asked = desk.browser(desk.jonas).post(url_of(ticket, "envelopes/"), below)
    assert (asked.status_code, "Your switch?</textarea>" in html_of(asked)) == (403, True)
