"""Tasks of envelopes and who helped stand where they are looked for; lists, boards and search tell of help alike."""

import pytest
from django.test import Client

from desk.envelopes.tabs import tab_url
from envelopes import services
from envelopes.models import Envelope
from tests.desk.conftest import Desk
from tests.desk.envelopes.conftest import from_page
from tests.desk.pages import html_of, url_of
from tests.factories import EnvelopeFactory, TicketFactory
from tickets.models import Task, Ticket
from tickets.services import accept_ticket, create_task, finish_task, resolve_ticket

pytestmark = pytest.mark.django_db


def steps_in(browser: Client, tab: str) -> str:
    """The part of the tab in which its tasks stand."""
    html = html_of(browser.get(tab))
    facts = html[html.index('id="envelope-facts"') : html.index('id="timeline-part"')]
    assert "Swap the port" not in html[html.index('id="context-parts"') :], "once on the page"
    return facts


def test_tasks_of_an_envelope_are_worked_in_its_tab(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    before = create_task(ticket.pk, by=desk.mara, title="Order the switch")
    task = services.add_envelope_task(
        envelope.pk, by=desk.nina, title="Swap the port", assigned_to=desk.nina, blocked_by=[before.pk]
    )
    at = url_of(ticket, f"tasks/{task.pk}/")
    facts = steps_in(nina, tab)
    assert ("Waits for: Order the switch" in facts, f'action="{at}start/"' in facts, f"{at}finish/" in facts) == (
        True,
        True,
        False,
    )
    refused = nina.post(f"{at}finish/", headers=from_page(tab, "workspace"))
    assert (refused.status_code, 'data-tab="1"' in html_of(refused)) == (409, True)
    started = nina.post(f"{at}start/", headers=from_page(tab, "workspace"))
    assert (started.status_code, 'data-tab="1"' in html_of(started)) == (200, True)
    finish_task(before.pk, by=desk.mara)
    assert nina.post(f"{at}finish/").headers["Location"] == tab, "also without script"
    assert f'action="{at}reopen/"' in steps_in(nina, tab)
    nina.post(f"{at}reopen/", headers=from_page(tab, "workspace"))
    form = html_of(nina.get(f"{at}cancel/"))
    assert f'href="{tab}"' in form
    assert nina.post(f"{at}cancel/", {"reason": "Not needed"}).headers["Location"] == tab
    assert Task.objects.get(pk=task.pk).status == "cancelled"
    assert "Not needed" in steps_in(nina, tab)


def test_a_visible_task_stays_beside_the_thread(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    create_task(ticket.pk, by=desk.mara, title="Call Dana")
    html = html_of(desk.browser(desk.mara).get(tab_url(ticket.reference, 1)))
    assert "Call Dana" in html[html.index('id="context-parts"') :]


def test_who_helped_stands_on_the_ticket_also_when_it_is_resolved(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    services.complete_envelope(envelope.pk, by=desk.nina, summary="A bad port.", outcome="solved")
    resolve_ticket(ticket.pk, by=desk.mara, code="fixed", note="Done.")
    for reader in (desk.mara, desk.jonas):
        html = html_of(desk.browser(reader).get(url_of(ticket)))
        panel = html[html.index('id="context-parts"') :]
        assert ("Nina Vogt helped" in panel, "Solved" in panel, "A bad port." in panel) == (True, True, True)
        assert "Packets drop." not in panel


def test_lists_boards_and_search_tell_of_help_alike(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    EnvelopeFactory(ticket=ticket, team=desk.other_team, is_blocking=False)
    browser = desk.browser(desk.jonas)
    pages = ("/queue/team/", "/board/team/", "/search/?q=printer")
    for page in pages:
        assert "Network · Nina Vogt +1" in html_of(browser.get(page)), page
    services.post_in_envelope(envelope.pk, by=desk.nina, body_text="Which port?")
    for page in pages:  # whose turn it is, those know who read the thread
        for reader, is_told in ((desk.mara, True), (desk.jonas, False)):
            html = html_of(desk.browser(reader).get(page))
            assert ("Network · Nina Vogt +1: the owner&#x27;s turn" in html) is is_told, (page, reader.name)


def test_an_accepted_ticket_without_help_has_no_hint(desk: Desk) -> None:
    free = TicketFactory(team=desk.team, subject="Monitor flickers")
    accept_ticket(free.pk, by=desk.mara)
    html = html_of(desk.browser(desk.jonas).get("/board/team/"))
    card = html[html.index(f'id="card-{free.reference}"') :]
    assert "#mail" not in card[: card.index("</li>")]
