"""Mail parsing: bytes in, a frozen `ParsedMail` out. No models, no settings, no network (docs: email.md)."""

from connectors.mail.parsing.datatypes import (
    DEFAULT_LIMITS,
    Address,
    Attachment,
    DeliveryReport,
    Limits,
    MailKind,
    ParsedMail,
)
from connectors.mail.parsing.html import SANITISER_VERSION, SafeHtml, sanitise
from connectors.mail.parsing.parser import parse

__all__ = [
    "DEFAULT_LIMITS",
    "SANITISER_VERSION",
    "Address",
    "Attachment",
    "DeliveryReport",
    "Limits",
    "MailKind",
    "ParsedMail",
    "SafeHtml",
    "parse",
    "sanitise",
]
