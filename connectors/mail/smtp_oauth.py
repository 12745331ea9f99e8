"""Django's SMTP backend with a sign-in by access token: XOAUTH2, or OAUTHBEARER (RFC 7628) where only that is offered.

`EMAIL_URL` chooses it by `auth=oauth2`; tokens come from where those of IMAP mailboxes come from.
"""

import binascii
import smtplib
from typing import Any

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend

from connectors.mail.backends.base import MailboxNotReadable
from connectors.mail.backends.oauth import TokenSource, access_token, xoauth2


class NoAccessToken(smtplib.SMTPException):
    """The token endpoint has given none; the text is for operators and names no secret."""


class EmailBackend(SmtpBackend):
    """As Django's, which signs in nobody without a password. A refused token is asked for anew, once."""

    def open(self) -> bool | None:
        if self.connection is not None:
            return False
        try:
            try:
                return self._open_with(_token())
            except smtplib.SMTPAuthenticationError:
                self.close()  # some servers hang up over it anyway
                return self._open_with(_token(anew=True))
        except OSError:  # those of smtplib too
            self.close()
            if not self.fail_silently:
                raise
            return None

    def _open_with(self, token: str) -> bool | None:
        is_new: bool | None = super().open()
        if is_new:
            self._sign_in(token)
        return is_new

    def _sign_in(self, token: str) -> None:
        server: Any = self.connection  # Any: smtplib's answers are loosely typed
        server.ehlo_or_helo_if_needed()
        offered = str(server.esmtp_features.get("auth", "")).upper().split()
        user = self.username
        said = {"XOAUTH2": (xoauth2(user, token), ""), "OAUTHBEARER": (self._bearer(token), "\x01")}
        mechanism = next((name for name in said if name in offered), None)
        if mechanism is None:
            raise smtplib.SMTPNotSupportedError("it takes neither XOAUTH2 nor OAUTHBEARER.")
        first, after_refusal = said[mechanism]
        try:
            server.auth(mechanism, lambda challenge=None: first if challenge is None else after_refusal)
        except binascii.Error as error:  # what it says against the token is not what it has to be
            raise smtplib.SMTPAuthenticationError(535, "unreadable answer") from error

    def _bearer(self, token: str) -> str:
        user = self.username.replace("=", "=3D").replace(",", "=2C")
        return f"n,a={user},\x01host={self.host}\x01port={self.port}\x01auth=Bearer {token}\x01\x01"


def _token(*, anew: bool = False) -> str:
    try:
        return access_token(TokenSource(**settings.EMAIL_OAUTH), anew=anew)
    except MailboxNotReadable as error:
        raise NoAccessToken(str(error)) from error
