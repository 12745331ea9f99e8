"""Small mails for tests, as bytes."""

from connectors.mail.parsing import ParsedMail, parse

HEAD = b"From: Ann Example <ann@customer.example>\r\nTo: desk@desk.example\r\nSubject: Printer\r\nMIME-Version: 1.0\r\n"


def mail(*, headers: bytes = b"", body: bytes = b"Hello\r\n", kind: bytes = b"text/plain; charset=utf-8") -> bytes:
    return HEAD + headers + b"Content-Type: " + kind + b"\r\n\r\n" + body


def multipart(*parts: bytes, kind: bytes = b"mixed", headers: bytes = b"") -> bytes:
    """A multipart mail; each part is its headers, a blank line and its content."""
    body = b"".join(b"--frontier\r\n" + part + b"\r\n" for part in parts) + b"--frontier--\r\n"
    return mail(headers=headers, body=body, kind=b"multipart/" + kind + b"; boundary=frontier")


def text_part(text: str, kind: bytes = b"text/plain") -> bytes:
    return b"Content-Type: " + kind + b"; charset=utf-8\r\n\r\n" + text.encode()


def reply(text: str) -> ParsedMail:
    """A mail that answers another."""
    return parse(mail(headers=b"In-Reply-To: <ours@desk.example>\r\n", body=text.encode()))
