"""Acts that need a form first: GET shows it on a page of its own, POST acts, a refusal shows it again as typed."""

from collections.abc import Callable
from typing import Any

from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.auth import AgentRequest, agent_required
from accounts.enums import Availability
from accounts.models import Agent
from core.errors import DomainError, Invalid, NotFound
from desk.forms import (
    CancelForm,
    EmptyForm,
    FieldsForm,
    LinkForm,
    OfferForm,
    ReasonForm,
    ResolveForm,
    TeamForm,
    add_refusal,
)
from desk.services import end_as_spam
from desk.ticket_page import Refusal, acted, refusal_for, refused, version_of
from desk.workspace import visible_ticket
from tickets import services
from tickets.models import Ticket
from tickets.policies import may_edit, may_prioritise
from tickets.selectors import surroundings_of

Words = dict[str, Any]  # title, submit, lead, tone, icon of the form's page


def form_act(
    request: AgentRequest, ticket: Ticket, form: Form, call: Callable[[dict[str, Any]], Any], *, said: str, words: Words
) -> HttpResponse:
    """Show the form, or act and go to the ticket. What is refused for its values stays with the form."""
    if request.method != "POST":
        return _form_page(request, ticket, form, words)
    if not form.is_valid():
        return _form_page(request, ticket, form, words, status=400)
    try:
        call(form.cleaned_data)
    except Invalid as error:
        add_refusal(form, error)
        return _form_page(request, ticket, form, words, status=error.status)
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        if form.fields:
            refusal = refusal_for(request.agent, ticket, error)
            return _form_page(request, ticket, form, words, error=refusal, status=error.status)
        return refused(request, ticket, error)
    return acted(request, ticket.reference, said=said)


def _form_page(
    request: AgentRequest, ticket: Ticket, form: Form, words: Words, *, error: Refusal | None = None, status: int = 200
) -> HttpResponse:
    context = {"ticket": ticket, "form": form, "error": error, **words}
    return render(request, "desk/act.html", context, status=status)


def _data(request: AgentRequest) -> Any:
    """The posted values, or None for a fresh form."""
    return request.POST if request.method == "POST" else None


@require_http_methods(["GET", "POST"])
@agent_required
def resolve(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)
    return form_act(
        request,
        ticket,
        ResolveForm(_data(request), auto_id="resolve-%s"),
        lambda values: services.resolve_ticket(
            ticket.pk,
            by=request.agent,
            code=values["resolution_code"],
            note=values["resolution_note"],
            version=version_of(request),
        ),
        said=_("Resolved; the customer is told"),
        words={
            "title": _("Resolve ticket"),
            "submit": _("Resolve ticket"),
            "icon": "circle-check",
            "lead": _("%(customer)s gets the solution with two links: solved, not solved.")
            % {"customer": ticket.requester.name},
        },
    )


@require_http_methods(["GET", "POST"])
@agent_required
def cancel(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)
    return form_act(
        request,
        ticket,
        CancelForm(_data(request), auto_id="cancel-%s"),
        lambda values: services.cancel_ticket(
            ticket.pk, by=request.agent, code=values["closure_code"], version=version_of(request)
        ),
        said=_("Cancelled"),
        words={
            "title": _("Cancel ticket"),
            "submit": _("Cancel ticket"),
            "tone": "danger",
            "lead": _("For what is no ticket. It cannot be opened again."),
        },
    )


@require_http_methods(["GET", "POST"])
@agent_required
def spam(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)
    address = ticket.requester.email
    return form_act(
        request,
        ticket,
        EmptyForm(_data(request)),
        lambda _values: end_as_spam(ticket.pk, by=request.agent, version=version_of(request)),
        said=_("Cancelled as spam; %(address)s is blocked") % {"address": address},
        words={
            "title": _("Spam, block the sender"),
            "submit": _("Cancel as spam and block %(address)s") % {"address": address},
            "tone": "danger",
            "icon": "ban",
            "lead": _("The ticket ends as spam. Further mail of %(address)s waits in quarantine, nothing is deleted.")
            % {"address": address},
        },
    )


@require_http_methods(["GET", "POST"])
@agent_required
def reopen(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)
    owner = ticket.owner.name if ticket.owner else ""
    return form_act(
        request,
        ticket,
        ReasonForm(_data(request), auto_id="reopen-%s"),
        lambda values: services.reopen_ticket(
            ticket.pk, by=request.agent, reason=values["reason"], version=version_of(request)
        ),
        said=_("Reopened"),
        words={
            "title": _("Reopen ticket"),
            "submit": _("Reopen ticket"),
            "icon": "rotate-ccw",
            "lead": _("%(owner)s stays its owner.") % {"owner": owner} if owner else "",
        },
    )


@require_http_methods(["GET", "POST"])
@agent_required
def offer(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)
    candidates = Agent.objects.active().filter(teams=ticket.team, availability=Availability.AVAILABLE).order_by("name")
    return form_act(
        request,
        ticket,
        OfferForm(_data(request), candidates=candidates, auto_id="offer-%s"),
        lambda values: services.offer_ticket(
            ticket.pk, to=values["agent"], by=request.agent, version=version_of(request)
        ),
        said=_("Offered"),
        words={
            "title": _("Offer to a colleague"),
            "submit": _("Offer ticket"),
            "icon": "user-plus",
            "lead": _("An offer is a question: the owner is only who accepts."),
        },
    )


@require_http_methods(["GET", "POST"])
@agent_required
def change_team(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)
    return form_act(
        request,
        ticket,
        TeamForm(_data(request), initial={"team": ticket.team_id}, auto_id="team-%s"),
        lambda values: services.change_team(
            ticket.pk, by=request.agent, team=values["team"], version=version_of(request)
        ),
        said=_("Team changed"),
        words={
            "title": _("Change team"),
            "submit": _("Change team"),
            "icon": "users",
            "lead": _("Possible while nobody owns the ticket. An open offer ends."),
        },
    )


@require_http_methods(["GET", "POST"])
@agent_required
def links(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)
    return form_act(
        request,
        ticket,
        LinkForm(_data(request), agent=request.agent, auto_id="link-%s"),
        lambda values: services.link_tickets(ticket.pk, to=values["reference"], kind=values["kind"], by=request.agent),
        said=_("Linked"),
        words={"title": _("Link a ticket"), "submit": _("Link ticket"), "icon": "link"},
    )


@require_http_methods(["GET", "POST"])
@agent_required
def fields(request: AgentRequest, reference: str) -> HttpResponse:
    """Edit the fields a person may change; only what differs from what they saw is written."""
    ticket = visible_ticket(request.agent, reference)
    initial = {
        "version": ticket.version,
        "subject": ticket.subject,
        "priority": ticket.priority,
        "category": str(ticket.category_id or ""),
        "product": ticket.product,
        "tags": ", ".join(surroundings_of(ticket).tags),
    }
    form = FieldsForm(_data(request), initial=initial, auto_id="fields-%s")
    if not may_edit(request.agent, ticket) and may_prioritise(request.agent, ticket):
        for name in ("subject", "category", "product", "tags"):
            del form.fields[name]  # a manager changes the priority alone

    def save(values: dict[str, Any]) -> None:
        changed = {name: values[name] for name in form.changed_data if name not in ("version", "reason")}
        reason = values["reason"]
        services.edit_ticket(ticket.pk, by=request.agent, version=values["version"], reason=reason, **changed)

    words = {"title": _("Edit ticket"), "submit": _("Save changes"), "icon": "check"}
    return form_act(request, ticket, form, save, said=_("Saved"), words=words)
