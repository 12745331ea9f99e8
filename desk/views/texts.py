"""Canned responses in a composer: offered to its module, or by a choice and a button without JavaScript."""

from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.auth import AgentRequest, agent_required
from desk.composers import as_typed
from desk.composing import id_in
from desk.drafts import names_of_files_lost
from desk.ticket_page import show_ticket
from desk.workspace import Part, visible_ticket
from tickets.enums import DraftMode, TextScope
from tickets.mentions import people_to_mention
from tickets.models import CannedResponse, Ticket
from tickets.placeholders import fill
from tickets.texts import responses_for, responses_of


@require_http_methods(["GET", "POST"])
@agent_required
def texts(request: AgentRequest, reference: str, mode: str) -> HttpResponse:
    """GET offers texts, filled for this ticket, as JSON; POST puts one into what was typed and shows the page again."""
    if mode not in DraftMode.values:
        raise Http404
    ticket = visible_ticket(request.agent, reference)
    if request.method == "POST":
        return _insert(request, ticket, DraftMode(mode))
    words = str(request.GET.get("q", ""))
    found = [_offer(text, ticket, request) for text in responses_for(ticket, by=request.agent, words=words)]
    return JsonResponse({"results": found})


def _offer(text: CannedResponse, ticket: Ticket, request: AgentRequest) -> Part:
    filled = fill(text.body, ticket, by=request.agent, is_read_again=True)
    whose = text.team.name if text.team else str(TextScope(text.scope).label)
    hint = f"/{text.shortcut} · {whose}" if text.shortcut else whose
    return {"id": str(text.pk), "label": text.title, "hint": hint, "text": filled.text, "unfilled": filled.unfilled}


def _insert(request: AgentRequest, ticket: Ticket, mode: DraftMode) -> HttpResponse:
    """The page with the chosen text below what was typed; without a choice, with the choice."""
    given = request.POST.copy()
    text_id = id_in(str(given.get("text", "")))
    chosen = _chosen(request, text_id) if text_id else None
    composers = as_typed(given, mode)
    composers.lost_files = names_of_files_lost(request, ticket, mode)
    if chosen is None:
        composers.texts = [(text.pk, text.title) for text in responses_for(ticket, by=request.agent)]
        composers.advice = "" if composers.texts else _("There is no canned response yet.")
        return show_ticket(request, visible_ticket(request.agent, ticket.reference), composers=composers)
    filled = fill(chosen.body, ticket, by=request.agent, is_read_again=True)
    given["body"] = "\n\n".join(part for part in (str(given.get("body", "")).rstrip(), filled.text) if part)
    if filled.unfilled:
        composers.advice = _("Fill in before you send: %(names)s") % {"names": ", ".join(filled.unfilled)}
    return show_ticket(request, visible_ticket(request.agent, ticket.reference), composers=composers)


def _chosen(request: AgentRequest, text_id: UUID) -> CannedResponse | None:
    found: CannedResponse | None = responses_of(request.agent).filter(pk=text_id).first()
    return found


@require_GET
@agent_required
def people(request: AgentRequest, reference: str) -> HttpResponse:
    """Whom an internal note may name, as JSON: those who may read this ticket."""
    ticket = visible_ticket(request.agent, reference)
    found = people_to_mention(ticket, words=str(request.GET.get("q", "")), besides=request.agent)
    return JsonResponse(
        {"results": [{"id": str(p.pk), "label": p.name, "hint": p.email, "text": f"@{p.name} "} for p in found]}
    )
