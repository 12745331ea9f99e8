"""A form of a row that somebody has changed meanwhile is refused, and changes nothing."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import Agent, AgentSkill, BusinessCalendar, Company, Skill, Team
from tests.admin.conftest import Office
from tests.admin.test_people import change, form_of, send
from tests.factories import CompanyFactory, default_calendar
from tickets.models import Category

pytestmark = pytest.mark.django_db
HIDDEN = re.compile(r'<input type="hidden" name="_version" value="(\d+)">')


def open_form(browser: Client, url: str) -> dict[str, Any]:
    """What the browser holds, with the version that stands in the page."""
    sent = form_of(browser, url)
    (shown,) = HIDDEN.findall(browser.get(url).content.decode())
    assert sent["_version"] == int(shown)
    return sent


def rows(office: Office) -> list[tuple[Any, str]]:
    return [
        (office.agent, "name"),
        (office.team, "name"),
        (CompanyFactory(), "name"),
        (default_calendar(), "name"),
        (Category.objects.create(name="Printers"), "name"),
    ]


@pytest.mark.parametrize("number", range(5), ids=["agent", "team", "company", "calendar", "category"])
def test_the_second_of_two_open_forms_is_refused(office: Office, number: int) -> None:
    row, name = rows(office)[number]
    browser, url = office.browser(office.admin), change(type(row), row.pk)
    mine, theirs = open_form(browser, url), open_form(browser, url)
    assert browser.post(url, theirs | {name: "Theirs"}).status_code == 302
    after = type(row).objects.filter(pk=row.pk).values().get()
    histories = type(row).history.count()
    for _again in range(2):  # sending the answered form once more is no way around it
        answer = browser.post(url, mine | {name: "Mine"})
        text = answer.content.decode()
        assert (answer.status_code, "Somebody has changed this meanwhile" in text, "(stale_version)" in text) == (
            409,
            True,
            True,
        )
        assert 'value="Mine"' in text
        mine = mine | {"_version": HIDDEN.findall(text)[0]}
    assert type(row).objects.filter(pk=row.pk).values().get() == after
    assert type(row).history.count() == histories
    assert send(browser, url, **{name: "Mine"}).status_code == 302
    assert getattr(type(row).objects.get(pk=row.pk), name) == "Mine"


def test_a_change_of_the_parts_alone_makes_the_form_of_the_whole_stale(office: Office) -> None:
    AgentSkill.objects.create(agent=office.agent, skill=Skill.objects.create(name="VPN"), level=2)
    browser, url = office.browser(office.admin), change(Agent, office.agent.pk)
    mine, theirs = open_form(browser, url), open_form(browser, url)
    assert browser.post(url, theirs | {"skills-0-level": "4"}).status_code == 302
    assert browser.post(url, mine | {"skills-0-level": "1"}).status_code == 409
    assert office.agent.skills.get().level == 4


def test_who_may_not_change_is_refused_for_that_first(office: Office) -> None:
    url = change(Company, CompanyFactory().pk)
    sent = open_form(office.browser(office.admin), url) | {"_version": "999"}
    assert office.browser(office.auditor).post(url, sent).status_code == 403
    assert office.browser(office.admin).post(url, sent | {"name": ""}).status_code == 400
    assert office.browser(office.admin).post(url, sent).status_code == 409


@pytest.mark.parametrize("given", ["0", "x", "9" * 40, "-1"])
def test_nonsense_for_a_version_is_stale(office: Office, given: str) -> None:
    url = change(Team, office.team.pk)
    answer = send(office.browser(office.admin), url, name="Changed", _version=given)
    assert answer.status_code == 409
    assert Team.objects.get(pk=office.team.pk).name == "Service Desk"


def test_new_rows_have_no_version(office: Office) -> None:
    page = office.browser(office.admin).get("/admin/accounts/businesscalendar/add/").content.decode()
    assert HIDDEN.findall(page) == []
    assert BusinessCalendar.objects.count() == 1
