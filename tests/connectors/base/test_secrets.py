"""Secrets of connections: unreadable at rest, bound to their row, shown to nobody, and their key can change."""

from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection as database
from pytest_django.fixtures import Settings

from accounts.enums import Role
from connectors.base import sealing
from connectors.base.addresses import is_allowed, same_origin
from connectors.base.errors import NameTaken
from connectors.base.failures import CredentialsRefused
from connectors.base.models import Connection
from connectors.base.secrets import secret_of
from connectors.base.services import add_connection, change_connection
from core.errors import Forbidden, Invalid
from tests.factories import AgentFactory

pytestmark = pytest.mark.django_db
CANARY = "canary-5f1e"
KEYS = [urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2)]


def test_a_secret_is_sealed_and_opened_again(connection: Connection) -> None:
    change_connection(connection, by=admin(), settings=connection.settings, secrets={"password": CANARY})
    with database.cursor() as cursor:
        cursor.execute("SELECT c::text FROM connections_connection c")
        rows = cursor.fetchall()
        cursor.execute("SELECT h::text FROM connections_historicalconnection h")
        assert CANARY not in str(rows + cursor.fetchall())
    assert secret_of(Connection.objects.get(), "password") == CANARY


def test_a_sealed_secret_is_of_no_use_in_another_row_or_under_another_name(connection: Connection) -> None:
    other = add_connection("sample", by=admin(), name="Other", settings={"account": "other"})
    for row, name in ((other, "password"), (connection, "key")):
        row.secrets = {name: connection.secrets["password"]}
        with pytest.raises(CredentialsRefused, match="enter it again"):
            secret_of(row, name)


def test_keys_can_change(connection: Connection, settings: Settings) -> None:
    settings.CONNECTORS_KEYS = [KEYS[0]]
    call_command("seal_connections")
    settings.SECRET_KEY = "another-0123456789-0123456789-0123456789-0123456789"
    assert secret_of(Connection.objects.get(), "password") == "pw"
    settings.CONNECTORS_KEYS = [KEYS[1], KEYS[0]]
    call_command("seal_connections")
    settings.CONNECTORS_KEYS = [KEYS[1]]
    row = Connection.objects.get()
    assert secret_of(row, "password") == "pw"
    assert row.history.first().history_change_reason == "secrets sealed with another key"
    settings.CONNECTORS_KEYS = []
    with pytest.raises(CredentialsRefused, match="enter it again"):
        secret_of(row, "password")
    with pytest.raises(CommandError, match="Sample: password"):
        call_command("seal_connections")


def test_the_key_of_former_secret_keys_still_opens(connection: Connection, settings: Settings) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-0123456789-0123456789-0123456789-0123456789"
    assert secret_of(connection, "password") == "pw"


@pytest.mark.parametrize("key", ["short", "ä" * 43, urlsafe_b64encode(b"x" * 31).decode()])
def test_what_is_no_key_is_told_at_the_start(settings: Settings, key: str) -> None:
    settings.CONNECTORS_KEYS = [key]
    assert "connections.E001" in [found.id for found in run_checks()]
    with pytest.raises(sealing.UnusableKey):
        sealing.check_keys()


def test_a_named_secret_is_read_anew_each_time(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    row = change_connection(
        connection, by=admin(), settings=connection.settings, variables={"password": "SAMPLE_PASSWORD"}
    )
    with pytest.raises(CredentialsRefused, match="SAMPLE_PASSWORD"):
        secret_of(row, "password")
    monkeypatch.setenv("SAMPLE_PASSWORD_FILE", str(tmp_path / "password"))
    for secret in ("one", "two"):
        (tmp_path / "password").write_text(secret)
        assert secret_of(row, "password") == secret


@pytest.mark.parametrize("variable", ["SECRET_KEY", "MAILBOX_SUPPORT", "sample_password", "SAMPLE_X-1", "XSAMPLE_A"])
def test_no_connection_names_a_secret_of_others(connection: Connection, variable: str) -> None:
    with pytest.raises(Invalid, match="SAMPLE_"):
        change_connection(connection, by=admin(), settings=connection.settings, variables={"password": variable})
    connection.secrets = {"password": {"variable": variable}}  # as somebody with the database could
    with pytest.raises(CredentialsRefused):
        secret_of(connection, "password")


def test_settings_are_checked_by_the_kind(connection: Connection) -> None:
    for wrong, name in (({}, "account"), ({"account": "A1"}, "account"), ({"account": "a", "b": "c"}, "b")):
        with pytest.raises(Invalid) as caught:
            change_connection(connection, by=admin(), settings=wrong)
        assert list(caught.value.fields) == [name]
    with pytest.raises(Invalid):
        change_connection(connection, by=admin(), settings={"account": "a"}, secrets={"unknown": "x"})


def test_only_admins_change_connections(connection: Connection) -> None:
    with pytest.raises(Forbidden):
        change_connection(connection, by=AgentFactory(roles=[Role.SUPERVISOR]), settings={"account": "a"})


def test_names_are_given_once(connection: Connection) -> None:
    with pytest.raises(NameTaken):
        add_connection("sample", by=admin(), name="Sample", settings={"account": "a"})


def test_the_history_says_which_secret_changed_and_not_to_what(connection: Connection) -> None:
    change_connection(connection, by=admin(), settings=connection.settings, secrets={"password": CANARY})
    assert connection.history.first().history_change_reason == "secrets: password"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0.0.0.0/",
        "https://a.localhost/",
        "https://user:pw@example.com/",
        "https://example.com\\@other/",
        "ftp://example.com/",
        "https://",
        "https://example.com:99999/",
    ],
)
def test_addresses_that_are_not_allowed(url: str) -> None:
    assert not is_allowed(url)


def test_this_machine_only_where_a_setting_says_so(settings: Settings) -> None:
    settings.CONNECTORS_LOOPBACK = True
    assert is_allowed("http://localhost:8000/")
    assert is_allowed("https://example.com/")
    assert not is_allowed("http://example.com/")


def test_origins() -> None:
    assert same_origin("https://Example.com:443/a", "https://example.com/b")
    assert not same_origin("https://example.com.evil/", "https://example.com/")
    assert not same_origin("https://example.com:444/", "https://example.com/")


def admin() -> object:
    return AgentFactory(roles=[Role.ADMIN])
