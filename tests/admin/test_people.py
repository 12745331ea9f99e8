"""People, teams, calendars and programs: saved through services, refused with reasons, remembered with the actor."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outbox
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from knox.models import AuthToken

from accounts.enums import Role, Scope
from accounts.mail import send_due_account_mail
from accounts.models import (
    Absence,
    AccountMail,
    Agent,
    AgentSkill,
    ApiClient,
    BusinessCalendar,
    Company,
    Contact,
    SecondFactor,
    Skill,
    Team,
)
from accounts.services import begin_second_factor
from tests.admin.conftest import Office
from tests.factories import AbsenceFactory, AgentFactory, CompanyFactory, ContactFactory, TicketFactory

pytestmark = pytest.mark.django_db


def form_of(browser: Client, url: str) -> dict[str, Any]:
    """What a browser would send back unchanged."""
    page = browser.get(url)
    assert page.status_code == 200, page.content[:500]
    sent: dict[str, Any] = {"_version": page.context["shown_version"]}
    forms = [
        page.context["adminform"].form,
        *(inline.formset.management_form for inline in page.context["inline_admin_formsets"]),
    ]
    for inline in page.context["inline_admin_formsets"]:
        forms += inline.formset.forms
    for form in forms:
        for field in form:
            value = field.value()
            if value is not None and value is not False and value != "":
                sent[field.html_name] = field.field.prepare_value(value)
    return sent


def send(browser: Client, url: str, **changed: Any):
    return browser.post(url, form_of(browser, url) | changed)


def change(model: type, pk: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])


def add(model: type) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")


def act(browser: Client, model: type, action: str, *rows: Any):
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    sent = {"action": action, "reason": "As agreed", "_selected_action": [row.pk for row in rows]}
    return browser.post(url, sent, follow=True)


def test_admin_invites_a_person_who_gets_the_mail(office: Office) -> None:
    browser = office.browser(office.admin)
    answer = browser.post(
        add(Agent),
        {
            "email": "New@Desk.test",
            "name": "Nora Neu",
            "roles": [Role.AGENT],
            "teams": [office.team.pk],
            "timezone": "Europe/Berlin",
        },
    )
    assert answer.status_code == 302, answer.context["errors"]
    agent = Agent.objects.get(email="new@desk.test")
    assert (agent.roles, list(agent.teams.all()), agent.primary_team) == ([Role.AGENT], [office.team], office.team)
    assert not agent.user.has_usable_password()
    assert {row.actor_name for row in agent.history.all()} == {"Admin"}
    assert send_due_account_mail() == 1
    assert outbox.outbox[0].to == ["Nora Neu <new@desk.test>"]


def test_address_taken_is_said_at_its_field_and_nothing_is_made(office: Office) -> None:
    before = Agent.objects.count()
    sent = {"email": office.agent.email, "name": "Twice", "roles": [Role.AGENT], "timezone": "Europe/Berlin"}
    answer = office.browser(office.admin).post(add(Agent), sent)
    assert answer.status_code == 400
    assert answer.context["adminform"].form.errors["email"] == ["There is already a user with this e-mail address."]
    assert 'value="Twice"' in answer.content.decode()
    assert (Agent.objects.count(), AccountMail.objects.count()) == (before, 0)


def test_time_zone_that_does_not_exist_is_refused(office: Office) -> None:
    browser = office.browser(office.admin)
    answer = send(browser, change(Agent, office.agent.pk), timezone="Berlin")
    assert (answer.status_code, list(answer.context["adminform"].form.errors)) == (400, ["timezone"])
    sent = {"email": "new@desk.test", "name": "Nora", "roles": [Role.AGENT], "timezone": "Mars/Base"}
    assert browser.post(add(Agent), sent).status_code == 400
    assert Agent.objects.get(pk=office.agent.pk).timezone == "Europe/Berlin"
    assert not Agent.objects.filter(email="new@desk.test").exists()


def test_admin_changes_roles_and_address_with_history(office: Office) -> None:
    browser = office.browser(office.admin)
    answer = send(browser, change(Agent, office.agent.pk), roles=[Role.AGENT, Role.TEAM_LEAD], email="moved@desk.test")
    assert answer.status_code == 302, answer.context["errors"]
    agent = Agent.objects.select_related("user").get(pk=office.agent.pk)
    assert (agent.roles, agent.user.email) == (["agent", "team_lead"], "moved@desk.test")
    page = browser.get(reverse("admin:accounts_agent_history", args=[agent.pk])).content.decode()
    for word in ("Admin", "Agent, Team lead", "moved@desk.test", "person"):
        assert word in page


def test_supervisor_sets_capacity_and_skills_in_scope_and_nothing_else(office: Office) -> None:
    skill = Skill.objects.create(name="Printers")
    browser = office.browser(office.supervisor)
    url = change(Agent, office.agent.pk)
    answer = send(
        browser, url, max_tickets=7, roles=[Role.ADMIN], name="Changed", email="x@desk.test",
        **{"skills-0-skill": skill.pk, "skills-0-level": 4, "skills-TOTAL_FORMS": 1},
    )  # fmt: skip
    assert answer.status_code == 302, answer.context["errors"]
    agent = Agent.objects.get(pk=office.agent.pk)
    assert (agent.max_tickets, agent.roles, agent.name) == (7, [Role.AGENT], "Agent")
    assert [(row.skill, row.level, row.verified_by) for row in AgentSkill.objects.all()] == [
        (skill, 4, office.supervisor)
    ]
    stranger = AgentFactory(teams=[office.foreign_team])
    assert browser.post(change(Agent, stranger.pk), {"max_tickets": 1}).status_code == 403


def test_supervisor_edits_the_own_team_without_its_line(office: Office) -> None:
    browser = office.browser(office.supervisor)
    answer = send(
        browser, change(Team, office.team.pk), offer_minutes=20, supervisor=office.agent.pk, manager=office.agent.pk
    )
    assert answer.status_code == 302, answer.context["errors"]
    team = Team.objects.get(pk=office.team.pk)
    assert (team.offer_minutes, team.supervisor, team.manager) == (20, office.supervisor, office.manager)
    assert browser.post(change(Team, office.foreign_team.pk), {"name": "Mine"}).status_code == 403


def test_an_admin_alone_names_the_one_team_that_gives_legal_advice(office: Office) -> None:
    send(office.browser(office.supervisor), change(Team, office.team.pk), is_legal="on")
    assert not Team.objects.filter(is_legal=True).exists()
    admin = office.browser(office.admin)
    assert send(admin, change(Team, office.team.pk), is_legal="on").status_code == 302
    assert list(Team.objects.filter(is_legal=True)) == [office.team]
    second = send(admin, change(Team, office.foreign_team.pk), is_legal="on")
    assert (second.status_code, "Another team gives legal advice already." in second.content.decode()) == (400, True)
    assert list(Team.objects.filter(is_legal=True)) == [office.team]


def test_016_deactivation_with_open_tickets_is_refused_until_they_are_transferred(office: Office) -> None:
    TicketFactory(team=office.team, owner=office.agent)
    browser = office.browser(office.admin)
    page = act(browser, Agent, "deactivate", office.agent).content.decode()
    assert "Agent still owns 1 open tickets. A supervisor has to transfer them first. (open_tickets)" in page
    assert Agent.objects.get(pk=office.agent.pk).is_active
    act(browser, Agent, "deactivate", office.lead)
    lead = Agent.objects.select_related("user").get(pk=office.lead.pk)
    assert (lead.is_active, lead.user.is_active) == (False, False)
    act(browser, Agent, "reactivate", lead)
    assert Agent.objects.get(pk=lead.pk).is_active


def test_admin_resets_the_second_factor_of_others(office: Office) -> None:
    begin_second_factor(office.lead.user_id, by=office.lead)
    act(office.browser(office.supervisor), Agent, "reset_second_factor", office.lead)
    assert SecondFactor.objects.exists()
    page = act(office.browser(office.admin), Agent, "reset_second_factor", office.lead, office.admin).content.decode()
    assert "Nobody resets their own second factor." in page
    assert not SecondFactor.objects.exists()


def test_deactivation_is_no_action_for_others_than_admins(office: Office) -> None:
    for person in (office.supervisor, office.manager, office.auditor):
        act(office.browser(person), Agent, "deactivate", office.lead)
        assert Agent.objects.get(pk=office.lead.pk).is_active


def test_absence_recorded_for_a_colleague_in_scope(office: Office) -> None:
    browser, today = office.browser(office.supervisor), timezone.localdate()
    sent = {
        "agent": office.agent.pk,
        "kind": "sick",
        "starts_on": today,
        "ends_on": today,
        "deputy": office.lead.pk,
        "note": "Flu",
    }
    assert browser.post(add(Absence), sent).status_code == 302
    absence = Absence.objects.get()
    assert (absence.agent, absence.deputy, absence.recorded_by) == (office.agent, office.lead, office.supervisor)
    twice = browser.post(add(Absence), sent)
    assert (twice.status_code, "There is already an absence in these days." in twice.content.decode()) == (400, True)
    stranger = AgentFactory(teams=[office.foreign_team])
    refused = browser.post(add(Absence), sent | {"agent": stranger.pk})
    assert (refused.status_code, "permission_denied" in refused.content.decode()) == (403, True)
    assert Absence.objects.count() == 1
    act(browser, Absence, "cancel", absence)
    assert Absence.objects.get().cancelled_at is not None


def test_note_of_an_absence_is_not_for_admins(office: Office) -> None:
    absence = AbsenceFactory(agent=office.agent, note="canary-7")
    url = change(Absence, absence.pk)
    seen = {
        name: "canary-7" in office.browser(getattr(office, name)).get(url).content.decode()
        for name in ("supervisor", "auditor", "admin")
    }
    assert seen == {"supervisor": True, "auditor": True, "admin": False}
    history = reverse("admin:accounts_absence_history", args=[absence.pk])
    from core.history import record

    absence.note = "canary-8"
    record(absence, by=office.supervisor)
    told = {
        name: "canary-8" in office.browser(getattr(office, name)).get(history).content.decode()
        for name in ("supervisor", "admin")
    }
    assert told == {"supervisor": True, "admin": False}


def windows(*hours: tuple[int, str, str]) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "holiday_language": "en",
        "windows-TOTAL_FORMS": len(hours),
        "windows-INITIAL_FORMS": 0,
        "holidays-TOTAL_FORMS": 0,
        "holidays-INITIAL_FORMS": 0,
    }
    for index, (weekday, start, end) in enumerate(hours):
        sent |= {
            f"windows-{index}-weekday": weekday,
            f"windows-{index}-start_minute": start,
            f"windows-{index}-end_minute": end,
        }
    return sent


def test_calendar_with_windows_and_holidays(office: Office) -> None:
    browser = office.browser(office.admin)
    sent = {"name": "Late", "timezone": "Europe/Berlin"} | windows((0, "08:30", "12:00"), (0, "13:00", "24:00"))
    sent |= {
        "holidays-TOTAL_FORMS": 1,
        "holidays-0-on": "2026-12-24",
        "holidays-0-name": "Eve",
        "holidays-0-is_half_day": "on",
        "holidays-0-start_minute": "08:30",
        "holidays-0-end_minute": "12:00",
    }
    answer = browser.post(add(BusinessCalendar), sent)
    assert answer.status_code == 302, answer.context["errors"]
    calendar = BusinessCalendar.objects.get(name="Late")
    assert [(window.start_minute, window.end_minute) for window in calendar.windows.all()] == [(510, 720), (780, 1440)]
    gone = calendar.windows.first()
    answer = send(
        browser, change(BusinessCalendar, calendar.pk), reason="Mornings are over", **{"windows-0-DELETE": "on"}
    )
    assert answer.status_code == 302, answer.context["errors"]
    page = browser.get(reverse("admin:accounts_businesscalendar_history", args=[calendar.pk])).content.decode()
    assert ("Window: removed" in page, "Holiday: created" in page, "Eve" in page) == (True, True, True)
    assert [row.actor_name for row in gone.history.filter(history_type="-")] == ["Admin"]


@pytest.mark.parametrize(
    ("hours", "zone", "message"),
    [
        ([(0, "08:00", "12:00"), (0, "11:00", "14:00")], "Europe/Berlin", "08:00–12:00 and 11:00–14:00 overlap"),
        ([(6, "22:00", "06:00"), (0, "05:00", "14:00")], "Europe/Berlin", "on Monday the windows 00:00–06:00"),
        ([], "Europe/Berlin", "never open"),
        ([(0, "08:00", "12:00")], "Europe/Nowhere", "Write the IANA name of a time zone"),
        ([(0, "8 am", "12:00")], "Europe/Berlin", "Write a time of day as 08:30"),
        ([(0, "12:00", "12:00")], "Europe/Berlin", "A window needs a length"),
    ],
)
def test_calendar_that_cannot_work_is_refused_with_the_form_kept(
    office: Office, hours: list[Any], zone: str, message: str
) -> None:
    answer = office.browser(office.admin).post(
        add(BusinessCalendar), {"name": "Odd", "timezone": zone} | windows(*hours)
    )
    text = answer.content.decode()
    assert message in text.replace("&#x27;", "'")
    assert 'value="Odd"' in text
    assert not BusinessCalendar.objects.filter(name="Odd").exists()


def test_why_a_calendar_cannot_work_is_said_in_the_readers_language(office: Office) -> None:
    Agent.objects.filter(pk=office.admin.pk).update(language="de")
    sent = {"name": "Odd", "timezone": "Europe/Berlin"} | windows((2, "08:00", "12:00"), (2, "11:00", "14:00"))
    page = office.browser(office.admin).post(add(BusinessCalendar), sent).content.decode()
    assert "am Mittwoch überschneiden sich die Zeitfenster 08:00–12:00 und 11:00–14:00" in page


def test_there_is_always_exactly_one_default_calendar(office: Office) -> None:
    other = BusinessCalendar.objects.create(name="Other", is_24x7=True)
    act(office.browser(office.admin), BusinessCalendar, "make_default", other)
    assert [calendar.name for calendar in BusinessCalendar.objects.filter(is_default=True)] == ["Other"]


def test_contact_is_edited_in_scope_and_its_phone_is_private(office: Office) -> None:
    mine, foreign = ContactFactory(phone="0123-canary"), ContactFactory(phone="0123-canary")
    TicketFactory(team=office.team, requester=mine)
    TicketFactory(team=office.foreign_team, requester=foreign)
    seen = {
        (name, contact is mine): "0123-canary"
        in office.browser(getattr(office, name)).get(change(Contact, contact.pk)).content.decode()
        for name in ("supervisor", "auditor", "admin")
        for contact in (mine, foreign)
    }
    assert seen == {
        ("supervisor", True): True, ("supervisor", False): False, ("auditor", True): True,
        ("auditor", False): True, ("admin", True): False, ("admin", False): False,
    }  # fmt: skip
    browser = office.browser(office.supervisor)
    assert send(browser, change(Contact, mine.pk), first_name="Diana").status_code == 302
    assert Contact.objects.get(pk=mine.pk).first_name == "Diana"
    assert browser.post(change(Contact, foreign.pk), {"first_name": "X"}).status_code == 403


def test_company_domains_are_edited_and_remembered(office: Office) -> None:
    company = CompanyFactory(name="Acme", domains=["acme.test"])
    assert (
        send(office.browser(office.admin), change(Company, company.pk), domains="acme.test,acme.example").status_code
        == 302
    )
    assert Company.objects.get(pk=company.pk).domains == ["acme.test", "acme.example"]
    page = (
        office.browser(office.auditor)
        .get(reverse("admin:accounts_company_history", args=[company.pk]))
        .content.decode()
    )
    assert "acme.test, acme.example" in page


def test_token_of_a_program_is_shown_once_and_ended_at_will(office: Office) -> None:
    browser = office.browser(office.admin)
    sent = {"name": "Monitoring", "scopes": [Scope.TICKETS_CREATE], "teams": [office.team.pk]}
    assert browser.post(add(ApiClient), sent).status_code == 302
    client = ApiClient.objects.get()
    assert (client.scopes, list(client.teams.all()), client.user.has_usable_password()) == (
        [Scope.TICKETS_CREATE],
        [office.team],
        False,
    )
    page = act(browser, ApiClient, "issue_token", client)
    (token,) = re.findall(r'class="token">(\w+)<', page.content.decode())
    assert "no-store" in page["Cache-Control"]
    assert AuthToken.objects.get().user == client.user
    assert token not in str(AuthToken.objects.values())
    act(browser, ApiClient, "end_tokens", client)
    assert not AuthToken.objects.exists()
    act(office.browser(office.auditor), ApiClient, "issue_token", client)
    assert not AuthToken.objects.exists()


def test_switched_off_program_loses_its_tokens(office: Office) -> None:
    browser = office.browser(office.admin)
    browser.post(add(ApiClient), {"name": "Monitoring", "scopes": [Scope.TICKETS_CREATE]})
    client = ApiClient.objects.get()
    act(browser, ApiClient, "issue_token", client)
    sent = form_of(browser, change(ApiClient, client.pk))
    del sent["is_active"]
    assert browser.post(change(ApiClient, client.pk), sent).status_code == 302
    client = ApiClient.objects.select_related("user").get()
    assert (client.is_active, client.user.is_active, AuthToken.objects.count()) == (False, False, 0)


def test_refused_save_keeps_what_was_typed_and_changes_nothing(office: Office) -> None:
    sent = {"email": "a@desk.test", "name": "Ann", "roles": [Role.AGENT], "timezone": "Europe/Berlin", "teams": []}
    browser = office.browser(office.admin)
    with_wrong_role = browser.post(add(Agent), sent | {"roles": ["king"]})
    assert with_wrong_role.status_code == 400
    assert "king is not one of the available choices" in with_wrong_role.content.decode()
    assert not Agent.objects.filter(email="a@desk.test").exists()


def test_sick_leave_of_unknown_length_is_confirmed_by_who_oversees(office: Office) -> None:
    browser, start = office.browser(office.supervisor), timezone.localdate() - timedelta(days=1)
    sent = {"agent": office.agent.pk, "kind": "extended_leave", "starts_on": start, "is_open_end_confirmed": "on"}
    assert browser.post(add(Absence), sent).status_code == 302
    assert Absence.objects.get().is_long
