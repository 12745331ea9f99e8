"""Invitations and password mails: a due row, a link made when it is sent, a password."""

import re
import signal
import smtplib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core import mail as outbox
from django.db import transaction
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from accounts.enums import AccountMailKind, Role
from accounts.mail import compose, send_all_account_mail, send_due_account_mail
from accounts.models import AccountMail
from accounts.services import change_agent, deactivate_agent, invite_agent, queue_account_mail, request_password_reset
from core import steps
from tests.factories import AgentFactory, ApiClientFactory, TeamFactory
from tests.killable import Killable

pytestmark = pytest.mark.django_db
NEW = "a-much-better-horse"


def invite(email: str = "new@desk.test", **more: object):
    admin = AgentFactory(roles=[Role.ADMIN])
    return invite_agent(email, by=admin, name="Nora Neu", roles=[Role.AGENT], teams=[TeamFactory()], **more)


def link_in(message: outbox.EmailMessage) -> str:
    (link,) = re.findall(rf"^{re.escape(settings.SITE_URL)}(\S+)$", message.body, re.MULTILINE)
    return link


def set_password_by(client: Client, link: str, password: str = NEW):
    page = client.get(link, follow=True)
    assert page.status_code == 200, page.content
    return client.post(page.request["PATH_INFO"], {"new_password1": password, "new_password2": password})


def test_invitation_waits_in_the_database_and_nothing_is_sent_in_the_request() -> None:
    agent = invite()
    row = AccountMail.objects.get()
    assert (row.user, row.kind, row.sent_at) == (agent.user, AccountMailKind.INVITATION, None)
    assert outbox.outbox == []


def test_invitation_is_taken_back_with_its_transaction() -> None:
    def invite_and_fail() -> None:
        with transaction.atomic():
            invite()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        invite_and_fail()
    assert not AccountMail.objects.exists()


def test_invited_person_sets_a_password_once_and_signs_in(client: Client) -> None:
    agent = invite()
    assert send_due_account_mail() == 1
    (message,) = outbox.outbox
    assert message.to == ["Nora Neu <new@desk.test>"]
    assert (
        message.extra_headers["Message-ID"] == f"<account.{AccountMail.objects.get().pk}@{settings.MESSAGE_ID_DOMAIN}>"
    )
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    link = link_in(message)
    assert "Welcome" in client.get(link, follow=True).content.decode()
    assert set_password_by(client, link).url == "/login/"
    assert client.post("/login/", {"username": agent.email, "password": NEW}).url == "/"
    again = Client().get(link)
    assert (again.status_code, "does not work any more" in again.content.decode()) == (400, True)


def test_link_is_over_after_24_hours(client: Client) -> None:
    invite()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        send_due_account_mail()
        link = link_in(outbox.outbox[0])
        clock.shift(timedelta(hours=24, seconds=-1))
        assert Client().get(link).status_code == 302
        clock.shift(timedelta(seconds=2))
        assert client.get(link).status_code == 400


def test_mail_is_in_the_persons_language() -> None:
    agent = AgentFactory(language="de")
    queue_account_mail(agent.user_id, AccountMailKind.PASSWORD_RESET)
    from django.utils import translation

    with translation.override("de"):
        from accounts.mail import compose

        expected = compose(AccountMail.objects.get()).subject
    send_due_account_mail()
    assert outbox.outbox[0].subject == expected


def test_forgotten_password_answers_alike_for_known_and_unknown(client: Client) -> None:
    agent, program = AgentFactory(), ApiClientFactory()
    gone = AgentFactory()
    deactivate_agent(gone.pk, by=AgentFactory(roles=[Role.ADMIN]))
    answers = [
        client.post("/password-reset/", {"email": email})
        for email in (agent.email.upper(), "nobody@desk.test", program.user.email, gone.email)
    ]
    assert {(answer.status_code, answer.url) for answer in answers} == {(302, "/password-reset/sent/")}
    assert [row.user for row in AccountMail.objects.all()] == [agent.user]


def test_second_request_within_two_minutes_sends_no_second_mail() -> None:
    agent = AgentFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        request_password_reset(agent.email)
        clock.shift(timedelta(seconds=110))
        request_password_reset(agent.email)
        assert AccountMail.objects.count() == 1
        clock.shift(timedelta(seconds=11))
        request_password_reset(agent.email)
    assert AccountMail.objects.count() == 2


def test_new_password_ends_sessions_tokens_and_the_lock(client: Client) -> None:
    agent = AgentFactory()
    thief = Client()
    thief.force_login(agent.user, backend="accounts.auth.AgentBackend")
    AuthToken.objects.create(user=agent.user)
    for _attempt in range(5):
        client.post("/login/", {"username": agent.email, "password": "wrong"})
    assert client.post("/login/", {"username": agent.email, "password": NEW}).status_code == 429
    request_password_reset(agent.email)
    send_due_account_mail()
    set_password_by(client, link_in(outbox.outbox[0]))
    assert thief.get("/account/").status_code == 302
    assert not AuthToken.objects.exists()
    assert client.post("/login/", {"username": agent.email, "password": NEW}).status_code == 302
    reasons = list(agent.user.history.values_list("history_change_reason", "actor_name"))
    assert ("new password", agent.name) in reasons


def test_weak_password_is_refused_with_a_reason(client: Client) -> None:
    invite()
    send_due_account_mail()
    answer = set_password_by(client, link_in(outbox.outbox[0]), "short")
    assert (answer.status_code, "at least 12 characters" in answer.content.decode()) == (400, True)


def test_deactivated_person_gets_no_mail_and_no_password_by_an_old_link(client: Client) -> None:
    agent = AgentFactory()
    request_password_reset(agent.email)
    send_due_account_mail()
    link = link_in(outbox.outbox.pop())
    queue_account_mail(agent.user_id, AccountMailKind.PASSWORD_RESET)
    deactivate_agent(agent.pk, by=AgentFactory(roles=[Role.ADMIN]))
    assert send_due_account_mail() == 0
    assert outbox.outbox == []
    assert AccountMail.objects.filter(failed_at__isnull=False, next_attempt_at=None).count() == 1
    assert client.get(link).status_code == 400


def test_failed_sending_is_tried_again_and_fails_visibly_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object, messages: object) -> int:
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    queue_account_mail(AgentFactory().user_id, AccountMailKind.INVITATION)
    pauses = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        start = timezone.now()
        while (row := AccountMail.objects.get()).failed_at is None:
            assert send_due_account_mail() == 0
            row.refresh_from_db()
            if row.next_attempt_at:
                pauses.append(row.next_attempt_at - timezone.now())
                clock.move_to(row.next_attempt_at)
        assert pauses[:4] == [timedelta(seconds=1), timedelta(seconds=2), timedelta(minutes=1), timedelta(minutes=5)]
        assert timezone.now() - start <= timedelta(hours=24)
    assert row.last_error == "SMTPServerDisconnected: gone"
    assert send_due_account_mail() == 0


def test_leased_row_is_left_alone_until_its_lease_is_over() -> None:
    row = queue_account_mail(AgentFactory().user_id, AccountMailKind.INVITATION)
    AccountMail.objects.filter(pk=row.pk).update(leased_until=timezone.now() + timedelta(seconds=30))
    assert send_due_account_mail() == 0
    assert send_due_account_mail(now=timezone.now() + timedelta(seconds=31)) == 1
    assert send_due_account_mail(now=timezone.now() + timedelta(seconds=99)) == 0
    assert len(outbox.outbox) == 1


def mail_server(monkeypatch: pytest.MonkeyPatch, error: Exception, *refused: str) -> list[datetime]:
    """Takes mail for all but the addresses named; answers the leases that stood while it was asked."""
    leases: list[datetime] = []

    def send(mail: outbox.EmailMessage) -> int:
        leases.append(AccountMail.objects.exclude(leased_until=None).latest("leased_until").leased_until)
        if any(address in mail.to[0] for address in refused):
            raise error
        return 1

    monkeypatch.setattr(outbox.EmailMessage, "send", send)
    return leases


def test_a_batch_of_refused_mails_does_not_stop_those_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = AgentFactory.create_batch(3)
    for agent in (first, second, third):
        queue_account_mail(agent.user_id, AccountMailKind.INVITATION)
    mail_server(monkeypatch, smtplib.SMTPServerDisconnected("gone"), first.email, second.email)
    assert send_all_account_mail(limit=2) == 1
    assert AccountMail.objects.get(sent_at__isnull=False).user == third.user


def test_the_lease_runs_by_the_clock_also_when_mail_is_sent_for_a_later_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    queue_account_mail(AgentFactory().user_id, AccountMailKind.INVITATION)
    leases = mail_server(monkeypatch, OSError())
    send_due_account_mail(now=timezone.now() + timedelta(days=30))
    assert leases[0] - timezone.now() <= timedelta(seconds=60)


def test_the_end_of_a_workers_time_is_no_failure_of_the_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = AgentFactory()
    row = queue_account_mail(agent.user_id, AccountMailKind.INVITATION)
    mail_server(monkeypatch, SoftTimeLimitExceeded(), agent.email)
    with pytest.raises(SoftTimeLimitExceeded):
        send_due_account_mail()
    row.refresh_from_db()
    assert row.last_error == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["leased", "handed_over", "done"])
def test_killed_worker_loses_no_account_mail(killable: Killable, tmp_path: Path, step: str) -> None:
    """Each step of the chain; the next worker finds the row once the lease is over."""
    assert steps.declared("accounts.mail") == [f"accounts.mail.{name}" for name in ("leased", "handed_over", "done")]
    queue_account_mail(AgentFactory().user_id, AccountMailKind.INVITATION)
    killed = killable.call(tmp_path, "accounts.mail:send_all_account_mail", kill_at=f"accounts.mail.{step}")
    assert killed.returncode == -signal.SIGKILL, killed.output
    row = AccountMail.objects.get()
    assert (row.sent_at is not None) == (step == "done")
    send_due_account_mail(now=timezone.now() + timedelta(seconds=61))
    row.refresh_from_db()
    assert (row.sent_at is not None, row.next_attempt_at) == (True, None)
    assert len(outbox.outbox) == (0 if step == "done" else 1)


def test_a_changed_address_is_told_where_the_person_read_before() -> None:
    agent = AgentFactory(user__email="ann@desk.test", email="ann@desk.test")
    change_agent(agent.pk, by=AgentFactory(roles=[Role.ADMIN]), email="Mallory@desk.test")
    mail = AccountMail.objects.get(kind=AccountMailKind.EMAIL_CHANGED)
    sent = compose(mail)
    assert sent.to == [f"{agent.name} <ann@desk.test>"]
    assert "An admin has changed the address that you sign in with" in sent.body
    change_agent(agent.pk, by=AgentFactory(roles=[Role.ADMIN]), name="Ann Roth")
    assert AccountMail.objects.count() == 1
    request_password_reset("mallory@desk.test")
    assert AccountMail.objects.filter(kind=AccountMailKind.PASSWORD_RESET).count() == 1
