"""Signed and encrypted mail: kept as it came and shown as such, neither verified nor decrypted (email.md 12)."""

import base64
from typing import Any

import pytest
from django.test import Client

from accounts.models import Agent
from connectors.mail.models import Mailbox, MailMessage
from tests.api.conftest import signed_in
from tests.connectors.mail.conftest import owned_ticket
from tests.factories import AgentFactory
from tests.factories.mail import arrive
from tickets.models import Attachment, Ticket

pytestmark = pytest.mark.django_db

HEAD = (
    b"From: Dana Roth <dana@customer.test>\r\nTo: support@desk.test\r\nSubject: Contract\r\n"
    b"Message-ID: <contract@customer.test>\r\nMIME-Version: 1.0\r\n"
)
ENVELOPED = base64.b64encode(bytes.fromhex("308006092a864886f70d010703a080") + b"\x00" * 40)
CONTAINER = (
    b'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"\r\n'
    b'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="smime.p7m"\r\n\r\n'
) + ENVELOPED
ARMOUR = b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA1234\r\n-----END PGP MESSAGE-----\r\n"
PGP_CONTAINER = (
    b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\r\n\r\n'
    b"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
    b'--b\r\nContent-Type: application/octet-stream; name="encrypted.asc"\r\n\r\n' + ARMOUR + b"--b--\r\n"
)


def signed(kind: bytes, name: bytes, protocol: bytes = b"application/pkcs7-signature") -> bytes:
    return (
        b'Content-Type: multipart/signed; protocol="' + protocol + b'"; micalg=sha-256; boundary=b\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nThe signed contract.\r\n"
        b"--b\r\nContent-Type: " + kind + b"; name=" + name + b"\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Disposition: attachment; filename=" + name + b"\r\n\r\n" + base64.b64encode(b"\x30\x80sign") + b"\r\n"
        b"--b--\r\n"
    )


SIGNED = signed(b"application/pkcs7-signature", b"smime.p7s")


def page_of(message: MailMessage, *, language: str = "en") -> str:
    """The ticket page as the owner reads it."""
    agent = AgentFactory(teams=[message.mailbox.team])
    return _read(agent, f"/t/{Ticket.objects.get().reference}/", language)


def ledger_of(message: MailMessage, *, language: str = "en") -> tuple[str, str]:
    agent = AgentFactory(teams=[message.mailbox.team])
    return _read(agent, "/mail/", language), _read(agent, f"/mail/{message.pk}/", language)


def _read(agent: Agent, url: str, language: str) -> str:
    client = Client(headers={"accept-language": language})
    agent.language = language
    agent.save(update_fields=["language"])
    client.force_login(agent.user)
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("body", [CONTAINER, PGP_CONTAINER], ids=["smime", "pgp"])
@pytest.mark.parametrize(
    ("language", "chip", "words"),
    [
        ("en", "Encrypted", "Encrypted mail. Only who has its key"),
        ("de", "Verschlüsselt", "Verschlüsselte Mail. Nur"),
    ],
)
def test_an_encrypted_mail_is_never_an_empty_article(
    mailbox: Mailbox, body: bytes, language: str, chip: str, words: str
) -> None:
    message = arrive(HEAD + body, mailbox)
    page = page_of(message, language=language)
    assert (f"<span>{chip}</span>" in page, words in page) == (True, True)
    assert ("Without text" in page, "Ohne Text" in page) == (False, False)
    assert ("smime.p7m" in page) or ("encrypted.asc" in page)
    assert ("Signed, not verified" in page, "Signiert, nicht" in page) == (False, False)
    assert all(f"<span>{chip}</span>" in found for found in ledger_of(message, language=language))
    assert message.evidence["encrypted"] is True
    assert "signed" not in message.evidence


def test_a_signed_mail_says_so_and_folds_its_signature_away(mailbox: Mailbox) -> None:
    message = arrive(HEAD + SIGNED, mailbox)
    page = page_of(message)
    assert "<span>Signed, not verified</span>" in page
    assert "The signed contract." in page
    file = Attachment.objects.get()
    assert (file.filename, file.is_signature) == ("smime.p7s", True)
    files, signature = page.count('class="files"'), page.index("Signature of the mail")
    assert (files, page.index("smime.p7s") > signature) == (1, True)  # it is listed there alone
    assert f"/attachments/{file.pk}/" in page
    assert all("Signed, not verified" in found for found in ledger_of(message))


@pytest.mark.parametrize("block", [b"MESSAGE", b"SIGNED MESSAGE"])
def test_an_answer_that_quotes_protected_words_is_no_protected_mail(mailbox: Mailbox, block: bytes) -> None:
    quoted = b"> -----BEGIN PGP " + block + b"-----\r\n> hQEMA1234\r\n"
    message = arrive(HEAD + b"Content-Type: text/plain\r\n\r\nI cannot open this.\r\n\r\n" + quoted, mailbox)
    page = page_of(message)
    assert ("<span>Encrypted</span>" in page, "Signed, not verified" in page) == (False, False)
    assert {"signed", "encrypted"}.isdisjoint(message.evidence)


@pytest.mark.parametrize("body", [SIGNED, CONTAINER], ids=["folded", "listed"])
def test_a_folded_file_is_said_to_be_unscanned_too(mailbox: Mailbox, body: bytes) -> None:
    assert "Files are not virus-scanned" in page_of(arrive(HEAD + body, mailbox))


@pytest.mark.parametrize(
    ("kind", "name", "protocol"),
    [
        (b"application/pgp-signature", b"signature.asc", b"application/pgp-signature"),
        (b"application/octet-stream", b"smime.p7s", b"application/pkcs7-signature"),  # as some gateways pass it on
        (b"application/x-pkcs7-signature", b"other.bin", b"application/x-pkcs7-signature"),
    ],
)
def test_signatures_of_all_kinds_are_known(mailbox: Mailbox, kind: bytes, name: bytes, protocol: bytes) -> None:
    message = arrive(HEAD + signed(kind, name, protocol), mailbox)
    assert message.evidence["signed"] is True
    assert Attachment.objects.get().is_signature


def test_an_ordinary_mail_says_neither(mailbox: Mailbox) -> None:
    owned_ticket(mailbox)
    message = MailMessage.objects.get()
    page = page_of(message)
    for words in ("Signed, not verified", "<span>Encrypted</span>", "Signature of the mail"):
        assert words not in page
    assert {"signed", "encrypted"}.isdisjoint(message.evidence)


def test_programs_are_told_too(mailbox: Mailbox) -> None:
    message = arrive(HEAD + SIGNED, mailbox)
    arrive(HEAD.replace(b"contract@", b"other@").replace(b"Contract", b"Other") + CONTAINER, mailbox)
    api = signed_in(AgentFactory(teams=[mailbox.team]))
    rows: list[dict[str, Any]] = api.get("/api/v1/mail/messages/").json()["results"]
    assert [(row["is_signed"], row["is_encrypted"]) for row in rows] == [(False, True), (True, False)]
    reference = message.ticket.reference
    (entry,) = api.get(f"/api/v1/tickets/{reference}/timeline/").json()["results"]
    assert (entry["is_signed"], entry["is_encrypted"]) == (True, False)
    assert [file["is_signature"] for file in entry["attachments"]] == [True]


def test_an_agent_who_forwards_an_encrypted_mail_leaves_it_marked(mailbox: Mailbox) -> None:
    agent = AgentFactory(teams=[mailbox.team])
    raw = (
        f"From: {agent.email}\r\nTo: support@desk.test\r\nSubject: Fwd: Contract\r\nMIME-Version: 1.0\r\n".encode()
        + b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: text/plain\r\n\r\nPlease look.\r\n"
        + b"--o\r\nContent-Type: message/rfc822\r\n\r\n"
        + HEAD
        + CONTAINER
        + b"\r\n--o--\r\n"
    )
    message = arrive(raw, mailbox)
    assert message.reason == "forwarded"
    first = Ticket.objects.get().entries.public().get()
    assert (first.contact.email, first.is_encrypted) == ("dana@customer.test", True)
