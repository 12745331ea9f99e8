"""Handing a mail over by Django's e-mail backend, and telling what can heal from what cannot."""

import smtplib
import ssl

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend

from connectors.base import DeliveryError, PermanentDeliveryError, TransientDeliveryError
from connectors.mail import smtp
from connectors.mail.smtp_oauth import NoAccessToken


class DjangoTransport:
    """Any backend of `EMAIL_URL`; SMTP keeps its connection over several mails, and each wait has its time-out."""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    def open(self) -> None:
        """Up to eight waits of one time-out each (connection, greeting, TLS, sign-in), before a mail is in hand."""
        if self._connection is None:
            self._opened()

    def deliver(self, message: EmailMessage) -> None:
        """As the protocol says; over SMTP also UnclearDeliveryError and PartialDeliveryError."""
        connection = self._connection or self._opened()
        try:
            if isinstance(connection, SmtpBackend):
                smtp.hand_over(connection, message)
            else:
                connection.send_messages([message])
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise _judged(error) from error
        except DeliveryError:
            if isinstance(connection, SmtpBackend) and getattr(connection.connection, "sock", None) is None:
                self.close()  # the server hung up; the next mail needs a new connection
            raise
        except (UnicodeError, ValueError) as error:  # an address or header that cannot be written
            raise PermanentDeliveryError(f"The mail cannot be written: {error}") from error

    def _opened(self) -> BaseEmailBackend:
        """Connected and signed in. What fails here is no answer to a mail, so it can always heal."""
        connection = get_connection(fail_silently=False)
        try:
            connection.open()
        except (smtplib.SMTPException, OSError) as error:
            connection.close()
            raise TransientDeliveryError(_why_not_open(error)) from error
        self._connection = connection
        return connection

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except (smtplib.SMTPException, OSError):
                return  # it is gone anyway


def _why_not_open(error: Exception) -> str:
    match error:
        case NoAccessToken():
            return str(error)
        case smtplib.SMTPAuthenticationError():
            return f"The mail server refused our sign-in ({error.smtp_code})."
        case smtplib.SMTPNotSupportedError():
            return f"The mail server cannot do what EMAIL_URL asks for: {error}"
        case smtplib.SMTPResponseException():
            return f"The mail server turned us away: {error.smtp_code} {smtp.text_of(error.smtp_error)}"
        case ssl.SSLCertVerificationError():
            return f"The certificate of the mail server is not trusted: {error.verify_message}."
        case ssl.SSLError():
            return f"The mail server does not speak TLS as EMAIL_URL says: {error.reason or error}."
        case TimeoutError():
            return f"The mail server did not answer in time: {error}"
    return f"The mail server was not reached: {error}"


def _judged(error: Exception) -> TransientDeliveryError | PermanentDeliveryError:
    """SMTP codes of 500 and above say no for good (RFC 5321), except about the sign-in, which an operator can mend."""
    match error:
        case smtplib.SMTPNotSupportedError():
            return PermanentDeliveryError(f"The mail server cannot do what the mail needs: {error}")
        case smtplib.SMTPResponseException():
            return smtp.judged(error.smtp_code, error.smtp_error)
    return TransientDeliveryError(f"The mail server was not reached: {error}")
