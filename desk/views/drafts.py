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
from desk.composers import Composers, as_typed
from desk.drafts import current_version, keep_files, place_in, saved_words
from desk.forms import DraftForm, NoteForm, ReplyForm
from desk.refusals import Refusal
from desk.ticket_page import refused, show_ticket
from desk.workspace import named_ticket, visible_ticket
from tickets import services
from tickets.around import KeptDraft
from tickets.enums import DraftMode
from tickets.files import scan_note_in_words
from tickets.models import Draft


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
        if "discard" in request.POST:  # the page with the draft that is there: it was not the one to let go
            return refused(request, ticket, error)
        return _back(request, reference, mode, error)
    if is_module:
        shown = KeptDraft(kept.body_text, kept.cc, kept.version, kept.updated_at) if kept else None
        return JsonResponse({"version": kept.version if kept else 0, "said": saved_words(shown)})
    messages.success(request, _said(request, is_kept=kept is not None))
    opened = f"?compose={mode}" if kept or request.FILES else ""
    return redirect(reverse("desk:ticket", args=[ticket.reference]) + opened)


def _keep(request: AgentRequest, ticket_id: UUID, mode: DraftMode) -> Draft | None:
    form = DraftForm(request.POST)
    is_discarded = "discard" in request.POST  # whatever is wrong with the text
    faults = {name: texts for name, texts in form.errors.items() if name == "draft_version" or not is_discarded}
    if faults:
        raise Invalid({name: [str(text) for text in texts] for name, texts in faults.items()})
    given = form.cleaned_data
    if is_discarded:
        services.discard_draft(ticket_id, by=request.agent, mode=mode, version=given["draft_version"])
        return None
    if files := request.FILES.getlist("attachments"):
        keep_files(ticket_id, files, by=request.agent, mode=mode)
    is_reply = mode == DraftMode.REPLY
    return services.keep_draft(
        ticket_id,
        by=request.agent,
        mode=mode,
        body_text=given["body"],
        cc=given["cc"] if is_reply else "",
        version=given["draft_version"],
        sent_before=_sent_before(request, is_reply=is_reply),
    )


def _sent_before(request: AgentRequest, *, is_reply: bool) -> list[tuple[str, str]]:
    """What the composer sent before without an answer: on its way, or lost. Only compared, so nothing is refused."""
    bodies, copies = request.POST.getlist("sent_body"), request.POST.getlist("sent_cc")
    return [(body, cc.strip() if is_reply else "") for body, cc in zip(bodies, copies, strict=False)]


def _said(request: AgentRequest, *, is_kept: bool) -> str:
    return _("Draft saved") if is_kept or request.FILES else _("Draft discarded")


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


@require_POST
@agent_required
def files(request: AgentRequest, key: str) -> HttpResponse:
    """Keep files with the draft as soon as they are chosen; the module shows how far each is, and gets JSON."""
    reference, mode = place_in(key)
    ticket = named_ticket(request.agent, reference)
    is_module = request.headers.get("Accept") == "application/json"
    try:
        kept = keep_files(ticket.pk, request.FILES.getlist("file"), by=request.agent, mode=mode)
    except DomainError as error:
        return JsonResponse(error.as_problem(), status=error.status) if is_module else refused(request, ticket, error)
    if not is_module:
        return redirect(reverse("desk:ticket", args=[ticket.reference]) + f"?compose={mode}")
    return JsonResponse({"files": [{"id": str(file.pk), "note": scan_note_in_words(file.scan_note)} for file in kept]})


@require_POST
@agent_required
def remove_file(request: AgentRequest, key: str, file_id: UUID) -> HttpResponse:
    """Take a file out again; without JavaScript the page comes back with what was typed."""
    reference, mode = place_in(key)
    named_ticket(request.agent, reference)
    services.remove_draft_file(file_id, by=request.agent)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({})
    ticket = visible_ticket(request.agent, reference)
    return show_ticket(request, ticket, composers=as_typed(request.POST, mode))
