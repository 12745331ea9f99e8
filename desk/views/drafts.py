"""Saving what is typed in a composer: by its module a moment after each pause, by its button without JavaScript."""

from functools import partial
from uuid import UUID

from django.http import HttpResponse, JsonResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError
from desk.composers import as_refused, as_typed
from desk.drafting import draft_answer, files_answer, wants_json
from desk.drafts import place_in
from desk.refusals import Refusal
from desk.ticket_page import refused, show_ticket
from desk.workspace import named_ticket, visible_ticket
from tickets import services
from tickets.enums import DraftMode


@require_POST
@agent_required
def draft(request: AgentRequest, key: str) -> HttpResponse:
    """Keep the text, or with `discard` let it go."""
    reference, mode = place_in(key)
    ticket = named_ticket(request.agent, reference)

    def back(error: DomainError, typed: QueryDict) -> HttpResponse:
        if "discard" in request.POST:  # the page with the draft that is there: it was not the one to let go
            return refused(request, ticket, error)
        composers = as_refused(typed, mode, Refusal(error))
        return show_ticket(request, visible_ticket(request.agent, reference), composers=composers, status=error.status)

    page = reverse("desk:ticket", args=[ticket.reference])
    is_reply = mode == DraftMode.REPLY
    return draft_answer(request, ticket.pk, mode, page=page, compose=mode, back=back, keeps_cc=is_reply)


@require_POST
@agent_required
def files(request: AgentRequest, key: str) -> HttpResponse:
    """Keep files with the draft as soon as they are chosen."""
    reference, mode = place_in(key)
    ticket = named_ticket(request.agent, reference)
    page = reverse("desk:ticket", args=[ticket.reference]) + f"?compose={mode}"
    return files_answer(request, ticket.pk, mode, page=page, refuse=partial(refused, request, ticket))


@require_POST
@agent_required
def remove_file(request: AgentRequest, key: str, file_id: UUID) -> HttpResponse:
    """Take a file out again; without JavaScript the page comes back with what was typed."""
    reference, mode = place_in(key)
    named_ticket(request.agent, reference)
    services.remove_draft_file(file_id, by=request.agent)
    if wants_json(request):
        return JsonResponse({})
    ticket = visible_ticket(request.agent, reference)
    return show_ticket(request, ticket, composers=as_typed(request.POST, mode))
