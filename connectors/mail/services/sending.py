"""From the outbox to the customer: lease, hand over, write down how it went (ruling 29)."""

import logging
import time
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from connectors.base import (
    PartialDeliveryError,
    PermanentDeliveryError,
    SenderRefusedError,
    TransientDeliveryError,
    Transport,
    UnclearDeliveryError,
    UnfinishedDeliveryError,
)
from connectors.mail import selectors
from connectors.mail.composing import UnfoldedMail, compose
from connectors.mail.enums import Backend
from connectors.mail.sentences import NO_MAILBOX, NOT_CLEAN, NOT_SCANNED
from connectors.mail.services import graph_sending, handover
from connectors.mail.transport import DjangoTransport
from core import plans, steps, wake
from core.events import publish
from core.retry import next_attempt_at
from tickets import scanner
from tickets.enums import OutboundStatus, ScanStatus
from tickets.events import MessageNotSent, TicketTouched
from tickets.models import OutboundMessage
from tickets.querysets import OutboundQuerySet

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""Longer than handing one mail over can take; after that another worker tries with the same Message-ID."""

WORKING = timedelta(seconds=30)
"""With the longest mail behind it still within the worker's time; beat goes on with the rest."""

LEASED = steps.declare("mail.sending", "leased")
HANDED_OVER = steps.declare("mail.sending", "handed_over")
MARKED = steps.declare("mail.sending", "marked")


class _TakenByAnother(Exception):
    """Our lease ran out before the mail was handed over, and another worker has it: what becomes of it is theirs."""


def send_due_mail(
    *, now: datetime | None = None, limit: int = 50, transport: Transport[EmailMessage] | None = None
) -> int:
    """Send what is due, each under a lease; the answer is how many were tried. No two workers take the same one.

    After `WORKING` no further one is begun: a worker's time must not end between a mail and the server's answer.
    """
    moment, began_at = now or timezone.now(), time.monotonic()
    transport = transport or DjangoTransport()
    due = OutboundMessage.objects.due_for_sending(moment).values_list("pk", flat=True)[:limit]
    in_time = takewhile(lambda _id: time.monotonic() - began_at < WORKING.total_seconds(), list(due))
    try:
        with plans.kept():
            return sum(_send(message_id, now=moment, transport=transport) for message_id in in_time)
    finally:
        transport.close()


def _send(message_id: UUID, *, now: datetime, transport: Transport[EmailMessage]) -> bool:
    message = _lease(message_id, now=now)
    if message is None:
        return False
    LEASED.reached()
    try:
        _hand_over(message, transport)
    except PermanentDeliveryError as error:
        _fail(message, str(error))
    except _TakenByAnother:
        return True
    except PartialDeliveryError as error:
        _divide(message, error)
    except TransientDeliveryError as error:
        _put_off(message, str(error), failure=error)
    except SoftTimeLimitExceeded:  # the worker's time is over; once the lease is too, another one sends this mail
        raise
    except Exception as error:  # the outermost loop over mails: one that trips us up must not stop the others
        logger.exception("mail not sent", extra={"outbound": str(message_id)})
        _put_off(message, f"{type(error).__name__}: {error}")
    else:
        HANDED_OVER.reached()
        _succeed(message)
        MARKED.reached()
    return True


@transaction.atomic
def _lease(message_id: UUID, *, now: datetime) -> OutboundMessage | None:
    """The message, ours for a minute from this moment on; None if another worker has it or has sent it.

    `now` is when the sweep began, and what was due then; a lease counted from it would be over before its mail's turn.
    """
    due = OutboundMessage.objects.due_for_sending(now).select_for_update(of=("self",), skip_locked=True)
    related = ("ticket__team", "ticket__requester", "author", "on_behalf_of", "entry")
    message = due.select_related(*related).filter(pk=message_id).first()
    if message is not None:
        if message.status == OutboundStatus.SENDING:  # its worker was killed, before or after handing it over
            handover.mark_unclear(message_id)
            message.may_have_left = True
        message.start(leased_until=timezone.now() + LEASE)
        message.save(update_fields=["status", "attempts", "leased_until", "may_have_left"])
    return message


def _hand_over(message: OutboundMessage, transport: Transport[EmailMessage]) -> None:
    mailbox = selectors.mailbox_for(message.ticket)
    if mailbox is None:
        raise TransientDeliveryError(NO_MAILBOX)
    is_graph = mailbox.backend == Backend.GRAPH and isinstance(transport, DjangoTransport)
    if message.may_have_left and not is_graph and (begun := graph_sending.began(message)):
        mailbox, is_graph = begun.mailbox, True
    if not is_graph and handover.has_left(message, mailbox):
        return
    if scanner.is_configured():
        _refuse_unscanned(message)
    if is_graph:
        lasting = timedelta(seconds=settings.CONNECTORS_WHOLE_SECONDS) + LEASE
        graph_sending.hand_over(message, mailbox, keep=partial(_renew_lease, message, lasting=lasting))
        return
    email = compose(message, mailbox)
    email.settled = handover.settled_addresses(message)
    if not email.recipients():  # a worker was killed after the last of them was settled
        return
    try:
        _deliver(message, email, transport)
    except SenderRefusedError:
        if email.envelope_sender == mailbox.address:
            raise
        email.envelope_sender = None  # a mail that arrives is worth more than a report that finds it
        _deliver(message, email, transport)


def _deliver(message: OutboundMessage, email: UnfoldedMail, transport: Transport[EmailMessage]) -> None:
    """With the whole time that one try may take, and over a new connection if the server has ended the last one."""
    transport.open()
    _renew_lease(message)
    email.settled = handover.settled_addresses(message)  # meanwhile a slower worker may have reached some
    if email.recipients():
        transport.deliver(email)


def _refuse_unscanned(message: OutboundMessage) -> None:
    """No verdict yet: later. A bad one came after the author's click, so they decide what goes without the file."""
    for file in message.attachments.exclude(scan_status=ScanStatus.CLEAN):
        if file.scan_status == ScanStatus.PENDING:
            raise TransientDeliveryError(NOT_SCANNED)
        raise PermanentDeliveryError(NOT_CLEAN % {"file": file.filename})


def _renew_lease(message: OutboundMessage, *, lasting: timedelta = LEASE) -> None:
    """Looking before sending, putting a mail together and signing in take time; handing it over has the whole lease."""
    if not _ours(message).update(leased_until=timezone.now() + lasting):
        raise _TakenByAnother


@transaction.atomic
def _divide(leased: OutboundMessage, error: PartialDeliveryError) -> None:
    """Some recipients have it. The others are tried again if that can help, else people are told.

    Who has it is a fact, also where another worker has the mail by now; what becomes of the mail is theirs.
    """
    rows = OutboundMessage.objects.filter(pk=leased.pk)
    rows.select_for_update(of=("self",)).get()
    handover.note_partial(leased.pk, error)
    rows.update(may_have_left=True)
    if (message := _in_sending(leased)) is None:
        return
    if error.put_off:
        _put_off(leased, str(error))
    else:
        _give_up(message)


@transaction.atomic
def _succeed(leased: OutboundMessage) -> None:
    """Also where another worker has the mail by now, or has put it off: it has left all the same, and need not leave
    once more.
    """
    rows = OutboundMessage.objects.select_for_update(of=("self",))
    in_hand = Q(status=OutboundStatus.SENDING) | Q(status=OutboundStatus.QUEUED, may_have_left=True)
    if message := rows.filter(in_hand, pk=leased.pk).first():
        if handover.settle_rest(message):  # the last recipients have it, others never will
            _give_up(message)
            return
        handover.plan_copy(message)
        message.succeed(at=timezone.now())
        message.save(update_fields=["status", "sent_at", "next_attempt_at", "leased_until", "last_error"])
        _touched(message)
        logger.info("mail sent", extra={"outbound": str(message.pk)})


@transaction.atomic
def _put_off(leased: OutboundMessage, error: str, *, failure: TransientDeliveryError | None = None) -> None:
    """Later, after growing pauses, and as late as the other side has asked; after 24 hours the mail fails visibly."""
    message = _in_sending(leased)
    if message is None:
        return
    if isinstance(failure, UnclearDeliveryError):
        handover.mark_unclear(message.pk, refused=failure.refused)
        message.may_have_left = True
    since = message.released_at or message.created_at
    until = next_attempt_at(message.attempts, since=since, now=timezone.now())
    if until is None:
        _give_up(message, error)
        return
    if _goes_on_at_once(message, error, failure):
        until = timezone.now()
        wake.after_commit("connectors.mail.send_due")
    elif failure is not None:
        until = max(until, timezone.now() + timedelta(seconds=failure.pause))
    message.put_off(until=until, error=error)
    message.save(update_fields=["status", "next_attempt_at", "leased_until", "last_error", "may_have_left"])
    _touched(message)


def _goes_on_at_once(message: OutboundMessage, error: str, failure: TransientDeliveryError | None) -> bool:
    """A part of it is over there; or the verdict has come since, and has found the mail in hand."""
    if isinstance(failure, UnfinishedDeliveryError):
        return True
    return error == NOT_SCANNED and not message.attachments.filter(scan_status=ScanStatus.PENDING).exists()


@transaction.atomic
def _fail(leased: OutboundMessage, error: str) -> None:
    if message := _in_sending(leased):
        _give_up(message, error)


def _give_up(message: OutboundMessage, error: str = "") -> None:
    if reached := handover.reached_by(message):
        error = handover.refusal_words(message, error)
        handover.plan_copy(message)
    message.fail(error=error)
    message.save(update_fields=["status", "next_attempt_at", "leased_until", "last_error"])
    _touched(message)
    logger.warning("mail not delivered", extra={"outbound": str(message.pk)})
    publish(
        MessageNotSent(
            ticket_id=message.ticket_id,
            message_id=message.pk,
            author_id=message.author_id,
            reached=", ".join(reached),
            missed=", ".join(handover.missed(message, reached)) if reached else "",
            is_unclear=message.may_have_left and not reached,
            occurred_at=timezone.now(),
        )
    )


def _touched(message: OutboundMessage) -> None:
    """The ticket's page says beside the entry what became of the mail."""
    publish(TicketTouched(ticket_id=message.ticket_id, occurred_at=timezone.now()))


def _in_sending(leased: OutboundMessage) -> OutboundMessage | None:
    """The locked row as it is now, unless another worker has it or has finished it since our lease ran out."""
    return _ours(leased).select_for_update(of=("self",)).first()


def _ours(leased: OutboundMessage) -> OutboundQuerySet:
    """Each lease counts one attempt more, so that the number says whose it is."""
    return OutboundMessage.objects.filter(pk=leased.pk, status=OutboundStatus.SENDING, attempts=leased.attempts)
