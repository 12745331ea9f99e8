"""Files that wait for the virus scanner's verdict; until it comes they are neither served nor sent."""

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from core import wake
from core.actors import system_actor
from core.history import record
from tickets import scanner
from tickets.enums import OutboundStatus, ScanStatus
from tickets.files import NOT_THERE, TOO_LARGE_TO_SCAN, inspect
from tickets.models import Attachment, OutboundMessage

logger = logging.getLogger(__name__)
SCANNER = system_actor(gettext_noop("Virus scanner"))
LOOKED_AT = 200
"""Waiting files of one sweep; of those without a verdict the next ones do not have to wait."""

Verdict = tuple[ScanStatus, str]


def scan_due_files(*, now: datetime | None = None, limit: int = 20) -> int:
    """Get a verdict on files that wait for one; the answer is how many got it. `now` plays no part: none is ever late.

    Several workers may look at the same file, which harms nothing. Without a scanner (any more) sniffing and the block
    list decide.
    """
    done = 0
    waiting = Attachment.objects.filter(scan_status=ScanStatus.PENDING).order_by("created_at", "id")
    for file_id in list(waiting.values_list("pk", flat=True)[:LOOKED_AT]):
        if done >= limit:
            break
        try:
            done += _scan(file_id)
        except scanner.ScannerUnavailable as error:
            logger.warning("no verdict on a file", extra={"attachment": str(file_id), "error": str(error)})
            if isinstance(error.__cause__, OSError):  # nobody answers, whatever the file
                break
    return done


def _scan(file_id: UUID) -> bool:
    file = Attachment.objects.filter(pk=file_id).first()
    if file is None:
        return False
    status, note = _verdict_on(file)
    with transaction.atomic():
        message = _locked_message(file)
        row = Attachment.objects.select_for_update().filter(pk=file_id, scan_status=ScanStatus.PENDING).first()
        if row is None:  # another worker was faster, or the file was redacted meanwhile
            return False
        row.scan_status, row.scan_note = status, note[:255]
        record(row, by=SCANNER, update_fields=["scan_status", "scan_note"])
        if message is not None:
            _let_go(message)
    return True


def _locked_message(file: Attachment) -> OutboundMessage | None:
    """The mail that carries it, if one does; locked before its file, as by those who release it."""
    if file.outbound_id is None:
        return None
    return OutboundMessage.objects.select_for_update(of=("self",)).get(pk=file.outbound_id)


def _let_go(message: OutboundMessage) -> None:
    """A mail that waited for the verdicts on its files is due with the last of them. Its row is locked."""
    if message.status != OutboundStatus.QUEUED or message.attachments.filter(scan_status=ScanStatus.PENDING).exists():
        return
    OutboundMessage.objects.filter(pk=message.pk).update(next_attempt_at=timezone.now())
    wake.after_commit("connectors.mail.send_due")


def _verdict_on(file: Attachment) -> Verdict:
    try:
        with file.file.open("rb") as content:
            if not scanner.is_configured():
                reason = inspect(file.filename, content.read(), claimed_type=file.content_type).block_reason
                return (ScanStatus.INFECTED if reason else ScanStatus.CLEAN), reason
            threat = scanner.threat_in(content)
    except FileNotFoundError:
        return ScanStatus.FAILED, NOT_THERE
    except scanner.ScanRefused:
        return ScanStatus.FAILED, TOO_LARGE_TO_SCAN
    return (ScanStatus.INFECTED, threat) if threat else (ScanStatus.CLEAN, Attachment.SCANNED)
