"""Answers with the ticket page: whole, or its workspace alone for htmx; with a refusal and the kept text, if any."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from accounts.auth import AgentRequest
from accounts.models import Agent
from core.errors import DomainError, NotFound
from desk.composing import context_of, id_in
from desk.delivery import why_undeliverable
from desk.drafts import draft_url, offered_draft, saved_words
from desk.forms import MAX_FILE_BYTES, CancelForm, NoteForm, ReplyForm, ResolveForm
from desk.selectors import next_unowned, start_view
from desk.signatures import without_signature
from desk.timeline import file_of
from desk.workspace import Look, Part, abilities_of, look_from, named_ticket, page_of, visible_ticket, why_no_reply
from tickets.enums import DraftMode
from tickets.errors import AlreadyOwned, UnseenEntries
from tickets.models import OutboundMessage, Ticket
from tickets.policies import acts_as_owner
from tickets.selectors import KeptDraft, drafts_on, messages_in_hand_of, surroundings_of


@dataclass(frozen=True)
class WayOut:
    label: str
    url: str


@dataclass(frozen=True)
class Refusal:
    """A domain error as templates show it: what is the case, what to do, and where to go."""

    error: DomainError
    ways: Sequence[WayOut] = ()

    def __str__(self) -> str:
        return str(self.error)

    @property
    def hint(self) -> str:
        return self.error.hint_text

    @property
    def status(self) -> int:
        return self.error.status


def refusal_for(agent: Agent, ticket: Ticket, error: DomainError) -> Refusal:
    """With the next ticket nobody owns, where somebody else was faster."""
    if isinstance(error, AlreadyOwned) and (other := next_unowned(agent, besides=ticket)):
        label = _("Next without an owner: %(reference)s %(subject)s") % {
            "reference": other.reference,
            "subject": other.subject,
        }
        return Refusal(error, (WayOut(label, reverse("desk:ticket", args=[other.reference])),))
    return Refusal(error)


@dataclass
class Composers:
    """State of the two composers: which is open, with which form, and what was in its way."""

    opened: str = ""
    reply_form: ReplyForm | None = None
    note_form: NoteForm | None = None
    reply_error: Refusal | None = None
    note_error: Refusal | None = None
    preview: Part | None = None
    """Who would get what, as `components/preview.html` wants it."""
    risks: Sequence[str] = ()
    asked: Sequence[str] = ()
    restored: OutboundMessage | None = None
    lost_files: Sequence[str] = ()
    """Names of files that a refused form carried; browsers do not send them again by themselves."""

    @property
    def files_hint(self) -> str:
        if not self.lost_files:
            return ""
        return _("Choose the files again: %(names)s") % {"names": ", ".join(self.lost_files)}


def show_ticket(
    request: AgentRequest,
    ticket: Ticket,
    *,
    composers: Composers | None = None,
    error: Refusal | None = None,
    status: int = 200,
    said: str = "",
) -> HttpResponse:
    """The page, or its workspace alone for htmx; `said` is what the page announces."""
    look = look_from(request.GET) if request.method == "GET" else Look()
    context = page_of(request.agent, ticket, look, csrf_token=get_token(request))
    context |= _dock(request.agent, ticket, context["last_seen_seq"], composers or Composers())
    context |= {
        "error": error,
        "said": said,
        "resolve_form": ResolveForm(auto_id="resolve-%s"),
        "cancel_form": CancelForm(auto_id="cancel-%s"),
        "menu_items": menu_of(ticket, context["able"]),
        "back": _back(request),
        "title": _title(ticket),
    }
    is_partial = request.htmx and not request.htmx.history_restore_request
    template = "desk/_workspace.html" if is_partial else "desk/ticket.html"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    if said and is_partial:
        response.headers["HX-Trigger"] = json.dumps({"say": {"text": said}})
    return response


def _title(ticket: Ticket) -> str:
    parts = [ticket.reference, ticket.company.name if ticket.company else ticket.requester.name, ticket.subject]
    return " · ".join(parts)


def _back(request: AgentRequest) -> Part:
    return {"url": reverse("desk:queue", args=[start_view(request.agent).slug]), "label": _("Back to the queue")}


def _dock(agent: Agent, ticket: Ticket, last_seen_seq: int, composers: Composers) -> Part:
    """The composers. A refused text is shown again even to whom the composer would not be offered."""
    able = abilities_of(agent, ticket)
    is_refused_reply = composers.reply_form is not None
    context = context_of(ticket, last_seen_seq=last_seen_seq, asked=composers.asked).signed()
    reply = note = refused = None
    if able.reply or is_refused_reply:
        draft = offered_draft(ticket, DraftMode.REPLY, composers.restored)
        form = composers.reply_form or _fresh_reply(ticket, composers.restored, draft)
        _renew(form, context)
        reply = _reply_of(agent, ticket, form, composers, may_wait=able.wait)
        reply["draft"] = _draft_of(ticket, DraftMode.REPLY, draft, composers)
    else:
        refused = {"recipient_name": ticket.requester.name, "reason": why_no_reply(agent, ticket)}
        if kept := drafts_on(ticket).get(DraftMode.REPLY):
            # Whoever may not send it any more can still take the words along, as a note or for the owner.
            refused["draft_text"] = kept.body_text
            refused["draft_url"] = draft_url(ticket, DraftMode.REPLY)
    if able.note or composers.note_form is not None:
        draft = offered_draft(ticket, DraftMode.NOTE)
        note = {
            "form": composers.note_form or NoteForm(auto_id="note-%s", initial=_initial(ticket, DraftMode.NOTE, draft)),
            "draft": _draft_of(ticket, DraftMode.NOTE, draft, composers),
            "action": reverse("desk:note", args=[ticket.reference]),
            "is_open": composers.opened == "note",
            "max_bytes": MAX_FILE_BYTES,
            "draft_text": composers.files_hint if composers.opened == "note" else "",
            "error": composers.note_error,
        }
    return {"reply": reply, "reply_refused": refused, "note": note}


def _initial(ticket: Ticket, mode: DraftMode, draft: KeptDraft | None) -> Part:
    """First values of a composer: the draft, and what it must know to be saved over it."""
    newest = drafts_on(ticket).get(mode)
    shown = {"body": draft.body_text, "cc": draft.cc} if draft else {}
    return {"draft_version": newest.version if newest else 0, **shown}


def _draft_of(ticket: Ticket, mode: DraftMode, draft: KeptDraft | None, composers: Composers) -> Part:
    """What the composers say of a draft; a form that came back holds a newer text than the draft."""
    is_back = (composers.reply_form if mode == DraftMode.REPLY else composers.note_form) is not None
    words = "" if is_back else saved_words(draft)
    return {"url": draft_url(ticket, mode), "text": words, "is_kept": draft is not None, "is_behind": is_back}


def _reply_of(agent: Agent, ticket: Ticket, form: ReplyForm, composers: Composers, *, may_wait: bool) -> Part:
    """What `components/composer_reply.html` wants."""
    return {
        "form": form,
        "action": reverse("desk:reply", args=[ticket.reference]),
        "preview_url": reverse("desk:preview", args=[ticket.reference]),
        "preview": composers.preview,
        "recipient_name": ticket.requester.name,
        "company_name": ticket.company.name if ticket.company else "",
        "recipient_address": ticket.requester.email,
        "recipient_problem": why_undeliverable(ticket.requester),
        "on_behalf_of": ticket.owner.name if _writes_for_another(agent, ticket) and ticket.owner else "",
        "is_open": composers.opened == "reply",
        "may_wait": may_wait,
        "signature_text": agent.signature,
        "max_bytes": MAX_FILE_BYTES,
        "hold_seconds": agent.undo_seconds,
        "draft_text": composers.files_hint if composers.opened == "reply" else "",
        "confirm": list(composers.risks),
        "error": composers.reply_error,
        "send_anyway": composers.reply_error is not None and isinstance(composers.reply_error.error, UnseenEntries),
        "kept_files": _kept_files(agent, form, composers.restored),
    }


def _writes_for_another(agent: Agent, ticket: Ticket) -> bool:
    return ticket.owner_id != agent.pk and acts_as_owner(agent, ticket)


def _fresh_reply(ticket: Ticket, restored: OutboundMessage | None, draft: KeptDraft | None) -> ReplyForm:
    initial = _initial(ticket, DraftMode.REPLY, draft)
    if restored is not None:
        body = without_signature(restored.body_text, restored.author)
        taken_back = {"body": body, "cc": ", ".join(restored.cc_recipients)}
        initial = taken_back | initial | {"restored": str(restored.pk)}
    return ReplyForm(auto_id="reply-%s", initial=initial)


def _renew(form: ReplyForm, context: str) -> None:
    """Give the form the context of what is on screen now, also where it was sent with an older one."""
    form.fields["context"].initial = context
    form.initial["context"] = context
    if form.is_bound:
        posted = QueryDict(mutable=True)
        posted.update(form.data)
        posted["context"] = context
        form.data = posted


def _kept_files(agent: Agent, form: ReplyForm, restored: OutboundMessage | None) -> list[Part]:
    """Files of the reply that was taken back, to be attached again or left out."""
    if restored is None and form.is_bound and (message_id := id_in(form.data.get("restored", ""))):
        restored = messages_in_hand_of(agent).filter(pk=message_id).first()
    if restored is None:
        return []
    chosen = cast(QueryDict, form.data).getlist("kept") if form.is_bound else None
    return [
        file_of(file) | {"id": file.pk, "is_kept": chosen is None or str(file.pk) in chosen}
        for file in restored.attachments.all()
    ]


def menu_of(ticket: Ticket, able: Any) -> list[Part]:
    """The acts behind "More"; each is an address of its own, so all of them work without script."""

    def at(name: str) -> str:
        return reverse(f"desk:{name}", args=[ticket.reference])

    items: list[Part | None] = [
        {"label": _("Edit ticket"), "url": at("fields"), "icon": "pencil"} if able.edit or able.prioritise else None,
        {"label": _("Add task"), "url": at("tasks"), "icon": "list-checks", "key": "t"} if able.add_task else None,
        {"label": _("Link a ticket"), "url": at("links"), "icon": "link"} if able.edit else None,
        {"label": _("Stop watching"), "action": at("unwatch"), "icon": "eye", "key": "i"}
        if surroundings_of(ticket).is_watched
        else {"label": _("Watch"), "action": at("watch"), "icon": "eye", "key": "i"},
        {"label": _("Change history"), "url": at("history"), "icon": "history"} if able.history else None,
        {"label": _("Offer to a colleague"), "url": at("offer"), "icon": "user-plus", "rule_before": True}
        if able.offer
        else None,
        {"label": _("Withdraw the offer"), "action": at("withdraw-offer"), "icon": "undo-2"}
        if able.withdraw_offer
        else None,
        {"label": _("Change team"), "url": at("change-team"), "icon": "users"} if able.change_team else None,
        {"label": _("Merge into another ticket"), "url": at("merge"), "icon": "arrow-right"} if able.merge else None,
        {"label": _("Undo the merge"), "action": at("unmerge"), "icon": "undo-2"} if able.unmerge else None,
        {
            "label": _("Cancel ticket"),
            "url": at("cancel"),
            "dialog": "cancel-dialog",
            "icon": "circle-x",
            "rule_before": True,
        }
        if able.cancel
        else None,
        {"label": _("Spam, block the sender"), "url": at("spam"), "icon": "ban", "tone": "danger"}
        if able.cancel
        else None,
    ]
    return [item for item in items if item is not None]


def act(
    request: AgentRequest, reference: str, call: Callable[[Ticket], Any], *, said: str, where: str = ""
) -> HttpResponse:
    """Look up, call one service, answer: the renewed workspace for htmx, else a redirect; the page shows a refusal."""
    ticket = named_ticket(request.agent, reference)
    try:
        call(ticket)
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return refused(request, ticket, error)
    return acted(request, reference, said=said, where=where)


def acted(request: AgentRequest, reference: str, *, said: str, where: str = "") -> HttpResponse:
    """After an act: the ticket as it is now (at `where` of its page), or the queue if it went out of sight."""
    try:
        ticket = visible_ticket(request.agent, reference) if request.htmx else named_ticket(request.agent, reference)
    except Http404:
        messages.success(request, f"{reference.upper()}: {said}")
        url = reverse("desk:queue", args=[start_view(request.agent).slug])
        return HttpResponse(headers={"HX-Redirect": url}) if request.htmx else redirect(url)
    if request.htmx:
        return show_ticket(request, ticket, said=said)
    messages.success(request, said)
    return redirect(reverse("desk:ticket", args=[ticket.reference]) + where)


def refused(request: AgentRequest, ticket: Ticket, error: DomainError) -> HttpResponse:
    """The page with the refusal, in the state the ticket really has; alone if it went out of sight."""
    refusal = refusal_for(request.agent, ticket, error)
    try:
        current = visible_ticket(request.agent, ticket.reference)
    except Http404:
        return render(request, "desk/refused.html", {"error": refusal, "back": _back(request)}, status=error.status)
    return show_ticket(request, current, error=refusal, status=error.status)


def version_of(request: AgentRequest) -> int | None:
    """The version a form carries, if it does."""
    given = str(request.POST.get("version", ""))
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
