"""Handing a mail over by Django's e-mail backend, and telling what can heal from what cannot."""

import smtplib

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from connectors.base import PermanentDeliveryError, TransientDeliveryError


class DjangoTransport:
    """Any backend of `EMAIL_URL`; SMTP keeps its connection over several mails and times out after 10 s."""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    def deliver(self, message: EmailMessage) -> None:
        try:
            if self._connection is None:
                self._connection = get_connection(fail_silently=False)
                self._connection.open()
            self._connection.send_messages([message])
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise _judged(error) from error
        except (UnicodeError, ValueError) as error:  # an address or header that cannot be written
            raise PermanentDeliveryError(f"The mail cannot be written: {error}") from error

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except (smtplib.SMTPException, OSError):
                return  # it is gone anyway


def _judged(error: Exception) -> TransientDeliveryError | PermanentDeliveryError:
    """SMTP codes of 500 and above say no for good (RFC 5321), except about the sign-in, which an operator can mend."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            codes = {address: (code, _text(answer)) for address, (code, answer) in error.recipients.items()}
            words = "; ".join(f"{address}: {code} {text}" for address, (code, text) in codes.items())
            is_final = all(code >= 500 for code, _answer in codes.values())
            return PermanentDeliveryError(words) if is_final else TransientDeliveryError(words)
        case smtplib.SMTPAuthenticationError():
            return TransientDeliveryError(f"The mail server refused our sign-in ({error.smtp_code}).")
        case smtplib.SMTPNotSupportedError():
            return PermanentDeliveryError(f"The mail server cannot do what the mail needs: {error}")
        case smtplib.SMTPResponseException():
            words = f"{error.smtp_code} {_text(error.smtp_error)}"
            return PermanentDeliveryError(words) if error.smtp_code >= 500 else TransientDeliveryError(words)
    return TransientDeliveryError(f"The mail server was not reached: {error}")


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
