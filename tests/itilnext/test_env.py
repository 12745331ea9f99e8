"""Nonsense in the environment stops the start with one sentence that names the variable and the cure."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from itilnext import env


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (env.positive_int, "0"),
        (env.positive_int, "-3"),
        (env.positive_int, "1.5"),
        (env.positive_int, "ten"),
        (env.positive_int, "٣"),
        (env.whole_number, "-1"),
        (lambda name: env.most_within(name, "1/1"), "60"),
        (lambda name: env.most_within(name, "1/1"), "60/"),
        (lambda name: env.most_within(name, "1/1"), "-1/60"),
        (lambda name: env.most_within(name, "1/1"), "60/0"),
        (lambda name: env.most_within(name, "1/1"), "60/10081"),
        (env.boolean, "maybe"),
        (env.boolean, "2"),
        (lambda name: env.choice(name, ("DEBUG", "INFO")), "LOUD"),
        (lambda name: env.url(name, ("redis", "unix")), "http://queue"),
        (lambda name: env.url(name, ("redis",)), "redis://queue:port/0"),
        (lambda name: env.url(name, ("redis",)), "queue"),
        (env.database, "mysql://desk@host/desk"),
        (env.database, "postgresql://desk@host"),
        (lambda name: env.email(name, default="", folder=Path()), "mail.example.com"),
        (lambda name: env.email(name, default="", folder=Path()), "smtp://"),
        (lambda name: env.email(name, default="", folder=Path()), "smtp://mail.example.com:many"),
    ],
)
def test_nonsense_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[str], object], value: str
) -> None:
    monkeypatch.setenv("DESK_THING", value)
    with pytest.raises(ImproperlyConfigured, match=r"^DESK_THING [^\n]*\.$"):
        read("DESK_THING")


@pytest.mark.parametrize("read", [env.text, env.secret, env.positive_int, env.boolean, env.names])
def test_missing_without_default_is_refused_by_name(read: Callable[[str], object]) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^DESK_THING is not set; set it"):
        read("DESK_THING")


def test_usable_values_are_read_as_their_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_NUMBER", " 60 ")
    monkeypatch.setenv("DESK_SWITCH", "Off")
    monkeypatch.setenv("DESK_HOSTS", "a.example, b.example,,")
    monkeypatch.setenv("DESK_EMPTY", "")
    monkeypatch.setenv("DESK_LIMIT", "5 / 10")
    monkeypatch.setenv("DESK_NO_LIMIT", "0")
    assert env.positive_int("DESK_NUMBER") == 60
    assert env.boolean("DESK_SWITCH", default=True) is False
    assert env.names("DESK_HOSTS") == ["a.example", "b.example"]
    assert env.positive_int("DESK_EMPTY", default=7) == 7
    assert env.whole_number("DESK_UNSET", default=0) == 0
    limits = [env.most_within(name, default="60/1440") for name in ("DESK_LIMIT", "DESK_NO_LIMIT", "DESK_UNSET")]
    assert limits == [(5, 10), (0, 0), (60, 1440)]


def test_secret_comes_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("hush\n", encoding="utf-8")
    monkeypatch.setenv("DESK_KEY_FILE", str(file))
    assert env.secret("DESK_KEY") == "hush"


def test_secret_file_that_cannot_be_read_or_is_empty_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DESK_KEY_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured, match=r"^DESK_KEY_FILE names .* correct the path"):
        env.secret("DESK_KEY")
    (tmp_path / "empty").touch()
    monkeypatch.setenv("DESK_KEY_FILE", str(tmp_path / "empty"))
    with pytest.raises(ImproperlyConfigured, match=r"^DESK_KEY_FILE names .* write the secret into it"):
        env.secret("DESK_KEY")


def test_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DESK_KEY", "hush")
    monkeypatch.setenv("DESK_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(ImproperlyConfigured, match="both set; remove one"):
        env.secret("DESK_KEY")


def test_secret_never_stands_in_the_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://desk:hush@host/desk")
    with pytest.raises(ImproperlyConfigured) as refusal:
        env.database("DATABASE_URL")
    assert "hush" not in str(refusal.value)


def test_database_url_with_socket_folder_and_options(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://desk:p%40ss@/itil%2Dnext?host=%2Frun%2Fmy+desk&port=5433&sslmode=disable"
    monkeypatch.setenv("DATABASE_URL", url)
    assert env.database("DATABASE_URL") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "itil-next",
        "USER": "desk",
        "PASSWORD": "p@ss",
        "HOST": "/run/my desk",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "disable"},
    }


def test_database_password_may_stand_in_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hush", encoding="utf-8")
    monkeypatch.setenv("DATABASE_URL", "postgresql://desk@database:5432/itilnext")
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(tmp_path / "password"))
    found = env.database("DATABASE_URL")
    assert (found["PASSWORD"], found["HOST"], found["PORT"]) == ("hush", "database", "5432")


def test_email_url_of_a_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtps://desk%40example.com:hu%2Fsh@mail.example.com")
    assert env.email("EMAIL_URL", default="console:", folder=Path()) == {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "mail.example.com",
        "EMAIL_PORT": 465,
        "EMAIL_HOST_USER": "desk@example.com",
        "EMAIL_HOST_PASSWORD": "hu/sh",
        "EMAIL_USE_SSL": True,
        "EMAIL_USE_TLS": False,
        "EMAIL_TIMEOUT": 10,
    }


def test_smtp_is_encrypted_unless_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtp://mail.example.com")
    assert env.email("EMAIL_URL", default="", folder=Path())["EMAIL_USE_TLS"] is True
    monkeypatch.setenv("EMAIL_URL", "smtp://mail.example.com:25?tls=0")
    found = env.email("EMAIL_URL", default="", folder=Path())
    assert (found["EMAIL_USE_TLS"], found["EMAIL_PORT"]) == (False, 25)


def test_time_out_of_the_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtps://mail.example.com?timeout=4")
    assert env.email("EMAIL_URL", default="", folder=Path())["EMAIL_TIMEOUT"] == 4


@pytest.mark.parametrize(
    ("options", "cure"),
    [
        ("timeout=0", "whole seconds from 1 to 15"),
        ("timeout=60", "whole seconds from 1 to 15"),
        ("tls=maybe", "tls=0 for none"),
        ("ssl=1", "possible are tls"),
        ("auth=token", "auth=password or auth=oauth2"),
        ("client_id=desk", "client_id without auth=oauth2"),
    ],
)
def test_options_of_the_mail_server_that_mean_nothing_stop_the_start(
    options: str, cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_URL", f"smtp://mail.example.com?{options}")
    with pytest.raises(ImproperlyConfigured, match=cure):
        env.email("EMAIL_URL", default="", folder=Path())


OAUTH = "auth=oauth2&token_url=https://login.example.com/token&client_id=desk&secret=MAILBOX_SUPPORT"


def test_email_url_with_oauth_names_where_tokens_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    more = "&scope=https://outlook.example/.default&refresh_token=MAILBOX_SUPPORT_REFRESH"
    monkeypatch.setenv("EMAIL_URL", f"smtp://desk%40example.com@mail.example.com?{OAUTH}{more}")
    found = env.email("EMAIL_URL", default="", folder=Path())
    assert found["EMAIL_BACKEND"] == "connectors.mail.smtp_oauth.EmailBackend"
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("desk@example.com", "")
    assert found["EMAIL_OAUTH"] == {
        "token_url": "https://login.example.com/token",
        "client_id": "desk",
        "secret": "MAILBOX_SUPPORT",
        "scope": "https://outlook.example/.default",
        "refresh_token": "MAILBOX_SUPPORT_REFRESH",
    }


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        (f"smtp://mail.example.com?{OAUTH}", "name the user before the host"),
        (f"smtp://d%C3%A9sk@mail.example.com?{OAUTH}", "in ASCII"),
        (f"smtp://a:b@mail.example.com?{OAUTH}", "leave out the password"),
        (f"smtp://a@mail.example.com?{OAUTH.replace('https://login', 'http://login')}", "token_url=https"),
        (f"smtp://a@mail.example.com?{OAUTH.replace('client_id=desk', 'tls=1')}", "client_id="),
        (f"smtp://a@mail.example.com?{OAUTH.replace('MAILBOX_SUPPORT', 'SECRET_KEY')}", "begin with MAILBOX_"),
        (f"smtp://a@mail.example.com?{OAUTH}&refresh_token=1//0abc", "begin with MAILBOX_"),
        (f"smtp://a@mail.example.com?{OAUTH}&tls=0", "remove tls=0"),
    ],
)
def test_oauth_that_cannot_work_stops_the_start(url: str, cure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    with pytest.raises(ImproperlyConfigured, match=cure):
        env.email("EMAIL_URL", default="", folder=Path())
