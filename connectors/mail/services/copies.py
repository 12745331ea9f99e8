"""Copies of sent mails for the Sent folder of their mailbox: once each, as the folder is looked at before."""

import logging
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils import timezone

from connectors.mail.backends import MailboxNotReadable, SentFolder, sent_folder_of
from connectors.mail.composing import compose
from connectors.mail.models import Handover
from core import steps
from core.errors import DomainError
from core.retry import next_attempt_at

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)
"""After that another worker files what a killed one had in hand."""

FILED = steps.declare("mail.copies", "filed")


def file_sent_copies(*, now: datetime | None = None, limit: int = 50) -> int:
    """File the copies that are due; the answer is how many were tried. A mailbox that fails does not stop others."""
    moment = now or timezone.now()
    due = list(Handover.objects.filter(copy_due_at__lte=moment).order_by("copy_due_at").values_list("pk", flat=True))
    folders: dict[UUID, SentFolder | str] = {}
    try:
        return sum(_file(handover_id, moment, folders) for handover_id in due[:limit])
    finally:
        for folder in folders.values():
            if not isinstance(folder, str):
                folder.close()


def _file(handover_id: UUID, now: datetime, folders: dict[UUID, SentFolder | str]) -> bool:
    handover = _lease(handover_id, now)
    mailbox = handover.copy_for if handover else None
    if handover is None or mailbox is None:
        return False
    folder = folders.get(mailbox.pk, "")
    try:
        if mailbox.pk not in folders:
            folder = folders[mailbox.pk] = sent_folder_of(mailbox) or "The mailbox keeps no Sent folder any more."
        if isinstance(folder, str):
            _put_off(handover, folder)
            return True
        folder.file(_content(handover), message_id=handover.outbound.email_message_id)
    except (MailboxNotReadable, DomainError) as error:
        if not isinstance(folder, str):
            folder.close()
        folders[mailbox.pk] = str(error)  # the others of this mailbox wait as well
        _put_off(handover, str(error))
        return True
    except SoftTimeLimitExceeded:  # the worker's time is over, which says nothing about this copy
        raise
    except Exception as error:  # the outermost loop over copies: one that trips us up must not stop the others
        logger.exception("sent copy not filed", extra={"outbound": str(handover.outbound_id)})
        _put_off(handover, f"{type(error).__name__}: {error}")
        return True
    FILED.reached()
    Handover.objects.filter(pk=handover.pk).update(copied_at=timezone.now(), copy_due_at=None, copy_error="")
    return True


@transaction.atomic
def _lease(handover_id: UUID, now: datetime) -> Handover | None:
    """The row, ours for a while; None if another worker has it or has done it."""
    rows = Handover.objects.select_for_update(of=("self",), skip_locked=True)
    related = ("copy_for__team", "outbound__ticket__team", "outbound__author", "outbound__on_behalf_of")
    handover = rows.select_related(*related).filter(pk=handover_id, copy_due_at__lte=now).first()
    if handover is not None:
        handover.copy_attempts += 1
        Handover.objects.filter(pk=handover_id).update(
            copy_due_at=timezone.now() + LEASE, copy_attempts=handover.copy_attempts
        )
    return handover


def _content(handover: Handover) -> bytes:
    """The mail as it was sent, of the moment it was sent."""
    message = handover.outbound
    if handover.copy_for is None:
        raise ValueError("no mailbox to copy for")
    email = compose(message, handover.copy_for)
    email.extra_headers["Date"] = format_datetime(message.sent_at or handover.created_at)
    whole: Any = email.message()
    content: bytes = whole.as_bytes(linesep="\r\n")
    return content


def _put_off(handover: Handover, error: str) -> None:
    """Later, after growing pauses; after 24 hours the reason is all that stays."""
    since = handover.outbound.sent_at or handover.created_at
    until = next_attempt_at(handover.copy_attempts, since=since, now=timezone.now())
    Handover.objects.filter(pk=handover.pk).update(copy_due_at=until, copy_error=error[:2000])
    if until is None:
        logger.warning("sent copy not filed", extra={"outbound": str(handover.outbound_id)})
