"""From bytes to an outcome, in two commits: first the raw mail is stored, then it is understood and acts (email.md 1).

Fetching is at least once; the unique constraints of the ledger make what follows happen once.
"""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from connectors.mail.backends import MAX_STORED_BYTES, backend_of
from connectors.mail.enums import MailState, Reason, Source
from connectors.mail.models import Mailbox, MailMessage, RawMail
from connectors.mail.parsing import DEFAULT_LIMITS, ParsedMail, parse
from connectors.mail.services.outcome import INTAKE, act, put_aside
from core import steps
from core.errors import DomainError
from core.history import record
from core.retry import next_attempt_at

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)
"""How long one worker may take for one mail; then it is taken for dead and the next sweep goes on."""
MAX_ATTEMPTS = 5
"""A mail that was begun this often without an outcome is one that breaks its worker: to quarantine."""

RAW_STORED = steps.declare("mail.intake", "raw_stored")
FILE_MOVED = steps.declare("mail.intake", "file_moved")
LEASED = steps.declare("mail.intake", "leased")
PARSED = steps.declare("mail.intake", "parsed")
ACTED = steps.declare("mail.intake", "acted")
COMMITTED = steps.declare("mail.intake", "committed")


def poll_mailboxes(*, now: datetime | None = None, limit: int = 200) -> int:
    """Take in what waits in the active mailboxes, up to `limit` mails each; the answer is how many that were."""
    return sum(_poll(mailbox, limit=limit) for mailbox in Mailbox.objects.active().order_by("address"))


def _poll(mailbox: Mailbox, *, limit: int) -> int:
    """One mailbox. What keeps it from being read is kept on it for people to see, and does not stop the others."""
    count = 0
    try:
        backend = backend_of(mailbox)
        for provider_id, raw in backend.fetch():
            message = receive(mailbox, raw, provider_id=provider_id, source=Source.POLLED)
            backend.done(provider_id)
            FILE_MOVED.reached()
            process(message.pk, raw=raw)
            count += 1
            if count >= limit:
                break
        error = ""
    except (OSError, DomainError) as failure:
        error = f"{type(failure).__name__}: {failure}"
        logger.warning("mailbox not readable", extra={"mailbox": str(mailbox.pk)}, exc_info=True)
    Mailbox.objects.filter(pk=mailbox.pk).update(last_polled_at=timezone.now(), last_error=error[:2000])
    return count


@transaction.atomic
def _store(mailbox: Mailbox, raw: bytes, *, provider_id: str, source: Source) -> MailMessage:
    digest = hashlib.sha256(raw).hexdigest()
    stored = RawMail(sha256=digest, content=raw[:MAX_STORED_BYTES], size_bytes=len(raw))
    RawMail.objects.bulk_create([stored], ignore_conflicts=True)
    row = MailMessage(
        mailbox=mailbox,
        raw_id=digest,
        source=source,
        provider_id=provider_id,
        attempts=1,
        leased_until=timezone.now() + LEASE,
    )
    MailMessage.objects.bulk_create([row], ignore_conflicts=True)
    return MailMessage.objects.get(mailbox=mailbox, provider_id=provider_id, raw=digest)


def receive(mailbox: Mailbox, raw: bytes, *, provider_id: str, source: Source) -> MailMessage:
    """Commit the raw mail and its ledger row, exactly once however often it is offered under this name.

    A new row is leased to the caller, who goes on with `process`; an old one may be somebody else's or done.
    """
    message = _store(mailbox, raw, provider_id=provider_id, source=source)
    RAW_STORED.reached()
    return message


def process_due(*, now: datetime | None = None, limit: int = 100) -> int:
    """Bring mails to their outcome that a killed worker or a failure left behind; the answer is how many got one."""
    moment = now or timezone.now()
    due = list(MailMessage.objects.due(moment).values_list("pk", flat=True)[:limit])
    return sum(_lease(message_id, now=moment) and process(message_id).has_outcome for message_id in due)


@transaction.atomic
def _lease(message_id: UUID, *, now: datetime) -> bool:
    """Whether the mail is ours to process; of several workers one gets it."""
    message = MailMessage.objects.due(now).select_for_update(skip_locked=True).filter(pk=message_id).first()
    if message is None:
        return False
    message.leased_until, message.attempts = now + LEASE, message.attempts + 1
    MailMessage.objects.filter(pk=message_id).update(leased_until=message.leased_until, attempts=message.attempts)
    return True


def take_in(mailbox: Mailbox, raw: bytes, *, provider_id: str, source: Source) -> MailMessage:
    """Receive one mail and stay with it until it has its outcome; a failure of ours is tried again at once."""
    message = receive(mailbox, raw, provider_id=provider_id, source=source)
    message = process(message.pk, raw=raw)
    while not message.has_outcome and _lease(message.pk, now=message.next_attempt_at or timezone.now()):
        message = process(message.pk, raw=raw)
    return message


def process(message_id: UUID, *, raw: bytes | None = None) -> MailMessage:
    """Give a leased mail its outcome; done twice it changes nothing. Never raises because of the mail.

    What fails for reasons of ours is tried again, and goes to quarantine after a few attempts.
    """
    LEASED.reached()
    message = MailMessage.objects.get(pk=message_id)
    if message.has_outcome:
        return message
    if message.attempts > MAX_ATTEMPTS:
        return _conclude(
            message_id, lambda row, at: row.quarantine(reason=Reason.GAVE_UP, detail=row.last_error, at=at)
        )
    mail = _parsed(message, raw)
    PARSED.reached()
    if mail is None:
        return _conclude(message_id, lambda row, at: row.quarantine(reason=Reason.UNPARSABLE, at=at))
    try:
        message = _conclude(message_id, lambda row, at: act(row, mail, at=at))
    except DomainError as refusal:
        detail = f"{refusal.code}: {refusal}"
        return _conclude(message_id, lambda row, at: put_aside(row, mail, detail=detail, at=at))
    except Exception as error:  # the outermost loop over mails: one that trips us up must not stop the others
        logger.exception("mail not processed", extra={"mail": str(message_id)})
        return _put_off(message_id, error)
    COMMITTED.reached()
    return message


def _parsed(message: MailMessage, raw: bytes | None) -> ParsedMail | None:
    """The mail as read, outside any transaction; None if reading failed, which parsing promises not to."""
    try:
        return parse(bytes(message.raw.content) if raw is None else raw, DEFAULT_LIMITS)
    except Exception:  # nothing is lost: people see it in quarantine, with its raw bytes
        logger.exception("mail not parsed", extra={"mail": str(message.pk)})
        return None


@transaction.atomic
def _conclude(message_id: UUID, decide: Callable[[MailMessage, datetime], None]) -> MailMessage:
    """Decide and act in one transaction under the row's lock, unless another worker has done so."""
    message = (
        MailMessage.objects.select_for_update(of=("self",), no_key=True)
        .select_related("mailbox__team", "ticket", "released_by")
        .get(pk=message_id)
    )
    if message.has_outcome:
        return message
    decide(message, timezone.now())
    record(message, by=INTAKE)
    ACTED.reached()
    return message


@transaction.atomic
def _put_off(message_id: UUID, error: Exception) -> MailMessage:
    message = MailMessage.objects.select_for_update(of=("self",)).get(pk=message_id)
    if message.state == MailState.RECEIVED:
        now = timezone.now()
        message.last_error = f"{type(error).__name__}: {error}"[:2000]
        message.leased_until = None
        message.next_attempt_at = next_attempt_at(message.attempts, since=message.received_at, now=now) or now
        fields = {"last_error": message.last_error, "leased_until": None, "next_attempt_at": message.next_attempt_at}
        MailMessage.objects.filter(pk=message_id).update(**fields)
    return message
