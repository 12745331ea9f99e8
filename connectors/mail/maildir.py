"""Maildirs below one folder, one an address: written whole or not at all, and each mail once."""

import hashlib
import logging
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

logger = logging.getLogger(__name__)

FOLDERS = ("new", "cur", "tmp")
MAX_NAME_BYTES = 200
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:]")


def folder_of(address: str, *, root: Path | None = None) -> Path:
    """Where the Maildir of `address` lies. Whatever the address holds, the folder is one directly below the root."""
    name = _UNSAFE.sub("_", address.strip().lower()).lstrip(".") or "_"
    if len(name.encode()) > MAX_NAME_BYTES:
        name = f"{name[:40]}-{hashlib.sha256(name.encode()).hexdigest()}"
    return (root or settings.MAIL_ROOT) / name


def ensure(folder: Path) -> Path:
    """Make the three folders of a Maildir where they are missing."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    return folder


def deliver(folder: Path, content: bytes, *, key: str) -> bool:
    """Put a mail into `new/` under a name that follows from `key`; False if it was delivered before.

    Written and synced in `tmp/`, then linked: readers never see half a mail, and a repetition after a crash finds the
    name taken.
    """
    ensure(folder)
    name = f"{hashlib.sha256(key.encode()).hexdigest()[:40]}.itilnext"
    if any((folder / "cur").glob(f"{name}*")):
        return False
    draft = folder / "tmp" / f"{name}.{os.getpid()}.{os.urandom(4).hex()}"
    with draft.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, folder / "new" / name)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def messages_in(folder: Path, *, parts: Sequence[str] = ("new", "cur")) -> Iterator[Path]:
    """The mails of a Maildir, oldest first; what vanishes meanwhile is left out."""
    found = []
    for part in parts:
        if not (folder / part).is_dir():
            continue
        for path in (folder / part).iterdir():
            try:
                if not path.name.startswith(".") and path.is_file():
                    found.append((path.stat().st_mtime_ns, path.name, path))
            except FileNotFoundError:
                continue
    return iter([path for _time, _name, path in sorted(found)])


def unique_part(path: Path) -> str:
    """A mail's name without its flags, as text that a database takes."""
    return os.fsencode(path.name.partition(":2,")[0]).decode("utf-8", "backslashreplace")


def move_to_cur(path: Path) -> None:
    """Mark a mail of `new/` as seen; one that another worker has moved already is fine."""
    target = path.parent.parent / "cur" / f"{path.name.partition(':2,')[0]}:2,S"
    try:
        if target.exists() and target.read_bytes() != path.read_bytes():
            target = target.with_name(f"{os.urandom(4).hex()}-{target.name}")
        path.replace(target)
    except FileNotFoundError:
        logger.info("mail file was moved by another worker")


class EmailBackend(BaseEmailBackend):
    """Django e-mail backend of `EMAIL_URL=maildir:`: each recipient finds the mail in a Maildir of their own."""

    def __init__(self, fail_silently: bool = False, file_path: str | None = None, **kwargs: Any) -> None:
        super().__init__(fail_silently=fail_silently, **kwargs)
        self._root = Path(file_path or str(getattr(settings, "EMAIL_FILE_PATH", "")) or settings.MAIL_ROOT)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for email in email_messages:
            message: Any = email.message()
            content = message.as_bytes(linesep="\r\n")
            if (sender := getattr(email, "envelope_sender", None)) is not None:  # as the last server writes it
                content = f"Return-Path: <{sender}>\r\n".encode() + content
            for address in dict.fromkeys(email.recipients()):
                deliver(folder_of(address, root=self._root), content, key=str(message["Message-ID"]))
        return len(email_messages)
