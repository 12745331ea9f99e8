"""Answers to what a composer wants kept: JSON to its module, which asks for it, else the page."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.auth import AgentRequest
from core.errors import DomainError, Invalid, StaleVersion
from desk.drafts import current_version, keep_files, saved_words
from desk.forms import DraftForm
from desk.neighbours import from_of, with_from
from tickets import services
from tickets.around import KeptDraft
from tickets.files import scan_note_in_words
from tickets.models import Draft

Back = Callable[[DomainError, QueryDict], HttpResponse]
"""The page with what was typed, as the second one has it: saving once more then puts it over the newer draft."""


def wants_json(request: AgentRequest) -> bool:
    """Whether a module asks, not the page."""
    return request.headers.get("Accept") == "application/json"


def draft_answer(
    request: AgentRequest, ticket_id: UUID, mode: str, *, page: str, compose: str, back: Back, keeps_cc: bool = False
) -> HttpResponse:
    """Keep the text, or with `discard` let it go. `page` is where the composer stands, `compose` its word there."""
    is_module = wants_json(request)
    try:
        kept = _keep(request, ticket_id, mode, keeps_cc=keeps_cc)
    except DomainError as error:
        if is_module:
            return JsonResponse(error.as_problem(), status=error.status)
        typed = request.POST.copy()
        if isinstance(error, StaleVersion):
            typed["draft_version"] = str(current_version(error))
        return back(error, typed)
    if is_module:
        shown = KeptDraft(kept.body_text, kept.cc, kept.version, kept.updated_at) if kept else None
        return JsonResponse({"version": kept.version if kept else 0, "said": saved_words(shown)})
    is_kept = bool(kept or request.FILES) and "discard" not in request.POST
    messages.success(request, _("Draft saved") if is_kept else _("Draft discarded"))
    return redirect(with_from(f"{page}?compose={compose}" if is_kept else page, from_of(request)))


def files_answer(
    request: AgentRequest, ticket_id: UUID, mode: str, *, page: str, refuse: Callable[[DomainError], HttpResponse]
) -> HttpResponse:
    """Keep files with the draft as soon as they are chosen; the module shows how far each is, and gets JSON."""
    is_module = wants_json(request)
    try:
        kept = keep_files(ticket_id, request.FILES.getlist("file"), by=request.agent, mode=mode)
    except DomainError as error:
        return JsonResponse(error.as_problem(), status=error.status) if is_module else refuse(error)
    if not is_module:
        return redirect(with_from(page, from_of(request)))
    return JsonResponse({"files": [{"id": str(file.pk), "note": scan_note_in_words(file.scan_note)} for file in kept]})


def _keep(request: AgentRequest, ticket_id: UUID, mode: str, *, keeps_cc: bool) -> Draft | None:
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
    return services.keep_draft(
        ticket_id,
        by=request.agent,
        mode=mode,
        body_text=given["body"],
        cc=given["cc"] if keeps_cc else "",
        version=given["draft_version"],
        sent_before=_sent_before(request, keeps_cc=keeps_cc),
    )


def _sent_before(request: AgentRequest, *, keeps_cc: bool) -> list[tuple[str, str]]:
    """What the composer sent before without an answer: on its way, or lost. Only compared, so nothing is refused."""
    bodies, copies = request.POST.getlist("sent_body"), request.POST.getlist("sent_cc")
    if not keeps_cc:
        return [(body, "") for body in bodies]
    return [(body, cc.strip()) for body, cc in zip(bodies, copies, strict=False)]
