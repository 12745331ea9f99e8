"""Lists of tickets: start view, own queue, team, unowned, all."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from core.errors import Invalid
from core.paging import Page, keyset_page
from desk.filtering import chips_of, ticket_named
from desk.forms import QueueForm
from desk.rows import grouped, row_of
from desk.selectors import (
    QUEUES,
    QueueFilter,
    QueueView,
    in_short,
    open_counts,
    start_view,
    teams_in_sight,
    tickets_in,
)
from tickets.filters import read_filter
from tickets.models import Ticket
from tickets.policies import may_create, may_export
from tickets.querysets import TicketQuerySet
from tickets.search import search_tickets

PAGE_SIZE = 50
NOTHING: Page[Ticket] = Page([], None, None)


@require_GET
@agent_required
def home(request: AgentRequest) -> HttpResponse:
    return redirect("desk:queue", view=start_view(request.agent).slug)


@require_GET
@agent_required
def queue(request: AgentRequest, view: str) -> HttpResponse:
    """One list; all of its narrowing stands in the address. At most eight statements however many rows."""
    if view not in QUEUES:
        raise Http404
    chosen = QUEUES[view]
    form = _form(request, chosen)
    typed = str(request.GET.get("q", ""))
    if named := ticket_named(request.agent, typed):
        return redirect("desk:ticket", reference=named.reference)
    cursor = str(request.GET.get("cursor", ""))
    error: Invalid | None = None
    page, wanted = NOTHING, QueueFilter()
    try:
        wanted = _filter_of(form, typed)
        page = _page(request, chosen, wanted, cursor)
    except Invalid as refusal:
        error = refusal
    context = {
        "view": chosen,
        "error": error,
        "tabs": _tabs(request, chosen),
        "selects": _selects(chosen, form, wanted),
        "set_count": wanted.set_count,
        "clear_url": reverse("desk:queue", args=[view]) if wanted.is_set or error else "",
        "typed": typed,
        "kept": wanted.choices,
        "kept_terms": {"q": wanted.terms.text} if wanted.terms.terms else {},
        "chips": chips_of(wanted),
        "words": wanted.terms.words,
        "exports": _exports(chosen, wanted) if page.items and may_export(request.agent) else [],
        "may_create": may_create(request.agent),
        "empty": None if page.items or error else _empty(request, chosen, wanted, cursor),
        **_rows(request, chosen, page, is_whole=not cursor and page.next_cursor is None),
        **_pager(wanted, page),
    }
    return render(request, "desk/queue.html", context, status=error.status if error else 200)


def filter_in(request: AgentRequest, view: QueueView) -> QueueFilter:
    """What the address narrows the list to. Raises Invalid."""
    return _filter_of(_form(request, view), str(request.GET.get("q", "")))


def _form(request: AgentRequest, view: QueueView) -> QueueForm:
    return QueueForm(request.GET, teams=teams_in_sight(request.agent), shows_open_only=view.shows_open_only)


def _exports(view: QueueView, wanted: QueueFilter) -> list[dict[str, str]]:
    query = f"?{urlencode(wanted.in_address)}" if wanted.is_set else ""
    kinds = {"csv": _("Export as CSV"), "xlsx": _("Export for Excel")}
    return [
        {"label": label, "url": reverse("desk:export", args=[view.slug, kind]) + query} for kind, label in kinds.items()
    ]


def _filter_of(form: QueueForm, typed: str) -> QueueFilter:
    if not form.is_valid():
        raise Invalid({name: _("This filter has no such value.") for name in form.errors})
    return QueueFilter(**form.cleaned_data, terms=read_filter(typed))


def _page(request: AgentRequest, view: QueueView, wanted: QueueFilter, cursor: str) -> Page[Ticket]:
    """Words alone among all tickets are a search, which is quick with the commonest word; the order is the same."""
    if view.slug == "all" and not wanted.set_count and wanted.terms.is_plain_words:
        words = wanted.terms.words
        return search_tickets(request.agent, words, cursor, size=PAGE_SIZE, load=TicketQuerySet.for_rows)
    found = tickets_in(view, request.agent, wanted)
    return keyset_page(found, view.ordering, cursor=cursor, size=PAGE_SIZE, load=TicketQuerySet.for_rows)


def _rows(request: AgentRequest, view: QueueView, page: Page[Ticket], *, is_whole: bool) -> dict[str, Any]:
    """The own queue in groups as long as it fits one page; everything else in the order of the list."""
    if view.slug == "mine" and is_whole:
        return {"groups": grouped(page.items, request.agent), "rows": []}
    return {"groups": [], "rows": [row_of(ticket, request.agent) for ticket in page.items]}


def _tabs(request: AgentRequest, current: QueueView) -> list[dict[str, Any]]:
    counts = open_counts(request.agent)
    return [
        {
            "label": view.label,
            "url": reverse("desk:queue", args=[slug]),
            "is_current": slug == current.slug,
            "count": in_short(counts[slug]) if slug in counts else "",
        }
        for slug, view in QUEUES.items()
    ]


def _selects(view: QueueView, form: QueueForm, wanted: QueueFilter) -> list[dict[str, Any]]:
    labels = {"status": _("Status"), "team": _("Team"), "priority": _("Priority"), "owner": _("Owner")}
    for name in view.fixed:
        del labels[name]
    return [
        {
            "name": name,
            "label": label,
            "options": [
                {"value": value, "label": text, "is_selected": str(value) == getattr(wanted, name)}
                for value, text in form.fields[name].choices  # type: ignore[attr-defined]  # ChoiceFields all
            ],
        }
        for name, label in labels.items()
    ]


def _pager(wanted: QueueFilter, page: Page[Ticket]) -> dict[str, str]:
    def url(cursor: str | None) -> str:
        return f"?{urlencode(wanted.in_address | {'cursor': cursor})}" if cursor else ""

    return {"next_url": url(page.next_cursor), "previous_url": url(page.previous_cursor)}


def _empty(request: AgentRequest, view: QueueView, wanted: QueueFilter, cursor: str) -> dict[str, str]:
    """Nothing matches, nothing left, or nothing yet: three different things."""
    here = reverse("desk:queue", args=[view.slug])
    if wanted.is_set or cursor:
        return {
            "kind": "no_match",
            "title": _("No ticket matches these filters"),
            "url": here,
            "url_label": _("Clear filters"),
        }
    if view.slug == "mine":
        return {
            "kind": "done",
            "title": _("No tickets need you"),
            "text": _("Take the next one from the tickets nobody owns."),
            "url": reverse("desk:queue", args=["unowned"]),
            "url_label": _("Show unowned tickets"),
        }
    if view.slug == "unowned":
        return {"kind": "done", "title": _("Every ticket has its owner"), "text": _("New ones appear here.")}
    return {
        "kind": "nothing_yet",
        "title": _("No tickets yet"),
        "text": _("Mails to the team's mailbox and calls you note down appear here."),
    }
