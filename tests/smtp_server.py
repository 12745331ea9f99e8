"""A real SMTP server for tests (aiosmtpd), in a thread of its own: it answers as told and keeps what it took."""

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from pytest_django.fixtures import Settings

from itilnext import env
from tests.certificates import make_certificate
from tests.imap_server import free_port


@dataclass
class Taken:
    """One mail, for those recipients whom the server accepted."""

    recipients: list[str]
    content: bytes
    sender: str = ""
    """As the envelope names it."""

    @property
    def mail(self) -> Message:
        return message_from_bytes(self.content)


@dataclass
class Handler:
    taken: list[Taken] = field(default_factory=list)
    for_recipient: dict[str, list[str]] = field(default_factory=dict)
    """Answers to RCPT, used up one by one; then the address is accepted."""
    for_data: list[str] = field(default_factory=list)
    """Answers after the last byte, used up one by one; "drop": the mail is taken and the connection cut."""
    for_sender: list[str] = field(default_factory=list)
    hangs_up_after_refusing: bool = False
    """When the client asks to begin anew, there is nobody any more."""

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.hangs_up_after_refusing:
            server.transport.abort()
            await asyncio.sleep(0)
        return "250 OK"

    async def handle_MAIL(  # noqa: N802  # its name in aiosmtpd
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.for_sender:
            return self.for_sender.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  # its name in aiosmtpd
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answers = self.for_recipient.get(address)
        if answers:
            return answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.for_data.pop(0) if self.for_data else "250 OK"
        if answer[:1] in "2d":
            self.taken.append(Taken(list(envelope.rcpt_tos), bytes(envelope.content or b""), envelope.mail_from or ""))
        if answer == "drop":
            server.transport.abort()
            await asyncio.sleep(0)
        if answer == "silence":
            await asyncio.sleep(3600)
        return answer


class Server:
    """What `EMAIL_URL` points to, and what it does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.handler = Handler()
        self._controllers: list[Controller] = []

    def start(self, **options: object) -> "Server":
        """`options` are those of aiosmtpd's controller and protocol."""
        self.port = free_port()
        controller = Controller(self.handler, hostname="127.0.0.1", port=self.port, **options)  # type: ignore[arg-type]
        controller.start()
        self._controllers.append(controller)
        self.used_by(f"smtp://localhost:{self.port}?tls=0&timeout=5")
        return self

    def used_by(self, url: str) -> None:
        """Point the desk at it, through the reader of `EMAIL_URL`."""
        for name, value in env.email("EMAIL_URL_OF_A_TEST", default=url, folder=Path()).items():
            setattr(self._settings, name, value)

    def stop(self) -> None:
        while self._controllers:
            self._controllers.pop().stop()


def only_user(name: str, password: str) -> "object":
    """An authenticator that lets one user in."""

    def authenticate(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        given = (getattr(data, "login", b""), getattr(data, "password", b""))
        return AuthResult(success=given == (name.encode(), password.encode()), handled=False)

    return authenticate


def tls_context(folder: Path) -> ssl.SSLContext:
    """With a certificate for localhost, made below `folder` by openssl."""
    certificate, key = make_certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


@pytest.fixture
def smtp(settings: Settings) -> Iterator[Server]:
    server = Server(settings)
    yield server
    server.stop()
