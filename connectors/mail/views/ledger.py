"""The mail ledger of one's teams: what came in, what became of it and why (ruling 19)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.auth import AgentRequest, agent_required
from accounts.models import Agent
from connectors.mail import services
from connectors.mail.decisions import explained, failed_check
from connectors.mail.enums import Backend, MailState, Station
from connectors.mail.envelope_threads import envelopes_of
from connectors.mail.errors import MailNotReadYet
from connectors.mail.forms import ChooseForm, MoveForm
from connectors.mail.models import Brake, Mailbox, MailMessage, RawMail
from connectors.mail.policies import (
    last_placement,
    may_choose,
    may_lift,
    may_move,
    may_read,
    may_release,
    may_retry,
    may_see_ledger,
    may_undo_move,
)
from connectors.mail.sight import HIDDEN, Sight
from core.errors import DomainError, Invalid
from core.paging import keyset_page
from envelopes.models import Envelope
from tickets.enums import PlacementCause
from tickets.models import Placement
from tickets.wording import protection, sender_warning

MAX_BRAKES = 50
NEWEST_FIRST = ("-received_at", "-id")
PLACES = [*MailState.choices, *Station.choices]
"""What the page can be narrowed to."""
TONES = {
    MailState.CREATED: "ok",
    MailState.APPENDED: "ok",
    MailState.QUARANTINED: "warn",
    MailState.RECEIVED: "info",
}


@require_GET
@agent_required
def ledger(request: AgentRequest) -> HttpResponse:
    return _ledger(request)


def _ledger(request: AgentRequest, *, refusal: DomainError | None = None) -> HttpResponse:
    if not may_see_ledger(request.agent):
        raise PermissionDenied
    rows = MailMessage.objects.visible_to(request.agent).select_related("mailbox", "ticket").defer("reply_text")
    state = request.GET.get("state", "")
    state = state if state in dict(PLACES) else ""
    if state:
        rows = rows.standing_at([state])
    error = refusal
    try:
        page = keyset_page(rows, NEWEST_FIRST, cursor=str(request.GET.get("cursor", "")), size=50)
    except Invalid as invalid:
        error, page = invalid, keyset_page(rows, NEWEST_FIRST, size=50)
    query = f"state={state}&" if state else ""
    holding = Brake.objects.visible_to(request.agent).holding(timezone.now()).select_related("mailbox__team", "ticket")
    brakes = list(holding.order_by("-started_at", "-id")[:MAX_BRAKES])
    sight = Sight(request.agent, [*page.items, *brakes])
    mailboxes = list(Mailbox.objects.visible_to(request.agent).active())
    context = {
        "rows": [_row(message, sight) for message in page.items],
        "tabs": _tabs(state),
        "brakes": [_brake(brake, request.agent, sight) for brake in brakes],
        "mailboxes": [] if request.GET.get("cursor") else [_compared(mailbox) for mailbox in mailboxes],
        "error": error,
        "troubled": [mailbox for mailbox in mailboxes if mailbox.last_error],
        "next_url": f"?{query}cursor={page.next_cursor}" if page.next_cursor else "",
        "previous_url": f"?{query}cursor={page.previous_cursor}" if page.previous_cursor else "",
    }
    return render(request, "connectors/mail/ledger.html", context, status=error.status if error else 200)


def _brake(brake: Brake, agent: Agent, sight: Sight) -> dict[str, Any]:
    """What holds mails back now in a mailbox of one's teams."""
    return {
        "kind": brake.get_kind_display(),
        "about": sight.about(brake),
        "mailbox": brake.mailbox.address,
        "counted": brake.counted,
        "minutes": brake.window_minutes,
        "since": brake.started_at,
        "until": brake.until,
        "lift_url": reverse("mail:lift", args=[brake.pk]) if may_lift(agent, brake) else "",
    }


def _compared(mailbox: Mailbox) -> dict[str, Any]:
    """What the last comparison with the ledger has found."""
    result = mailbox.reconciliation
    missing = int(result.get("missing_count", 0))
    return {
        "address": mailbox.address,
        "at": mailbox.reconciled_at if result else None,
        "present": result.get("present", 0),
        "taken_in": result.get("taken_in", 0),
        "gone": result.get("gone", 0),
        "missing": missing,
        "names": result.get("missing", []),
        "unnamed": missing - len(result.get("missing", [])),
        "error": result.get("error", ""),
        "is_folder": mailbox.backend == Backend.FILES,
        "is_fine": not missing and not result.get("error"),
    }


def _tabs(state: str) -> list[dict[str, Any]]:
    tabs = [{"label": _("All"), "url": reverse("mail:ledger"), "is_current": not state}]
    for place, label in PLACES:
        url = f"{reverse('mail:ledger')}?state={place}"
        tabs.append({"label": label, "url": url, "is_current": state == place})
    return tabs


def _row(message: MailMessage, sight: Sight) -> dict[str, Any]:
    """A ticket may have left the team since its mail came in; then nothing is said of it."""
    reference = sight.reference(message.ticket)
    return {
        "url": reverse("mail:message", args=[message.pk]),
        "subject": message.subject or _("(no subject)"),
        "sender": message.from_address or _("(no sender)"),
        "mailbox": message.mailbox.address,
        "state": MailState(message.state).label,
        "tone": TONES.get(MailState(message.state), "outline"),
        "reason": message.get_reason_display(),
        "detail": sight.text(message.detail),
        "warning": sender_warning(failed_check(message)),
        "chips": protection(message.evidence),
        "at": message.received_at,
        "reference": reference,
        "ticket_url": reverse("desk:ticket", args=[reference]) if reference else "",
    }


def _visible(request: AgentRequest, message_id: UUID) -> MailMessage:
    rows = MailMessage.objects.openable_by(request.agent).select_related("mailbox__team", "ticket", "duplicate_of")
    return get_object_or_404(rows, pk=message_id)


@require_GET
@agent_required
def message(request: AgentRequest, message_id: UUID) -> HttpResponse:
    return _page(request, _visible(request, message_id))


def _page(
    request: AgentRequest, found: MailMessage, *, error: DomainError | None = None, form: MoveForm | None = None
) -> HttpResponse:
    is_quarantined = found.state == MailState.QUARANTINED
    last = last_placement(found)
    places = [last.from_ticket.reference, last.to_ticket.reference] if last else []
    named = list(envelopes_of(found)) if is_quarantined and may_choose(request.agent, found) else []
    sight = Sight(request.agent, [found], *places, *(envelope.ticket.reference for envelope in named))
    context = {
        "row": _row(found, sight),
        "details": explained(found, sight),
        "size_bytes": RawMail.objects.values_list("size_bytes", flat=True).get(pk=found.raw_id),
        "raw_url": reverse("mail:raw", args=[found.pk]) if may_read(request.agent, found) else "",
        "original_url": reverse("mail:message", args=[found.duplicate_of_id]) if found.duplicate_of_id else "",
        "may_retry": is_quarantined and may_retry(request.agent, found),
        "may_release": is_quarantined and may_release(request.agent, found),
        "retry_url": reverse("mail:retry", args=[found.pk]),
        "release_url": reverse("mail:release", args=[found.pk]),
        "choose_form": ChooseForm(choices=_choices(named, sight)) if named else None,
        "choose_url": reverse("mail:choose", args=[found.pk]),
        "may_move": may_move(request.agent, found),
        "move_url": reverse("mail:move", args=[found.pk]),
        "move_form": form or MoveForm(),
        "moved": _moved(last, sight) if last else None,
        "undo_url": reverse("mail:undo_move", args=[found.pk]) if may_undo_move(request.agent, found) else "",
        "error": error,
    }
    return render(request, "connectors/mail/message.html", context, status=error.status if error else 200)


def _choices(envelopes: Sequence[Envelope], sight: Sight) -> list[tuple[str, str]]:
    return [(str(envelope.pk), _named(envelope, sight)) for envelope in envelopes]


def _named(envelope: Envelope, sight: Sight) -> str:
    facts = {"number": envelope.number, "reference": sight.reference(envelope.ticket) or HIDDEN}
    name = _("Envelope %(number)s of %(reference)s") % facts
    return f"{name}: {envelope.target}"


def _moved(last: Placement, sight: Sight) -> dict[str, Any]:
    """The last move in words' parts."""
    return {
        "is_undone": last.cause == PlacementCause.UNDO,
        "from_reference": sight.reference(last.from_ticket) or HIDDEN,
        "to_reference": sight.reference(last.to_ticket) or HIDDEN,
        "by": last.by.name,
        "at": last.at,
    }


@require_GET
@agent_required
def raw(request: AgentRequest, message_id: UUID) -> HttpResponse:
    """The mail's bytes, as a file that no browser shows."""
    found = _visible(request, message_id)
    if not may_read(request.agent, found):
        return _page(request, found, error=MailNotReadYet())
    response = HttpResponse(bytes(found.raw.content), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{found.pk}.eml"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@agent_required
def retry(request: AgentRequest, message_id: UUID) -> HttpResponse:
    found = _visible(request, message_id)
    try:
        services.retry_mail(found.pk, by=request.agent)
    except DomainError as error:
        return _page(request, found, error=error)
    messages.success(request, _("The mail is processed again."))
    return redirect("mail:message", message_id=found.pk)


@require_POST
@agent_required
def release(request: AgentRequest, message_id: UUID) -> HttpResponse:
    found = _visible(request, message_id)
    try:
        services.release_mail(found.pk, by=request.agent)
    except DomainError as error:
        return _page(request, found, error=error)
    messages.success(request, _("The mail is released and processed again."))
    return redirect("mail:message", message_id=found.pk)


@require_POST
@agent_required
def choose(request: AgentRequest, message_id: UUID) -> HttpResponse:
    found = _visible(request, message_id)
    named = [(str(pk), "") for pk in envelopes_of(found).values_list("pk", flat=True)]
    form = ChooseForm(request.POST, choices=named)
    try:
        if may_choose(request.agent, found) and not form.is_valid():
            raise Invalid({name: [str(text) for text in errors] for name, errors in form.errors.items()})
        chosen = UUID(form.data["envelope"]) if form.is_valid() else found.pk
        services.choose_envelope(found.pk, envelope_id=chosen, by=request.agent)
    except DomainError as error:
        return _page(request, found, error=error)
    messages.success(request, _("The mail goes into this envelope."))
    return redirect("mail:message", message_id=found.pk)


@require_POST
@agent_required
def move(request: AgentRequest, message_id: UUID) -> HttpResponse:
    found = _visible(request, message_id)
    form = MoveForm(request.POST)
    try:
        if not form.is_valid():
            raise Invalid({name: [str(text) for text in errors] for name, errors in form.errors.items()})
        moved = services.move_mail(found.pk, to=form.cleaned_data["ticket"], by=request.agent)
    except DomainError as error:
        return _page(request, found, error=error, form=form)
    reference = moved.ticket.reference if moved.ticket else ""
    messages.success(request, _("The mail stands on %(reference)s now.") % {"reference": reference})
    return redirect("mail:message", message_id=found.pk)


@require_POST
@agent_required
def undo_move(request: AgentRequest, message_id: UUID) -> HttpResponse:
    found = _visible(request, message_id)
    try:
        services.undo_mail_move(found.pk, by=request.agent)
    except DomainError as error:
        return _page(request, found, error=error)
    messages.success(request, _("The mail is back where it was."))
    return redirect("mail:message", message_id=found.pk)


@require_POST
@agent_required
def lift(request: AgentRequest, brake_id: UUID) -> HttpResponse:
    found = get_object_or_404(Brake.objects.visible_to(request.agent), pk=brake_id)
    try:
        services.lift_brake(found.pk, by=request.agent)
    except DomainError as error:
        return _ledger(request, refusal=error)
    messages.success(request, _("The brake is lifted. What it held stays in quarantine."))
    return redirect("mail:ledger")
