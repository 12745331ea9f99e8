"""How mails are fetched from a shared mailbox. At least once: what was stored before a crash is offered again."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from connectors.mail import maildir
from connectors.mail.enums import Backend
from connectors.mail.errors import BackendNotAvailable
from connectors.mail.models import Mailbox

logger = logging.getLogger(__name__)

MAX_STORED_BYTES = 100 * 1024 * 1024
"""Of a larger mail only this much is stored; it goes to quarantine, and the whole stays where it came from."""
SETTLED_SECONDS = 2.0
"""A file dropped by hand is taken when it has not changed for this long: copying is not atomic."""


class MailboxBackend(Protocol):
    def fetch(self) -> Iterator[tuple[str, bytes]]:
        """Mails not yet marked as done, oldest first: their name at the source, and their bytes."""

    def done(self, provider_id: str) -> None:
        """Mark as taken; called once the mail is stored for good."""

    def names(self) -> Iterator[str]:
        """Names, as `fetch` gives them, of all mails that lie in the mailbox now, taken or not."""


class FilesBackend:
    """A Maildir: from `new/`, and `.eml` files dropped beside it, to `cur/`."""

    def __init__(self, folder: Path) -> None:
        self._folder = maildir.ensure(folder)
        self._paths: dict[str, Path] = {}

    def fetch(self) -> Iterator[tuple[str, bytes]]:
        for path in self._waiting():
            provider_id = maildir.unique_part(path)
            try:
                raw = read_limited(path)
            except FileNotFoundError:  # another worker was faster
                continue
            self._paths[provider_id] = path
            yield provider_id, raw

    def _waiting(self) -> Iterator[Path]:
        yield from (path for path in maildir.messages_in(self._folder, parts=["new"]) if _is_settled(path))
        yield from (path for path in sorted(self._folder.glob("*.eml")) if _is_settled(path))

    def done(self, provider_id: str) -> None:
        path = self._paths.pop(provider_id)
        if path.parent == self._folder:
            path = path.rename(self._folder / "new" / path.name)
        maildir.move_to_cur(path)

    def names(self) -> Iterator[str]:
        """Dropped files first and `cur/` last: a mail that is moved meanwhile is met in both places, not in none."""
        yield from (maildir.unique_part(path) for path in self._waiting())
        yield from map(maildir.unique_part, maildir.messages_in(self._folder, parts=["cur"]))


def _is_settled(path: Path) -> bool:
    """Mail programs write into `tmp/` first; people copy files, and those must have come to rest."""
    try:
        return path.suffix != ".eml" or time.time() - path.stat().st_mtime >= SETTLED_SECONDS
    except FileNotFoundError:
        return False


def read_limited(path: Path) -> bytes:
    """The file's bytes, at most one more than are stored."""
    with path.open("rb") as file:
        return file.read(MAX_STORED_BYTES + 1)


def backend_of(mailbox: Mailbox) -> MailboxBackend:
    """What reads `mailbox`. Raises BackendNotAvailable for a kind this version cannot read."""
    if mailbox.backend != Backend.FILES:
        raise BackendNotAvailable(backend=mailbox.backend, possible=", ".join(Backend.values))
    return FilesBackend(maildir.folder_of(mailbox.address))
