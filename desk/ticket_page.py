"""Answers with the ticket page, in the tab that is open: with a refusal and the kept text, if any, or after an act."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import replace_url

from accounts.auth import AgentRequest, renew_snapshot
from core.errors import DomainError, NotFound
from core.sessions import IN_THE_BACKGROUND
from desk.composers import Composers, dock_of
from desk.envelopes.answers import show_envelope
from desk.envelopes.tabs import tab_url, tabs_of
from desk.frame import HEAD, back_of, open_tab, show_around, show_head
from desk.looking import Look, look_of_page
from desk.neighbours import from_of, with_from
from desk.recent import note_read
from desk.refusals import Refusal, refusal_for
from desk.selectors import start_slug
from desk.undoing import undo_url_of_act_just_done
from desk.workspace import Part, named_ticket, page_of, visible_ticket
from envelopes.models import Envelope
from envelopes.selectors import readable_envelope
from tickets.models import Ticket


def show_ticket(
    request: AgentRequest,
    ticket: Ticket,
    *,
    composers: Composers | None = None,
    error: Refusal | None = None,
    status: int = 200,
    said: str = "",
    undo_url: str = "",
    read: int | None = None,
    more: Part | None = None,
) -> HttpResponse:
    """The page, or its workspace alone for htmx; `said` is what the page announces, `undo_url` where that is taken
    back, `read` how far it was read before, `more` what this answer alone shows.
    """
    look = look_of_page(request, ticket.reference)
    tabs = tabs_of(request.agent, ticket)
    context = page_of(request.agent, ticket, look, able=tabs.able, csrf_token=get_token(request), read=read)
    if look == Look() and IN_THE_BACKGROUND not in request.headers:  # the newest entry is on screen, and looked at
        note_read(request.agent, ticket, context["last_seen_seq"], before=read)
    composers = composers or Composers()
    composers.origin = from_of(request)
    context |= dock_of(request.agent, ticket, tabs.able, context["last_seen_seq"], composers)
    context |= {"error": error, **tabs.context(), **(more or {})}
    return show_around(request, ticket, context, status=status, said=said, undo_url=undo_url)


def act(
    request: AgentRequest,
    reference: str,
    call: Callable[[Ticket], Any],
    *,
    said: str,
    where: str = "",
    tab: int | None = None,
    may_undo: bool = False,
) -> HttpResponse:
    """Look up, call one service, answer: what is renewed for htmx, else a redirect; the page shows a refusal."""
    ticket = named_ticket(request.agent, reference)
    try:
        call(ticket)
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return refused(request, ticket, error, tab=tab)
    return acted(request, reference, said=said, where=where, tab=tab, may_undo=may_undo)


def acted(
    request: AgentRequest,
    reference: str,
    *,
    said: str,
    where: str = "",
    tab: int | None = None,
    may_undo: bool = False,
) -> HttpResponse:
    """After an act: the ticket as it is now (at `where` of its page), or the queue if it went out of sight.

    `tab` is the envelope that the act is about; else the tab stays that was open. `may_undo` says that the act is one
    that can be taken back, where it has changed anything.
    """
    if request.htmx and request.htmx.target != HEAD:  # which does not say how far the page has seen
        renew_snapshot(request.user)
    try:
        ticket = visible_ticket(request.agent, reference) if request.htmx else named_ticket(request.agent, reference)
    except Http404:
        messages.success(request, f"{reference.upper()}: {said}")
        url = reverse("desk:queue", args=[start_slug(request.agent)])
        return HttpResponse(headers={"HX-Redirect": url}) if request.htmx else redirect(url)
    undo_url = undo_url_of_act_just_done(request.agent, ticket) if may_undo else ""
    if request.htmx:
        if request.htmx.target == HEAD:
            return show_head(request, ticket, said=said, undo_url=undo_url)
        return show_tab(request, ticket, tab or open_tab(request, ticket), said=said, undo_url=undo_url)
    messages.success(request, said, extra_tags=undo_url)
    number = None if where else tab or open_tab(request, ticket)
    here = tab_url(ticket.reference, number) if number else reverse("desk:ticket", args=[ticket.reference])
    return redirect(with_from(here + where, from_of(request)))


def show_tab(
    request: AgentRequest,
    ticket: Ticket,
    number: int | None,
    *,
    error: Refusal | None = None,
    status: int = 200,
    said: str = "",
    undo_url: str = "",
) -> HttpResponse:
    """The envelope of that number, if the person may read it; else the timeline. The address becomes that of the tab
    that came, where it is another.
    """
    envelope = readable_envelope(request.agent, ticket=ticket, number=number) if number else None
    if envelope is None:
        here = reverse("desk:ticket", args=[ticket.reference])
        response = show_ticket(request, ticket, error=error, status=status, said=said, undo_url=undo_url)
    else:
        here = tab_url(ticket.reference, envelope.number)
        response = show_envelope(request, ticket, envelope, error=error, status=status, said=said, undo_url=undo_url)
    is_other = open_tab(request, ticket) != (envelope.number if envelope else None)
    return replace_url(response, here) if request.htmx and is_other else response


def refused(request: AgentRequest, ticket: Ticket, error: DomainError, *, tab: int | None = None) -> HttpResponse:
    """The page with the refusal, in the state the ticket really has and in the tab that was open; alone if it went out
    of sight.
    """
    refusal = refusal_for(request.agent, ticket, error)
    try:
        current = visible_ticket(request.agent, ticket.reference)
    except Http404:
        return render(request, "desk/refused.html", {"error": refusal, "back": back_of(request)}, status=error.status)
    return show_tab(request, current, tab or open_tab(request, current), error=refusal, status=error.status)


def refuse_in(request: AgentRequest, envelope: Envelope, error: DomainError) -> HttpResponse:
    """The envelope's tab with the refusal, or the ticket's page for those who may not read the envelope."""
    return refused(request, envelope.ticket, error, tab=envelope.number)


def version_of(request: AgentRequest) -> int | None:
    """The version a form carries, if it does."""
    given = str(request.POST.get("version", ""))
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
