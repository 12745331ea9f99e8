"""Replies and notes."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.auth import AgentRequest, agent_required
from accounts.panels import Panels
from accounts.services.panels import keep_panels
from connectors.mail.preview import preview_of
from core.errors import DomainError, Invalid
from desk.composers import Composers
from desk.composing import (
    ComposerContext,
    claim,
    id_in,
    is_misplaced,
    read_context,
    release_claim,
)
from desk.drafts import ids_of_draft_files, names_of_files_lost
from desk.entry_files import content_of
from desk.forms import NoteForm, ReplyForm, add_refusal, as_new_files
from desk.mentioning import OFFER, unaware_of
from desk.neighbours import from_of, list_url_from, neighbour_of, with_from
from desk.refusals import Refusal, refusal_for
from desk.risks import Risk, risks_of
from desk.scheduling import moment_in_words
from desk.signatures import with_signature
from desk.ticket_page import show_ticket
from desk.timeline import news_of
from desk.workspace import Part, for_page, named_ticket, ticket_to_answer, visible_ticket
from tickets import services
from tickets.enums import DraftMode
from tickets.errors import UnseenEntries
from tickets.models import Attachment, OutboundMessage, Ticket, TimelineEntry
from tickets.placeholders import filled
from tickets.policies import acts_as_owner, may_note
from tickets.selectors import messages_in_hand_of, written_since
from tickets.services import NewFile
from tickets.services.addresses import each_once
from tickets.services.attachments import unstored
from tickets.services.draft_files import as_attachments, draft_files_of, refuse_too_much

SHOWN_NEWS = 10
"""Entries written meanwhile that stand above the text; all of them stand in the timeline."""


@require_POST
@agent_required
def reply(request: AgentRequest, reference: str) -> HttpResponse:
    """Hold a reply to the customer; whatever is in the way, the text comes back with the answer."""
    ticket = ticket_to_answer(request.agent, reference)
    form = ReplyForm(request.POST, request.FILES, auto_id="reply-%s")
    composers = Composers(opened="reply", reply_form=form)
    if not form.is_valid():
        return _back(request, ticket, composers, status=400)
    context: ComposerContext | None = None
    try:
        context = _context(request, ticket, form)
        if _asks_first(request, ticket, form, context, composers):
            return _back(request, ticket, composers, status=409)
        sent = _send_once(request, ticket, form, context)
    except DomainError as error:
        status = _told(request, ticket, composers, form, error)
        if isinstance(error, UnseenEntries) and context is not None:
            composers.unseen = _news(request, ticket, context)  # it came after our look
        return _back(request, ticket, composers, status=status, is_misplaced=is_misplaced(error))
    return redirect(_after_send(request, ticket, form.cleaned_data["after"], sent))


def _after_send(request: AgentRequest, ticket: Ticket, wanted: str, sent: OutboundMessage | None) -> str:
    """Where the person goes on: on the ticket, with the next of the list, or with the list. Their choice is kept."""
    kept = Panels.of(request.agent.panels).after_send
    if wanted and wanted != kept:
        keep_panels(request.agent.pk, by=request.agent, after_send=wanted)
    origin, goes_to = from_of(request), wanted or kept
    if goes_to == "stay" or sent is None:
        return with_from(reverse("desk:ticket", args=[ticket.reference]) + "#outgoing", origin)
    facts = {"name": ticket.requester.name, "reference": ticket.reference}
    words = _("Reply to %(name)s (%(reference)s) is on its way") % facts
    messages.success(request, words, extra_tags=reverse("desk:undo", args=[sent.pk]))
    other = neighbour_of(request.agent, ticket, origin, is_next=True) if goes_to == "next" else None
    if other is None:
        return list_url_from(request.agent, origin)
    return with_from(reverse("desk:ticket", args=[other]), origin)


def _asks_first(
    request: AgentRequest, ticket: Ticket, form: ReplyForm, context: ComposerContext | None, composers: Composers
) -> bool:
    """Whether there is something to look at before sending: what was written meanwhile, and risks, all at once."""
    if context is None:
        return False
    risks = _risks(request, ticket, form)
    unseen = _news(request, ticket, context)
    confirmed = set(context.asked) if request.POST.get("confirmed") else set()
    if not unseen and not {risk.code for risk in risks} - confirmed:
        return False
    composers.risks, composers.asked = [risk.text for risk in risks], [risk.code for risk in risks]
    if unseen:
        composers.unseen = unseen
        composers.reply_error = Refusal(UnseenEntries(reference=ticket.reference))
    return True


def _news(request: AgentRequest, ticket: Ticket, context: ComposerContext) -> list[Part]:
    found = written_since(ticket, context.last_seen_seq, besides=request.agent).select_related("contact")
    return [news_of(entry) for entry in found[:SHOWN_NEWS]]


def _told(request: AgentRequest, ticket: Ticket, composers: Composers, form: ReplyForm, error: DomainError) -> int:
    """Put a refusal where the composer shows it; the answer is its status."""
    if isinstance(error, Invalid):
        add_refusal(form, error)
    else:
        composers.reply_error = refusal_for(request.agent, ticket, error)
    return error.status


@require_POST
@agent_required
def preview(request: AgentRequest, reference: str) -> HttpResponse:
    """Who would get what from which address, in the composer; nothing is held and nothing stored."""
    ticket = ticket_to_answer(request.agent, reference)
    form = ReplyForm(request.POST, request.FILES, auto_id="reply-%s")
    composers = Composers(opened="reply", reply_form=form)
    status = 400
    if form.is_valid():
        try:
            composers.preview = _previewed(request, ticket, form)
            status = 200
        except DomainError as error:
            status = _told(request, ticket, composers, form, error)
    if not request.htmx:
        is_known = form.is_valid() and composers.preview is not None
        return _back(request, ticket, composers, status=status, is_misplaced=not is_known)
    part = {"preview": composers.preview, "form": form, "error": composers.reply_error}
    return render(request, "components/preview.html", part, status=status)


def _previewed(request: AgentRequest, ticket: Ticket, form: ReplyForm) -> Part:
    context = _context(request, ticket, form)
    given: dict[str, Any] = form.cleaned_data
    message = services.preview_reply(
        ticket.pk,
        by=request.agent,
        body_text=with_signature(given["body"], request.agent, ticket),
        cc=given["cc"],
        to_confirm=context.address if context else "",
        when=given["when"],
        send_at=given["send_at"],
    )
    drafted = draft_files_of(ticket, by=request.agent, mode=DraftMode.REPLY, ids=ids_of_draft_files(request))
    files = unstored([*as_new_files(given["attachments"]), *_kept(request, given["restored"])])
    files += as_attachments(drafted)
    return {
        "mail": preview_of(message, files),
        "moment": moment_in_words(message.release_at, message.ticket.requester) if message.is_scheduled else "",
        "left_out": [file.filename for file in files if not file.may_be_served],
    }


def _back(
    request: AgentRequest, ticket: Ticket, composers: Composers, *, status: int, is_misplaced: bool = False
) -> HttpResponse:
    """The page with what was written, also if the ticket went out of sight: the text is worth more."""
    if is_misplaced:
        composers.lost_files = [str(file.name) for file in request.FILES.getlist("attachments")]
    else:
        composers.lost_files = names_of_files_lost(request, ticket, DraftMode(composers.opened))
    try:
        current = visible_ticket(request.agent, ticket.reference)
    except Http404:
        current = for_page(Ticket.objects.all(), request.agent).get(pk=ticket.pk)
    return show_ticket(request, current, composers=composers, status=status)


def _context(request: AgentRequest, ticket: Ticket, form: ReplyForm) -> ComposerContext | None:
    """What the form was made for; None for those who may not reply at all, whom the service refuses for that first."""
    return read_context(form.cleaned_data["context"], ticket) if acts_as_owner(request.agent, ticket) else None


def _risks(request: AgentRequest, ticket: Ticket, form: ReplyForm) -> list[Risk]:
    """What the person has to look at again: asked once, and anew only for risks that were not shown."""
    given: dict[str, Any] = form.cleaned_data
    body = filled(given["body"], ticket, by=request.agent)
    drafted = draft_files_of(ticket, by=request.agent, mode=DraftMode.REPLY, ids=ids_of_draft_files(request))
    has_files = bool(given["attachments"]) or bool(request.POST.getlist("kept")) or bool(drafted)
    uploaded = [(file.name or "", file.size or 0) for file in given["attachments"]]
    refuse_too_much(uploaded, besides=[file.size_bytes for file in drafted])
    cc = each_once(given["cc"], besides=ticket.requester.email)
    return risks_of(ticket, author=request.agent, body=body, cc=cc, has_files=has_files)


def _send_once(
    request: AgentRequest, ticket: Ticket, form: ReplyForm, context: ComposerContext | None
) -> OutboundMessage | None:
    """Hold the reply, unless this very form has been sent before (a second click, a reload)."""
    if context is not None and not claim(context):
        return None
    given: dict[str, Any] = form.cleaned_data
    try:
        return services.reply_to_customer(
            ticket.pk,
            by=request.agent,
            body_text=with_signature(given["body"], request.agent, ticket),
            cc=given["cc"],
            to_confirm=context.address if context else "",
            last_seen_seq=context.last_seen_seq if context else None,
            then=given["then"],
            when=given["when"],
            send_at=given["send_at"],
            files=[*as_new_files(given["attachments"]), *_kept(request, given["restored"])],
            draft_version=given["draft_version"],
            draft_files=ids_of_draft_files(request),
        )
    except DomainError:
        if context is not None:
            release_claim(context)
        raise


def _kept(request: AgentRequest, restored: str) -> list[NewFile]:
    """Files of a reply that was taken back, as far as they were left ticked."""
    message_id = id_in(restored)
    if message_id is None:
        return []
    files = Attachment.objects.filter(
        outbound__in=messages_in_hand_of(request.agent).filter(pk=message_id).values("pk")
    )
    kept = set(request.POST.getlist("kept"))
    return [
        NewFile(filename=file.filename, content=content_of(file), content_type=file.content_type)
        for file in files
        if str(file.pk) in kept and file.may_be_served
    ]


@require_POST
@agent_required
def note(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = named_ticket(request.agent, reference)
    form = NoteForm(request.POST, request.FILES, auto_id="note-%s")
    composers = Composers(opened="note", note_form=form)
    if not form.is_valid():
        return _back(request, ticket, composers, status=400)
    try:
        entry = _note_once(request, ticket, form)
    except DomainError as error:
        composers.note_error = Refusal(error)
        return _back(request, ticket, composers, status=error.status, is_misplaced=is_misplaced(error))
    if entry is None:
        return redirect(with_from(reverse("desk:ticket", args=[ticket.reference]), from_of(request)))
    query = f"?{urlencode({OFFER: str(entry.pk)})}" if unaware_of(ticket, entry) else ""
    here = reverse("desk:ticket", args=[ticket.reference]) + query
    return redirect(with_from(f"{here}#e{entry.seq}", from_of(request)))


def _note_once(request: AgentRequest, ticket: Ticket, form: NoteForm) -> TimelineEntry | None:
    """Write the note, unless this very form has written it before (a second click, a reload)."""
    given: dict[str, Any] = form.cleaned_data
    context = _context_of_note(request, ticket, given["context"])
    if context is not None and not claim(context, given["body"]):
        return None
    try:
        return services.add_note(
            ticket.pk,
            by=request.agent,
            body_text=given["body"],
            files=as_new_files(given["attachments"]),
            draft_version=given["draft_version"],
            draft_files=ids_of_draft_files(request),
        )
    except DomainError:
        if context is not None:
            release_claim(context, given["body"])
        raise


def _context_of_note(request: AgentRequest, ticket: Ticket, token: str) -> ComposerContext | None:
    """What the form was made for; None for those who may write no notes, whom the service refuses for that first."""
    try:
        return read_context(token, ticket)
    except Invalid:
        if may_note(request.agent, ticket):
            raise
        return None
