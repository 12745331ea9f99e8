"""One signed-in connection to an IMAP server (RFC 3501, 6851, 4315), with each failure told in one sentence.

Python's own imaplib speaks the protocol: reading a mail in pieces and UIDVALIDITY need its plain commands anyway.
"""

import base64
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.mail.backends.base import MailboxNotReadable
from connectors.mail.backends.imap_settings import ImapSettings
from connectors.mail.backends.oauth import access_token, xoauth2
from connectors.mail.backends.secrets import secret
from connectors.mail.enums import SignIn, Tls

TIMEOUT_SECONDS = 10.0
"""Of each wait for the server, connecting included."""
PIECE_BYTES = 1024 * 1024
TAKEN = "$ItilNextTaken"
"""Keyword of mails that are stored here, where the server keeps keywords; `\\Seen` belongs to people."""
MOVE = "MOVE"
"""What a server offers that moves mails in one step (RFC 6851)."""
_UID = re.compile(rb"[( ]UID (\d+)[ )]")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_FLAGS = re.compile(rb"FLAGS \(([^)]*)\)")
_CAME = re.compile(rb'INTERNALDATE "([^"]+)"')


@dataclass(frozen=True)
class Folder:
    """The selected folder as the server described it."""

    uid_validity: int
    uid_next: int
    keeps_keywords: bool


@dataclass(frozen=True)
class Listed:
    """One mail of a listing. `came_at` is when it reached its server, UTC."""

    uid: int
    size_bytes: int
    flags: frozenset[str]
    came_at: datetime


class ImapClient:
    """Every method raises MailboxNotReadable, and nothing else, for what the server or the way to it does."""

    def __init__(self, settings: ImapSettings, *, timeout: float | None = None) -> None:
        self._settings, self._timeout = settings, timeout or TIMEOUT_SECONDS
        self._server: Any = None  # Any: imaplib's answers have no useful types
        self._capabilities: frozenset[str] = frozenset()

    def open(self) -> None:
        """Connect and sign in, unless done. A refused access token is asked for anew, once."""
        if self._server is not None:
            return
        if self._settings.auth == SignIn.PASSWORD:
            self._open_with(secret(self._settings.secret))
            return
        try:
            self._open_with(access_token(self._settings.token_source))
        except _SignInRefused:
            self._open_with(access_token(self._settings.token_source, anew=True))

    @property
    def is_lost(self) -> bool:
        """Whether there is no connection (any more)."""
        return self._server is None

    def _open_with(self, credential: str) -> None:
        with self._told("connecting"):
            self._server = self._connected()
        try:
            self._sign_in(credential)
        except MailboxNotReadable:
            self.close()
            raise

    def _connected(self) -> imaplib.IMAP4:
        host, port = self._settings.host, self._settings.effective_port
        if self._settings.tls == Tls.IMPLICIT:
            return imaplib.IMAP4_SSL(host, port, ssl_context=ssl.create_default_context(), timeout=self._timeout)
        server = imaplib.IMAP4(host, port, timeout=self._timeout)
        if self._settings.tls == Tls.STARTTLS:
            try:
                server.starttls(ssl.create_default_context())
            except (imaplib.IMAP4.error, OSError):
                with suppress(OSError):
                    server.shutdown()
                raise
        return server

    def _sign_in(self, credential: str) -> None:
        user = self._settings.user
        try:
            with self._told("signing in"):
                if self._settings.auth == SignIn.OAUTH2:
                    self._server.authenticate("XOAUTH2", _answers(xoauth2(user, credential)))
                elif all(text.isascii() and text.isprintable() for text in (user, credential)):
                    self._server.login(quoted(user), credential)
                else:
                    self._server.authenticate("PLAIN", _answers(f"\0{user}\0{credential}"))
                # What the server can do is told anew after the sign-in.
                (words, *_more) = self._ok(self._server.capability())
                self._capabilities = frozenset(words.decode("ascii", "replace").upper().split())
        except _Refused as error:
            words = str(error).replace(credential, "…").replace(base64.b64encode(credential.encode()).decode(), "…")
            raise _SignInRefused(f"The mail server refused the sign-in of {user}: {words}") from None

    # Reading --------------------------------------------------------------------------------------------------------

    def select(self, folder: str) -> Folder:
        """Open `folder` for reading and marking."""
        with self._told(f"opening the folder {folder}"):
            self._ok(self._server.select(quoted(encoded(folder))))
            return Folder(
                uid_validity=self._number("UIDVALIDITY"),
                uid_next=self._number("UIDNEXT"),
                keeps_keywords=rb"\*" in b" ".join(self._untagged("PERMANENTFLAGS")),
            )

    def listing(self, first: int, last: int) -> list[Listed]:
        """What lies between two UIDs, both included, by UID."""
        with self._told("listing the mails"):
            rows = self._ok(self._server.uid("FETCH", f"{first}:{last}", "(UID FLAGS INTERNALDATE RFC822.SIZE)"))
        found = (_listed(row) for row in rows if isinstance(row, bytes))
        return sorted((mail for mail in found if mail and first <= mail.uid <= last), key=lambda mail: mail.uid)

    def read(self, uid: int, *, at_most: int) -> bytes | None:
        """A mail's bytes without marking it, piece by piece, so that of a huge one no more than `at_most` is loaded.

        None if it has gone meanwhile.
        """
        content = bytearray()
        while len(content) < at_most:
            wanted = min(PIECE_BYTES, at_most - len(content))
            piece = self._piece(uid, len(content), wanted)
            if piece is None:
                return None
            content += piece
            if len(piece) < wanted:
                break
        return bytes(content)

    def _piece(self, uid: int, start: int, count: int) -> bytes | None:
        with self._told("reading a mail"):
            rows = self._ok(self._server.uid("FETCH", str(uid), f"(UID BODY.PEEK[]<{start}.{count}>)"))
        for row in rows:
            if isinstance(row, tuple):
                return bytes(row[1])
            if isinstance(row, bytes) and b"BODY[]" in row:  # nothing left, told without a literal
                return b""
        return None

    def holds(self, message_id: str) -> bool:
        """Whether the selected folder has a mail of this Message-ID."""
        with self._told("looking for a mail"):
            (found, *_more) = self._ok(self._server.uid("SEARCH", "HEADER", "Message-ID", quoted(f"<{message_id}>")))
        return bool(found and found.split())

    # Changing -------------------------------------------------------------------------------------------------------

    def mark(self, uid: int, *, flags: Sequence[str]) -> None:
        with self._told("marking a mail"):
            self._ok(self._server.uid("STORE", str(uid), "+FLAGS.SILENT", f"({' '.join(flags)})"))

    def move(self, uid: int, folder: str) -> None:
        """To `folder`, which is made if missing. Without MOVE and UIDPLUS the old copy stays, marked as deleted."""
        target = quoted(encoded(folder))
        with self._told(f"moving a mail to {folder}"):
            can_move = MOVE in self._capabilities
            word = "MOVE" if can_move else "COPY"
            kind, _answer = self._server.uid(word, str(uid), target)
            if kind != "OK":
                self._server.create(target)
                self._ok(self._server.uid(word, str(uid), target))
            if not can_move:
                self._ok(self._server.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)"))
                if "UIDPLUS" in self._capabilities:
                    self._ok(self._server.uid("EXPUNGE", str(uid)))

    def append(self, folder: str, raw: bytes) -> None:
        """Put a mail into `folder`, as read; the folder is made if missing."""
        target, now = quoted(encoded(folder)), imaplib.Time2Internaldate(datetime.now(UTC))
        with self._told(f"filing a mail in {folder}"):
            kind, _answer = self._server.append(target, r"(\Seen)", now, raw)
            if kind != "OK":
                self._server.create(target)
                self._ok(self._server.append(target, r"(\Seen)", now, raw))

    def ensure(self, folder: str) -> None:
        """Make `folder` where it is missing."""
        with self._told(f"making the folder {folder}"):
            _kind, rows = self._server.list('""', quoted(encoded(folder)))
            if not any(rows):
                self._ok(self._server.create(quoted(encoded(folder))))

    def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            try:
                server.logout()
            except (imaplib.IMAP4.error, OSError):
                return  # it is gone anyway

    # The protocol ---------------------------------------------------------------------------------------------------

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        """Whatever goes wrong inside becomes one sentence for operators."""
        where = f"{self._settings.host}:{self._settings.effective_port}"
        try:
            yield
        except imaplib.IMAP4.abort as error:
            self._forget()
            raise MailboxNotReadable(f"The connection to {where} was lost while {doing}: {_words(error)}") from None
        except imaplib.IMAP4.error as error:
            raise _Refused(f"The mail server {where} refused {doing}: {_words(error)}") from None
        except ssl.SSLCertVerificationError as error:
            self._forget()
            raise MailboxNotReadable(f"The certificate of {where} is not trusted: {error.verify_message}.") from error
        except ssl.SSLError as error:
            self._forget()
            raise MailboxNotReadable(
                f"{where} does not speak TLS as configured ({error.reason or error}); check port and TLS mode."
            ) from error
        except TimeoutError as error:
            self._forget()
            raise MailboxNotReadable(f"{where} did not answer within {self._timeout:g} s while {doing}.") from error
        except socket.gaierror as error:
            raise MailboxNotReadable(f"There is no server {self._settings.host}: {error.strerror}.") from error
        except OSError as error:
            self._forget()
            raise MailboxNotReadable(f"{where} was not reached while {doing}: {error.strerror or error}.") from error
        except BaseException:  # the worker's time is over: half an answer is left on the line
            self._forget()
            raise

    def _forget(self) -> None:
        """After a lost connection there is nobody to say goodbye to."""
        server, self._server = self._server, None
        if server is not None:
            try:
                server.shutdown()
            except OSError:
                return

    def _ok(self, answer: tuple[str, list[Any]]) -> list[Any]:
        kind, rows = answer
        if kind != "OK":
            raise self._server.error(rows[0] if rows else kind)
        return rows

    def _untagged(self, name: str) -> list[bytes]:
        _name, rows = self._server.response(name)
        return [row for row in rows if isinstance(row, bytes)]

    def _number(self, name: str) -> int:
        """What the server says of the folder; without UIDVALIDITY its UIDs would name nothing (RFC 3501, 2.3.1.1)."""
        rows = self._untagged(name)
        if not rows or not rows[-1].isdigit():
            raise self._server.error(f"it does not tell {name}")
        return int(rows[-1])


class _Refused(MailboxNotReadable):
    """The server understood and said no."""


class _SignInRefused(_Refused):
    """It said no to who we are."""


def _answers(words: str) -> Any:
    """For `authenticate`: the words first; to the explanation of a refusal nothing, which ends the exchange."""
    left = [words.encode()]
    return lambda _challenge: left.pop() if left else b""


def _words(error: Exception) -> str:
    """The server's own words, which may be bytes."""
    said = error.args[0] if error.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.split())[:300]


def _listed(row: bytes) -> Listed | None:
    """None for what the server tells unasked, such as a flag that changed."""
    uid, size, flags, came = (pattern.search(row) for pattern in (_UID, _SIZE, _FLAGS, _CAME))
    if not uid or not size or not flags or not came:
        return None
    names = frozenset(flags[1].decode("ascii", "replace").lower().split())
    return Listed(int(uid[1]), int(size[1]), names, _moment(came[1].decode("ascii", "replace")))


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text.strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)


def quoted(text: str) -> str:
    """As a quoted string (RFC 3501 section 4.3)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def encoded(folder: str) -> str:
    """A folder's name in modified UTF-7 (RFC 3501 section 5.1.3)."""

    def plain_or_shifted(part: str) -> str:
        if part.isascii():
            return part.replace("&", "&-")
        return "&" + base64.b64encode(part.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"

    return "".join(plain_or_shifted(part) for part in re.findall(r"[\x00-\x7f]+|[^\x00-\x7f]+", folder))
