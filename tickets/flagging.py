"""What active flags ask of those who work the ticket: what is sent, what stands on it before it ends or is paid."""

import re
from collections.abc import Collection, Sequence
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.errors import DomainError, Text
from tickets.enums import FlagType, ScanStatus, TextScope
from tickets.errors import (
    DocumentationMissing,
    EnforcedTextMissing,
    NoEnforcedText,
    PhotoMissing,
    SentimentMissing,
)
from tickets.models import Attachment, CannedResponse, CaseFlag, Ticket
from tickets.placeholders import PLACEHOLDER, fill
from tickets.resolution_enums import DamageCheck
from tickets.selectors import entries_of
from tickets.wording import FIELD_NAMES

DOCUMENTED = ("category", "product", "region")
"""What a legal case is about and where, of the fields that are optional elsewhere (`domain.md` names none)."""
PHOTO_BYTES = 50_000
"""Smaller pictures within a mail's text are logos."""
TITLES_NAMED = 5


def active_flags(ticket: Ticket) -> set[str]:
    """Types of the flags that are on the ticket; no query."""
    return set(ticket.flags)


def flags_by_ticket(ticket_ids: Collection[UUID]) -> dict[UUID, Sequence[str]]:
    """For `guards.flag_sources`; one query."""
    return dict(Ticket.objects.filter(pk__in=ticket_ids).values_list("pk", "flags"))


def photo_or_waiver(ticket: Ticket) -> DomainError | None:
    """Why nothing is granted yet: physical damage without a photo on the ticket, or a waiver at its flag (acceptance
    116). To be asked before a compensation.
    """
    if FlagType.PHYSICAL_DAMAGE not in ticket.flags:
        return None
    flag = CaseFlag.objects.filter(ticket=ticket, type=FlagType.PHYSICAL_DAMAGE, cleared_at__isnull=True)
    if flag.exclude(waiver_reason="").exists() or has_photo(ticket):
        return None
    return PhotoMissing(reference=ticket.reference)


def unchecked_damage(ticket: Ticket, checked: Collection[str]) -> Text:
    """What of the checklist for physical damage is still open, in words; empty for nothing, and on other cases."""
    if FlagType.PHYSICAL_DAMAGE not in ticket.flags:
        return ""
    missing = [str(label) for check, label in DamageCheck.choices if check not in checked]
    return _("Not looked at yet: %(checks)s") % {"checks": "; ".join(missing)} if missing else ""


def has_photo(ticket: Ticket) -> bool:
    files = Attachment.objects.filter(entry__in=entries_of(ticket).main_thread().values("pk"))
    pictures = files.filter(content_type__startswith="image/", scan_status=ScanStatus.CLEAN)
    return pictures.filter(Q(is_inline=False) | Q(size_bytes__gte=PHOTO_BYTES)).exists()


def documentation_complete(ticket: Ticket) -> DomainError | None:
    """A guard of resolving: legal cases say what they are about."""
    if FlagType.LEGAL not in ticket.flags:
        return None
    missing = [FIELD_NAMES[name]() for name in DOCUMENTED if not getattr(ticket, name)]
    return DocumentationMissing(reference=ticket.reference, fields=", ".join(missing)) if missing else None


def sentiment_recorded(ticket: Ticket) -> DomainError | None:
    """A guard of resolving, the last step that a person always takes."""
    if FlagType.SOCIAL_MEDIA not in ticket.flags:
        return None
    flag = CaseFlag.objects.filter(ticket=ticket, type=FlagType.SOCIAL_MEDIA, cleared_at__isnull=True)
    return SentimentMissing(reference=ticket.reference) if flag.filter(sentiment="").exists() else None


def refuse_other_text(text: str, ticket: Ticket, *, by: Agent) -> None:
    """On a legal case, text for the customer that begins with no prescribed one; quoted lines before it do not count.

    Variables are filled, in `text` too. Raises EnforcedTextMissing or NoEnforcedText (acceptance 113).
    """
    if FlagType.LEGAL not in ticket.flags:
        return
    prescribed = enforced_texts(ticket)
    said = _plain("\n".join(line for line in text.splitlines() if not line.startswith(">")))
    if any(_beginning(response, ticket, by=by).match(said) for response in prescribed):
        return
    if not prescribed:
        raise NoEnforcedText(reference=ticket.reference)
    titles = ", ".join(f"“{response.title}”" for response in prescribed[:TITLES_NAMED])
    raise EnforcedTextMissing(reference=ticket.reference, titles=titles)


def enforced_texts(ticket: Ticket) -> list[CannedResponse]:
    """Everybody's, and those of the ticket's team; nobody's own."""
    shared = Q(scope=TextScope.GLOBAL) | Q(scope=TextScope.TEAM, team=ticket.team_id)
    return list(CannedResponse.objects.filter(shared, is_enforced_for_flag=True).order_by("title", "id"))


def _beginning(response: CannedResponse, ticket: Ticket, *, by: Agent) -> re.Pattern[str]:
    """What a text that begins with `response` looks like; a variable without a value is any words."""
    parts = PLACEHOLDER.split(_plain(fill(response.body, ticket, by=by).text))[:: PLACEHOLDER.groups + 1]
    return re.compile(".+?".join(map(re.escape, parts)))


def _plain(text: str) -> str:
    return " ".join(text.split())
