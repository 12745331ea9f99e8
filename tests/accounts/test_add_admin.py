"""`manage.py add_admin`: the first admin of an empty desk, and the way back in."""

import io
from io import StringIO

import pytest
from django.core import mail as outbox
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.enums import Role
from accounts.mail import send_due_account_mail
from accounts.models import AccountMail, Agent
from accounts.services import deactivate_agent
from tests.factories import AgentFactory, ApiClientFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-horse"


def add_admin(monkeypatch: pytest.MonkeyPatch, *arguments: str, typed: str = "") -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    out = StringIO()
    call_command("add_admin", *arguments, stdout=out)
    return out.getvalue()


def test_first_admin_of_an_empty_desk_signs_in(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    assert not Agent.objects.exists()
    said = add_admin(monkeypatch, "Root@desk.test", "--name", "Ruth Root", typed=f"{PASSWORD}\n")
    assert "Ruth Root <root@desk.test> is an admin and signs in with the password." in said
    agent = Agent.objects.get()
    assert (agent.roles, agent.user.is_superuser, AccountMail.objects.count()) == ([Role.ADMIN], False, 0)
    assert client.post("/login/", {"username": "root@desk.test", "password": PASSWORD}).url == "/"
    assert client.get("/admin/").status_code == 200
    assert {row.actor_name for row in agent.history.all()} == {"manage.py add_admin"}


def test_invitation_instead_of_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    add_admin(monkeypatch, "root@desk.test", "--name", "Ruth Root", "--invite")
    send_due_account_mail()
    assert outbox.outbox[0].to == ["Ruth Root <root@desk.test>"]


def test_weak_password_no_name_and_no_answer_make_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="at least 12 characters"):
        add_admin(monkeypatch, "root@desk.test", "--name", "Ruth", typed="short\n")
    with pytest.raises(CommandError, match="needs --name"):
        add_admin(monkeypatch, "root@desk.test", typed=f"{PASSWORD}\n")
    with pytest.raises(CommandError, match="standard input"):
        add_admin(monkeypatch, "root@desk.test", "--name", "Ruth")
    with pytest.raises(CommandError, match="belongs to a program"):
        add_admin(monkeypatch, ApiClientFactory().user.email, "--name", "Ruth", typed=f"{PASSWORD}\n")
    assert not Agent.objects.exists()


def test_known_person_gets_the_role_and_a_closed_account_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = AgentFactory()
    deactivate_agent(agent.pk, by=AgentFactory(roles=[Role.ADMIN]))
    add_admin(monkeypatch, agent.email)
    agent = Agent.objects.select_related("user").get(pk=agent.pk)
    assert (agent.roles, agent.is_active, agent.user.is_active) == (["agent", "admin"], True, True)
