"""Taking in what waits in the mailboxes: each on its own, so that one that fails or is slow does not stop others."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError
from django.utils import timezone

from connectors.mail import selectors
from connectors.mail.backends import MailboxBackend, MailboxNotReadable, MailNotReadable, backend_of
from connectors.mail.enums import Backend, Source
from connectors.mail.models import Mailbox
from connectors.mail.senders import Own
from connectors.mail.services.intake import FILE_MOVED, Fetched, process, receive_all
from core import plans, wake
from core.errors import DomainError

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)
"""A mailbox over the network is read by one worker at a time; longer than a worker may work at all."""
BETWEEN_LOOKS = timedelta(seconds=15)
"""Pause between two looks over the network; mail servers count sign-ins."""
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (15, 30, 60, 120, 300, 600, 900))
"""After failures in a row; the last one stays, since a mailbox is never given up."""
STORED_AT_ONCE, STORED_BYTES_AT_ONCE = 20, 4 * 1024 * 1024
FAILURES = (MailboxNotReadable, OSError, DomainError)
"""What may keep a mailbox from being read."""


@dataclass
class Look:
    """How one look into a mailbox went."""

    count: int = 0
    """Mails that were new to the ledger."""
    error: str = ""
    is_broken: bool = False
    """The mailbox itself could not be read, not just a mail in it."""
    read_to: datetime | None = None
    """What had come by then was all taken in; None if the look ended before the last of it."""


def poll_mailboxes(*, now: datetime | None = None, limit: int = 200) -> int:
    """Take in what waits in the active mailboxes, up to `limit` mails each; the answer is how many that were."""
    moment = now or timezone.now()
    own = selectors.own_addresses()
    nearest_first = sorted(own.values(), key=lambda mailbox: mailbox.backend != Backend.FILES)
    with wake.gathered(), plans.kept(waits_for_disk=False):
        ours = (mailbox for mailbox in nearest_first if _is_ours(mailbox, now=moment))
        return sum(_poll(mailbox, own=own, limit=limit).count for mailbox in ours)


def poll_leased(mailbox: Mailbox, *, looks_at_all: bool, limit: int = 200) -> Look:
    """As `poll_mailboxes`, for one that is leased to the caller, who keeps it; pauses do not count.

    `looks_at_all`: the short cut by which the last look is remembered is not taken.
    """
    own = selectors.own_addresses()
    current = Mailbox.objects.select_related("team").get(pk=mailbox.pk)
    if looks_at_all:
        current.position = {}
    with wake.gathered(), plans.kept(waits_for_disk=False):
        return _poll(current, own=own, limit=limit, keeps_lease=True)


def _is_ours(mailbox: Mailbox, *, now: datetime) -> bool:
    """Whether it is due; over a network also leased to us, as two workers would fetch each mail twice."""
    due = Mailbox.objects.due_for_polling(now).filter(pk=mailbox.pk)
    if mailbox.backend == Backend.FILES:
        return due.exists()
    return bool(due.update(polled_until=timezone.now() + LEASE))


def _poll(mailbox: Mailbox, *, own: Own, limit: int, keeps_lease: bool = False) -> Look:
    """One mailbox. What keeps it from being read is kept on it for people to see."""
    look = Look()
    backend: MailboxBackend | None = None
    try:
        backend = backend_of(mailbox)
        for batch in _batches(islice(backend.fetch(), limit)):
            _take(mailbox, backend, batch, own=own, look=look)
        look.read_to = backend.read_to()
    except MailNotReadable as failure:  # the others were read
        look.error = str(failure)
        look.read_to = backend.read_to() if backend else None
    except FAILURES as failure:
        is_told = isinstance(failure, MailboxNotReadable)
        look.error = str(failure) if is_told else f"{type(failure).__name__}: {failure}"
        look.is_broken = True
        logger.warning("mailbox not readable", extra={"mailbox": str(mailbox.pk)}, exc_info=True)
    except (SoftTimeLimitExceeded, OperationalError):  # the worker's time or its database is gone, for all of them
        raise
    except Exception as error:  # the outermost loop over mailboxes: one must not stop the others
        look.error, look.is_broken = type(error).__name__, True
        logger.exception("mailbox not read", extra={"mailbox": str(mailbox.pk)})
    finally:  # also when the worker's time is over
        if backend is not None:
            backend.close()
        until = timezone.now() + LEASE if keeps_lease and mailbox.backend != Backend.FILES else None
        _note(mailbox, backend, look, until=until)
    return look


def _batches(fetched: Iterable[Fetched | None]) -> Iterator[list[Fetched]]:
    """So many mails as one commit stores; those before one that cannot be read come before its failure."""
    batch: list[Fetched] = []
    failure: Exception | None = None
    fetching = iter(fetched)
    while failure is None:
        try:
            if (mail := next(fetching)) is not None:
                batch.append(mail)
        except StopIteration:
            break
        except FAILURES as error:
            mail, failure = None, error
        is_full = len(batch) >= STORED_AT_ONCE or sum(len(raw) for _id, raw in batch) >= STORED_BYTES_AT_ONCE
        if batch and (mail is None or is_full):
            yield batch
            batch = []
    if batch:
        yield batch
    if failure is not None:
        raise failure


def _take(mailbox: Mailbox, backend: MailboxBackend, batch: list[Fetched], *, own: Own, look: Look) -> None:
    """Store them, then bring each to its outcome, also when marking them as taken fails: the next look does it."""
    failure: Exception | None = None
    position = backend.position_with([name for name, _raw in batch])
    received = receive_all(mailbox, batch, source=Source.POLLED, position=position)
    look.count += sum(is_new for _message, is_new in received)
    for (message, _is_new), (provider_id, raw) in zip(received, batch, strict=True):
        if failure is None:
            try:
                backend.done(provider_id)
            except MailNotReadable as error:
                look.error = str(error)
            except FAILURES as error:
                failure = error
        FILE_MOVED.reached()
        process(message, raw=raw, own=own)
    if failure is not None:
        raise failure


def _note(mailbox: Mailbox, backend: MailboxBackend | None, look: Look, *, until: datetime | None) -> None:
    """How the look went, when the next one is, and until when the caller keeps the mailbox to itself."""
    now = timezone.now()
    failed = mailbox.failed_polls + 1 if look.is_broken else 0
    pause: timedelta | None = None
    if look.is_broken:
        pause = PAUSES[min(failed, len(PAUSES)) - 1]
    elif mailbox.backend != Backend.FILES and not look.count:
        pause = BETWEEN_LOOKS
    Mailbox.objects.filter(pk=mailbox.pk).update(
        last_polled_at=now,
        last_error=look.error[:2000],
        failed_polls=failed,
        next_poll_at=now + pause if pause else None,
        polled_until=until,
        position=dict(backend.position()) if backend else mailbox.position,
        **({"read_to": look.read_to} if look.read_to else {}),
    )
