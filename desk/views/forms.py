"""Acts that need a form first: GET shows it on a page of its own, POST acts, a refusal shows it again as typed."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.auth import AgentRequest, agent_required
from accounts.enums import Availability
from accounts.models import Agent
from core.errors import DomainError, Invalid, NotFound, StaleVersion
from desk.forms import (
    CancelForm,
    EmptyForm,
    FieldsForm,
    LinkForm,
    OfferForm,
    ReasonForm,
    TeamForm,
    add_refusal,
)
from desk.refusals import Refusal, refusal_for
from desk.resolution import DraftedResolveForm
from desk.services import end_as_spam, resolve_and_check_later
from desk.stale import differences_in, take_current_version
from desk.ticket_page import acted, refused, version_of
from desk.unfinished import forget_typed, made_for, posted_or_typed
from desk.workspace import visible_ticket
from tickets import services
from tickets.around import surroundings_of
from tickets.models import Ticket
from tickets.policies import may_edit, may_prioritise

Words = dict[str, Any]  # title, submit, lead, tone, icon of the form's page


def form_act(
    request: AgentRequest,
    ticket: Ticket,
    form: Form,
    call: Callable[[dict[str, Any]], Any],
    *,
    said: str,
    words: Words,
    forbidden: DomainError | None = None,
    may_undo: bool = False,
    tab: int | None = None,
    then: str = "",
) -> HttpResponse:
    """Show the form, or act and go to the ticket, or to its envelope of the number `tab`, or to the address `then`.
    What is refused for its values stays with the form. `forbidden` says why the reader may not act at all: they get no
    form; to a POST the service says the same.
    """
    if request.method != "POST" and forbidden is not None:
        return refused(request, ticket, forbidden, tab=tab)
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
        if isinstance(error, StaleVersion) and "version" in form.fields:
            words = words | {"differences": differences_in(form)}
            take_current_version(form, error)
        if form.fields:
            refusal = refusal_for(request.agent, ticket, error)
            return _form_page(request, ticket, form, words, error=refusal, status=error.status)
        return refused(request, ticket, error, tab=tab)
    forget_typed(request)
    if then:
        messages.success(request, f"{ticket.reference}: {said}")
        return redirect(then)
    return acted(request, ticket.reference, said=said, may_undo=may_undo, tab=tab)


def _form_page(
    request: AgentRequest, ticket: Ticket, form: Form, words: Words, *, error: Refusal | None = None, status: int = 200
) -> HttpResponse:
    context = {"ticket": ticket, "form": form, "error": error, "made_for": made_for(request.agent), **words}
    return render(request, "desk/act.html", context, status=status)


@require_http_methods(["GET", "POST"])
@agent_required
def resolve(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)

    def end(values: dict[str, Any]) -> None:
        act = resolve_and_check_later if values["check_in"] else services.resolve_ticket
        code, note = values["resolution_code"], values["resolution_note"]
        act(ticket.pk, by=request.agent, code=code, note=note, version=version_of(request))

    return form_act(
        request,
        ticket,
        DraftedResolveForm(posted_or_typed(request), ticket=ticket, reader=request.agent, auto_id="resolve-%s"),
        end,
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
        CancelForm(posted_or_typed(request), auto_id="cancel-%s"),
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
        EmptyForm(posted_or_typed(request)),
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
        ReasonForm(posted_or_typed(request), auto_id="reopen-%s"),
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
        OfferForm(posted_or_typed(request), candidates=candidates, auto_id="offer-%s"),
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
        TeamForm(posted_or_typed(request), initial={"team": ticket.team_id}, auto_id="team-%s"),
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
        LinkForm(posted_or_typed(request), agent=request.agent, auto_id="link-%s"),
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
        "region": ticket.region,
        "tags": ", ".join(surroundings_of(ticket).tags),
    }
    form = FieldsForm(posted_or_typed(request), initial=initial, auto_id="fields-%s")
    if not may_edit(request.agent, ticket) and may_prioritise(request.agent, ticket):
        for name in ("subject", "category", "product", "region", "tags"):
            del form.fields[name]  # a manager changes the priority alone

    def save(values: dict[str, Any]) -> None:
        changed = {name: values[name] for name in form.changed_data if name not in ("version", "reason")}
        reason = values["reason"]
        services.edit_ticket(ticket.pk, by=request.agent, version=values["version"], reason=reason, **changed)

    words = {"title": _("Edit ticket"), "submit": _("Save changes"), "icon": "check"}
    return form_act(request, ticket, form, save, said=_("Saved"), words=words, may_undo=True)
