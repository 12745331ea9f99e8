"""Files of what is being written in an envelope, and its mails as they came: for those alone who read its thread.

The files themselves are downloaded where those of tickets are (`tickets.selectors.attachments_visible_to`).
"""

from functools import partial
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from accounts.auth import AgentRequest, agent_required
from desk.drafting import files_answer, wants_json
from desk.envelopes.answers import envelope_in_tab, show_envelope
from desk.envelopes.forms import MessageForm
from desk.envelopes.tabs import tab_url
from desk.envelopes.thread import WRITTEN, Writing, mode_of
from desk.mail_frames import as_text, framed
from desk.ticket_page import refuse_in
from envelopes.selectors import entries_of
from tickets import services
from tickets.models import TimelineEntry


@require_POST
@agent_required
def keep(request: AgentRequest, reference: str, number: int) -> HttpResponse:
    """Keep files with the draft as soon as they are chosen."""
    ticket, found = envelope_in_tab(request, reference, number)
    page = tab_url(ticket.reference, number) + "?compose=envelope"
    return files_answer(request, ticket.pk, mode_of(number), page=page, refuse=partial(refuse_in, request, found))


@require_POST
@agent_required
def remove(request: AgentRequest, reference: str, number: int, file_id: UUID) -> HttpResponse:
    """Take a file out again; without JavaScript the tab comes back with what was typed."""
    envelope_in_tab(request, reference, number)
    services.remove_draft_file(file_id, by=request.agent)
    if wants_json(request):
        return JsonResponse({})
    ticket, found = envelope_in_tab(request, reference, number)
    form = MessageForm(request.POST, auto_id="envelope-%s")
    form.errors.clear()
    return show_envelope(request, ticket, found, writing=Writing(is_open=True, form=form))


def _entry(request: AgentRequest, reference: str, number: int, entry_id: UUID) -> TimelineEntry:
    """What somebody wrote in it; 404 for what stands elsewhere, and for those who may not read it."""
    _ticket, found = envelope_in_tab(request, reference, number)
    entry: TimelineEntry = get_object_or_404(entries_of(found).filter(kind__in=WRITTEN), pk=entry_id)
    return entry


@require_GET
@xframe_options_sameorigin
@agent_required
def original(request: AgentRequest, reference: str, number: int, entry_id: UUID) -> HttpResponse:
    """A mail in its own layout; remote images never load."""
    return framed(request, _entry(request, reference, number, entry_id), may_load=False)


@require_GET
@agent_required
def whole_text(request: AgentRequest, reference: str, number: int, entry_id: UUID) -> HttpResponse:
    """A long message whole, as plain text."""
    return as_text(_entry(request, reference, number, entry_id))
