"""What every way to read a shared mailbox keeps to."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Protocol

MAX_STORED_BYTES = 100 * 1024 * 1024
"""Of a larger mail only this much is stored; it goes to quarantine, and the whole stays where it came from."""


class MailboxNotReadable(Exception):
    """A mailbox, or one mail in it, cannot be reached now; the text is for operators and names no secret."""


class MailNotReadable(MailboxNotReadable):
    """The mailbox was read, but for a mail that is not handed out, or not to be marked; that is tried each time."""


class MailboxBackend(Protocol):
    def fetch(self) -> Iterator[tuple[str, bytes] | None]:
        """Mails not yet taken, oldest first: their name at the source, and their bytes. Raises MailboxNotReadable;
        MailNotReadable only after all others.

        None says that the next one may take long to come, so that those before it are not kept waiting for it.
        """

    def done(self, provider_id: str) -> None:
        """Mark as taken; called once the mail is stored for good. Raises MailboxNotReadable; MailNotReadable
        if that concerns this mail alone.
        """

    def names(self, after: str = "") -> Iterator[tuple[list[str], str]]:
        """Names, as `fetch` gives them, of all mails that lie in the mailbox now, taken or not; of those that are to be
        left alone none. Piece by piece, each with where to go on `after` it another time; empty after the last one.
        Raises MailboxNotReadable.
        """

    def read_to(self) -> datetime | None:
        """What had come by this moment was all handed out, or tried, by the last `fetch`; None if that ended before."""

    def position(self) -> Mapping[str, object]:
        """What to remember until the next look; kept on the mailbox as JSON, and only a short cut."""

    def position_with(self, stored: Collection[str]) -> Mapping[str, object] | None:
        """The position once the mails of these names are stored, to be kept in the transaction that stores them; None
        where it is kept at the end of a look. Nothing of the backend changes by it, as that transaction may fail.
        """

    def close(self) -> None:
        """Let go of what was opened. Raises nothing."""


class SentFolder(Protocol):
    """Where a mailbox keeps what was sent from it."""

    def holds(self, message_id: str) -> bool:
        """Whether a mail of this Message-ID lies there. Raises MailboxNotReadable."""

    def file(self, raw: bytes, *, message_id: str) -> None:
        """Put a copy there, unless it holds one. Raises MailboxNotReadable."""

    def close(self) -> None:
        """Let go of what was opened. Raises nothing."""
