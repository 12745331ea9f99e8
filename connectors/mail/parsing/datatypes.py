"""What the parser takes and returns: plain frozen data, no Django."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class MailKind(StrEnum):
    """What sort of mail it is, as far as the mail itself tells; the first that fits, in this order."""

    BOUNCE = "bounce"
    DELAY = "delay"
    REPORT = "report"
    AUTO_REPLY = "auto_reply"
    LIST = "list"
    BULK = "bulk"
    AUTO_GENERATED = "auto_generated"
    NORMAL = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one mail; sizes in bytes. What lies beyond them is named in `ParsedMail.over_limit`."""

    raw_size: int = 35 * 1024 * 1024
    header_size: int = 64 * 1024
    headers: int = 2_000
    depth: int = 30
    parts: int = 500
    addresses: int = 500
    references: int = 100
    body_size: int = 1024 * 1024
    attachments_size: int = 100 * 1024 * 1024
    reply_size: int = 64 * 1024


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox. `address` is as written by the sender, "" if there was only a name."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One attached file, decoded.

    `content_type` is what the sender says, `detected_type` what the bytes look like ("" if unknown): serve by the
    latter only. `inline` is true if the HTML refers to the part. `is_signature` marks the signature of a
    signed mail, and small files called smime.p7s or signature.asc.
    """

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    sha256: str
    detected_type: str = ""
    inline: bool = False
    content_id: str = ""
    is_signature: bool = False

    @property
    def size(self) -> int:
        return len(self.content)


@dataclass(frozen=True, slots=True)
class RecipientOutcome:
    """What one group of fields of a delivery report says: `action` in lower case, `status` as 5.1.1 or ""."""

    address: str
    action: str
    status: str
    original: str = ""
    """To whom the mail was sent, where the report tells (Original-Recipient); the address is where it was to go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What a report says about the delivery of one mail of ours (RFC 3464 or a plain-text dialect)."""

    recipients: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    original_message_ids: tuple[str, ...] = ()
    original_senders: tuple[str, ...] = ()
    """Return-Path of the returned mail: the sender that its envelope had."""
    outcomes: tuple[RecipientOutcome, ...] = ()
    """Recipient by recipient, also of reports that nothing failed; empty where only words tell."""
    disposition: str = ""
    """Of a read receipt (RFC 8098), as displayed or deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMail:
    """Everything read from one mail. All texts are UTF-8 encodable, without NUL; one-line fields hold no line break.

    `from_` is the first mailbox of From, `date` the sender's own (aware, None if unreadable), `body_text` all human
    text, `reply_text` a view on it without quoted history, `html_sanitised` safe HTML ("" without an HTML body).
    `reasons` is the evidence behind `kind` and `no_auto_response`; `is_guess` says that words alone speak for `kind`;
    `defects` what was repaired; `over_limit` the
    reason for quarantine or "". `content_hash` identifies the mail over its copies (email.md section 2).
    """

    subject: str = ""
    from_: Address | None = None
    from_all: tuple[Address, ...] = ()
    sender: Address | None = None
    original_from: Address | None = None
    forwarded_from: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    return_path: str | None = None
    envelope_recipients: tuple[str, ...] = ()
    received_from: tuple[str, ...] = ()
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: str = ""
    in_reply_to_all: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    thread_index: str = ""
    list_id: str = ""
    loop_header: str = ""
    authentication_results: tuple[str, ...] = ()
    auto_submitted: str | None = None
    kind: MailKind = MailKind.NORMAL
    is_auto_reply: bool = False
    is_bounce: bool = False
    is_report: bool = False
    no_auto_response: bool = False
    is_guess: bool = False
    reasons: tuple[str, ...] = ()
    delivery: DeliveryReport = field(default_factory=DeliveryReport)
    is_signed: bool = False
    """Or a mail that it quotes is."""
    is_signed_itself: bool = False
    is_encrypted: bool = False
    calendar_method: str = ""
    is_partial: bool = False
    body_text: str = ""
    reply_text: str = ""
    html_sanitised: str = ""
    sanitiser_version: int = 0
    has_remote_images: bool = False
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    content_hash: str = ""
    raw_sha256: str = ""
    raw_size: int = 0
    defects: tuple[str, ...] = ()
    over_limit: str = ""
