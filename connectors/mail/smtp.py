"""One mail over an open SMTP connection, command by command (RFC 5321), so that each answer is known for what it is.

`smtplib.sendmail` keeps quiet about recipients that were refused beside others, and cannot tell a connection lost
before the last byte (nothing was sent) from one lost after it (who knows).
"""

import re
import smtplib
import time
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

from connectors.base import (
    PartialDeliveryError,
    PermanentDeliveryError,
    SenderRefusedError,
    TransientDeliveryError,
    UnclearDeliveryError,
)
from connectors.mail.composing import UnfoldedMail, is_beyond_ascii

MAX_SECONDS = 45.0
"""For all up to the last byte; the lease of an outgoing mail is longer by the wait for the answer."""
PIECE_BYTES = 65_536
BAD_SIGN_IN = (530, 534, 535, 538)
"""Answers about who we are, whenever they come; an operator can mend that."""
SENDER_REFUSED = re.compile(
    r"\b5\.7\.60\b|\b5\.1\.[78]\b|sendasdenied|sender (?:address )?(?:rejected|not allowed)|not owned by user",
    re.IGNORECASE,
)
"""Words of servers that take mail only from addresses of whoever has signed in; many say so at the recipients."""
_Answers = dict[str, tuple[int, str]]


def hand_over(backend: EmailBackend, email: EmailMessage) -> None:
    """Give a mail to the server of the open `backend`.

    Raises PermanentDeliveryError, SenderRefusedError if that is about the envelope's sender, TransientDeliveryError,
    UnclearDeliveryError if the server may have it, and PartialDeliveryError if it has it for some recipients only.
    """
    ends = time.monotonic() + MAX_SECONDS
    server: Any = backend.connection  # Any: smtplib's answers are loosely typed
    encoding = email.encoding or "utf-8"
    beyond_ascii = [address for address in (*email.to, *email.cc) if is_beyond_ascii(address)]
    recipients = {
        address: address if address in beyond_ascii else sanitize_address(address, encoding)
        for address in email.recipients()
    }
    message: Any = email.message()
    content: bytes = message.as_bytes(linesep="\r\n")
    server.ehlo_or_helo_if_needed()
    if beyond_ascii and not server.has_extn("smtputf8"):
        raise PermanentDeliveryError(
            f"Our mail server cannot send to {', '.join(beyond_ascii)}: it takes no addresses with letters beyond "
            "ASCII before the @ (SMTPUTF8)."
        )
    try:
        _transact(server, _sender(email), recipients, content, ends, is_utf8=bool(beyond_ascii))
    except PermanentDeliveryError as error:
        if SENDER_REFUSED.search(str(error)):
            raise SenderRefusedError(str(error)) from error
        raise


def _sender(email: EmailMessage) -> str:
    wanted = email.envelope_sender if isinstance(email, UnfoldedMail) else None
    return sanitize_address(email.from_email, email.encoding or "utf-8") if wanted is None else wanted


def _transact(
    server: Any, sender: str, recipients: dict[str, str], content: bytes, ends: float, *, is_utf8: bool
) -> None:
    """One mail transaction (RFC 5321 section 3.3)."""
    _begin(server, sender, len(content), is_utf8=is_utf8)
    refused = _name_recipients(server, recipients, ends)
    if len(refused) == len(recipients):
        _reset(server)
        raise _all_refused(refused)
    for_good = {address: f"{code} {text}" for address, (code, text) in refused.items() if code >= 500}
    try:
        _send_content(server, content, ends)
    except UnclearDeliveryError as error:
        error.refused = for_good
        raise
    if refused:
        raise PartialDeliveryError(
            accepted=[address for address in recipients if address not in refused],
            refused=for_good,
            put_off={address: f"{code} {text}" for address, (code, text) in refused.items() if code < 500},
        )


def _begin(server: Any, sender: str, size: int, *, is_utf8: bool) -> None:
    options = [f"size={size}"] if server.has_extn("size") else []
    if is_utf8:
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    code, answer = server.mail(sender, options)
    if code != 250:
        _reset(server)
        error = judged(code, answer)
        raise SenderRefusedError(str(error)) if isinstance(error, PermanentDeliveryError) else error


def _name_recipients(server: Any, recipients: dict[str, str], ends: float) -> _Answers:
    """Those refused, with code and words."""
    refused: _Answers = {}
    for address, written in recipients.items():
        if time.monotonic() > ends:
            raise TransientDeliveryError("The mail server is too slow to name all recipients to it.")
        code, answer = server.rcpt(written)
        if code == 421:
            server.close()
            raise judged(code, answer)
        if code not in (250, 251):
            refused[address] = (code, text_of(answer))
    return refused


def _send_content(server: Any, content: bytes, ends: float) -> None:
    code, answer = server.docmd("DATA")
    if code != 354:
        _reset(server)
        raise judged(code, answer)
    lines = smtplib._quote_periods(content)  # type: ignore[attr-defined]  # noqa: SLF001  # private, stable since 3.0
    ending = b".\r\n" if lines.endswith(b"\r\n") else b"\r\n.\r\n"
    for start in range(0, len(lines), PIECE_BYTES):
        if time.monotonic() > ends:
            server.close()  # without the last line the server has no mail
            raise TransientDeliveryError(f"The mail server took less than {len(content)} bytes in {MAX_SECONDS:g} s.")
        server.send(lines[start : start + PIECE_BYTES])
    server.send(ending)
    try:
        code, answer = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise UnclearDeliveryError(
            f"The connection was lost after the last byte; the mail server may have the mail: {error}"
        ) from error
    if code != 250:
        _reset(server)
        raise judged(code, answer)


def _reset(server: Any) -> None:
    """Ready for the next mail, if the server still speaks to us."""
    try:
        server.rset()
    except (OSError, smtplib.SMTPException):
        server.close()


def _all_refused(refused: _Answers) -> TransientDeliveryError | PermanentDeliveryError:
    words = "; ".join(f"{address}: {code} {text}" for address, (code, text) in refused.items())
    is_final = all(code >= 500 and code not in BAD_SIGN_IN for code, _text in refused.values())
    return PermanentDeliveryError(words) if is_final else TransientDeliveryError(words)


def judged(code: int, answer: bytes | str) -> TransientDeliveryError | PermanentDeliveryError:
    """Codes of 500 and above say no for good, except about the sign-in."""
    words = f"{code} {text_of(answer)}"
    if code in BAD_SIGN_IN:
        return TransientDeliveryError(f"The mail server refused our sign-in ({code}).")
    return PermanentDeliveryError(words) if code >= 500 else TransientDeliveryError(words)


def text_of(answer: bytes | str) -> str:
    """The server's words in one line."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:500]
