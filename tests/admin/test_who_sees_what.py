"""Who opens which admin page, typed by hand from permissions.md sections 1 and 2."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from tests.admin.conftest import Office
from tests.factories import AgentFactory, TicketFactory
from tickets.services import save_view

PEOPLE = ("agent", "lead", "supervisor", "manager", "auditor", "admin")
LISTS: dict[str, dict[str, int]] = {
    # list page:                 agent lead superv. manager auditor admin
    "accounts_user": dict(zip(PEOPLE, (403, 403, 403, 403, 200, 200), strict=True)),
    "accounts_agent": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "accounts_team": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "accounts_skill": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "accounts_absence": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "accounts_businesscalendar": dict(zip(PEOPLE, (403, 403, 403, 200, 200, 200), strict=True)),
    "accounts_contact": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "accounts_company": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "accounts_apiclient": dict(zip(PEOPLE, (403, 403, 403, 403, 200, 200), strict=True)),
    "accounts_accountmail": dict(zip(PEOPLE, (403, 403, 403, 403, 200, 200), strict=True)),
    "connections_connection": dict(zip(PEOPLE, (403, 403, 403, 403, 200, 200), strict=True)),
    "entra_microsoftaccount": dict(zip(PEOPLE, (403, 403, 403, 403, 200, 200), strict=True)),
    "entra_grouprole": dict(zip(PEOPLE, (403, 403, 403, 403, 200, 200), strict=True)),
    "core_eventdelivery": dict(zip(PEOPLE, (403, 403, 403, 403, 200, 200), strict=True)),
    "core_refusedact": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "mail_mailbox": dict(zip(PEOPLE, (403, 403, 403, 403, 200, 200), strict=True)),
    "mail_blockedsender": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "tickets_ticket": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 403), strict=True)),
    "envelopes_envelope": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 403), strict=True)),
    "tickets_timelineentry": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 403), strict=True)),
    "tickets_outboundmessage": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 403), strict=True)),
    "tickets_caseflag": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 403), strict=True)),
    "tickets_task": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 403), strict=True)),
    "tickets_ownershiptransfer": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "tickets_category": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "tickets_cannedresponse": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "tickets_tickettemplate": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "tickets_teamsignature": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "tickets_savedview": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "tickets_empowermentconfig": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "tickets_resolution": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 403), strict=True)),
    "tickets_calibrationsession": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 403), strict=True)),
    "tickets_calibrationitem": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 403), strict=True)),
    "sla_slapolicy": dict(zip(PEOPLE, (403, 403, 403, 200, 200, 200), strict=True)),
    "sla_companypolicy": dict(zip(PEOPLE, (403, 403, 403, 200, 200, 200), strict=True)),
    "sla_alert": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 403), strict=True)),
    "sla_proposal": dict(zip(PEOPLE, (403, 403, 403, 200, 200, 200), strict=True)),
    "sla_alertrule": dict(zip(PEOPLE, (403, 403, 403, 200, 200, 200), strict=True)),
    "sla_clientreminderrule": dict(zip(PEOPLE, (403, 403, 403, 200, 200, 200), strict=True)),
    "sla_scorevalue": dict(zip(PEOPLE, (403, 403, 403, 200, 200, 200), strict=True)),
    "tickets_tag": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "reports_backlogsnapshot": dict(zip(PEOPLE, (403, 403, 403, 403, 200, 200), strict=True)),
    "sla_reminder": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 403), strict=True)),
    "notifications_delivery": dict(zip(PEOPLE, (403, 403, 403, 403, 200, 200), strict=True)),
    "notifications_notificationpreference": dict(zip(PEOPLE, (403, 403, 403, 403, 200, 200), strict=True)),
    "notifications_quiethours": dict(zip(PEOPLE, (403, 403, 403, 403, 200, 200), strict=True)),
    "push_pushsubscription": dict(zip(PEOPLE, (403, 403, 403, 403, 200, 200), strict=True)),
    "meetings_meeting": dict(zip(PEOPLE, (403, 403, 403, 403, 200, 200), strict=True)),
    "teams_channelpost": dict(zip(PEOPLE, (403, 403, 403, 403, 200, 200), strict=True)),
}
ADDS: dict[str, set[str]] = {
    "accounts_agent": {"admin"},
    "accounts_team": {"admin"},
    "accounts_skill": {"supervisor", "manager", "admin"},
    "accounts_absence": {"supervisor", "manager", "admin"},
    "accounts_businesscalendar": {"admin"},
    "accounts_company": {"supervisor", "manager", "admin"},
    "accounts_apiclient": {"admin"},
    "sla_slapolicy": {"admin"},
    "sla_companypolicy": {"admin"},
    "connections_connection": {"admin"},
    "entra_microsoftaccount": {"admin"},
    "entra_grouprole": {"admin"},
    "mail_mailbox": {"admin"},
    "tickets_category": {"admin"},
    "tickets_tag": {"admin"},
    "tickets_empowermentconfig": {"admin"},
    "tickets_cannedresponse": {"admin"},
    "tickets_tickettemplate": {"admin"},
    "tickets_teamsignature": {"admin"},
}
PAGES = {
    "admin:index": dict(zip(PEOPLE, (403, 403, 200, 200, 200, 200), strict=True)),
    "admin:transfer": dict(zip(PEOPLE, (403, 403, 200, 200, 403, 200), strict=True)),
    "admin:redaction": dict(zip(PEOPLE, (403, 403, 403, 403, 403, 200), strict=True)),
}


def test_every_registered_page_is_in_the_table() -> None:
    from django.contrib import admin

    registered = {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}
    assert registered == set(LISTS)


@pytest.mark.parametrize("page", LISTS)
def test_lists(office: Office, page: str) -> None:
    url = reverse(f"admin:{page}_changelist")
    got = {name: office.browser(getattr(office, name)).get(url).status_code for name in PEOPLE}
    assert got == LISTS[page]


@pytest.mark.parametrize("page", LISTS)
def test_adding(office: Office, page: str) -> None:
    url = reverse(f"admin:{page}_add")
    got = {name for name in PEOPLE if office.browser(getattr(office, name)).get(url).status_code == 200}
    assert got == ADDS.get(page, set())


@pytest.mark.parametrize("page", PAGES)
def test_pages(office: Office, page: str) -> None:
    got = {name: office.browser(getattr(office, name)).get(reverse(page)).status_code for name in PEOPLE}
    assert got == PAGES[page]


def test_strangers_are_sent_to_the_one_sign_in_page(office: Office) -> None:
    assert Client().get("/admin/accounts/team/").url == "/login/?next=/admin/accounts/team/"
    assert Client().get("/admin/login/").url == "/login/?next=/admin/"


def test_superuser_flag_opens_nothing(office: Office) -> None:
    agent = AgentFactory(roles=[Role.AGENT], user__is_superuser=True, user__is_staff=True)
    assert office.browser(agent).get("/admin/").status_code == 403
    auditor = AgentFactory(roles=[Role.AUDITOR], user__is_superuser=True, user__is_staff=True)
    browser = office.browser(auditor)
    assert browser.get(reverse("admin:accounts_team_add")).status_code == 403
    assert browser.get(reverse("admin:accounts_team_delete", args=[office.team.pk])).status_code == 403
    assert browser.get("/admin/auth/group/").status_code == 404


def test_shared_views_are_listed_in_scope_and_personal_ones_to_nobody(office: Office) -> None:
    save_view("Shared here", by=office.lead, scope="team", team=office.team)
    save_view("Shared there", by=office.admin, scope="team", team=office.foreign_team)
    save_view("Personal", by=office.supervisor)
    seen = {}
    for name in ("supervisor", "auditor", "admin"):
        html = office.browser(getattr(office, name)).get(reverse("admin:tickets_savedview_changelist")).content.decode()
        seen[name] = [text in html for text in ("Shared here", "Shared there", "Personal")]
    assert seen == {"supervisor": [True, False, False], "auditor": [True, True, False], "admin": [True, True, False]}


def test_deleting_is_offered_to_nobody(office: Office) -> None:
    for name in ("supervisor", "manager", "admin", "auditor"):
        browser = office.browser(getattr(office, name))
        assert (
            browser.post(reverse("admin:accounts_team_delete", args=[office.team.pk]), {"post": "yes"}).status_code
            == 403
        )
        page = browser.get(reverse("admin:accounts_team_changelist")).content.decode()
        assert "delete_selected" not in page


def test_ticket_out_of_scope_answers_like_a_missing_one(office: Office) -> None:
    mine, foreign = TicketFactory(team=office.team), TicketFactory(team=office.foreign_team)
    browser = office.browser(office.supervisor)

    def answer(pk: Any) -> tuple[int, str]:
        page = browser.get(reverse("admin:tickets_ticket_change", args=[pk]))
        return page.status_code, page.content.decode()

    assert answer(mine.pk)[0] == 200
    assert answer(foreign.pk) == answer(office.team.pk)
    assert answer(foreign.pk)[0] == 404
    listed = browser.get(reverse("admin:tickets_ticket_changelist")).content.decode()
    assert (mine.reference in listed, foreign.reference in listed) == (True, False)
    everything = office.browser(office.auditor).get(reverse("admin:tickets_ticket_changelist")).content.decode()
    assert foreign.reference in everything
