"""The composer's memory: which draft a page offers again, and where it is saved."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404
from django.urls import reverse
from django.utils.dateformat import time_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.auth import AgentRequest
from accounts.models import Agent
from core.errors import DomainError, StaleVersion
from desk.composing import id_in
from desk.forms import addresses_in, as_new_files
from desk.signatures import without_signature
from tickets import services
from tickets.around import KeptDraft, draft_files_on, drafts_on
from tickets.enums import DraftMode
from tickets.files import scan_note_in_words
from tickets.models import DraftFile, OutboundMessage, Ticket
from tickets.services.draft_files import refuse_too_much


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
    text = without_signature(message.body_text, message.author, message.ticket)
    cc = ", ".join(message.cc_recipients)
    services.keep_above(message.ticket_id, by=by, mode=DraftMode.REPLY, body_text=text, cc=cc, join_cc=joined_addresses)


def joined_addresses(*lists: str) -> str:
    """Each address of these lists once."""
    found: dict[str, str] = {}
    for address in addresses_in(",".join(lists)):
        found.setdefault(address.lower(), address)
    return ", ".join(found.values())


def shown_files(ticket: Ticket, mode: str, files_url: str) -> list[dict[str, Any]]:
    """Files of the draft as `components/file_picker.html` wants them; no query."""
    return [
        {
            "id": file.id,
            "name": file.name,
            "size_bytes": file.size_bytes,
            "note": scan_note_in_words(file.note),
            "remove_url": f"{files_url}{file.id}/remove/",
        }
        for file in draft_files_on(ticket, mode)
    ]


def keep_files(ticket_id: UUID, files: Sequence["UploadedFile[bytes]"], *, by: Agent, mode: str) -> list[DraftFile]:
    """Keep files with the draft; their sizes are looked at before any of them is read."""
    refuse_too_much([(file.name or "", file.size or 0) for file in files])
    return services.keep_draft_files(ticket_id, by=by, mode=mode, files=as_new_files(files))


def ids_of_draft_files(request: AgentRequest) -> list[UUID]:
    """Files kept with the draft that a form shows."""
    return [found for text in request.POST.getlist("draft_file") if (found := id_in(text))]


def names_of_files_lost(request: AgentRequest, ticket: Ticket, mode: str) -> list[str]:
    """Keep the files of a form that is shown again, as browsers do not send them twice; named are those that cannot
    be.
    """
    files = request.FILES.getlist("attachments")
    try:
        if files:
            keep_files(ticket.pk, files, by=request.agent, mode=mode)
    except DomainError:
        return [str(file.name) for file in files]
    return []


def words_for_lost(names: Sequence[str]) -> str:
    return _("Choose the files again: %(names)s") % {"names": ", ".join(names)} if names else ""


def current_version(error: StaleVersion) -> int:
    return int(error.facts["current"])
