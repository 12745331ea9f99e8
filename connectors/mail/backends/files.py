"""A mailbox that is a Maildir on this machine."""

import logging
import random
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from connectors.mail import maildir
from connectors.mail.backends.base import MAX_STORED_BYTES, MailNotReadable

logger = logging.getLogger(__name__)

Known = Callable[[Sequence[str]], set[str]]
NAMES_AT_ONCE = 1000
"""Names that are looked up in one statement."""
SETTLED_SECONDS = 2.0
"""A file dropped by hand is taken when it has not changed for this long: copying is not atomic."""


class FilesBackend:
    """A Maildir: from `new/`, and `.eml` files dropped beside it, to `cur/`."""

    def __init__(self, folder: Path, *, known: Known = lambda names: set()) -> None:
        """`known` tells which names the ledger has; asked only where files cannot be moved."""
        self._folder, self._known = maildir.ensure(folder), known
        self._paths: dict[str, Path] = {}
        self._has_stuck = False
        self._read_to: datetime | None = None

    def fetch(self) -> Iterator[tuple[str, bytes] | None]:
        failure: OSError | None = None
        settled_at = timezone.now() - timedelta(seconds=SETTLED_SECONDS)  # what was dropped later may be left out
        for path in self._in_turn():
            provider_id = maildir.unique_part(path)
            try:
                raw = read_limited(path)
            except FileNotFoundError:  # another worker was faster
                continue
            except OSError as error:  # this very file, such as somebody else's; those after it are not to wait
                failure = error
                logger.warning("mail not readable", extra={"mail": provider_id})
                continue
            self._paths[provider_id] = path
            yield provider_id, raw
        self._read_to = settled_at
        if failure is not None:
            raise _told(failure) from failure

    def _in_turn(self) -> Iterator[Path]:
        """Oldest first. Once a file could not be moved, those that the ledger knows let the others go before them; in
        any order, since a look may end before the last of them and a used name may be another mail's.
        """
        waiting = deque(self._waiting())
        while waiting and not self._has_stuck:
            yield waiting.popleft()
        known: set[str] = set()
        names = [maildir.unique_part(path) for path in waiting]
        for start in range(0, len(names), NAMES_AT_ONCE):
            known |= self._known(names[start : start + NAMES_AT_ONCE])
        yield from (path for path, name in zip(waiting, names, strict=True) if name not in known)
        stuck = [path for path, name in zip(waiting, names, strict=True) if name in known]
        yield from random.sample(stuck, len(stuck))

    def _waiting(self) -> Iterator[Path]:
        yield from (path for path in maildir.messages_in(self._folder, parts=["new"]) if _is_settled(path))
        yield from (path for path in sorted(self._folder.glob("*.eml")) if path.is_file() and _is_settled(path))

    def done(self, provider_id: str) -> None:
        path = self._paths.pop(provider_id)
        try:
            if path.parent == self._folder:
                path = path.rename(self._folder / "new" / path.name)
            maildir.move_to_cur(path)
        except FileNotFoundError:  # another worker was faster
            return
        except OSError as failure:
            self._has_stuck = True
            raise _told(failure) from failure

    def names(self, after: str = "") -> Iterator[tuple[list[str], str]]:
        """Dropped files first and `cur/` last: a mail that is moved meanwhile is met in both places, not in none."""
        waiting = [maildir.unique_part(path) for path in self._waiting()]
        yield [*waiting, *map(maildir.unique_part, maildir.messages_in(self._folder, parts=["cur"]))], ""

    def read_to(self) -> datetime | None:
        return self._read_to

    def position(self) -> Mapping[str, object]:
        return {}

    def position_with(self, stored: Collection[str]) -> Mapping[str, object] | None:
        return None

    def close(self) -> None:
        """Nothing is held open."""


def _told(failure: OSError) -> MailNotReadable:
    return MailNotReadable(f"{type(failure).__name__}: {failure}")


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
