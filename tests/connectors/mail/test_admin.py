"""Mailboxes and blocked senders in the admin."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.enums import Role
from connectors.mail.models import BlockedSender, Mailbox
from connectors.mail.services import block_sender
from tests.factories import AgentFactory, TeamFactory
from tests.factories.mail import MailboxFactory

pytestmark = pytest.mark.django_db


def browser(*roles: Role) -> Client:
    client = Client()
    client.force_login(AgentFactory(roles=list(roles), user__is_staff=True).user)
    return client


def test_admin_adds_a_mailbox_and_switches_its_acknowledgement_off(settings: Settings, tmp_path: Path) -> None:
    settings.MAIL_ROOT = tmp_path
    team = TeamFactory()
    values = {"address": "help@desk.test", "name": "", "backend": "files", "team": str(team.pk), "is_active": "on"}
    response = browser(Role.ADMIN).post("/admin/mail/mailbox/add/", values)
    assert response.status_code == 302
    mailbox = Mailbox.objects.get()
    assert (mailbox.address, mailbox.team, mailbox.sends_acknowledgement) == ("help@desk.test", team, False)
    assert (tmp_path / "help@desk.test" / "new").is_dir()
    assert {row.actor_name for row in mailbox.history.all()} != {""}


def test_address_of_a_mailbox_does_not_change() -> None:
    mailbox = MailboxFactory()
    values = {"address": "other@desk.test", "name": "Help", "backend": "files", "team": str(mailbox.team_id)}
    browser(Role.ADMIN).post(f"/admin/mail/mailbox/{mailbox.pk}/change/", values)
    mailbox.refresh_from_db()
    assert (mailbox.address, mailbox.name, mailbox.is_active) == ("support@desk.test", "Help", False)


def test_supervisor_hears_from_a_blocked_sender_again() -> None:
    row = block_sender("eve@customer.test", by=AgentFactory())
    values = {"action": "unblock", "_selected_action": str(row.pk)}
    browser(Role.AUDITOR).post("/admin/mail/blockedsender/", values)
    assert BlockedSender.objects.exists()
    browser(Role.SUPERVISOR).post("/admin/mail/blockedsender/", values)
    assert not BlockedSender.objects.exists()
