"""The page behind a card's button, and what was posted to channels."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.auth import AgentRequest, agent_required
from connectors.base.models import Connection
from connectors.base.policies import may_change_connections, may_see_connections
from connectors.teams.enums import CardAct
from connectors.teams.errors import PostsForbidden
from connectors.teams.forms import DeclineForm
from connectors.teams.links import LASTS, read_address
from connectors.teams.models import ChannelPost
from connectors.teams.selectors import CardPage, card_page, posts_for
from connectors.teams.services import KINDS, retry_post, send_test_card, use_card
from core.errors import DomainError, Invalid, NotFound
from core.paging import Page, keyset_page

PAGE = 30
QUESTIONS = {
    CardAct.ACCEPT_TICKET: gettext_lazy("Accept this ticket?"),
    CardAct.ACCEPT_ENVELOPE: gettext_lazy("Accept this envelope?"),
    CardAct.DECLINE_ENVELOPE: gettext_lazy("Decline this envelope?"),
    CardAct.SNOOZE: gettext_lazy("Snooze this reminder?"),
    CardAct.COMPLETE: gettext_lazy("Is this reminder done?"),
}
MEANINGS = {
    CardAct.ACCEPT_TICKET: gettext_lazy("You own it from then on, until it is resolved."),
    CardAct.ACCEPT_ENVELOPE: gettext_lazy("You help as its expert; the ticket's owner stays who they are."),
    CardAct.DECLINE_ENVELOPE: gettext_lazy("Whoever asked you is told why."),
    CardAct.SNOOZE: gettext_lazy("It comes up again in 30 minutes."),
    CardAct.COMPLETE: gettext_lazy("It does not come up again."),
}
AGAIN = gettext_lazy("This time is done; it comes up again at its next one.")
DONE = {
    CardAct.ACCEPT_TICKET: gettext_lazy("The ticket is yours."),
    CardAct.ACCEPT_ENVELOPE: gettext_lazy("You help in this envelope now."),
    CardAct.DECLINE_ENVELOPE: gettext_lazy("You have declined; whoever asked you is told."),
    CardAct.SNOOZE: gettext_lazy("It comes up again in 30 minutes."),
    CardAct.COMPLETE: gettext_lazy("The reminder is done."),
}


@never_cache
@require_http_methods(["GET", "POST"])
@agent_required
def card(request: AgentRequest, token: str) -> HttpResponse:
    """GET asks, POST acts: programs that fetch addresses for a preview do nothing by it."""
    try:
        link = read_address(token)
        page = card_page(link, request.agent)
    except NotFound as error:
        raise Http404 from error
    is_decline = link.act == CardAct.DECLINE_ENVELOPE
    form = DeclineForm(request.POST if request.method == "POST" else None) if is_decline else None
    if request.method != "POST":
        return _card(request, page, form)
    if form is not None and not form.is_valid() and page.used is None:
        return _card(request, page, form, status=400)
    reason = str(form.cleaned_data.get("reason", "")) if form is not None and form.is_valid() else ""
    try:
        use_card(link.subject_id, by=request.agent, link=link, reason=reason)
    except NotFound as error:
        raise Http404 from error
    except DomainError as refusal:
        return _card(request, card_page(link, request.agent), form, refusal=refusal, status=refusal.status)
    return redirect(request.get_full_path())


def _card(
    request: AgentRequest,
    page: CardPage,
    form: DeclineForm | None,
    *,
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    act = page.link.act
    is_own = page.used is not None and page.used.by_id == request.agent.pk
    context = {
        "page": page,
        "form": form,
        "error": refusal,
        "state": _state(page),
        "is_own": is_own,
        "question": QUESTIONS[act],
        "meaning": AGAIN if act == CardAct.COMPLETE and _recurs(page) else MEANINGS[act],
        "done": DONE[act],
        "label": act.label,
        "days": LASTS.days,
        "open_url": _where(page),
        "is_wide": True,
    }
    return render(request, "connectors/teams/card.html", context, status=status)


def _recurs(page: CardPage) -> bool:
    return page.reminder is not None and bool(page.reminder.frequency)


def _state(page: CardPage) -> str:
    if page.is_of_another:
        return "another"
    if page.used is not None:
        return "done"
    return "over" if page.is_over else "ask"


def _where(page: CardPage) -> str:
    if page.ticket is None:
        return reverse("desk:reminders") if page.reminder else reverse("desk:notifications")
    if page.envelope is not None:
        return reverse("desk:envelope", args=[page.ticket.reference, page.envelope.number])
    return reverse("desk:ticket", args=[page.ticket.reference])


# What was posted ------------------------------------------------------------------------------------------------------


@require_GET
@agent_required
def posts(request: AgentRequest, connection_id: UUID) -> HttpResponse:
    return _posts(request, connection_id)


def _posts(request: AgentRequest, connection_id: UUID, *, refusal: DomainError | None = None) -> HttpResponse:
    agent = request.agent
    if not may_see_connections(agent):
        forbidden = PostsForbidden()
        facts = {"detail": str(forbidden), "hint": forbidden.hint_text}
        return render(request, "errors/403.html", facts, status=403)
    connection = get_object_or_404(Connection.objects.filter(kind__in=KINDS), pk=connection_id)
    page: Page[ChannelPost] = Page([], None, None)
    try:
        rows = posts_for(agent).filter(connection=connection)
        page = keyset_page(rows, ("-created_at", "-id"), cursor=str(request.GET.get("cursor", "")), size=PAGE)
    except Invalid as error:
        refusal = error
    may_change = may_change_connections(agent)
    context: dict[str, Any] = {
        "connection": connection,
        "rows": page.items,
        "error": refusal,
        "test_url": reverse("teams:test_card", args=[connection.pk]) if may_change and connection.is_active else "",
        "may_change": may_change,
        "next_url": f"?cursor={page.next_cursor}" if page.next_cursor else "",
        "previous_url": f"?cursor={page.previous_cursor}" if page.previous_cursor else "",
    }
    return render(request, "connectors/teams/posts.html", context, status=refusal.status if refusal else 200)


@require_POST
@agent_required
def test_card(request: AgentRequest, connection_id: UUID) -> HttpResponse:
    """By a worker: no page waits for another system."""
    try:
        send_test_card(connection_id, by=request.agent)
    except NotFound as error:
        raise Http404 from error
    except DomainError as refusal:
        return _posts(request, connection_id, refusal=refusal)
    messages.success(request, _("A test card is on its way; reload the page in a moment."))
    return redirect("teams:posts", connection_id)


@require_POST
@agent_required
def retry(request: AgentRequest, connection_id: UUID, post_id: UUID) -> HttpResponse:
    try:
        retry_post(post_id, by=request.agent)
    except NotFound as error:
        raise Http404 from error
    except DomainError as refusal:
        return _posts(request, connection_id, refusal=refusal)
    messages.success(request, _("It is tried again."))
    return redirect("teams:posts", connection_id)
