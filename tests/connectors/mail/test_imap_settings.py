"""Adding and changing an IMAP mailbox: the command, the admin, the ledger's page, and what is refused."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from connectors.mail.backends import ImapSettings
from connectors.mail.models import Mailbox
from core.errors import Invalid
from tests.factories import AgentFactory, TeamFactory
from tests.factories.mail import MailboxFactory
from tests.imap_server import PASSWORD, SECRET, WRONG_SECRET, DovecotServer

pytestmark = pytest.mark.django_db

USABLE = {"host": "imap.example.com", "user": "support", "secret": "MAILBOX_SUPPORT"}


def test_settings_keep_only_what_differs_from_the_defaults() -> None:
    found = ImapSettings.of(USABLE | {"port": "", "tls": "implicit", "folder": "INBOX", "after": None})
    assert found.as_json() == USABLE
    assert found.effective_port == 993
    assert ImapSettings.of(USABLE | {"tls": "starttls"}).effective_port == 143


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"host": ""}, "host"),
        ({"host": "imap.example.com/x"}, "host"),
        ({"user": ""}, "user"),
        ({"secret": "hunter2"}, "secret"),
        ({"secret": "DATABASE_URL"}, "secret"),
        ({"port": "65536"}, "port"),
        ({"port": "imap"}, "port"),
        ({"tls": "none"}, "tls"),
        ({"tls": "maybe"}, "tls"),
        ({"after": "move"}, "move_to"),
        ({"after": "move", "move_to": "INBOX"}, "move_to"),
        ({"folder": "IN\r\nBOX"}, "folder"),
        ({"not_before": "yesterday"}, "not_before"),
        ({"auth": "oauth2", "client_id": "desk"}, "token_url"),
        ({"auth": "oauth2", "client_id": "desk", "token_url": "http://login.example.com/"}, "token_url"),
        ({"auth": "oauth2", "token_url": "https://login.example.com/"}, "client_id"),
        (
            {"auth": "oauth2", "token_url": "https://x.test/", "client_id": "a", "refresh_token": "1//abc"},
            "refresh_token",
        ),
        ({"passwort": "x"}, "passwort"),
    ],
)
def test_settings_that_cannot_serve_are_refused_by_name(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        ImapSettings.of(USABLE | wrong)
    assert list(refusal.value.fields) == [field]


def add(*options: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("add_mailbox", "support@desk.test", "--backend", "imap", *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_command_adds_an_imap_mailbox_and_tries_it_out(dovecot: DovecotServer) -> None:
    TeamFactory(name="Desk")
    options = ["--team", "Desk", "--host", dovecot.host, "--port", str(dovecot.port), "--tls", "none", "--user"]
    options += ["support", "--secret", SECRET, "--after", "move", "--move-to", "Done", "--sent-folder", "Sent"]
    out, err = add(*options)
    assert out.splitlines() == [
        "support@desk.test belongs to Desk; its mails are read from the IMAP server localhost.",
        "It can be read.",
    ]
    assert err == ""
    assert Mailbox.objects.get().settings == {
        "host": "localhost",
        "port": dovecot.port,
        "tls": "none",
        "user": "support",
        "secret": SECRET,
        "after": "move",
        "move_to": "Done",
        "sent_folder": "Sent",
    }
    assert PASSWORD not in str(list(Mailbox.history.values()))
    assert add(*options)[0] == out
    with pytest.raises(CommandError, match="exists already"):
        add(*options, "--folder", "Other")


def test_command_keeps_a_mailbox_that_cannot_be_read_yet_and_says_why(dovecot: DovecotServer) -> None:
    TeamFactory(name="Desk")
    where = ["--host", dovecot.host, "--port", str(dovecot.port), "--tls", "none", "--secret", WRONG_SECRET]
    _out, err = add("--team", "Desk", *where)
    assert "It cannot be read yet: The mail server refused the sign-in of support@desk.test" in err
    assert Mailbox.objects.get().settings["user"] == "support@desk.test"


def test_command_names_the_option_that_is_wrong() -> None:
    TeamFactory(name="Desk")
    with pytest.raises(CommandError) as refusal:
        add("--team", "Desk", "--secret", "hunter2")
    lines = str(refusal.value).splitlines()
    assert sorted(line.partition(":")[0] for line in lines) == ["--host", "--secret"]
    with pytest.raises(CommandError, match="--host: A mailbox of this kind has no such setting"):
        call_command("add_mailbox", "a@desk.test", "--backend", "files", "--team", "Desk", "--host", "x.test")
    assert not Mailbox.objects.exists()


def browser(*roles: Role) -> Client:
    client = Client()
    client.force_login(AgentFactory(roles=list(roles), user__is_staff=True).user)
    return client


def form(team_id: object, **more: str) -> dict[str, str]:
    basics = {"address": "help@desk.test", "name": "", "backend": "imap", "team": str(team_id), "is_active": "on"}
    settings = {"imap_host": "imap.example.com", "imap_secret": "MAILBOX_HELP", "imap_tls": "implicit"}
    return basics | settings | {"imap_auth": "password", "imap_after": "leave"} | more


def test_admin_adds_and_changes_an_imap_mailbox() -> None:
    team = TeamFactory()
    admin = browser(Role.ADMIN)
    assert admin.post("/admin/mail/mailbox/add/", form(team.pk)).status_code == 302
    mailbox = Mailbox.objects.get()
    kept = {"host": "imap.example.com", "user": "help@desk.test", "secret": "MAILBOX_HELP"}
    assert (mailbox.backend, mailbox.settings) == ("imap", kept)
    Mailbox.objects.update(next_poll_at=timezone.now(), failed_polls=7)
    page = f"/admin/mail/mailbox/{mailbox.pk}/change/"
    assert 'value="imap.example.com"' in admin.get(page).content.decode()
    assert admin.post(page, form(team.pk, imap_user="desk", imap_folder="Tickets")).status_code == 302
    mailbox.refresh_from_db()
    assert mailbox.settings == kept | {"user": "desk", "folder": "Tickets"}
    assert (mailbox.next_poll_at, mailbox.failed_polls) == (None, 0)


def test_admin_shows_each_fault_at_its_field_and_keeps_nothing() -> None:
    team = TeamFactory()
    response = browser(Role.ADMIN).post("/admin/mail/mailbox/add/", form(team.pk, imap_secret="hunter2", imap_host=""))
    assert response.status_code == 400
    errors = response.context["adminform"].form.errors
    assert sorted(errors) == ["imap_host", "imap_secret"]
    assert "begins with MAILBOX_" in errors["imap_secret"][0]
    assert not Mailbox.objects.exists()


def test_auditor_sees_the_settings_without_a_form() -> None:
    mailbox = MailboxFactory(backend="imap", settings=USABLE)
    text = browser(Role.AUDITOR).get(f"/admin/mail/mailbox/{mailbox.pk}/change/").content.decode()
    assert "imap.example.com" in text
    assert "imap_host" not in text


def test_ledger_page_tells_the_team_of_a_mailbox_that_cannot_be_read() -> None:
    mine = MailboxFactory(address="a@desk.test", last_error="It was not reached.")
    MailboxFactory(address="b@desk.test", last_error="Somebody else's trouble.")
    client = Client()
    client.force_login(AgentFactory(teams=[mine.team]).user)
    text = client.get("/mail/").content.decode()
    assert "The mailbox a@desk.test could not be read" in text
    assert "It was not reached." in text
    assert "b@desk.test" not in text
