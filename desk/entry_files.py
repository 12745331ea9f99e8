"""Files of entries as templates want them."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from tickets.files import scan_note_in_words
from tickets.models import Attachment


def file_of(file: Attachment) -> dict[str, Any]:
    """One file; a blocked one is named with its reason and has no address."""
    is_clean = file.may_be_served
    return {
        "name": file.filename,
        "size_bytes": file.size_bytes,
        "url": reverse("desk:attachment", args=[file.pk]) if is_clean else "",
        "is_blocked": not is_clean,
        "reason": "" if is_clean else scan_note_in_words(file.scan_note) or file.get_scan_status_display(),
        "is_image": file.content_type.startswith("image/"),
    }


def files_in(files: Sequence[Attachment]) -> dict[str, Any]:
    """Those of one entry; inline images belong to the mail's layout, and signatures of mails are folded away."""
    shown = [file for file in files if not file.is_inline]
    return {
        "attachments": [file_of(file) for file in shown if not file.is_signature],
        "signatures": [file_of(file) for file in shown if file.is_signature],
        "is_unscanned": any(file.is_unscanned for file in shown),  # folded ones too: the sender chooses what is folded
    }


def content_of(file: Attachment) -> bytes:
    with file.file.open("rb") as content:
        return bytes(content.read())
