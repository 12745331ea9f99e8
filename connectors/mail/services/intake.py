"""From bytes to an outcome, in two commits: first the raw mail is stored, then it is understood and acts (email.md 1).

Fetching is at least once; the unique constraints of the ledger make what follows happen once. Only the first commit
waits for the disk: what a crash of PostgreSQL takes with it of the second is done again from the raw mail, and whatever
anybody does about it commits after it.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, transaction
from django.utils import timezone

from connectors.mail import selectors
from connectors.mail.backends import MAX_STORED_BYTES
from connectors.mail.enums import MailState, Reason, Source
from connectors.mail.envelope_threads import known_of, named_in_bytes, seal
from connectors.mail.forwards import attached_mail
from connectors.mail.models import Mailbox, MailMessage, RawMail
from connectors.mail.parsing import DEFAULT_LIMITS, ParsedMail, parse
from connectors.mail.senders import Own
from connectors.mail.services.envelope_outcome import tell_of_quarantine
from connectors.mail.services.outcome import act, put_aside
from core import plans, steps
from core.errors import DomainError
from core.retry import next_attempt_at
from core.service import one_act
from core.writing import insert_all, update

logger = logging.getLogger(__name__)

GAVE_UP, REFUSED = Reason.GAVE_UP, Reason.REFUSED
Fetched = tuple[str, bytes]
"""A mail's name at the source, and its bytes."""
LEASE = timedelta(seconds=120)
"""How long one worker may take for one mail; then it is taken for dead and the next sweep goes on."""
MAX_ATTEMPTS = 5
"""A mail that was begun this often without an outcome is one that breaks its worker: to quarantine."""

GIVEN = {"id", "created_at", "mailbox", "raw", "source", "provider_id", "received_at", "attempts"}
GIVEN |= {"released_by", "chosen_envelope"}
OUTCOME = [field.name for field in MailMessage._meta.concrete_fields if field.name not in GIVEN]
"""Columns that an outcome writes."""

MADE_MEANWHILE = ("mailmessage_identity_once", "contact_email_once")
"""Unique constraints that say so."""

RAW_STORED = steps.declare("mail.intake", "raw_stored")
FILE_MOVED = steps.declare("mail.intake", "file_moved")
LEASED = steps.declare("mail.intake", "leased")
PARSED = steps.declare("mail.intake", "parsed")
ACTED = steps.declare("mail.intake", "acted")
COMMITTED = steps.declare("mail.intake", "committed")


def receive(mailbox: Mailbox, raw: bytes, *, provider_id: str, source: Source) -> MailMessage:
    """Commit the raw mail and its ledger row, exactly once however often it is offered under this name.

    A new row is leased to the caller, who goes on with `process`; an old one may be somebody else's or done.
    """
    return receive_all(mailbox, [(provider_id, raw)], source=source)[0][0]


def receive_all(
    mailbox: Mailbox, mails: Sequence[Fetched], *, source: Source, position: Mapping[str, object] | None = None
) -> list[tuple[MailMessage, bool]]:
    """As `receive`, all in one commit: waiting for the disk takes as long as half of all else that a mail needs.

    `position`: where reading goes on after them, kept by the same commit; None leaves it. With each row whether it is
    new.
    """
    digests = [hashlib.sha256(raw).hexdigest() for _name, raw in mails]
    stored = [
        RawMail(sha256=digest, content=raw[:MAX_STORED_BYTES], size_bytes=len(raw))
        for digest, (_name, raw) in zip(digests, mails, strict=True)
    ]
    messages = [
        MailMessage(
            mailbox=mailbox,
            raw_id=digest,
            source=source,
            provider_id=name,
            attempts=1,
            leased_until=timezone.now() + LEASE,
        )
        for digest, (name, _raw) in zip(digests, mails, strict=True)
    ]
    with transaction.atomic():
        plans.wait_for_disk()
        insert_all(stored, unless_there=True)
        new = insert_all(messages, unless_there=True)
        if position is not None:
            Mailbox.objects.filter(pk=mailbox.pk).update(position=dict(position))
    RAW_STORED.reached()
    return [(message, True) if message.pk in new else (_found_again(message), False) for message in messages]


def _found_again(message: MailMessage) -> MailMessage:
    return MailMessage.objects.get(mailbox=message.mailbox, provider_id=message.provider_id, raw=message.raw_id)


def take_in(mailbox: Mailbox, raw: bytes, *, provider_id: str, source: Source, own: Own | None = None) -> MailMessage:
    """Receive one mail and stay with it until it has its outcome; a failure of ours is tried again at once."""
    message = process(receive(mailbox, raw, provider_id=provider_id, source=source), raw=raw, own=own)
    while not message.has_outcome and (leased := _lease(message.pk, now=message.next_attempt_at or timezone.now())):
        message = process(leased, raw=raw, own=own)
    return message


def process_due(*, now: datetime | None = None, limit: int = 100) -> int:
    """Bring mails to their outcome that a killed worker or a failure left behind; the answer is how many got one."""
    moment = now or timezone.now()
    due = list(MailMessage.objects.due(moment).values_list("pk", flat=True)[:limit])
    leased = (_lease(message_id, now=moment) for message_id in due)
    with plans.kept(waits_for_disk=False):
        return sum(process(message).has_outcome for message in leased if message is not None)


@transaction.atomic
def _lease(message_id: UUID, *, now: datetime) -> MailMessage | None:
    """The mail, ours to process; None if another worker has it or has finished it."""
    due = MailMessage.objects.due(now).select_for_update(of=("self",), skip_locked=True)
    message = due.select_related("mailbox__team").filter(pk=message_id).first()
    if message is not None:
        message.leased_until, message.attempts = now + LEASE, message.attempts + 1
        MailMessage.objects.filter(pk=message_id).update(leased_until=message.leased_until, attempts=message.attempts)
    return message


def process(message: MailMessage, *, raw: bytes | None = None, own: Own | None = None) -> MailMessage:
    """Give a mail its outcome; done twice it changes nothing. Never raises because of the mail.

    What fails for reasons of ours is tried again, and goes to quarantine after a few attempts. `raw` and `own` save
    reading them again.
    """
    LEASED.reached()
    if message.has_outcome:
        return message
    if message.attempts > MAX_ATTEMPTS:
        return _give_up(message, raw, own)
    read = _parsed(message, raw)
    PARSED.reached()
    if read is None:
        return _conclude(message, lambda row, at: _put_aside_unread(row, reason=Reason.UNPARSABLE, at=at))
    mail, attached = read
    own = selectors.own_addresses() if own is None else own
    try:
        message = _acted(message, mail, own, attached)
    except DomainError as refusal:
        detail = f"{refusal.code}: {refusal}"
        return _conclude(
            _again(message), lambda row, at: put_aside(row, mail, own, reason=REFUSED, detail=detail, at=at)
        )
    except SoftTimeLimitExceeded:  # the worker's time is over, which says nothing about the mail
        raise
    except Exception as error:  # the outermost loop over mails: one that trips us up must not stop the others
        logger.exception("mail not processed", extra={"mail": str(message.pk)})
        return _put_off(message, error)
    COMMITTED.reached()
    return message


def _give_up(message: MailMessage, raw: bytes | None, own: Own | None) -> MailMessage:
    """To quarantine: read, so that it is known what it names; unread if reading is what breaks its worker.

    This is where a mail comes that has failed again and again, for whatever reason: if putting it aside by what it says
    fails, too (a lookup, a policy, the database), it is put aside by its bytes alone, so that it waits for people
    instead of being tried for ever. That last step has no net: what fails there is ours, and the next sweep repeats it.
    """
    detail = message.last_error
    read = _parsed(message, raw) if message.attempts == MAX_ATTEMPTS + 1 else None
    if read is not None:
        mail, known = read[0], selectors.own_addresses() if own is None else own
        try:
            return _conclude(message, lambda row, at: put_aside(row, mail, known, reason=GAVE_UP, detail=detail, at=at))
        except SoftTimeLimitExceeded:  # as in `process`
            raise
        except Exception:  # any failure of ours; with its traceback it still leaves the mail a way to its outcome
            logger.exception("mail not put aside", extra={"mail": str(message.pk)})
            message = _again(message)
    return _conclude(message, lambda row, at: _put_aside_unread(row, reason=GAVE_UP, detail=detail, at=at))


def _put_aside_unread(message: MailMessage, *, reason: Reason, at: datetime, detail: str = "") -> None:
    """If its bytes name envelopes, for the readers of these alone, whose owners are told."""
    named = known_of(named_in_bytes(bytes(message.raw.content)))
    seal(message, named)
    message.quarantine(reason=reason, detail=detail, at=at)
    tell_of_quarantine(message, named)


def _parsed(message: MailMessage, raw: bytes | None) -> tuple[ParsedMail, ParsedMail | None] | None:
    """The mail as read, and one that it forwards as a file, outside any transaction; None if reading failed, which
    parsing promises not to.
    """
    try:
        mail = parse(bytes(message.raw.content) if raw is None else raw, DEFAULT_LIMITS)
        return mail, attached_mail(mail)
    except SoftTimeLimitExceeded:  # as in `process`
        raise
    except Exception:  # nothing is lost: people see it in quarantine, with its raw bytes
        logger.exception("mail not parsed", extra={"mail": str(message.pk)})
        return None


def _acted(message: MailMessage, mail: ParsedMail, own: Own, attached: ParsedMail | None) -> MailMessage:
    """Decide and act; a copy of the same mail that another worker finished meanwhile shows by the unique identity, and
    somebody else who made the sender's contact by that one's address.
    """
    for _constraint in MADE_MEANWHILE:
        try:
            return _acted_once(message, mail, own, attached)
        except IntegrityError as error:
            if not any(name in str(error) for name in MADE_MEANWHILE):
                raise
        message = _again(message)
    return _acted_once(message, mail, own, attached)


@one_act()
def _acted_once(message: MailMessage, mail: ParsedMail, own: Own, attached: ParsedMail | None) -> MailMessage:
    """As `_conclude`; the first thing that acting does is to lock the row."""
    has_acted = act(message, mail, own, at=timezone.now(), attached=attached)
    return _saved(message) if has_acted else _again(message)


@one_act()
def _conclude(message: MailMessage, decide: Callable[[MailMessage, datetime], None]) -> MailMessage:
    """Decide and act in one transaction under the row's lock, unless another worker has done so."""
    if selectors.locked_state(message) != MailState.RECEIVED:
        return _again(message)
    decide(message, timezone.now())
    return _saved(message)


def _saved(message: MailMessage) -> MailMessage:
    """The system's own outcome writes no history: it stands in the row itself. History begins when a person changes
    it.
    """
    message.version += 1
    update(message, OUTCOME)
    ACTED.reached()
    return message


def _again(message: MailMessage) -> MailMessage:
    """The row as it stands, after a decision that did not come about has left its marks on ours."""
    return MailMessage.objects.select_related("mailbox__team").get(pk=message.pk)


@transaction.atomic
def _put_off(message: MailMessage, error: Exception) -> MailMessage:
    row = MailMessage.objects.select_for_update(no_key=True).get(pk=message.pk)
    if row.state == MailState.RECEIVED:
        now = timezone.now()
        row.last_error, row.leased_until = f"{type(error).__name__}: {error}"[:2000], None
        row.next_attempt_at = next_attempt_at(row.attempts, since=row.received_at, now=now) or now
        facts = {"last_error": row.last_error, "leased_until": None, "next_attempt_at": row.next_attempt_at}
        MailMessage.objects.filter(pk=row.pk).update(**facts)
    return row
