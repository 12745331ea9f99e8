"""The demo's customers: their Maildirs as conversations, and mails written in their name.

Only for a demo desk on the `files` backend: what stands here is a real mail program's part, played by files.
"""

import mimetypes
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from accounts.models import Contact
from connectors.mail import maildir, selectors
from connectors.mail.composing import one_line
from connectors.mail.models import Mailbox
from connectors.mail.parsing import ParsedMail, parse
from core import wake

MAILDIR_BACKEND = "connectors.mail.maildir.EmailBackend"
SENT = ".Sent"
"""Folder inside a customer's Maildir for what they wrote, as mail programs name it (Maildir++)."""
SHOWN = 200
"""Newest mails of a customer that the page looks at."""
SUGGESTED = 8


@dataclass(frozen=True)
class Letter:
    """One mail in a customer's folders."""

    message_id: str
    is_mine: bool
    """Written by the customer; else received."""
    name: str
    address: str
    subject: str
    text: str
    at: datetime
    files: Sequence[str]
    parents: Sequence[str]
    answer_to: str

    @property
    def anchor(self) -> str:
        return uuid.uuid5(uuid.NAMESPACE_URL, self.message_id).hex[:12]


@dataclass
class Conversation:
    letters: list[Letter] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.letters[0].anchor

    @property
    def subject(self) -> str:
        return self.letters[0].subject

    @property
    def newest(self) -> Letter:
        return self.letters[-1]


def is_available() -> bool:
    """Whether customers' mailboxes are files of this desk, and it is a demo."""
    return bool(settings.DEMO and settings.EMAIL_BACKEND == MAILDIR_BACKEND)


def customers() -> list[str]:
    """Addresses whose Maildirs exist, those with the newest mail first; then some contacts who could write."""
    ours = set(Mailbox.objects.values_list("address", flat=True))
    root = Path(settings.MAIL_ROOT)
    folders = [path for path in root.iterdir() if path.is_dir() and "@" in path.name] if root.is_dir() else []
    newest = sorted(folders, key=lambda path: max(_times(path), default=0.0), reverse=True)
    suggested = Contact.objects.order_by("created_at", "id").values_list("email", flat=True)[:SUGGESTED]
    return [name for name in dict.fromkeys([*(path.name for path in newest), *suggested]) if name not in ours]


def _times(folder: Path) -> list[float]:
    return [part.stat().st_mtime for part in (folder / "new", folder / SENT / "cur") if part.is_dir()]


def conversations_of(address: str) -> list[Conversation]:
    """What the customer wrote and received, by conversation, the one with the newest mail first."""
    folder = maildir.folder_of(address)
    paths = [(path, False) for path in maildir.messages_in(folder)]
    paths += [(path, True) for path in maildir.messages_in(folder / SENT)]
    letters = [_letter(path, is_mine=is_mine) for path, is_mine in paths[-SHOWN:]]
    by_id: dict[str, Conversation] = {}
    found: list[Conversation] = []
    for letter in sorted(letters, key=lambda letter: letter.at):
        known = (by_id[parent] for parent in letter.parents if parent in by_id)
        conversation = next(known, None)
        if conversation is None:
            conversation = Conversation()
            found.append(conversation)
        conversation.letters.append(letter)
        for message_id in (letter.message_id, *letter.parents):
            by_id.setdefault(message_id, conversation)
    return sorted(found, key=lambda conversation: conversation.newest.at, reverse=True)


def conversation_with(message_id: str, address: str) -> Conversation | None:
    found = (row for row in conversations_of(address) if any(letter.message_id == message_id for letter in row.letters))
    return next(found, None)


def _letter(path: Path, *, is_mine: bool) -> Letter:
    mail = _parsed(str(path), path.stat().st_mtime_ns)
    sender = mail.from_
    answer_to = mail.to[0] if is_mine and mail.to else (mail.reply_to or mail.from_all or (None,))[0]
    return Letter(
        message_id=mail.message_id or path.name,
        is_mine=is_mine,
        name=(sender.name or sender.address) if sender else "",
        address=sender.address if sender else "",
        subject=mail.subject,
        text=mail.body_text,
        at=datetime.fromtimestamp(path.stat().st_mtime, tz=UTC),
        files=[file.filename for file in mail.attachments],
        parents=[found for found in (mail.in_reply_to, *reversed(mail.references)) if found],
        answer_to=answer_to.address if answer_to else "",
    )


@lru_cache(maxsize=500)
def _parsed(path: str, _changed: int) -> ParsedMail:
    """Kept by path and time of change: a rewritten file is another one."""
    return parse(Path(path).read_bytes())


@dataclass(frozen=True, kw_only=True)
class NewLetter:
    """What the customer has typed."""

    name: str
    address: str
    to: str
    subject: str
    body: str
    answers: Letter | None = None
    files: Sequence[tuple[str, bytes]] = ()


def send(letter: NewLetter) -> str:
    """Put the customer's mail into the desk's Maildir as their mail server would, and a copy into their sent folder.

    Answers the Message-ID.
    """
    message_id = f"{uuid.uuid4().hex}@{letter.address.rpartition('@')[2]}"
    mail = EmailMessage(policy=SMTP)
    mail["From"] = formataddr((one_line(letter.name), letter.address))
    mail["To"] = letter.to
    mail["Subject"] = one_line(letter.subject)
    mail["Date"] = format_datetime(timezone.now())
    mail["Message-ID"] = f"<{message_id}>"
    if letter.answers:
        mail["In-Reply-To"] = f"<{letter.answers.message_id}>"
        chain = [*reversed(letter.answers.parents), letter.answers.message_id]
        mail["References"] = " ".join(f"<{found}>" for found in dict.fromkeys(chain))
    mail.set_content(letter.body)
    for name, content in letter.files:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        maintype, _slash, subtype = kind.partition("/")
        mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=one_line(name))
    raw = mail.as_bytes()
    maildir.deliver(maildir.folder_of(letter.address) / SENT, raw, key=message_id)
    mailbox = selectors.own_mailbox(letter.to, selectors.own_addresses())
    maildir.deliver(maildir.folder_of(mailbox.address if mailbox else letter.to), raw, key=message_id)
    wake.now("connectors.mail.poll_mailboxes")
    return message_id
