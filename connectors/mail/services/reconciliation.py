"""Each night every mailbox is compared with the ledger, so that a mail nobody took in is noticed (email.md section 1).

What the ledger knows and the mailbox no longer holds is nothing to report: people file mail, and backends move it.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from connectors.mail.backends import backend_of
from connectors.mail.enums import Source
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services.intake import poll_mailbox
from core.errors import DomainError

logger = logging.getLogger(__name__)

HOUR = time(2)
"""When the night's comparison is due, in the desk's zone."""
NAMED = 20
"""So many missing mails are named; the rest is counted."""
BATCH = 1000
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
    """Compare the mailboxes whose night has come; several workers at once compare each one once."""
    since = _last_night(now or timezone.now())
    due = Q(reconciled_at__isnull=True) | Q(reconciled_at__lt=since)
    mailboxes = Mailbox.objects.active().filter(due).order_by("pk")
    return sum(_claim(mailbox, due=due, now=now) for mailbox in mailboxes[:limit])


def _last_night(now: datetime) -> datetime:
    local = timezone.localtime(now, timezone.get_default_timezone())
    night = local.replace(hour=HOUR.hour, minute=HOUR.minute, second=0, microsecond=0)
    return night if night <= local else night - timedelta(days=1)


def _claim(mailbox: Mailbox, *, due: Q, now: datetime | None) -> bool:
    """The mark is set before the work, so that nobody else begins; False if somebody else has."""
    is_mine = Mailbox.objects.filter(due, pk=mailbox.pk).update(reconciled_at=now or timezone.now())
    if is_mine:
        reconcile(mailbox)
    return bool(is_mine)


def reconcile(mailbox: Mailbox) -> Comparison:
    """Take in what waits, compare, and keep the result on the mailbox. What cannot be read is told there, too."""
    result = Comparison()
    try:
        _compare(mailbox, result)
    except (OSError, DomainError) as failure:
        result.error = f"{type(failure).__name__}: {failure}"[:500]
        logger.warning("mailbox not compared", extra={"mailbox": str(mailbox.pk)}, exc_info=True)
    if result.missing_count:
        facts = {"mailbox": str(mailbox.pk), "count": result.missing_count}
        logger.error("mails in the mailbox that the ledger does not know", extra=facts)
    Mailbox.objects.filter(pk=mailbox.pk).update(reconciliation=asdict(result))
    return result


def _compare(mailbox: Mailbox, result: Comparison) -> None:
    names: set[str] = set()
    unknown: set[str] | None = None
    for _round in range(LOOKS):
        result.taken_in += _take_in_all(mailbox)
        names = set(backend_of(mailbox).names())
        missing = names - _known(mailbox.pk, sorted(names))
        unknown = missing if unknown is None else unknown & missing
        if not unknown:
            break
    unknown = unknown or set()
    result.present, result.known = len(names), len(names) - len(unknown)
    result.missing_count, result.missing = len(unknown), sorted(unknown)[:NAMED]
    polled = MailMessage.objects.filter(mailbox=mailbox, source=Source.POLLED)
    result.gone = max(0, polled.values("provider_id").distinct().count() - result.known)


def _take_in_all(mailbox: Mailbox) -> int:
    """What waits is no difference yet. Ends when a poll brings nothing more, or cannot."""
    total = 0
    while done := poll_mailbox(mailbox):
        total += done
    return total


def _known(mailbox_id: UUID, names: Sequence[str]) -> set[str]:
    """Of these names, those with a row in the ledger."""
    found: set[str] = set()
    for start in range(0, len(names), BATCH):
        rows = MailMessage.objects.filter(mailbox=mailbox_id, provider_id__in=names[start : start + BATCH])
        found.update(rows.values_list("provider_id", flat=True))
    return found
