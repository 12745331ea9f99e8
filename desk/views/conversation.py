"""Replies and notes."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.auth import AgentRequest, agent_required
from connectors.mail.preview import preview_of
from core.errors import DomainError, Invalid
from desk.composing import (
    ComposerContext,
    claim,
    id_in,
    read_context,
    release_claim,
)
from desk.forms import NoteForm, ReplyForm, add_refusal, as_new_files
from desk.risks import Risk, risks_of
from desk.scheduling import moment_in_words
from desk.signatures import with_signature
from desk.ticket_page import Composers, Refusal, refusal_for, show_ticket
from desk.timeline import content_of
from desk.workspace import Part, for_page, named_ticket, ticket_to_answer, visible_ticket
from tickets import services
from tickets.models import Attachment, Ticket
from tickets.policies import acts_as_owner
from tickets.selectors import messages_in_hand_of
from tickets.services import NewFile
from tickets.services.attachments import unstored


@require_POST
@agent_required
def reply(request: AgentRequest, reference: str) -> HttpResponse:
    """Hold a reply to the customer; whatever is in the way, the text comes back with the answer."""
    ticket = ticket_to_answer(request.agent, reference)
    form = ReplyForm(request.POST, request.FILES, auto_id="reply-%s")
    composers = Composers(opened="reply", reply_form=form, lost_files=_names_of_files(request))
    if not form.is_valid():
        return _back(request, ticket, composers, status=400)
    try:
        context = _context(request, ticket, form)
        if risks := _unconfirmed_risks(request, ticket, form, context):
            composers.risks = [risk.text for risk in risks]
            composers.asked = [risk.code for risk in risks]
            return _back(request, ticket, composers, status=409)
        _send_once(request, ticket, form, context)
    except DomainError as error:
        return _back(request, ticket, composers, status=_told(request, ticket, composers, form, error))
    return redirect(reverse("desk:ticket", args=[ticket.reference]) + "#outgoing")


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
    composers = Composers(opened="reply", reply_form=form, lost_files=_names_of_files(request))
    status = 400
    if form.is_valid():
        try:
            composers.preview = _previewed(request, ticket, form)
            status = 200
        except DomainError as error:
            status = _told(request, ticket, composers, form, error)
    if not request.htmx:
        return _back(request, ticket, composers, status=status)
    part = {"preview": composers.preview, "form": form, "error": composers.reply_error}
    return render(request, "components/preview.html", part, status=status)


def _previewed(request: AgentRequest, ticket: Ticket, form: ReplyForm) -> Part:
    context = _context(request, ticket, form)
    given: dict[str, Any] = form.cleaned_data
    message = services.preview_reply(
        ticket.pk,
        by=request.agent,
        body_text=with_signature(given["body"], request.agent),
        cc=given["cc"],
        to_confirm=context.address if context else "",
        when=given["when"],
        send_at=given["send_at"],
    )
    files = unstored([*as_new_files(given["attachments"]), *_kept(request, given["restored"])])
    return {
        "mail": preview_of(message, files),
        "moment": moment_in_words(message.release_at, message.ticket.requester) if message.is_scheduled else "",
        "left_out": [file.filename for file in files if not file.may_be_served],
    }


def _back(request: AgentRequest, ticket: Ticket, composers: Composers, *, status: int) -> HttpResponse:
    """The page with what was written, also if the ticket went out of sight: the text is worth more."""
    try:
        current = visible_ticket(request.agent, ticket.reference)
    except Http404:
        current = for_page(Ticket.objects.all(), request.agent).get(pk=ticket.pk)
    return show_ticket(request, current, composers=composers, status=status)


def _names_of_files(request: AgentRequest) -> list[str]:
    return [str(file.name) for file in request.FILES.getlist("attachments")]


def _context(request: AgentRequest, ticket: Ticket, form: ReplyForm) -> ComposerContext | None:
    """What the form was made for; None for those who may not reply at all, whom the service refuses for that first."""
    return read_context(form.cleaned_data["context"], ticket) if acts_as_owner(request.agent, ticket) else None


def _unconfirmed_risks(
    request: AgentRequest, ticket: Ticket, form: ReplyForm, context: ComposerContext | None
) -> list[Risk]:
    """What the person has to look at again: asked once, and anew only for risks that were not shown."""
    if context is None:
        return []
    has_files = bool(form.cleaned_data["attachments"]) or bool(request.POST.getlist("kept"))
    given = form.cleaned_data
    risks = risks_of(ticket, author=request.agent, body=given["body"], cc=given["cc"], has_files=has_files)
    confirmed = set(context.asked) if request.POST.get("confirmed") else set()
    return risks if {risk.code for risk in risks} - confirmed else []


def _send_once(request: AgentRequest, ticket: Ticket, form: ReplyForm, context: ComposerContext | None) -> None:
    """Hold the reply, unless this very form has been sent before (a second click, a reload)."""
    if context is not None and not claim(context):
        return
    given: dict[str, Any] = form.cleaned_data
    try:
        services.reply_to_customer(
            ticket.pk,
            by=request.agent,
            body_text=with_signature(given["body"], request.agent),
            cc=given["cc"],
            to_confirm=context.address if context else "",
            last_seen_seq=context.last_seen_seq if context else None,
            then=given["then"],
            when=given["when"],
            send_at=given["send_at"],
            files=[*as_new_files(given["attachments"]), *_kept(request, given["restored"])],
            draft_version=given["draft_version"],
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
    composers = Composers(opened="note", note_form=form, lost_files=_names_of_files(request))
    if not form.is_valid():
        return _back(request, ticket, composers, status=400)
    try:
        entry = services.add_note(
            ticket.pk,
            by=request.agent,
            body_text=form.cleaned_data["body"],
            files=as_new_files(form.cleaned_data["attachments"]),
            draft_version=form.cleaned_data["draft_version"],
        )
    except DomainError as error:
        composers.note_error = Refusal(error)
        return _back(request, ticket, composers, status=error.status)
    return redirect(reverse("desk:ticket", args=[ticket.reference]) + f"#e{entry.seq}")
