"""How fast mails come in, beside what parsing and one commit a mail cost bare: in the same run, batch by batch."""

import hashlib
import time
from collections.abc import Callable, Sequence

from connectors.mail import maildir
from connectors.mail.models import Mailbox, RawMail
from connectors.mail.parsing import parse
from connectors.mail.services import poll_mailboxes
from itilnext.garbage import settle

BATCHES = 5
LEAST_SHARE = 0.5
"""Of the bare rate, which the whole intake has to reach."""


def rates(mailbox: Mailbox, senders: Sequence[str], write: Callable[[str, int], bytes]) -> tuple[float, float]:
    """Mails a second of the whole intake and bare. The batches take turns, so that a slow moment hits both."""
    settle()  # as a worker does
    whole = bare = 0.0
    size = len(senders) // BATCHES
    for batch in range(BATCHES):
        part = senders[batch * size : (batch + 1) * size]
        bare += _seconds_bare([write(sender, number) for number, sender in enumerate(part)])
        whole += _seconds_whole(mailbox, [write(sender, number) for number, sender in enumerate(part)])
    return size * BATCHES / whole, size * BATCHES / bare


def _seconds_bare(mails: Sequence[bytes]) -> float:
    """Each read, and its bytes committed in one statement."""
    began_at = time.perf_counter()
    for raw in mails:
        parse(raw)
        digest = hashlib.sha256(raw).hexdigest()
        RawMail.objects.create(sha256=digest, content=raw, size_bytes=len(raw))
    return time.perf_counter() - began_at


def _seconds_whole(mailbox: Mailbox, mails: Sequence[bytes]) -> float:
    """One poll empties a Maildir, from the file to the outcome."""
    folder = maildir.folder_of(mailbox.address)
    for number, raw in enumerate(mails):
        maildir.deliver(folder, raw, key=f"bench {time.time_ns()} {number}")
    began_at = time.perf_counter()
    while poll_mailboxes():
        pass
    return time.perf_counter() - began_at
