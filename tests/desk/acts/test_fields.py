"""Fields of a ticket, all in one form and one at a time."""

import re
from typing import Any

import pytest

from accounts.enums import Role
from tests.desk.acts.conftest import HTMX, fresh
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, url_of
from tests.factories import AgentFactory
from tickets.models import Ticket
from tickets.services import edit_ticket

pytestmark = pytest.mark.django_db


def test_edit_writes_what_was_changed(desk: Desk, owned: Ticket) -> None:
    values = {
        "version": owned.version,
        "subject": "Scanner jams daily",
        "priority": "high",
        "category": "",
        "product": "ScanOne",
        "tags": "scanner, paper",
    }
    assert desk.browser(desk.mara).post(url_of(owned, "fields/"), values).status_code == 302
    ticket = fresh(owned)
    assert (ticket.subject, ticket.priority, ticket.product) == ("Scanner jams daily", "high", "ScanOne")
    assert sorted(tag.name for tag in ticket.tags.all()) == ["paper", "scanner"]


@pytest.mark.parametrize("path", ["fields/", "fields/priority/"])
def test_raising_to_critical_asks_why(desk: Desk, owned: Ticket, path: str) -> None:
    browser = desk.browser(desk.mara)
    values = {"version": owned.version, "subject": owned.subject, "priority": "critical"}
    answer = browser.post(url_of(owned, path), values)
    assert (answer.status_code, "Say why the priority is raised to critical." in html_of(answer)) == (400, True)
    assert fresh(owned).priority == "medium"
    answer = browser.post(url_of(owned, path), values | {"reason": "The whole ward waits."})
    assert (answer.status_code, fresh(owned).priority) == (302, "critical")
    page = html_of(browser.get(url_of(owned)))
    assert ("Priority: Medium → Critical" in page, "The whole ward waits." in page) == (True, True)


def test_an_old_version_is_refused_and_the_typed_kept(desk: Desk, owned: Ticket) -> None:
    values = {"version": 1, "subject": "My new subject", "priority": "high", "category": "", "product": "", "tags": ""}
    answer = desk.browser(desk.mara).post(url_of(owned, "fields/"), values)
    assert (answer.status_code, "My new subject" in html_of(answer)) == (409, True)
    assert fresh(owned).subject == "Scanner jams"


def test_manager_changes_the_priority_and_nothing_else(desk: Desk, owned: Ticket) -> None:
    max_ = AgentFactory(name="Max Adler", roles=[Role.MANAGER])
    desk.team.manager = max_
    desk.team.save()
    browser = desk.browser(max_)
    assert 'name="subject"' not in html_of(browser.get(url_of(owned, "fields/")))
    browser.post(url_of(owned, "fields/"), {"version": owned.version, "priority": "low", "subject": "Hijacked"})
    assert (fresh(owned).priority, fresh(owned).subject) == ("low", "Scanner jams")


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_one_field_at_a_time(desk: Desk, owned: Ticket, headers: Any) -> None:
    browser = desk.browser(desk.mara)
    values = {"version": owned.version, "priority": "critical", "reason": "The whole ward waits."}
    answer = browser.post(url_of(owned, "fields/priority/"), values, headers=headers)
    assert (answer.status_code, fresh(owned).priority) == (200 if headers else 302, "critical")
    for name, posted, status in (
        ("priority", {"version": 99, "priority": "low"}, 409),
        ("priority", {"version": 2, "priority": "urgent"}, 400),
        ("owner", {"version": 2, "owner": "x"}, 404),
        ("reason", {"version": 2, "reason": "x"}, 404),
        ("version", {"version": 2}, 404),
    ):
        assert browser.post(url_of(owned, f"fields/{name}/"), posted).status_code == status, name
    assert fresh(owned).priority == "critical"


def test_057_a_form_of_an_old_version_shows_both_and_wins_when_saved_again(desk: Desk, owned: Ticket) -> None:
    browser, address = desk.browser(desk.mara), url_of(owned, "fields/")
    seen = owned.version
    typed = {"version": seen, "subject": "Typed by Mara", "priority": "high", "product": "", "tags": "vpn"}
    edit_ticket(owned.pk, by=desk.lea, version=seen, subject="Typed by Lea", tags=["vpn"])
    stale = browser.post(address, typed)
    rows = re.findall(r'<th scope="row">([^<]+)</th><td>([^<]*)</td><td>([^<]*)</td>', html_of(stale))
    assert (stale.status_code, rows) == (
        409,
        [("Subject", "Typed by Lea", "Typed by Mara"), ("Priority", "Medium", "High")],
    )
    assert Ticket.objects.get(pk=owned.pk).subject == "Typed by Lea"
    (version,) = re.findall(r'name="version" value="(\d+)"', html_of(stale))
    assert browser.post(address, typed | {"version": version}).status_code == 302
    assert Ticket.objects.get(pk=owned.pk).subject == "Typed by Mara"
