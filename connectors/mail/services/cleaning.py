"""Mails whose HTML an older sanitiser has cleaned, cleaned again from the bytes as they came (email.md section 11)."""

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


def cleaned_by_older() -> MailMessageQuerySet:
    """Mails with HTML on a timeline that the sanitiser of today has not seen; of copies the mail that counts."""
    older = Q(evidence__sanitiser__isnull=True) | Q(evidence__sanitiser__lt=SANITISER_VERSION)
    has_html = Q(entry__body_html__gt="") | Q(evidence__has_key=FORWARD_ENTRY)
    return MailMessage.objects.filter(older, has_html, entry__isnull=False).exclude(state=MailState.DUPLICATE)


def clean_again() -> tuple[int, int]:
    """Clean them all, each in a transaction of its own; how many mails, and how many entries are other than before.

    Broken off and begun anew it goes on with what is left.
    """
    mails = entries = 0
    for message_id in list(cleaned_by_older().order_by("pk").values_list("pk", flat=True)):
        entries += _clean(message_id)
        mails += 1
    return mails, entries


@transaction.atomic
def _clean(message_id: UUID) -> int:
    message = MailMessage.objects.select_for_update(of=("self",), no_key=True).select_related("raw").get(pk=message_id)
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
    evidence = message.evidence | {SANITISER: SANITISER_VERSION}
    MailMessage.objects.filter(pk=message.pk).update(evidence=evidence)  # the system's own work writes no history
    return sum(changed)
