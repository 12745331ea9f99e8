"""Signing in to an SMTP server by OAuth 2, with tokens from where IMAP mailboxes have theirs."""

import base64
import smtplib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from django.core.mail import send_mail
from pytest_django.fixtures import Settings

from connectors.mail.models import Mailbox
from tests.connectors.mail.test_smtp import a_reply, outcome, send
from tests.imap_server import CLIENT_SECRET, PASSWORD, SECRET, TokenEndpoint, free_port
from tests.smtp_server import Handler, Server
from tickets.enums import OutboundStatus

pytestmark = pytest.mark.django_db


@dataclass
class TokenHandler(Handler):
    """Lets in who brings a token that holds."""

    tokens: TokenEndpoint | None = None
    said: list[str] = field(default_factory=list)
    """What came with each attempt, decoded."""
    objects: bool = True
    """After a refused token it first says why, as Google and Microsoft do, and waits for an answer."""
    answers: list[str] = field(default_factory=list)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802  # its name in aiosmtpd
        return await self._judge(server, args)

    async def auth_OAUTHBEARER(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        return await self._judge(server, args)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 sign in first"
        return await super().handle_MAIL(server, session, envelope, address, options)

    async def _judge(self, server: SMTP, args: list[str]) -> AuthResult:
        text = base64.b64decode(args[1]).decode()
        self.said.append(text)
        token = text.partition("Bearer ")[2].rstrip("\x01")
        assert self.tokens is not None
        if token in self.tokens.given and "desk@example.com" in text:
            return AuthResult(success=True)
        if self.objects:
            self.answers.append(repr(await server.challenge_auth('{"status":"400"}')))
        return AuthResult(success=False, handled=False)


@pytest.fixture
def tokens(token_endpoint: TokenEndpoint) -> Iterator[TokenEndpoint]:
    token_endpoint.given.clear()
    token_endpoint.asked.clear()
    yield token_endpoint
    token_endpoint.refuses = False


def start(
    smtp: Server, tokens: TokenEndpoint, *, more: str = "", user: str = "desk%40example.com", **options: object
) -> TokenHandler:
    """A server that wants tokens, and a desk that brings them."""
    smtp.handler = handler = TokenHandler(tokens=tokens)
    smtp.start(auth_require_tls=False, **options)
    source = f"token_url={tokens.url}&client_id=desk-{free_port()}&secret={CLIENT_SECRET}{more}"
    smtp.used_by(f"smtp://{user}@localhost:{smtp.port}?tls=0&timeout=5&auth=oauth2&{source}")
    return handler


def test_a_token_signs_in_and_is_kept_for_the_next_connection(
    smtp: Server, tokens: TokenEndpoint, mailbox: Mailbox
) -> None:
    handler = start(smtp, tokens, more="&scope=https://smtp.example/.default")
    for _turn in range(2):
        message = a_reply(mailbox)
        send()
        assert outcome(message) == (OutboundStatus.SENT, "")
    (asked,) = tokens.asked
    assert (asked["grant_type"], asked["scope"]) == ("client_credentials", "https://smtp.example/.default")
    assert handler.said == ["user=desk@example.com\x01auth=Bearer token-1\x01\x01"] * 2


@pytest.mark.parametrize("objects", [True, False], ids=["says why first", "refuses at once"])
def test_a_refused_token_is_renewed_once_and_the_mail_leaves(
    smtp: Server, tokens: TokenEndpoint, mailbox: Mailbox, objects: bool
) -> None:
    handler = start(smtp, tokens, more=f"&refresh_token={SECRET}")
    handler.objects = objects
    first = a_reply(mailbox)
    send()
    tokens.revoke()
    second = a_reply(mailbox)
    send()
    assert [outcome(message) for message in (first, second)] == [(OutboundStatus.SENT, "")] * 2
    assert [(one["grant_type"], one["refresh_token"]) for one in tokens.asked] == [("refresh_token", PASSWORD)] * 2
    assert [text.partition("Bearer ")[2][:7] for text in handler.said] == ["token-1", "token-1", "token-2"]
    assert handler.answers == (["b''"] if objects else [])


def test_when_the_new_token_is_refused_too_the_mail_waits_for_an_operator(
    smtp: Server, tokens: TokenEndpoint, mailbox: Mailbox
) -> None:
    start(smtp, tokens, user="other%40example.com")
    message = a_reply(mailbox)
    send()
    assert outcome(message) == (OutboundStatus.QUEUED, "The mail server refused our sign-in (535).")
    assert len(tokens.asked) % 2 == 0
    assert smtp.handler.taken == []


def test_refusal_of_the_token_endpoint_is_told_in_its_words(
    smtp: Server, tokens: TokenEndpoint, mailbox: Mailbox
) -> None:
    start(smtp, tokens)
    tokens.refuses = True
    message = a_reply(mailbox)
    send()
    assert outcome(message) == (OutboundStatus.QUEUED, "The token endpoint refused us: 401 invalid_client.")


@pytest.fixture
def no_http() -> Iterator[str]:
    """The address of a server that answers in a language of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    asked, _address = server.accept()
                except OSError:  # the test is over
                    return
                with asked:
                    asked.recv(65_536)
                    asked.sendall(b"* OK ready\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)


def test_a_token_endpoint_that_speaks_no_http_is_no_fault_of_ours(
    smtp: Server, tokens: TokenEndpoint, mailbox: Mailbox, settings: Settings, no_http: str
) -> None:
    start(smtp, tokens)
    settings.EMAIL_OAUTH = settings.EMAIL_OAUTH | {"token_url": no_http}
    message = a_reply(mailbox)
    send()
    assert outcome(message) == (
        OutboundStatus.QUEUED,
        "The token endpoint was not reached: its answer is no HTTP (BadStatusLine).",
    )
    assert send_mail("Hello", "World", "desk@example.com", ["ann@example.com"], fail_silently=True) == 0


def test_a_server_that_hangs_up_over_the_sign_in_fails_silently_where_that_is_asked(
    smtp: Server, tokens: TokenEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(smtp, tokens)

    def resets(*_arguments: object, **_more: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(smtplib.SMTP, "auth", resets)
    assert send_mail("Hello", "World", "desk@example.com", ["ann@example.com"], fail_silently=True) == 0
    with pytest.raises(ConnectionResetError):
        send_mail("Hello", "World", "desk@example.com", ["ann@example.com"])


def test_oauthbearer_serves_where_only_that_is_offered(smtp: Server, tokens: TokenEndpoint, mailbox: Mailbox) -> None:
    handler = start(smtp, tokens, auth_exclude_mechanism=["XOAUTH2"])
    message = a_reply(mailbox)
    send()
    assert outcome(message) == (OutboundStatus.SENT, "")
    (said,) = handler.said
    assert said == f"n,a=desk@example.com,\x01host=localhost\x01port={smtp.port}\x01auth=Bearer token-1\x01\x01"
    tokens.revoke()
    another = a_reply(mailbox)
    send()
    assert outcome(another) == (OutboundStatus.SENT, "")
    assert handler.answers == ["b'\\x01'"]


def test_a_server_without_such_a_sign_in_is_told(smtp: Server, tokens: TokenEndpoint, mailbox: Mailbox) -> None:
    start(smtp, tokens, auth_exclude_mechanism=["XOAUTH2", "OAUTHBEARER"])
    message = a_reply(mailbox)
    send()
    assert outcome(message) == (
        OutboundStatus.QUEUED,
        "The mail server cannot do what EMAIL_URL asks for: it takes neither XOAUTH2 nor OAUTHBEARER.",
    )


def test_mails_about_accounts_go_the_same_way(smtp: Server, tokens: TokenEndpoint) -> None:
    start(smtp, tokens)
    assert send_mail("Hello", "World", "desk@example.com", ["ann@example.com"]) == 1
    assert [taken.recipients for taken in smtp.handler.taken] == [["ann@example.com"]]
    tokens.refuses = True
    tokens.revoke()
    assert send_mail("Hello", "World", "desk@example.com", ["ann@example.com"], fail_silently=True) == 0
