"""Mails whose HTML an older sanitiser has cleaned, cleaned again from the bytes as they came (email.md section 11)."""

import logging
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from connectors.mail.enums import MailState
from connectors.mail.forwards import attached_mail
from connectors.mail.models import MailMessage
from connectors.mail.parsing import SANITISER_VERSION, parse
from connectors.mail.querysets import MailMessageQuerySet
from connectors.mail.said import SANITISER
from connectors.mail.services.names import CLEANING
from connectors.mail.services.outcome import FORWARD_ENTRY
from tickets.services import replace_html

logger = logging.getLogger(__name__)


class Cleaned(NamedTuple):
    mails: int
    entries: int
    """Those that are other than before."""
    failed: int = 0
    """Mails that are left as they were, each with its reason in the log."""


def cleaned_by_older() -> MailMessageQuerySet:
    """Mails with HTML on a timeline that the sanitiser of today has not seen; of copies the mail that counts."""
    older = Q(evidence__sanitiser__isnull=True) | Q(evidence__sanitiser__lt=SANITISER_VERSION)
    has_html = Q(entry__body_html__gt="") | Q(evidence__has_key=FORWARD_ENTRY)
    return MailMessage.objects.filter(older, has_html, entry__isnull=False).exclude(state=MailState.DUPLICATE)


def clean_again() -> Cleaned:
    """Clean them all, each by itself: one that cannot be cleaned stops no other.

    Broken off and begun anew it goes on with what is left.
    """
    mails = entries = failed = 0
    for message_id in list(cleaned_by_older().order_by("pk").values_list("pk", flat=True)):
        try:
            entries += _clean(message_id)
        except Exception:  # the outermost loop
            logger.exception("mail not cleaned again", extra={"mail": str(message_id)})
            failed += 1
        else:
            mails += 1
    return Cleaned(mails, entries, failed)


def _clean(message_id: UUID) -> int:
    """First the entries, each in a transaction of its own that locks the tickets, then the row: repeating is harmless,
    and whoever merges tickets locks them before their mails, too.
    """
    message = MailMessage.objects.select_related("raw").get(pk=message_id)
    mail = parse(bytes(message.raw.content))
    found = {message.entry_id: mail.html_sanitised}
    if own_words := message.evidence.get(FORWARD_ENTRY):
        attached = attached_mail(mail)
        found = {message.entry_id: attached.html_sanitised if attached else "", UUID(own_words): mail.html_sanitised}
    changed = [
        replace_html(entry_id, html=html, sanitiser_version=SANITISER_VERSION, by=CLEANING)
        for entry_id, html in found.items()
        if entry_id is not None
    ]
    with transaction.atomic():
        row = MailMessage.objects.select_for_update(of=("self",), no_key=True).get(pk=message_id)
        evidence = row.evidence | {SANITISER: SANITISER_VERSION}
        MailMessage.objects.filter(pk=message_id).update(evidence=evidence)  # the system's own work writes no history
    return sum(changed)
