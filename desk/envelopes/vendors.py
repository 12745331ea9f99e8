"""Writing to an envelope's vendor, keeping a draft of it, and taking a mail back before it leaves."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError, Invalid
from desk.composing import claim, read_context, release_claim
from desk.drafting import draft_answer, wants_json
from desk.envelopes.answers import acted_in, envelope_in_tab, out_of_sight, show_envelope
from desk.envelopes.forms import VendorMailForm
from desk.envelopes.tabs import tab_url
from desk.envelopes.thread import Writing
from desk.envelopes.vendor_part import VendorWriting
from desk.forms import add_refusal
from desk.refusals import Refusal
from desk.services import take_back_from_vendor, write_to_vendor_and_end_draft
from desk.ticket_page import refuse_in
from envelopes.enums import EnvelopeKind
from envelopes.models import Envelope
from envelopes.policies import may_write_to_vendor
from envelopes.selectors import files_to_send, vendor_mail_of
from envelopes.vendor_drafts import vendor_mode

AUTO_ID = "vendor-%s"


@require_POST
@agent_required
def write(request: AgentRequest, reference: str, number: int) -> HttpResponse:
    """Whatever is in the way, the text comes back with the answer."""
    try:
        _ticket, found = envelope_in_tab(request, reference, number)
    except Http404:
        return out_of_sight(request, reference)
    form = VendorMailForm(request.POST, auto_id=AUTO_ID, files=files_to_send(found))
    if not form.is_valid():
        return _back(request, found, form, None, status=400)
    try:
        _write_once(request, found, form)
    except Invalid as error:
        add_refusal(form, _at_fields(error))
        return _back(request, found, form, None, status=error.status)
    except DomainError as error:
        return _back(request, found, form, error, status=error.status)
    return acted_in(
        request, reference, number, said=_("Goes to the vendor in a moment; until then it can be taken back")
    )


def _at_fields(error: Invalid) -> Invalid:
    """The subject stands where drafts keep the second line of a composer."""
    fields: dict[str, Any] = {("cc" if name == "subject" else name): texts for name, texts in error.fields.items()}
    return Invalid(fields)


def _write_once(request: AgentRequest, found: Envelope, form: VendorMailForm) -> None:
    """Write it, unless this very form has written it before; those who may not are told so before all else."""
    given: dict[str, Any] = form.cleaned_data
    mode, words = vendor_mode(found.number), f"{given['cc']}\x00{given['body']}"
    is_theirs = may_write_to_vendor(request.agent, found)
    context = read_context(given["context"], found.ticket, mode=mode) if is_theirs else None
    if context is not None and not claim(context, words):
        return
    try:
        write_to_vendor_and_end_draft(
            found.pk,
            by=request.agent,
            subject=given["cc"],
            body_text=given["body"],
            mode=mode,
            attachments=given.get("attachments", []),
            draft_version=given["draft_version"],
        )
    except DomainError:
        if context is not None:
            release_claim(context, words)
        raise


def _back(
    request: AgentRequest, found: Envelope, form: VendorMailForm, error: DomainError | None, *, status: int
) -> HttpResponse:
    if error is not None and found.kind != EnvelopeKind.EXTERNAL_VENDOR:  # whose tab has no such composer
        return refuse_in(request, found, error)
    ticket, current = envelope_in_tab(request, found.ticket.reference, found.number)
    to_vendor = VendorWriting(is_open=True, form=form, error=Refusal(error) if error else None)
    return show_envelope(request, ticket, current, writing=Writing(to_vendor=to_vendor), status=status)


@require_POST
@agent_required
def draft(request: AgentRequest, reference: str, number: int) -> HttpResponse:
    """Keep what is typed, or with `discard` let it go; the subject stands where a reply's Cc does."""
    try:
        ticket, found = envelope_in_tab(request, reference, number)
    except Http404:
        if wants_json(request):
            raise
        return out_of_sight(request, reference)

    def back(error: DomainError, typed: QueryDict) -> HttpResponse:
        form = VendorMailForm(typed, auto_id=AUTO_ID, files=files_to_send(found))
        return _back(request, found, form, error, status=error.status)

    page = tab_url(ticket.reference, number)
    return draft_answer(request, ticket.pk, vendor_mode(number), page=page, compose="vendor", back=back, keeps_cc=True)


@require_POST
@agent_required
def undo(request: AgentRequest, reference: str, number: int, message_id: UUID) -> HttpResponse:
    """Take an own mail back; its text stands in the composer again, with its files ticked."""
    ticket, found = envelope_in_tab(request, reference, number)
    message = vendor_mail_of(found).filter(pk=message_id).first()
    if message is None:
        raise Http404
    try:
        take_back_from_vendor(message.pk, by=request.agent, mode=vendor_mode(number))
    except DomainError as error:
        return refuse_in(request, found, error)
    messages.success(request, _("Taken back before it was sent. Your text stands in the message to the vendor below."))
    return redirect(f"{tab_url(ticket.reference, number)}?compose=vendor&files={message.pk}")
