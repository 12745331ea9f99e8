"""Files of entries and held replies."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from core import wake
from core.writing import insert_soon
from tickets import scanner
from tickets.enums import ScanStatus
from tickets.files import Verdict, inspect, safe_filename
from tickets.models import Attachment, OutboundMessage, TimelineEntry


@dataclass(frozen=True)
class NewFile:
    """A file handed in with a message; `content_type` is the sender's word and only a hint."""

    filename: str
    content: bytes
    content_type: str = "application/octet-stream"
    is_inline: bool = False
    content_id: str = ""
    is_signature: bool = False


def store_files(
    files: Iterable[NewFile], *, entry: TimelineEntry | None = None, outbound: OutboundMessage | None = None
) -> Sequence[Attachment]:
    """Store the bytes once each, and a row a file."""
    return attach(store_blobs(files), entry=entry, outbound=outbound)


def store_blobs(files: Iterable[NewFile]) -> list[Attachment]:
    """Store the bytes once each; the rows, unsaved, wait for `attach`. For what must not hold a lock meanwhile.

    Blobs of a rolled-back transaction are harmless: they are named by content.
    """
    return [_attachment(file) for file in files]


def attach(
    attachments: Iterable[Attachment], *, entry: TimelineEntry | None = None, outbound: OutboundMessage | None = None
) -> Sequence[Attachment]:
    """Save the rows of `store_blobs` as files of an entry or of a held reply."""
    attachments = list(attachments)
    if not attachments:
        return attachments
    for attachment in attachments:
        attachment.entry, attachment.outbound = entry, outbound
    if scanner.is_configured():
        wake.after_commit("tickets.scan_due_files")
    for attachment in attachments:
        insert_soon(attachment)
    return attachments


def unstored(files: Iterable[NewFile]) -> list[Attachment]:
    """The same rows for a look ahead: neither they nor their bytes are written anywhere."""
    return [_attachment(file, is_stored=False) for file in files]


def _attachment(file: NewFile, *, is_stored: bool = True) -> Attachment:
    digest = hashlib.sha256(file.content).hexdigest()
    filename = safe_filename(file.filename)
    verdict = inspect(filename, file.content, claimed_type=file.content_type)
    return Attachment(
        file=_store(digest, file.content) if is_stored else ContentFile(file.content, name=digest),
        filename=filename,
        content_type=verdict.content_type,
        size_bytes=len(file.content),
        sha256=digest,
        is_inline=file.is_inline,
        content_id=file.content_id[:255],
        is_signature=file.is_signature,
        scan_status=_first_status(verdict, is_stored=is_stored),
        scan_note="" if scanner.is_configured() else verdict.block_reason[:255],
    )


def _first_status(verdict: Verdict, *, is_stored: bool) -> ScanStatus:
    """With a scanner nothing is decided yet; a look ahead takes the file for one that will be clean."""
    if scanner.is_configured():
        return ScanStatus.PENDING if is_stored else ScanStatus.CLEAN
    return ScanStatus.INFECTED if verdict.block_reason else ScanStatus.CLEAN


def _store(digest: str, content: bytes) -> str:
    storage = storages["attachments"]
    name = f"{digest[:2]}/{digest[2:4]}/{digest}"
    if not storage.exists(name):
        storage.save(name, ContentFile(content))
    return name
