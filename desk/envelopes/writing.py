"""Writing in an envelope, keeping a draft of it, and taking words of it over into the reply."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError
from desk.composing import claim, id_in, is_misplaced, read_context, release_claim
from desk.drafting import draft_answer, wants_json
from desk.drafts import ids_of_draft_files, names_of_files_lost
from desk.envelopes.answers import acted_in, envelope_in_tab, out_of_sight, show_envelope
from desk.envelopes.forms import MessageForm, QuoteForm
from desk.envelopes.tabs import tab_url
from desk.envelopes.thread import WRITTEN, Writing, mode_of
from desk.forms import as_new_files
from desk.refusals import Refusal
from desk.services import post_and_end_draft, put_into_reply
from desk.ticket_page import refuse_in
from desk.unfinished import forget_typed, made_for, posted_or_typed
from desk.workspace import Part
from envelopes.models import Envelope
from envelopes.policies import acts_of, may_post
from envelopes.selectors import entries_of
from envelopes.services.mail import KEPT
from tickets.around import drafts_on
from tickets.enums import DraftMode
from tickets.models import Attachment, Ticket, TimelineEntry
from tickets.policies import acts_as_owner
from tickets.services.draft_files import draft_files_of, refuse_too_much


@require_POST
@agent_required
def post(request: AgentRequest, reference: str, number: int) -> HttpResponse:
    """Whatever is in the way, the text comes back with the answer."""
    try:
        _ticket, found = envelope_in_tab(request, reference, number)
    except Http404:
        return out_of_sight(request, reference)
    form = MessageForm(request.POST, request.FILES, auto_id="envelope-%s")
    if not form.is_valid():
        return _back(request, found, form, None, status=400)
    try:
        entry = _post_once(request, found, form)
    except DomainError as error:
        return _back(request, found, form, error, status=error.status)
    where = f"#e{entry.seq}" if entry else ""
    return acted_in(request, reference, number, said=_("Posted"), where=where)


def _post_once(request: AgentRequest, found: Envelope, form: MessageForm) -> TimelineEntry | None:
    """Write it, unless this very form has written it before; those who may not are told so before all else."""
    given: dict[str, Any] = form.cleaned_data
    mode = mode_of(found.number)
    context = read_context(given["context"], found.ticket, mode=mode) if may_post(request.agent, found) else None
    ids = ids_of_draft_files(request)
    if context is not None:
        drafted = draft_files_of(found.ticket, by=request.agent, mode=mode, ids=ids)
        uploaded = [(file.name or "", file.size or 0) for file in given["attachments"]]
        refuse_too_much(uploaded, besides=[file.size_bytes for file in drafted])
        if not claim(context, given["body"]):
            return None
    try:
        return post_and_end_draft(
            found.pk,
            by=request.agent,
            body_text=given["body"],
            mode=mode,
            files=as_new_files(given["attachments"]),
            draft_version=given["draft_version"],
            draft_files=ids,
        )
    except DomainError:
        if context is not None:
            release_claim(context, given["body"])
        raise


def _back(
    request: AgentRequest, found: Envelope, form: MessageForm, error: DomainError | None, *, status: int
) -> HttpResponse:
    """With what was typed; the files stay with the draft of whoever may write here, if the form was meant for here."""
    lost = [str(file.name) for file in request.FILES.getlist("attachments")]
    if lost and not is_misplaced(error) and "messages" in acts_of(request.agent, found):
        lost = names_of_files_lost(request, found.ticket, mode_of(found.number))
    ticket, current = envelope_in_tab(request, found.ticket.reference, found.number)
    writing = Writing(is_open=True, form=form, error=Refusal(error) if error else None, lost_files=lost)
    return show_envelope(request, ticket, current, writing=writing, status=status)


@require_POST
@agent_required
def draft(request: AgentRequest, reference: str, number: int) -> HttpResponse:
    """Keep what is typed, or with `discard` let it go."""
    try:
        ticket, found = envelope_in_tab(request, reference, number)
    except Http404:
        if wants_json(request):
            raise
        return out_of_sight(request, reference)

    def back(error: DomainError, typed: QueryDict) -> HttpResponse:
        writing = Writing(is_open=True, form=MessageForm(typed, auto_id="envelope-%s"), error=Refusal(error))
        return show_envelope(request, ticket, found, writing=writing, status=error.status)

    page = tab_url(ticket.reference, number)
    return draft_answer(request, ticket.pk, mode_of(number), page=page, compose="envelope", back=back)


@require_http_methods(["GET", "POST"])
@agent_required
def use(request: AgentRequest, reference: str, number: int) -> HttpResponse:
    """Words of an envelope on their way to the customer: shown again under the customer's name, with the difference to
    what stands in the draft of the reply; kept there only after that, and sent by nothing here.
    """
    ticket, found = envelope_in_tab(request, reference, number)
    kept = drafts_on(ticket).get(DraftMode.REPLY)
    before = kept.body_text if kept else ""
    if not acts_as_owner(request.agent, ticket):
        return _not_theirs(request, ticket, found)
    row = _entry_of(found, str(request.GET.get("entry", "")))
    files = _files_to_use(row) if row else []
    if request.method != "POST":
        typed = posted_or_typed(request)
        given = row.body_text if row else found.summary
        return _shown_again(request, ticket, found, given if typed is None else str(typed.get("body", "")), files)
    form = QuoteForm(request.POST, auto_id="use-%s", files=files)
    if not form.is_valid():
        return _step(request, ticket, found, form, "", status=400)
    text, chosen = str(form.cleaned_data["body"]), form.cleaned_data.get("files", [])
    is_changed = form.cleaned_data["shown"] != _mark(text, before)
    if "keep" not in request.POST or is_changed:
        return _shown_again(request, ticket, found, text, files, chosen, is_changed="keep" in request.POST)
    try:
        put_into_reply(
            ticket.pk,
            by=request.agent,
            body_text=_joined(before, text),
            cc=kept.cc if kept else "",
            over=kept,
            files=[file for file in files if file.pk in chosen],
        )
    except DomainError as error:
        return _step(request, ticket, found, form, text, error=Refusal(error), status=error.status)
    forget_typed(request)
    messages.success(request, _("Stands in the draft of the reply; nothing is sent yet"))
    return redirect(reverse("desk:ticket", args=[ticket.reference]) + "?compose=reply")


def _not_theirs(request: AgentRequest, ticket: Ticket, found: Envelope) -> HttpResponse:
    """Nobody but the owner speaks to the customer; the service says so, and the audit log keeps it."""
    try:
        put_into_reply(ticket.pk, by=request.agent, body_text="", cc="", over=None)
    except DomainError as error:
        return refuse_in(request, found, error)
    raise Http404


def _shown_again(
    request: AgentRequest,
    ticket: Ticket,
    found: Envelope,
    text: str,
    files: Sequence[Attachment],
    chosen: Sequence[UUID] = (),
    *,
    is_changed: bool = False,
) -> HttpResponse:
    before = drafts_on(ticket).get(DraftMode.REPLY)
    shown = _mark(text, before.body_text if before else "")
    form = QuoteForm(initial={"body": text, "shown": shown, "files": chosen}, auto_id="use-%s", files=files)
    return _step(request, ticket, found, form, text, is_changed=is_changed)


def _entry_of(found: Envelope, entry: str) -> TimelineEntry | None:
    """What is to be used: an entry somebody wrote, None for the summary. 404 for what stands in another envelope, and
    for a mail that is none of its people's.
    """
    if not entry:
        return None
    entry_id = id_in(entry)
    row = entries_of(found).filter(pk=entry_id, kind__in=WRITTEN).first() if entry_id else None
    if row is None or row.facts.get("event") == KEPT:
        raise Http404
    return row


def _files_to_use(row: TimelineEntry) -> list[Attachment]:
    """Files of an entry that may go to the customer with its words, those that belong to a mail's layout left out."""
    files = row.attachments.filter(is_inline=False).order_by("created_at", "id")
    return [file for file in files if file.may_be_served]


def _step(
    request: AgentRequest,
    ticket: Ticket,
    found: Envelope,
    form: QuoteForm,
    text: str,
    *,
    is_changed: bool = False,
    error: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    kept = drafts_on(ticket).get(DraftMode.REPLY)
    before = kept.body_text if kept else ""
    context: Part = {
        "ticket": ticket,
        "envelope": found,
        "form": form,
        "lines": difference(before, _joined(before, text)),
        "is_changed": is_changed,
        "made_for": made_for(request.agent),
        "error": error,
        "back_url": tab_url(ticket.reference, found.number),
    }
    return render(request, "desk/envelopes/use.html", context, status=status)


def _joined(before: str, text: str) -> str:
    """Lines end as in a draft, not as browsers send them: else nothing would be as it was shown."""
    parts = ("\n".join(part.splitlines()).strip() for part in (before, text))
    return "\n\n".join(part for part in parts if part)


def _mark(text: str, before: str) -> str:
    """Of what was shown: only this goes into the draft, and only over that one."""
    return sha256(f"{_joined(before, text)}\x00{before}".encode()).hexdigest()


def difference(before: str, after: str) -> list[Part]:
    """Lines of `after`, each with whether it is new, and those of `before` that are gone."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[Part] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            lines += [{"text": line, "kind": "same"} for line in new[c:d]]
        else:
            lines += [{"text": line, "kind": "gone"} for line in old[a:b]]
            lines += [{"text": line, "kind": "new"} for line in new[c:d]]
    return lines
