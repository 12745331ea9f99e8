"""Signing in to an IMAP server: passwords, TLS, OAuth 2; no secret crosses a network in clear or stands in an error."""

from pathlib import Path

import pytest
from django.utils import timezone

from connectors.mail.backends import ImapSettings
from connectors.mail.models import Mailbox
from connectors.mail.services import change_mailbox, poll_mailboxes
from core.actors import SystemActor
from core.errors import Invalid
from tests.connectors.mail.imap_mailboxes import error_of, imap_mailbox, poll
from tests.factories.mail import a_mail
from tests.imap_server import CLIENT_SECRET, PASSWORD, SECRET, WRONG_SECRET, DovecotServer, free_port

pytestmark = pytest.mark.django_db


def test_wrong_password_is_told_without_it_and_tried_again_ever_later(dovecot: DovecotServer) -> None:
    mailbox = imap_mailbox(dovecot, secret=WRONG_SECRET)
    dovecot.deliver(a_mail())
    pauses = []
    for _attempt in range(3):
        began = timezone.now()
        assert poll() == 0
        mailbox.refresh_from_db()
        assert mailbox.next_poll_at is not None
        pauses.append((mailbox.next_poll_at - began).total_seconds())
    assert all(begin <= pause <= begin + 9 for begin, pause in zip((15, 30, 60), pauses, strict=True)), pauses
    assert "refused the sign-in of support" in mailbox.last_error
    assert "not this one" not in mailbox.last_error
    assert poll_mailboxes() == 0
    mailbox.refresh_from_db()
    assert mailbox.failed_polls == 3  # not tried before its time
    good = mailbox.settings | {"secret": SECRET}
    change_mailbox(mailbox, by=SystemActor("test"), settings=good)
    assert poll_mailboxes() == 1
    assert error_of() == ""


def test_secret_may_stand_in_a_file(dovecot: DovecotServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text(f"{PASSWORD}\n")
    monkeypatch.setenv("MAILBOX_IN_A_FILE_FILE", str(tmp_path / "secret"))
    imap_mailbox(dovecot, secret="MAILBOX_IN_A_FILE")
    dovecot.deliver(a_mail())
    assert poll() == 1


def test_missing_secret_is_named(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot, secret="MAILBOX_NOWHERE")
    assert poll() == 0
    assert "MAILBOX_NOWHERE is not set" in error_of()


def test_no_other_secret_of_the_site_can_be_sent_to_a_mail_server(dovecot: DovecotServer) -> None:
    with pytest.raises(Invalid, match="begins with MAILBOX_"):
        imap_mailbox(dovecot, secret="SECRET_KEY")


def test_mailbox_that_fails_does_not_stop_the_others(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot, address="a@desk.test", secret=WRONG_SECRET)
    imap_mailbox(dovecot, address="b@desk.test", port=free_port())
    imap_mailbox(dovecot, address="c@desk.test", user="network")
    dovecot.deliver(a_mail(to="c@desk.test"), user="network")
    assert poll() == 1
    assert "refused" in error_of("a@desk.test")
    assert "was not reached while connecting: Connection refused" in error_of("b@desk.test")
    assert error_of("c@desk.test") == ""


@pytest.mark.parametrize("mode", ["implicit", "starttls"])
def test_tls_with_a_trusted_certificate(dovecot: DovecotServer, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox = imap_mailbox(dovecot, tls=mode, port=dovecot.tls_port if mode == "implicit" else dovecot.port)
    dovecot.deliver(a_mail())
    assert poll() == 0
    assert "The certificate of localhost" in error_of()
    assert "is not trusted" in error_of()
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    assert poll() == 1
    mailbox.refresh_from_db()
    assert mailbox.last_error == ""


def test_tls_spoken_to_a_port_without_it_is_told(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot, tls="implicit", port=dovecot.port)
    poll()
    assert "check port and TLS mode" in error_of()


def test_password_does_not_cross_a_network_in_clear() -> None:
    with pytest.raises(Invalid, match="Without TLS the password"):
        ImapSettings.of({"host": "imap.example.com", "user": "a", "secret": SECRET, "tls": "none"})


# OAuth 2 ---------------------------------------------------------------------------------------------------------


def oauth_mailbox(server: DovecotServer, **more: object) -> Mailbox:
    settings: dict[str, object] = {"auth": "oauth2", "token_url": server.tokens.url, "client_id": f"desk-{free_port()}"}
    return imap_mailbox(server, **(settings | {"secret": CLIENT_SECRET} | more))


def test_access_token_signs_in_and_is_kept(dovecot: DovecotServer) -> None:
    oauth_mailbox(dovecot, scope="imap")
    dovecot.deliver(a_mail())
    assert poll() == 1
    assert poll() == 0
    (asked,) = dovecot.tokens.asked
    assert (asked["grant_type"], asked["scope"]) == ("client_credentials", "imap")


def test_refused_token_is_asked_for_anew_once(dovecot: DovecotServer) -> None:
    oauth_mailbox(dovecot, refresh_token=SECRET)
    poll()
    dovecot.tokens.revoke()
    dovecot.deliver(a_mail())
    assert poll() == 1
    assert [(asked["grant_type"], asked["refresh_token"]) for asked in dovecot.tokens.asked] == [
        ("refresh_token", PASSWORD)
    ] * 2


def test_when_the_new_token_is_refused_too_that_is_the_end(dovecot: DovecotServer) -> None:
    oauth_mailbox(dovecot, user="network")  # the tokens belong to somebody else
    assert poll() == 0
    assert len(dovecot.tokens.asked) == 2
    assert "refused the sign-in of network" in error_of()
    assert "token-" not in error_of()


def test_refusal_of_the_token_endpoint_is_told(dovecot: DovecotServer) -> None:
    oauth_mailbox(dovecot)
    dovecot.tokens.refuses = True
    assert poll() == 0
    assert error_of() == "The token endpoint refused us: 401 invalid_client."
