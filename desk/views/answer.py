"""The customer's two links of a resolution mail: GET shows one question, POST acts. No sign-in, no internal words."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from core.errors import DomainError, NotFound
from desk.forms import AnswerForm
from desk.services import object_to_resolution
from tickets.enums import TicketStatus
from tickets.links import Answer, SignedAnswer, read_answer
from tickets.models import Ticket
from tickets.placeholders import customer_language
from tickets.services import confirm_by_customer


@never_cache
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    try:
        signed = read_answer(token)
    except NotFound as error:
        raise Http404 from error
    ticket = Ticket.objects.select_related("requester", "owner").filter(pk=signed.ticket_id).first()
    if ticket is None:
        raise Http404
    with translation.override(customer_language(ticket)):
        return _answer(request, ticket, signed)


def _answer(request: HttpRequest, ticket: Ticket, signed: SignedAnswer) -> HttpResponse:
    form = AnswerForm(request.POST if request.method == "POST" else None)
    is_theirs = signed.is_of(ticket)
    is_current = is_theirs and ticket.status == TicketStatus.RESOLVED and ticket.reopen_count == signed.round
    if request.method != "POST":
        return _page(request, ticket, signed, form, state="ask" if is_current else _past(ticket, signed))
    if not is_theirs:
        return _page(request, ticket, signed, form, state=_past(ticket, signed), status=409)
    if not form.is_valid():
        return _page(request, ticket, signed, form, state="ask", status=400)
    try:
        if signed.answer == Answer.SOLVED:
            confirm_by_customer(ticket.pk, by=ticket.requester, round=signed.round)
        else:
            text = form.cleaned_data["text"]
            object_to_resolution(ticket.pk, by=ticket.requester, round=signed.round, text=text)
    except DomainError as error:
        ticket.refresh_from_db()
        return _page(request, ticket, signed, form, state=_past(ticket, signed), status=error.status)
    return _page(request, ticket, signed, form, state="thanks")


def _past(ticket: Ticket, signed: SignedAnswer) -> str:
    """What has become of a request whose link is old or used, in plain words."""
    if not signed.is_of(ticket):
        return "closed"
    match ticket.status:
        case TicketStatus.CLOSED if ticket.customer_confirmed_at:
            return "confirmed"
        case TicketStatus.CLOSED | TicketStatus.CANCELLED:
            return "closed"
        case TicketStatus.RESOLVED:
            return "newer"
    return "working"


def _page(
    request: HttpRequest, ticket: Ticket, signed: SignedAnswer, form: AnswerForm, *, state: str, status: int = 200
) -> HttpResponse:
    context = {
        "reference": ticket.reference,
        "subject": ticket.subject,
        "owner_name": ticket.owner.name if ticket.owner else "",
        "is_solved": signed.answer == Answer.SOLVED,
        "form": form,
        "state": state,
        "is_wide": True,
    }
    return render(request, "desk/answer.html", context, status=status)
