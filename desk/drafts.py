"""The composer's memory: which draft a page offers again, and where it is saved."""

from django.http import Http404
from django.urls import reverse
from django.utils.dateformat import time_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.models import Agent
from core.errors import StaleVersion
from desk.signatures import without_signature
from tickets import services
from tickets.enums import DraftMode
from tickets.models import OutboundMessage, Ticket
from tickets.selectors import KeptDraft, drafts_of, drafts_on


def draft_url(ticket: Ticket, mode: DraftMode) -> str:
    return reverse("desk:draft", args=[f"{ticket.reference}-{mode}"])


def place_in(key: str) -> tuple[str, DraftMode]:
    """Reference and mode that an address names; 404 for any other word."""
    reference, _dash, mode = key.rpartition("-")
    if mode not in DraftMode.values:
        raise Http404
    return reference, DraftMode(mode)


def offered_draft(ticket: Ticket, mode: DraftMode, restored: OutboundMessage | None = None) -> KeptDraft | None:
    """The draft the composer begins with; a reply that was taken back later stands in its place."""
    draft = drafts_on(ticket).get(mode)
    if draft is not None and restored is not None and restored.updated_at > draft.at:
        return None
    return draft


def saved_words(draft: KeptDraft | None) -> str:
    return _("Draft saved %(time)s") % {"time": time_format(localtime(draft.at), "H:i")} if draft else ""


def keep_taken_back(message: OutboundMessage, *, by: Agent) -> None:
    """A reply that was taken back is a draft again; what was begun meanwhile stands below it, so no word is lost."""
    begun = drafts_of(by).filter(ticket=message.ticket_id, mode=DraftMode.REPLY).first()
    parts = [without_signature(message.body_text, message.author), begun.body_text if begun else ""]
    cc = ", ".join(message.cc_recipients)
    services.keep_draft(
        message.ticket_id,
        by=by,
        mode=DraftMode.REPLY,
        body_text="\n\n".join(part for part in parts if part.strip()),
        cc=(begun.cc if begun else "") or cc,
    )


def current_version(error: StaleVersion) -> int:
    return int(error.facts["current"])
