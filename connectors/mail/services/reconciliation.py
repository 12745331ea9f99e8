"""Each night every mailbox is compared with the ledger, so that a mail nobody took in is noticed (email.md section 1).
A large one is compared in several runs, each going on where the one before had to end.

What the ledger knows and the mailbox no longer holds is nothing to report: people file mail, and backends move it.
"""

import logging
from dataclasses import asdict, dataclass, field
from datetime import datetime, time, timedelta
from math import inf
from time import monotonic

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
MOST_UNKNOWN = 5000
"""So many names are remembered; where more are unknown, the others are counted by the next night."""
WORKING_SECONDS = 40.0
"""Of one run, for all mailboxes; other timers wait for it."""
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


@dataclass
class Progress:
    """How far a comparison has come; kept on the mailbox after each piece."""

    look: int = 1
    is_begun: bool = False
    is_taken: bool = False
    """What waits has been taken in for this look."""
    after: str = ""
    """As the backend's `names` tells."""
    present: int = 0
    unknown: list[str] = field(default_factory=list)
    """In this look so far."""
    before: list[str] = field(default_factory=list)
    """Those of the look before."""
    taken_in: int = 0

    def next_look(self) -> None:
        self.look, self.is_taken, self.after, self.present = self.look + 1, False, "", 0
        self.before, self.unknown = self.unknown, []


def reconcile_due(*, now: datetime | None = None, limit: int = 20) -> int:
    """Compare the mailboxes whose night has come, for as long as a run may take; several workers at once compare each
    one once.

    One that another worker reads just now comes later.
    """
    moment, ends = now or timezone.now(), monotonic() + WORKING_SECONDS
    due = Q(reconciled_at__isnull=True) | Q(reconciled_at__lt=_last_night(moment))
    due &= Q(comparing_until__isnull=True) | Q(comparing_until__lte=moment)
    due &= Q(polled_until__isnull=True) | Q(polled_until__lte=timezone.now())
    mailboxes = Mailbox.objects.active().filter(due).order_by("pk")
    done = 0
    for mailbox in mailboxes[:limit]:
        done += _claim(mailbox, due=due, now=moment, ends=ends)
        if monotonic() > ends:
            break
    return done


def _last_night(now: datetime) -> datetime:
    local = timezone.localtime(now, timezone.get_default_timezone())
    night = local.replace(hour=HOUR.hour, minute=HOUR.minute, second=0, microsecond=0)
    return night if night <= local else night - timedelta(days=1)


def _claim(mailbox: Mailbox, *, due: Q, now: datetime, ends: float) -> bool:
    """Claim and lease are set before the work, so that nobody else begins; False if somebody else has."""
    lease = None if mailbox.backend == Backend.FILES else timezone.now() + LEASE
    mine = Mailbox.objects.filter(due, pk=mailbox.pk)
    is_mine = mine.update(comparing_until=now + CLAIM, polled_until=lease)
    if is_mine:
        mailbox.refresh_from_db(fields=["comparing"])
        reconcile(mailbox, now=now, ends=ends)
    return bool(is_mine)


def reconcile(mailbox: Mailbox, *, now: datetime | None = None, ends: float = inf) -> Comparison:
    """Take in what waits, compare, and keep the result on the mailbox. What cannot be read is told there, too. After
    `ends`, of the monotonic clock, the next call goes on, and the result is empty.

    The caller has leased a mailbox over the network; the lease ends with the comparison.
    """
    result, progress = Comparison(), Progress(**mailbox.comparing)
    try:
        is_done = _compare(mailbox, progress, result, ends=ends)
        if not is_done:
            Mailbox.objects.filter(pk=mailbox.pk).update(comparing_until=None, polled_until=None)
            return result
    except MailboxNotReadable as failure:  # a sentence for operators
        result.error = str(failure)[:500]
    except (OSError, DomainError) as failure:
        result.error = f"{type(failure).__name__}: {failure}"[:500]
        logger.warning("mailbox not compared", extra={"mailbox": str(mailbox.pk)}, exc_info=True)
    if result.missing_count:
        facts = {"mailbox": str(mailbox.pk), "count": result.missing_count}
        logger.error("mails in the mailbox that the ledger does not know", extra=facts)
    done = {"reconciliation": asdict(result), "reconciled_at": now or timezone.now()}
    Mailbox.objects.filter(pk=mailbox.pk).update(**done, comparing={}, comparing_until=None, polled_until=None)
    return result


def _compare(mailbox: Mailbox, progress: Progress, result: Comparison, *, ends: float) -> bool:
    """Whether it has come to its end, with the result."""
    while True:
        if not _take_in_all(mailbox, progress, ends=ends) or not _list_all(mailbox, progress, ends=ends):
            return False
        unknown = set(progress.unknown) & set(progress.before if progress.look > 1 else progress.unknown)
        if not unknown or progress.look == LOOKS:
            break
        progress.next_look()
    result.taken_in, result.present, result.known = progress.taken_in, progress.present, progress.present - len(unknown)
    result.missing_count, result.missing = len(unknown), sorted(unknown)[:NAMED]
    polled = MailMessage.objects.filter(mailbox=mailbox, source=Source.POLLED)
    result.gone = max(0, polled.values("provider_id").distinct().count() - result.known)
    return True


def _take_in_all(mailbox: Mailbox, progress: Progress, *, ends: float) -> bool:
    """What waits is no difference yet. Done when a look reaches the end without anything new, or cannot be finished."""
    while not progress.is_taken:
        look = poll_leased(mailbox, looks_at_all=not progress.is_begun)
        progress.is_begun = True
        progress.taken_in += look.count
        progress.is_taken = look.is_broken or (not look.count and (look.read_to is not None or bool(look.error)))
        _keep(mailbox, progress)
        if not progress.is_taken and monotonic() > ends:
            return False
    return True


def _list_all(mailbox: Mailbox, progress: Progress, *, ends: float) -> bool:
    backend = backend_of(mailbox)
    try:
        for names, after in backend.names(progress.after):
            known = _known(mailbox, names)
            progress.present += len(names)
            progress.unknown += [name for name in names if name not in known]
            del progress.unknown[MOST_UNKNOWN:]
            progress.after = after
            _keep(mailbox, progress)
            if after and monotonic() > ends:
                return False
    finally:
        backend.close()
    return True


def _keep(mailbox: Mailbox, progress: Progress) -> None:
    Mailbox.objects.filter(pk=mailbox.pk).update(comparing=asdict(progress))


def _known(mailbox: Mailbox, names: list[str]) -> set[str]:
    """Of these names, those with a row in the ledger."""
    pieces = (names[start : start + BATCH] for start in range(0, len(names), BATCH))
    return {name for piece in pieces for name in selectors.names_in_ledger(mailbox, piece)}
