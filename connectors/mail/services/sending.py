"""From the outbox to the customer: lease, hand over, write down how it went (ruling 29)."""

import logging
import time
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from connectors.base import (
    PartialDeliveryError,
    PermanentDeliveryError,
    TransientDeliveryError,
    Transport,
    UnclearDeliveryError,
)
from connectors.mail import selectors
from connectors.mail.composing import compose
from connectors.mail.services import handover
from connectors.mail.transport import DjangoTransport
from core import steps
from core.events import publish
from core.retry import next_attempt_at
from tickets.enums import OutboundStatus
from tickets.events import MessageNotSent
from tickets.models import OutboundMessage

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
        _fail(message_id, str(error))
    except _TakenByAnother:
        return True
    except PartialDeliveryError as error:
        _divide(message_id, error)
    except UnclearDeliveryError as error:
        _put_off(message_id, str(error), is_unclear=True)
    except TransientDeliveryError as error:
        _put_off(message_id, str(error))
    except SoftTimeLimitExceeded:  # the worker's time is over; once the lease is too, another one sends this mail
        raise
    except Exception as error:  # the outermost loop over mails: one that trips us up must not stop the others
        logger.exception("mail not sent", extra={"outbound": str(message_id)})
        _put_off(message_id, f"{type(error).__name__}: {error}")
    else:
        HANDED_OVER.reached()
        _succeed(message_id)
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
        raise TransientDeliveryError("There is no active mailbox to send from; add one with manage.py add_mailbox.")
    if handover.has_left(message, mailbox):
        return
    email = compose(message, mailbox)
    email.settled = handover.settled_addresses(message)
    if not email.recipients():  # a worker was killed after the last of them was settled
        return
    _renew_lease(message)
    transport.deliver(email)


def _renew_lease(message: OutboundMessage) -> None:
    """Looking before sending and putting a mail together take time; handing it over has the whole lease."""
    mine = OutboundMessage.objects.filter(pk=message.pk, status=OutboundStatus.SENDING, attempts=message.attempts)
    if not mine.update(leased_until=timezone.now() + LEASE):
        raise _TakenByAnother


@transaction.atomic
def _divide(message_id: UUID, error: PartialDeliveryError) -> None:
    """Some recipients have it. The others are tried again if that can help, else people are told."""
    if (message := _in_sending(message_id)) is None:
        return
    handover.note_partial(message_id, error)
    OutboundMessage.objects.filter(pk=message_id).update(may_have_left=True)
    if error.put_off:
        _put_off(message_id, str(error))
    else:
        _give_up(message)


@transaction.atomic
def _succeed(message_id: UUID) -> None:
    if message := _in_sending(message_id):
        if handover.settle_rest(message):  # the last recipients have it, others never will
            _give_up(message)
            return
        handover.plan_copy(message)
        message.succeed(at=timezone.now())
        message.save(update_fields=["status", "sent_at", "next_attempt_at", "leased_until", "last_error"])
        logger.info("mail sent", extra={"outbound": str(message_id)})


@transaction.atomic
def _put_off(message_id: UUID, error: str, *, is_unclear: bool = False) -> None:
    """Later, after growing pauses; after 24 hours the mail fails visibly."""
    message = _in_sending(message_id)
    if message is None:
        return
    if is_unclear:
        handover.mark_unclear(message_id)
        message.may_have_left = True
    since = message.released_at or message.created_at
    until = next_attempt_at(message.attempts, since=since, now=timezone.now())
    if until is None:
        _give_up(message, error)
        return
    message.put_off(until=until, error=error)
    message.save(update_fields=["status", "next_attempt_at", "leased_until", "last_error", "may_have_left"])


@transaction.atomic
def _fail(message_id: UUID, error: str) -> None:
    if message := _in_sending(message_id):
        _give_up(message, error)


def _give_up(message: OutboundMessage, error: str = "") -> None:
    if words := handover.refusal_words(message.pk, error):  # it has reached some
        error = words
        handover.plan_copy(message)
    message.fail(error=error)
    message.save(update_fields=["status", "next_attempt_at", "leased_until", "last_error"])
    logger.warning("mail not delivered", extra={"outbound": str(message.pk)})
    publish(
        MessageNotSent(
            ticket_id=message.ticket_id,
            message_id=message.pk,
            author_id=message.author_id,
            occurred_at=timezone.now(),
        )
    )


def _in_sending(message_id: UUID) -> OutboundMessage | None:
    """The locked row, unless another worker has finished it after our lease ran out."""
    rows = OutboundMessage.objects.select_for_update(of=("self",))
    return rows.filter(pk=message_id, status=OutboundStatus.SENDING).first()
