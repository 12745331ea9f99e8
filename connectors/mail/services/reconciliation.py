"""Each night every mailbox is compared with the ledger, so that a mail nobody took in is noticed (email.md section 1).

What the ledger knows and the mailbox no longer holds is nothing to report: people file mail, and backends move it.
"""

import logging
from dataclasses import asdict, dataclass, field
from datetime import datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from connectors.mail import selectors
from connectors.mail.backends import MailboxNotReadable, backend_of
from connectors.mail.enums import Backend, Source
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services.polling import LEASE, poll_leased
from core.errors import DomainError

logger = logging.getLogger(__name__)

HOUR = time(2)
"""When the night's comparison is due, in the desk's zone."""
NAMED = 20
"""So many missing mails are named; the rest is counted."""
BATCH = 1000
"""Names that are looked up in one statement."""
CLAIM = timedelta(hours=1)
"""So long a comparison that did not come to its end is left alone: what broke one worker may break the next, too."""
LOOKS = 2
"""A name that is unknown in each of so many looks, all after a poll, is not just mail that came in meanwhile."""


@dataclass
class Comparison:
    """What one mailbox holds against what the ledger knows of it."""

    present: int = 0
    known: int = 0
    taken_in: int = 0
    """Mails that this comparison itself has found waiting."""
    gone: int = 0
    """In the ledger, no longer in the mailbox; ordinary."""
    missing_count: int = 0
    """In the mailbox, not in the ledger: somebody has to look."""
    missing: list[str] = field(default_factory=list)
    error: str = ""


def reconcile_due(*, now: datetime | None = None, limit: int = 20) -> int:
    """Compare the mailboxes whose night has come; several workers at once compare each one once.

    One that another worker reads just now comes later.
    """
    moment = now or timezone.now()
    due = Q(reconciled_at__isnull=True) | Q(reconciled_at__lt=_last_night(moment))
    due &= Q(comparing_until__isnull=True) | Q(comparing_until__lte=moment)
    due &= Q(polled_until__isnull=True) | Q(polled_until__lte=timezone.now())
    mailboxes = Mailbox.objects.active().filter(due).order_by("pk")
    return sum(_claim(mailbox, due=due, now=moment) for mailbox in mailboxes[:limit])


def _last_night(now: datetime) -> datetime:
    local = timezone.localtime(now, timezone.get_default_timezone())
    night = local.replace(hour=HOUR.hour, minute=HOUR.minute, second=0, microsecond=0)
    return night if night <= local else night - timedelta(days=1)


def _claim(mailbox: Mailbox, *, due: Q, now: datetime) -> bool:
    """Claim and lease are set before the work, so that nobody else begins; False if somebody else has."""
    lease = None if mailbox.backend == Backend.FILES else timezone.now() + LEASE
    mine = Mailbox.objects.filter(due, pk=mailbox.pk)
    is_mine = mine.update(comparing_until=now + CLAIM, polled_until=lease)
    if is_mine:
        reconcile(mailbox, now=now)
    return bool(is_mine)


def reconcile(mailbox: Mailbox, *, now: datetime | None = None) -> Comparison:
    """Take in what waits, compare, and keep the result on the mailbox. What cannot be read is told there, too.

    The caller has leased a mailbox over the network; the lease ends with the comparison.
    """
    result = Comparison()
    try:
        _compare(mailbox, result)
    except MailboxNotReadable as failure:  # a sentence for operators
        result.error = str(failure)[:500]
    except (OSError, DomainError) as failure:
        result.error = f"{type(failure).__name__}: {failure}"[:500]
        logger.warning("mailbox not compared", extra={"mailbox": str(mailbox.pk)}, exc_info=True)
    if result.missing_count:
        facts = {"mailbox": str(mailbox.pk), "count": result.missing_count}
        logger.error("mails in the mailbox that the ledger does not know", extra=facts)
    done = {"reconciliation": asdict(result), "reconciled_at": now or timezone.now()}
    Mailbox.objects.filter(pk=mailbox.pk).update(**done, comparing_until=None, polled_until=None)
    return result


def _compare(mailbox: Mailbox, result: Comparison) -> None:
    names: set[str] = set()
    unknown: set[str] | None = None
    for number in range(LOOKS):
        result.taken_in += _take_in_all(mailbox, looks_at_all=not number)
        names = _names(mailbox)
        missing = names - _known(mailbox, sorted(names))
        unknown = missing if unknown is None else unknown & missing
        if not unknown:
            break
    unknown = unknown or set()
    result.present, result.known = len(names), len(names) - len(unknown)
    result.missing_count, result.missing = len(unknown), sorted(unknown)[:NAMED]
    polled = MailMessage.objects.filter(mailbox=mailbox, source=Source.POLLED)
    result.gone = max(0, polled.values("provider_id").distinct().count() - result.known)


def _take_in_all(mailbox: Mailbox, *, looks_at_all: bool) -> int:
    """What waits is no difference yet. Ends when a look brings nothing new, or cannot be finished."""
    total = 0
    while True:
        look = poll_leased(mailbox, looks_at_all=looks_at_all and not total)
        total += look.count
        if not look.count or look.is_broken:
            return total


def _names(mailbox: Mailbox) -> set[str]:
    backend = backend_of(mailbox)
    try:
        return set(backend.names())
    finally:
        backend.close()


def _known(mailbox: Mailbox, names: list[str]) -> set[str]:
    """Of these names, those with a row in the ledger."""
    pieces = (names[start : start + BATCH] for start in range(0, len(names), BATCH))
    return {name for piece in pieces for name in selectors.names_in_ledger(mailbox, piece)}
