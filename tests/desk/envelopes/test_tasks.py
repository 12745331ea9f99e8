"""Tasks of an envelope on its tab: added, given, edited, done, by those who work in it (domain.md section 6)."""

import re
from typing import Any

import pytest
from django.test import Client

from desk.envelopes.tabs import tab_url
from envelopes import services
from envelopes.models import Envelope
from tests.desk.conftest import Desk
from tests.desk.envelopes.conftest import HTMX
from tests.desk.pages import html_of, statements_of, url_of
from tests.factories import AgentFactory
from tickets.models import Task, Ticket
from tickets.services import create_task

pytestmark = pytest.mark.django_db


def offered(browser: Client, address: str) -> list[str]:
    """Names to choose from at "Assigned to"."""
    html = html_of(browser.get(address))
    select = html[html.index('name="assigned_to"') :]
    return re.findall(r'<option value="[^"]+"[^>]*>([^<]+)</option>', select[: select.index("</select>")])


def test_041_expert_and_owner_add_tasks_in_the_tab_and_nobody_else_learns_of_them(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    nina, mara, tab = desk.browser(desk.nina), desk.browser(desk.mara), tab_url(ticket.reference, 1)
    assert f'href="{tab}tasks/"' in html_of(nina.get(tab))
    dialog = html_of(nina.get(f"{tab}tasks/", headers=HTMX))
    assert ('id="envelope-dialog"' in dialog, "The envelope is not sealed before this is done" in dialog) == (
        True,
        True,
    )
    values: dict[str, Any] = {"title": "Swap the port", "is_mandatory": "on", "assigned_to": desk.nina.pk}
    added = nina.post(f"{tab}tasks/", values, headers=HTMX)
    assert (added.status_code, "Swap the port" in html_of(added)) == (200, True)
    assert mara.post(f"{tab}tasks/", {"title": "Call the site"}).headers["Location"] == tab, "also without script"
    found = list(Task.objects.filter(envelope_task__envelope=envelope).order_by("created_at"))
    assert [(task.title, task.is_hidden, task.is_mandatory, task.assigned_to) for task in found] == [
        ("Swap the port", True, True, desk.nina),
        ("Call the site", True, False, None),
    ]
    assert "Swap the port" not in html_of(desk.browser(desk.jonas).get(url_of(ticket)))
    assert not ticket.entries.main_thread().filter(facts__title="Swap the port").exists()


def test_what_is_wrong_comes_back_with_the_form_and_adds_nothing(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    tab = tab_url(ticket.reference, 1)
    blank = desk.browser(desk.nina).post(f"{tab}tasks/", {"title": " "}, headers=HTMX)
    assert (blank.status_code, blank.headers["HX-Retarget"]) == (400, "#envelope-form")
    other = desk.browser(desk.nina).post(f"{tab}tasks/", {"title": "Swap", "assigned_to": desk.jonas.pk})
    assert (other.status_code, Task.objects.count()) == (400, 0), "Jonas does not read the envelope"
    assert desk.browser(desk.jonas).post(f"{tab}tasks/", {"title": "Swap"}).status_code == 404
    assert desk.browser(desk.jonas).get(f"{tab}tasks/").status_code == 404
    services.complete_envelope(envelope.pk, by=desk.nina, summary="Port 7.")
    assert desk.browser(desk.mara).post(f"{tab}tasks/", {"title": "Swap"}).status_code == 409
    assert f'href="{tab}tasks/"' not in html_of(desk.browser(desk.mara).get(tab))


def test_only_who_reads_the_envelope_is_offered_and_whoever_is_offered_may_have_it(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    colleague = AgentFactory(name="Noah Beck", teams=[desk.other_team])
    services.invite_expert(envelope.pk, by=desk.nina, agent=colleague)
    AgentFactory(name="Ole Thor", teams=[desk.other_team])
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    expected = ["Mara Weiss", "Nina Vogt", "Noah Beck", "Sam Okafor"]  # Lea leads the ticket's team, not the other one
    assert offered(nina, f"{tab}tasks/") == expected
    task = services.add_envelope_task(envelope.pk, by=desk.nina, title="Swap the port")
    assign = url_of(ticket, f"tasks/{task.pk}/assign/")
    assert offered(nina, assign) == expected
    assert 'name="team"' not in html_of(nina.get(assign)), "not all of a team would see it"
    for person in (desk.mara, desk.nina, colleague, desk.sam):
        version = Task.objects.values_list("version", flat=True).get(pk=task.pk)
        given = nina.post(assign, {"version": version, "assigned_to": person.pk})
        assert (given.status_code, given.headers.get("Location")) == (302, tab), person
        assert Task.objects.get(pk=task.pk).assigned_to == person


def test_an_expert_works_each_task_of_the_envelope_and_says_what_has_to_be_done(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    visible = create_task(ticket.pk, by=desk.mara, title="Order the switch")
    task = services.add_envelope_task(envelope.pk, by=desk.mara, title="Swap the port", assigned_to=desk.mara)
    nina, tab, at = desk.browser(desk.nina), tab_url(ticket.reference, 1), url_of(ticket, f"tasks/{task.pk}/")
    html = html_of(nina.get(tab))
    assert (f'href="{at}edit/"' in html, f'href="{at}assign/"' in html, f'action="{at}start/"' in html) == (
        True,
        True,
        True,
    )
    assert url_of(ticket, f"tasks/{visible.pk}/start/") not in html, "the ticket's own tasks are not theirs"
    values = {"version": 1, "title": "Swap the port", "is_mandatory": "on", "blocked_by": [visible.pk]}
    assert nina.post(f"{at}edit/", values).headers["Location"] == tab
    task.refresh_from_db()
    assert (task.is_mandatory, list(task.blocked_by.all())) == (True, [visible])
    assert nina.post(f"{at}start/").status_code == 302
    services.release_envelope(envelope.pk, by=desk.nina, reason="Off sick.")
    assert nina.post(f"{at}finish/").status_code in (403, 404), "who has left works on nothing of it"
    assert Task.objects.get(pk=task.pk).status == "in_progress"


def test_nothing_is_offered_at_the_tasks_of_a_sealed_envelope(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    task = services.add_envelope_task(envelope.pk, by=desk.nina, title="Swap the port")
    desk.browser(desk.nina).post(url_of(ticket, f"tasks/{task.pk}/finish/"))
    services.complete_envelope(envelope.pk, by=desk.nina, summary="Port 7.")
    html = html_of(desk.browser(desk.mara).get(tab_url(ticket.reference, 1)))
    assert ("Swap the port" in html, url_of(ticket, f"tasks/{task.pk}/reopen/") in html) == (True, False)


def test_many_tasks_cost_the_tab_no_more_statements_than_one(desk: Desk, ticket: Ticket, envelope: Envelope) -> None:
    nina, tab = desk.browser(desk.nina), tab_url(ticket.reference, 1)
    services.add_envelope_task(envelope.pk, by=desk.nina, title="Swap the port")
    one = len(statements_of(nina, tab))
    for number in range(4):
        services.add_envelope_task(envelope.pk, by=desk.nina, title=f"Measure {number}")
    assert len(statements_of(nina, tab)) == one
