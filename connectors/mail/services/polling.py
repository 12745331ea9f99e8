"""Taking in what waits in the mailboxes: each on its own, so that one that fails or is slow does not stop others."""

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from connectors.mail import selectors
from connectors.mail.backends import MailboxBackend, MailboxNotReadable, MailNotReadable, backend_of
from connectors.mail.enums import Backend, Source
from connectors.mail.models import Mailbox
from connectors.mail.services.intake import FILE_MOVED, process, receive
from connectors.mail.services.outcome import Own
from core import wake
from core.errors import DomainError

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)
"""A mailbox over the network is read by one worker at a time; longer than a worker may work at all."""
BETWEEN_LOOKS = timedelta(seconds=15)
"""Pause between two looks over the network; mail servers count sign-ins."""
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (15, 30, 60, 120, 300, 600, 900))
"""After failures in a row; the last one stays, since a mailbox is never given up."""


def poll_mailboxes(*, now: datetime | None = None, limit: int = 200) -> int:
    """Take in what waits in the active mailboxes, up to `limit` mails each; the answer is how many that were."""
    moment = now or timezone.now()
    own = selectors.own_addresses()
    nearest_first = sorted(own.values(), key=lambda mailbox: mailbox.backend != Backend.FILES)
    with wake.gathered():
        return sum(_poll(mailbox, own=own, limit=limit) for mailbox in nearest_first if _is_ours(mailbox, now=moment))


def _is_ours(mailbox: Mailbox, *, now: datetime) -> bool:
    """Whether it is due; over a network also leased to us, as two workers would fetch each mail twice."""
    due = Mailbox.objects.due_for_polling(now).filter(pk=mailbox.pk)
    if mailbox.backend == Backend.FILES:
        return due.exists()
    return bool(due.update(polled_until=timezone.now() + LEASE))


def _poll(mailbox: Mailbox, *, own: Own, limit: int) -> int:
    """One mailbox. What keeps it from being read is kept on it for people to see."""
    count, error, is_broken = 0, "", False
    backend: MailboxBackend | None = None
    try:
        backend = backend_of(mailbox)
        for provider_id, raw in backend.fetch():
            message = receive(mailbox, raw, provider_id=provider_id, source=Source.POLLED)
            backend.done(provider_id)
            FILE_MOVED.reached()
            process(message, raw=raw, own=own)
            count += 1
            if count >= limit:
                break
    except MailNotReadable as failure:  # the others were read
        error = str(failure)
    except (MailboxNotReadable, OSError, DomainError) as failure:
        error = str(failure) if isinstance(failure, MailboxNotReadable) else f"{type(failure).__name__}: {failure}"
        is_broken = True
        logger.warning("mailbox not readable", extra={"mailbox": str(mailbox.pk)}, exc_info=True)
    finally:  # also when the worker's time is over
        if backend is not None:
            backend.close()
        _note(mailbox, backend, count=count, error=error, is_broken=is_broken)
    return count


def _note(mailbox: Mailbox, backend: MailboxBackend | None, *, count: int, error: str, is_broken: bool) -> None:
    """How the look went, and when the next one is."""
    now = timezone.now()
    failed = mailbox.failed_polls + 1 if is_broken else 0
    pause: timedelta | None = None
    if is_broken:
        pause = PAUSES[min(failed, len(PAUSES)) - 1]
    elif mailbox.backend != Backend.FILES and not count:
        pause = BETWEEN_LOOKS
    Mailbox.objects.filter(pk=mailbox.pk).update(
        last_polled_at=now,
        last_error=error[:2000],
        failed_polls=failed,
        next_poll_at=now + pause if pause else None,
        polled_until=None,
        position=dict(backend.position()) if backend else mailbox.position,
    )
