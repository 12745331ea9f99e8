"""Saving what is typed in a composer: by its module a moment after each pause, by its button without JavaScript."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError, Invalid, StaleVersion
from desk.drafts import current_version, place_in, saved_words
from desk.forms import DraftForm, NoteForm, ReplyForm
from desk.ticket_page import Composers, Refusal, show_ticket
from desk.workspace import named_ticket, visible_ticket
from tickets import services
from tickets.enums import DraftMode
from tickets.models import Draft
from tickets.selectors import KeptDraft


@require_POST
@agent_required
def draft(request: AgentRequest, key: str) -> HttpResponse:
    """Keep the text, or with `discard` let it go. Answers JSON to the module, which asks for it, else the page."""
    reference, mode = place_in(key)
    ticket = named_ticket(request.agent, reference)
    is_module = request.headers.get("Accept") == "application/json"
    try:
        kept = _keep(request, ticket.pk, mode)
    except DomainError as error:
        if is_module:
            return JsonResponse(error.as_problem(), status=error.status)
        return _back(request, reference, mode, error)
    if is_module:
        shown = KeptDraft(kept.body_text, kept.cc, kept.version, kept.updated_at) if kept else None
        return JsonResponse({"version": kept.version if kept else 0, "said": saved_words(shown)})
    messages.success(request, _said(request, is_kept=kept is not None))
    opened = f"?compose={mode}" if kept else ""
    return redirect(reverse("desk:ticket", args=[ticket.reference]) + opened)


def _keep(request: AgentRequest, ticket_id: UUID, mode: DraftMode) -> Draft | None:
    if "discard" in request.POST:
        services.discard_draft(ticket_id, by=request.agent, mode=mode)
        return None
    form = DraftForm(request.POST)
    if not form.is_valid():
        raise Invalid({name: [str(text) for text in texts] for name, texts in form.errors.items()})
    given = form.cleaned_data
    return services.keep_draft(
        ticket_id,
        by=request.agent,
        mode=mode,
        body_text=given["body"],
        cc=given["cc"] if mode == DraftMode.REPLY else "",
        version=given["draft_version"],
    )


def _said(request: AgentRequest, *, is_kept: bool) -> str:
    if not is_kept:
        return _("Draft discarded")
    if request.FILES:
        return _("Draft saved. Files are not kept with it; choose them again before you send.")
    return _("Draft saved")


def _back(request: AgentRequest, reference: str, mode: DraftMode, error: DomainError) -> HttpResponse:
    """The page with the text as it was typed; saving once more then puts it over the newer draft."""
    ticket = visible_ticket(request.agent, reference)
    given = request.POST.copy()
    if isinstance(error, StaleVersion):
        given["draft_version"] = str(current_version(error))
    composers = Composers(opened=mode)
    refusal = Refusal(error)
    if mode == DraftMode.REPLY:
        composers.reply_form, composers.reply_error = ReplyForm(given, auto_id="reply-%s"), refusal
    else:
        composers.note_form, composers.note_error = NoteForm(given, auto_id="note-%s"), refusal
    return show_ticket(request, ticket, composers=composers, status=error.status)
