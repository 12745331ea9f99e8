"""A mailbox on an IMAP server: what is new is told by UIDs and the ledger, never by flags that people change.

The name of a mail is made of UIDVALIDITY, UID and folder, which no other mail of the server ever has again. If
UIDVALIDITY changes, all mails have new names and are looked at again; the ledger's constraints keep each once.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import cached_property
from time import monotonic
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.selectors import calendar_of
from connectors.mail import selectors
from connectors.mail.backends.base import MAX_STORED_BYTES, MailboxNotReadable, MailNotReadable
from connectors.mail.backends.imap_client import TAKEN, Folder, ImapClient, Listed
from connectors.mail.backends.imap_settings import ImapSettings
from connectors.mail.enums import AfterTaking
from connectors.mail.models import Mailbox

logger = logging.getLogger(__name__)

WINDOW = 200
"""So many UIDs below the last one are looked at each time: servers hand them out early and show mails late."""
LOOK_AT_ALL_AFTER = timedelta(hours=1)
"""From time to time the whole folder is compared with the ledger."""
CHUNK = 1000
"""UIDs listed in one go; more where they are sparse."""
LARGE_BYTES = 4 * 1024 * 1024
"""Larger mails are read after the small ones of the same listing, so that nobody waits for them."""
BUDGET_SECONDS = 30.0
"""After this long a look ends between two mails, so that other mailboxes have their turn; the next one goes on."""


MAX_LOSSES = 10
"""Connections lost over single mails in one look."""
MAX_UNSETTLED = 10
"""Known mails that cannot be marked or moved in one look; then the others are not tried either."""


class ImapBackend:
    def __init__(self, mailbox: Mailbox, settings: ImapSettings, *, client: ImapClient | None = None) -> None:
        self._mailbox, self._settings = mailbox, settings
        self._client = client or ImapClient(settings)
        self._folder: Folder | None = None
        self._left: set[int] = set()
        """UIDs that were listed and are not taken yet."""
        self._listed_to = self._losses = self._unsettled = 0
        self._failure: MailboxNotReadable | None = None
        """Of a single mail; told when all others have had their turn."""
        self._looked_at_all: str | None = None
        self._read_to: datetime | None = None

    # Reading --------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Whether all that is configured is there: server, sign-in, folders. Raises MailboxNotReadable."""
        self._client.open()
        self._client.select(self._settings.folder)
        for folder in filter(None, (self._settings.move_to, self._settings.sent_folder)):
            self._client.ensure(folder)

    def fetch(self) -> Iterator[tuple[str, bytes] | None]:
        began_at, ends = timezone.now(), monotonic() + BUDGET_SECONDS
        folder = self._open()
        for mail in self._waiting(folder):
            if monotonic() > ends:
                break
            if mail.size_bytes > LARGE_BYTES:
                yield None
            try:
                raw = self._client.read(mail.uid, at_most=MAX_STORED_BYTES + 1)
            except MailboxNotReadable as error:
                self._failure = error  # the server refuses this very mail; those after it are not to wait
                logger.warning("mail not readable", extra={"mailbox": str(self._mailbox.pk), "uid": mail.uid})
                if self._client.is_lost:
                    self._open_again(folder, error)
                continue
            if raw is None:  # somebody has deleted or moved it meanwhile
                self._left.discard(mail.uid)
                continue
            yield self._name(mail.uid), raw
        else:
            self._read_to = began_at
        if self._failure is not None:
            raise MailNotReadable(str(self._failure)) from self._failure

    def _waiting(self, folder: Folder) -> Iterator[Listed]:
        """Mails that the ledger does not know, chunk by chunk, in each the large ones last."""
        for mails, last in self._listed(folder, first=self._first(folder)):
            known = selectors.names_in_ledger(self._mailbox, [self._name(mail.uid) for mail in mails])
            fresh = [mail for mail in mails if self._name(mail.uid) not in known]
            self._left |= {mail.uid for mail in fresh}
            self._listed_to = last
            for mail in mails:
                if self._name(mail.uid) in known and self._unsettled < MAX_UNSETTLED:
                    self._try_to_settle_again(mail, folder)
            yield from sorted(fresh, key=lambda mail: (mail.size_bytes > LARGE_BYTES, mail.uid))

    def _listed(self, folder: Folder, *, first: int) -> Iterator[tuple[list[Listed], int]]:
        """All mails that are not to be left alone, chunk by chunk, each with the last UID that was looked at."""
        step = CHUNK
        while first < folder.uid_next:
            last = min(first + step, folder.uid_next) - 1
            mails = [mail for mail in self._client.listing(first, last) if self._is_wanted(mail)]
            yield mails, last
            first, step = last + 1, step * 2 if len(mails) < CHUNK // 4 else CHUNK

    def names(self, after: str = "") -> Iterator[tuple[list[str], str]]:
        """`after` holds as long as the folder's UIDs do."""
        folder = self._open()
        validity, _dot, last_uid = after.partition(".")
        first = int(last_uid) + 1 if validity == str(folder.uid_validity) else 1
        for mails, last in self._listed(folder, first=first):
            is_last = last + 1 >= folder.uid_next
            yield [self._name(mail.uid) for mail in mails], "" if is_last else f"{folder.uid_validity}.{last}"

    def _open_again(self, folder: Folder, error: MailboxNotReadable) -> None:
        """Some servers hang up over a mail that they cannot read; raises `error` where the connection itself is bad."""
        self._losses += 1
        if self._losses > MAX_LOSSES or self._open().uid_validity != folder.uid_validity:
            raise error

    def _open(self) -> Folder:
        self._client.open()
        self._folder = self._client.select(self._settings.folder)
        return self._folder

    def _first(self, folder: Folder) -> int:
        """Where this look begins: a little below the last mail taken, or at the very first."""
        before = self._mailbox.position
        last_uid, looked_at = before.get("last_uid"), str(before.get("looked_at_all") or "")
        is_same = (before.get("place"), before.get("uid_validity")) == (self._settings.place, folder.uid_validity)
        is_due = bool(looked_at) and looked_at < (timezone.now() - LOOK_AT_ALL_AFTER).isoformat()
        if is_same and isinstance(last_uid, int) and not is_due:
            self._looked_at_all = looked_at or None  # None: a look at everything goes on where it was
            return max(1, last_uid + 1 - WINDOW)
        return 1

    def _is_wanted(self, mail: Listed) -> bool:
        if "\\deleted" in mail.flags:
            return False
        return self._begin is None or mail.came_at >= self._begin

    @cached_property
    def _begin(self) -> datetime | None:
        """When the chosen day begins where the team works, whatever zone the server tells its times in."""
        if not self._settings.not_before:
            return None
        zone = ZoneInfo(calendar_of(self._mailbox.team).timezone)
        return datetime.combine(date.fromisoformat(self._settings.not_before), time.min, zone)

    def _name(self, uid: int) -> str:
        folder = self._folder
        return f"imap:{folder.uid_validity if folder else 0}:{uid}:{self._settings.folder}"

    # After the mail is stored ---------------------------------------------------------------------------------------

    def done(self, provider_id: str) -> None:
        uid = int(provider_id.split(":", 3)[2])
        self._left.discard(uid)  # it is stored; where marking fails, later looks try again
        try:
            self._settle(uid)
        except MailboxNotReadable as error:
            if self._client.is_lost:
                raise
            raise MailNotReadable(str(error)) from error

    def _try_to_settle_again(self, mail: Listed, folder: Folder) -> None:
        """One that the server does not let us mark or move keeps no new mail waiting."""
        try:
            self._settle_again(mail)
        except MailboxNotReadable as error:
            self._failure, self._unsettled = error, self._unsettled + 1
            if self._client.is_lost:
                self._open_again(folder, error)

    def _settle_again(self, mail: Listed) -> None:
        """What a kill between storing and marking has left undone; a mark that people took away is theirs to take."""
        if self._settings.after == AfterTaking.MOVE or (
            self._settings.after == AfterTaking.MARK and self._keeps_keywords and TAKEN.lower() not in mail.flags
        ):
            self._settle(mail.uid)

    def _settle(self, uid: int) -> None:
        if self._settings.after == AfterTaking.MOVE:
            self._client.move(uid, self._settings.move_to)
        elif self._settings.after == AfterTaking.MARK:
            self._client.mark(uid, flags=["\\Seen", TAKEN] if self._keeps_keywords else ["\\Seen"])

    @property
    def _keeps_keywords(self) -> bool:
        return self._folder is not None and self._folder.keeps_keywords

    def read_to(self) -> datetime | None:
        return self._read_to

    def position(self) -> Mapping[str, object]:
        """The last UID below which nothing waits; what was left is found above it the next time."""
        if self._folder is None or (not self._listed_to and self._folder.uid_next > 1):  # nothing was listed
            return dict(self._mailbox.position)
        is_through = self._listed_to + 1 >= self._folder.uid_next
        if self._looked_at_all is None and is_through:
            self._looked_at_all = timezone.now().isoformat()
        return {
            "place": self._settings.place,
            "uid_validity": self._folder.uid_validity,
            "last_uid": min(self._left) - 1 if self._left else self._listed_to,
            "looked_at_all": self._looked_at_all or "",
        }

    def position_with(self, stored: Collection[str]) -> Mapping[str, object] | None:
        return None

    def close(self) -> None:
        self._client.close()


class ImapSentFolder:
    """The folder in which people look for what was sent."""

    def __init__(self, settings: ImapSettings) -> None:
        self._settings, self._client, self._is_open = settings, ImapClient(settings), False

    def holds(self, message_id: str) -> bool:
        self._open()
        return self._client.holds(message_id)

    def file(self, raw: bytes, *, message_id: str) -> None:
        if not self.holds(message_id):
            self._client.append(self._settings.sent_folder, raw)

    def _open(self) -> None:
        if not self._is_open:
            self._client.open()
            self._client.ensure(self._settings.sent_folder)
            self._client.select(self._settings.sent_folder)
            self._is_open = True

    def close(self) -> None:
        self._is_open = False
        self._client.close()
