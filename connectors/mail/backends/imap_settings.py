"""How an IMAP mailbox is reached, as it stands in `Mailbox.settings`: names of secrets, never the secrets."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from connectors.mail.backends.oauth import TokenSource
from connectors.mail.enums import AfterTaking, SignIn, Tls
from core.errors import Invalid, Text

LOOPBACK = ("localhost", "127.0.0.1", "::1")
SECRET_NAME = re.compile(r"MAILBOX_[A-Z0-9_]{1,100}")
"""Names of secrets begin alike, so that no mailbox can be told to send another secret of the site to its server."""
Faults = dict[str, Text | list[Text]]
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|::1")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class ImapSettings:
    """Settings of one IMAP mailbox. `secret` and `refresh_token` name variables of the environment."""

    host: str
    user: str
    secret: str
    port: int = 0
    """0: what goes with `tls`."""
    tls: str = Tls.IMPLICIT
    auth: str = SignIn.PASSWORD
    folder: str = "INBOX"
    after: str = AfterTaking.LEAVE
    move_to: str = ""
    sent_folder: str = ""
    not_before: str = ""
    """ISO date in the zone of the team's calendar; mails that came before it are left alone. Empty: all are taken."""
    token_url: str = ""
    client_id: str = ""
    scope: str = ""
    refresh_token: str = ""
    """Empty: the application signs in for itself (client credentials)."""

    @classmethod
    def of(cls, values: Mapping[str, object]) -> "ImapSettings":
        """From `Mailbox.settings` or a form. Raises Invalid with a sentence for each field that cannot serve."""
        known = {field.name: field for field in fields(cls)}
        wrong: Faults = {name: _("There is no setting of this name.") for name in values if name not in known}
        texts = {name: str(values.get(name) or "").strip() for name in known if values.get(name)}
        port = texts.pop("port", "0")
        if not port.isascii() or not port.isdigit() or int(port) > 65535:
            wrong["port"] = _("Write a port between 1 and 65535.")
            port = "0"
        found = cls(**({"host": "", "user": "", "secret": ""} | texts), port=int(port))
        wrong |= _faults(found)
        if wrong:
            raise Invalid(wrong)
        return found

    @property
    def effective_port(self) -> int:
        return self.port or (993 if self.tls == Tls.IMPLICIT else 143)

    @property
    def place(self) -> str:
        """Where the numbers of mails count."""
        return f"{self.user}@{self.host}:{self.effective_port}/{self.folder}"

    @property
    def token_source(self) -> TokenSource:
        return TokenSource(
            token_url=self.token_url,
            client_id=self.client_id,
            secret=self.secret,
            scope=self.scope,
            refresh_token=self.refresh_token,
        )

    def as_json(self) -> dict[str, object]:
        """What differs from the defaults."""
        defaults = {field.name: field.default for field in fields(self)}
        return {name: value for name, value in asdict(self).items() if value != defaults[name]}


def _faults(found: ImapSettings) -> Faults:
    faults: Faults = {}
    for name, choices in (("tls", Tls.values), ("auth", SignIn.values), ("after", AfterTaking.values)):
        if getattr(found, name) not in choices:
            faults[name] = _("Choose one of: %(choices)s.") % {"choices": ", ".join(choices)}
    if not _HOST.fullmatch(found.host):
        faults["host"] = _("Write the name of the mail server, such as imap.example.com.")
    elif found.tls == Tls.NONE and found.host not in LOOPBACK:
        faults["tls"] = _("Without TLS the password would cross the network in clear; choose implicit or starttls.")
    if not found.user:
        faults["user"] = _("Write the name the mailbox is signed in with.")
    if found.after == AfterTaking.MOVE and found.move_to in ("", found.folder):
        faults["move_to"] = _("Name the folder that taken mails are moved to; it must not be the one they come to.")
    if found.not_before and not _is_date(found.not_before):
        faults["not_before"] = _("Write the date as 2025-12-31.")
    for name in ("user", "folder", "move_to", "sent_folder", "scope", "client_id"):
        if _CONTROL.search(getattr(found, name)):
            faults[name] = _("This must not hold control characters.")
    return faults | _faults_of_sign_in(found)


def _faults_of_sign_in(found: ImapSettings) -> Faults:
    faults: Faults = {}
    name_it = _(
        "Name the environment variable that holds the secret, such as MAILBOX_SUPPORT; it begins with MAILBOX_. The "
        "secret itself is not stored."
    )
    if not SECRET_NAME.fullmatch(found.secret):
        faults["secret"] = name_it
    if found.auth != SignIn.OAUTH2:
        return faults
    if found.refresh_token and not SECRET_NAME.fullmatch(found.refresh_token):
        faults["refresh_token"] = name_it
    if not _is_token_url(found.token_url):
        faults["token_url"] = _("OAuth 2 needs the address of the token endpoint, beginning with https://.")
    if not found.client_id:
        faults["client_id"] = _("OAuth 2 needs the client id of the application.")
    return faults


def _is_token_url(text: str) -> bool:
    """Over TLS, or on this machine."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
