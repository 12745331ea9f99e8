"""The mail ledger: who sees it and what they may do (ruling 19, permissions.md section 2)."""

import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import Agent, Team
from connectors.mail.enums import MailState, Reason
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services import process_due
from tests.factories import AgentFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive

pytestmark = pytest.mark.django_db

# permissions.md section 2, rows "Mail ledger", typed by hand: see, retry, release.
RIGHTS = {
    "agent": (200, 302, 403),
    "team_lead": (200, 302, 403),
    "supervisor": (200, 302, 302),
    "manager": (200, 302, 302),
    "auditor": (200, 403, 403),
    "admin": (404, 404, 404),
    "agent of another team": (404, 404, 404),
}


def person(role: str, team: Team) -> Agent:
    match role:
        case "agent":
            return AgentFactory(teams=[team])
        case "agent of another team":
            return AgentFactory(teams=[MailboxFactory(address="other@desk.test").team])
    agent = AgentFactory(roles=[Role(role)])
    field = {"team_lead": "lead", "supervisor": "supervisor", "manager": "manager"}.get(role)
    if field:
        Team.objects.filter(pk=team.pk).update(**{field: agent})
    return agent


def quarantined(mailbox: Mailbox) -> MailMessage:
    return arrive(b"Subject: nobody wrote this\r\n\r\nx", mailbox)


@pytest.mark.parametrize(("role", "expected"), RIGHTS.items())
def test_rights_on_a_mail_in_quarantine(client: Client, mailbox: Mailbox, role: str, expected: tuple[int, ...]) -> None:
    see, retry, release = expected
    message = quarantined(mailbox)
    client.force_login(person(role, mailbox.team).user)
    assert client.get(f"/mail/{message.pk}/").status_code == see
    assert client.get(f"/mail/{message.pk}/raw/").status_code == see
    assert client.post(f"/mail/{message.pk}/retry/").status_code == retry
    MailMessage.objects.update(state=MailState.QUARANTINED, reason=Reason.NO_SENDER)
    assert client.post(f"/mail/{message.pk}/release/").status_code == release


def test_list_shows_the_mails_of_ones_teams_alone(client: Client, mailbox: Mailbox) -> None:
    arrive(a_mail(subject="For my team"), mailbox)
    other = MailboxFactory(address="other@desk.test")
    arrive(a_mail(subject="For others", to=other.address), other)
    client.force_login(AgentFactory(teams=[mailbox.team]).user)
    page = client.get("/mail/").content.decode()
    assert "For my team" in page
    assert "For others" not in page


def test_list_is_filtered_by_state_and_refused_to_admins(client: Client, mailbox: Mailbox) -> None:
    arrive(a_mail(subject="Ordinary"), mailbox)
    quarantined(mailbox)
    client.force_login(AgentFactory(teams=[mailbox.team]).user)
    page = client.get("/mail/?state=quarantined").content.decode()
    assert "nobody wrote this" in page
    assert "Ordinary" not in page
    assert client.get("/mail/?cursor=nonsense").status_code == 400
    client.force_login(AgentFactory(roles=[Role.ADMIN]).user)
    assert client.get("/mail/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_the_same_statements_for_any_length(
    client: Client, mailbox: Mailbox, count: int, django_assert_max_num_queries: object
) -> None:
    for number in range(count):
        arrive(a_mail(body=str(number)), mailbox)
    client.force_login(AgentFactory(teams=[mailbox.team]).user)
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        client.get("/mail/")


def test_raw_mail_is_handed_out_as_a_file_that_no_browser_shows(client: Client, mailbox: Mailbox) -> None:
    raw = a_mail(html="<script>alert(1)</script>")
    message = arrive(raw, mailbox)
    client.force_login(AgentFactory(teams=[mailbox.team]).user)
    response = client.get(f"/mail/{message.pk}/raw/")
    assert response.content == raw
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


def test_retry_runs_all_checks_again(client: Client, mailbox: Mailbox) -> None:
    message = quarantined(mailbox)
    client.force_login(AgentFactory(teams=[mailbox.team]).user)
    client.post(f"/mail/{message.pk}/retry/")
    assert process_due() == 1
    message.refresh_from_db()
    assert message.state == MailState.QUARANTINED
    reasons = list(message.history.order_by("history_id").values_list("state", "history_change_reason"))
    assert reasons == [("quarantined", "outcome so far"), ("received", "retried")]


def test_what_has_acted_is_not_run_again(client: Client, mailbox: Mailbox) -> None:
    message = arrive(a_mail(), mailbox)
    client.force_login(AgentFactory(teams=[mailbox.team]).user)
    response = client.post(f"/mail/{message.pk}/retry/")
    assert response.status_code == 409
    assert "not in quarantine" in response.content.decode()
