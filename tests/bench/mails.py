"""How fast mails come in, beside what parsing and one commit a mail cost bare: in the same run, batch by batch."""

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from django.conf import settings

from connectors.mail import maildir
from connectors.mail.models import Mailbox, RawMail
from connectors.mail.parsing import parse
from connectors.mail.services import poll_mailboxes
from itilnext.garbage import settle

BATCHES = 5
ROUNDS = 3
"""Each with new mails; before them one that is not measured, after which statements are prepared and pages of the
database written once since it was filled, as with a worker that has run for a while. One round alone varies by 4 %.
"""
LEAST_SHARE = 0.5
"""Of the bare rate, which the whole intake has to reach."""


REAL = Path(settings.BASE_DIR).parent / "shared" / "mail" / "dev"
"""Real mails of many clients and languages, where they are at hand."""


def rates(mailbox: Mailbox, mails: Sequence[Callable[[], bytes]]) -> tuple[float, float]:
    """Mails a second of the whole intake and bare. Each of `mails` writes a new mail at each call.

    The batches take turns, so that a slow moment hits both.
    """
    settle()  # as a worker does
    whole = bare = 0.0
    for number in range(1 + ROUNDS):
        for batch in range(BATCHES):
            part = mails[batch::BATCHES]
            seconds_bare = _seconds_bare([write() for write in part])
            seconds_whole = _seconds_whole(mailbox, [write() for write in part])
            if number:
                bare, whole = bare + seconds_bare, whole + seconds_whole
    return ROUNDS * len(mails) / whole, ROUNDS * len(mails) / bare


def real_mails(address: str) -> list[Callable[[], bytes]]:
    """Each written to `address`, as what comes into a mailbox is, and with an id and a sender of its own at each call,
    so that it is neither a copy nor one too many.
    """
    return [partial(_as_new, path.read_bytes(), address.encode()) for path in sorted(REAL.rglob("*.eml"))]


def _as_new(raw: bytes, address: bytes) -> bytes:
    mark = b"%d" % time.time_ns()
    end = min((place for place in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if place >= 0), default=len(raw))
    head = re.sub(rb"(?im)^(from:[^\r\n]*?[\w.-])@", rb"\g<1>+" + mark + b"@", raw[:end], count=1)
    head = re.sub(rb"(?im)^(to:[^\r\n]*?)[\w.+-]+@[\w.-]+", rb"\g<1>" + address, head, count=1)
    head, count = re.subn(rb"(?im)^(message-id:\s*<)", rb"\g<1>" + mark + b".", head, count=1)
    return (b"" if count else b"Message-ID: <" + mark + b"@bench.example>\r\n") + head + raw[end:]


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
