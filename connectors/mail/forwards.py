"""A customer's mail that an agent forwards to the desk: who wrote it, what they wrote, and what the agent added.

Never for anybody else's mail: whoever forwards to us speaks for themselves (email.md section 4).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import Agent
from connectors.mail import selectors
from connectors.mail.models import Mailbox
from connectors.mail.parsing import DEFAULT_LIMITS, Address, Attachment, MailKind, ParsedMail, parse
from connectors.mail.parsing.quotemarks import (
    FORWARD,
    FORWARD_SUBJECT,
    LABEL_LINE,
    REPLY_SUBJECT,
    ROLE_OF,
    RULE,
    SEPARATOR,
)
from connectors.mail.people import USABLE, has_failed_authentication

SEARCHED_LINES = 200
BLOCK_LINES = 12
"""The header lines above a forwarded mail, with those that are wrapped."""


@dataclass(frozen=True)
class Forward:
    """Both halves of a forwarded mail."""

    agent: Agent
    sender: Address
    """Who wrote the mail that was forwarded."""
    subject: str
    own_words: str
    """What the agent wrote above it; stays inside."""
    text: str
    html: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    is_signed: bool = False
    is_encrypted: bool = False
    attachments: Sequence[Attachment] = ()
    over_limit: str = ""
    """Which limit the attached mail exceeds; what could be read of it stands here all the same."""


def forwarded_by_agent(
    mail: ParsedMail, own: dict[str, Mailbox], *, attached: ParsedMail | None = None
) -> Forward | None:
    """The forward of a known agent, or None; `attached` is what `attached_mail` has read. An agent's address that fails
    DMARC is nobody's.
    """
    original = mail.forwarded_from
    if original is None or mail.from_ is None or mail.kind != MailKind.NORMAL:
        return None
    agent = selectors.agent_at(mail.from_.address)
    if agent is None or has_failed_authentication(mail) or not _is_customer(original, own):
        return None
    if attached is not None:
        return Forward(
            agent=agent,
            sender=original,
            subject=attached.subject.strip() or _bare(mail.subject),
            own_words=mail.body_text.strip(),
            text=attached.body_text,
            html=attached.html_sanitised,
            message_id=attached.message_id,
            in_reply_to=attached.in_reply_to,
            is_signed=attached.is_signed_itself,
            is_encrypted=attached.is_encrypted,
            attachments=attached.attachments,
            over_limit=attached.over_limit,
        )
    halves = _halves(mail.body_text)
    if halves is None or not _looks_forwarded(mail):
        return None
    return Forward(agent=agent, sender=original, subject=_bare(mail.subject), own_words=halves[0], text=halves[1])


def _is_customer(address: Address, own: dict[str, Mailbox]) -> bool:
    if not USABLE.fullmatch(address.address) or selectors.own_mailbox(address.address, own):
        return False
    return selectors.agent_at(address.address) is None


def _looks_forwarded(mail: ParsedMail) -> bool:
    """An answer quotes in the same shape as some programs forward; its subject and In-Reply-To tell them apart."""
    if FORWARD_SUBJECT.match(mail.subject) or any(map(FORWARD.match, mail.body_text.splitlines()[:SEARCHED_LINES])):
        return True
    return not REPLY_SUBJECT.match(mail.subject) and not mail.in_reply_to


def attached_mail(mail: ParsedMail) -> ParsedMail | None:
    """The one mail that is attached to what may be a forward, where the text itself holds none. Reading it can take
    as long as reading the mail itself, so it is done before the transaction.
    """
    if mail.forwarded_from is None or mail.kind != MailKind.NORMAL:
        return None
    mails = [file for file in mail.attachments if file.content_type == "message/rfc822"]
    return parse(mails[0].content, DEFAULT_LIMITS) if len(mails) == 1 and _halves(mail.body_text) is None else None


def _halves(text: str) -> tuple[str, str] | None:
    """The words above the forwarded mail, and those of the mail without its header block; None if there is none."""
    lines = text.split("\n")
    for index, line in enumerate(lines[:SEARCHED_LINES]):
        if FORWARD.match(line):
            return _cut(lines, index, index + 1)
        if _role(line) == "from" and {"sent", "subject", "to"} & set(map(_role, lines[index : index + BLOCK_LINES])):
            return _cut(lines, index, index)
    return None


def _cut(lines: list[str], end: int, start: int) -> tuple[str, str]:
    above = lines[:end]
    while above and (not above[-1].strip() or RULE.match(above[-1]) or SEPARATOR.match(above[-1])):
        above.pop()
    while start < len(lines) and not lines[start].strip(" >"):
        start += 1
    limit = start + BLOCK_LINES
    while start < min(limit, len(lines)) and lines[start].strip(" >"):
        start += 1
    return "\n".join(above).strip(), _unquoted(lines[start:])


def _unquoted(lines: list[str]) -> str:
    """Some programs forward everything behind angle brackets."""
    if all(line.startswith(">") for line in lines if line.strip()):
        lines = [re.sub(r"^> ?", "", line) for line in lines]
    return "\n".join(lines).strip()


def _role(line: str) -> str:
    label = LABEL_LINE.match(line)
    return ROLE_OF.get(label[1].strip().lower(), "") if label else ""


def _bare(subject: str) -> str:
    """The subject without the marks of forwarding."""
    while found := FORWARD_SUBJECT.match(subject):
        subject = subject[found.end() :]
    return subject.strip()
