"""Lists of tickets: start view, own queue, team, unowned, all."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from core.errors import Invalid
from core.paging import Page, keyset_page
from desk.actions.shown import bulk_acts_of
from desk.filtering import chips_of, ticket_named
from desk.forms import QueueForm
from desk.inline import shown_row
from desk.listing import (
    Listing,
    ListState,
    bar_of,
    display_of,
    form_of,
    heads_of,
    listing_of,
    state_of,
    typed_in,
)
from desk.neighbours import origin_of, with_from
from desk.pins import counts_of, in_tab_order, pins_of
from desk.quick import quick_filters_of
from desk.rows import arranged
from desk.selectors import (
    QUEUES,
    QueueFilter,
    QueueView,
    in_short,
    open_counts,
    start_slug,
    start_view,
)
from sla.reminders.selectors import next_moment
from tickets.models import SavedView, Ticket
from tickets.policies import may_create, may_export
from tickets.saved_views import views_of
from tickets.search import search_tickets
from tickets.services.kept import may_edit_view

PAGE_SIZE = 50
NOTHING: Page[Ticket] = Page([], None, None)


@require_GET
@agent_required
def home(request: AgentRequest) -> HttpResponse:
    return redirect("desk:queue", view=start_slug(request.agent))


@require_GET
@agent_required
def queue(request: AgentRequest, view: str) -> HttpResponse:
    """One list; all of its narrowing stands in the address. At most eight statements however many rows."""
    views = views_of(request.agent)
    try:
        listing = listing_of(view, request.agent, views)
    except Http404:
        if view != start_slug(request.agent):
            raise
        return redirect("desk:queue", view=start_view(request.agent).slug)  # the list the day began with is gone
    form = form_of(listing, request.GET, request.agent)
    typed = typed_in(listing, request.GET)
    if named := ticket_named(request.agent, typed):
        return redirect("desk:ticket", reference=named.reference)
    cursor = str(request.GET.get("cursor", ""))
    error: Invalid | None = None
    page, state = NOTHING, ListState(listing, QueueFilter(), listing.look)
    try:
        state = state_of(listing, form, request.GET)
        page = _page(request, state, cursor)
    except Invalid as refusal:
        error = refusal
    context = _frame(request, state, form, views) | {
        "error": error,
        "typed": typed,
        "clear_url": _clear_url(state) if state.wanted.is_set or error else "",
        "exports": _exports(state) if page.items and may_export(request.agent) else [],
        "empty": None if page.items or error else _empty(request, state, cursor),
        **_rows(request, state, page),
        **_pager(state, page),
    }
    return render(request, "desk/queue.html", context, status=error.status if error else 200)


def _frame(request: AgentRequest, state: ListState, form: QueueForm, views: list[SavedView]) -> dict[str, Any]:
    """What stands around the rows."""
    listing, wanted = state.listing, state.wanted
    words = {"q": wanted.terms.text} if wanted.terms.terms else {}
    return {
        "listing": listing,
        "tabs": _tabs(request, listing, views),
        "selects": _selects(listing.view, form, wanted),
        "set_count": wanted.set_count,
        "kept": wanted.choices | state.of_look,
        "kept_terms": words | state.of_look,
        "chips": chips_of(state.wanted, state.url_filtered),
        "quick": quick_filters_of(state),
        "words": wanted.terms.words,
        "heads": heads_of(state),
        "display": display_of(state),
        "bar": bar_of(state, request.agent),
        "bulk_acts": bulk_acts_of(request.agent),
        "bulk_url": _bulk_url(state),
        "may_edit_view": listing.saved is not None and may_edit_view(request.agent, listing.saved),
        "pin_acts": _pin_acts(request, listing),
        "is_start": listing.slug == start_slug(request.agent),
        "may_create": may_create(request.agent),
    }


def _pin_acts(request: AgentRequest, listing: Listing) -> list[dict[str, Any]]:
    """Of a saved view: to have it stand first among the tabs, for oneself."""
    if listing.saved is None:
        return []
    pins = pins_of(request.agent)
    if listing.slug not in pins:
        return [{"label": _("Pin to the front"), "icon": "flag", "hidden": {"place": "last"}}]
    unpin = {"label": _("Unpin"), "icon": "x", "hidden": {"place": "off"}}
    earlier = {"label": _("Move forward"), "icon": "arrow-left", "hidden": {"place": "earlier"}}
    return [earlier, unpin] if pins[0] != listing.slug else [unpin]


def state_in(request: AgentRequest, listing: Listing) -> ListState:
    """The list as the address asks for it. Raises Invalid."""
    return state_of(listing, form_of(listing, request.GET, request.agent), request.GET)


def _clear_url(state: ListState) -> str:
    return f"{state.listing.url}?q=" if state.listing.filters else state.listing.url


def _bulk_url(state: ListState) -> str:
    return reverse("desk:bulk", args=[state.listing.slug]) + (state.url() if state.parameters else "")


def _exports(state: ListState) -> list[dict[str, str]]:
    query = f"?{urlencode(state.parameters)}" if state.parameters else ""
    kinds = {"csv": _("Export as CSV"), "xlsx": _("Export for Excel")}
    return [
        {"label": label, "url": reverse("desk:export", args=[state.listing.slug, kind]) + query}
        for kind, label in kinds.items()
    ]


def _page(request: AgentRequest, state: ListState, cursor: str) -> Page[Ticket]:
    load = state.loader(request.agent, state.look.columns)
    if state.is_search:
        return search_tickets(request.agent, state.wanted.terms.words, cursor, size=PAGE_SIZE, load=load)
    return keyset_page(state.tickets(request.agent), state.ordering, cursor=cursor, size=PAGE_SIZE, load=load)


def _rows(request: AgentRequest, state: ListState, page: Page[Ticket]) -> dict[str, Any]:
    """The own queue in its sections; everything else in the order of the list."""
    columns = state.look.columns
    origin = origin_of(state, request.agent)
    rows = {ticket.pk: shown_row(ticket, request.agent, columns) for ticket in page.items}
    for row in rows.values():
        row["url"] = with_from(row["url"], origin)
    in_groups = state.has_groups
    groups = arranged(page, rows, request.agent, in_groups=in_groups)
    return {"groups": groups if in_groups else [], "rows": [] if in_groups else list(rows.values())}


def _tabs(request: AgentRequest, current: Listing, views: list[SavedView]) -> list[dict[str, Any]]:
    """The lists there are for everybody, and then the saved ones, pinned ones first."""
    views = in_tab_order(request.agent, views)
    counts = open_counts(request.agent) | counts_of(request.agent, views)
    names = [(slug, view.label) for slug, view in QUEUES.items()] + [(view.slug, view.name) for view in views]
    return [
        {
            "label": label,
            "url": reverse("desk:queue", args=[slug]),
            "is_current": slug == current.slug,
            "count": in_short(counts[slug]) if slug in counts else "",
            "live": slug,
        }
        for slug, label in names
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


def _pager(state: ListState, page: Page[Ticket]) -> dict[str, str]:
    def url(cursor: str | None) -> str:
        return state.url(cursor=cursor) if cursor else ""

    return {"next_url": url(page.next_cursor), "previous_url": url(page.previous_cursor)}


def _empty(request: AgentRequest, state: ListState, cursor: str) -> dict[str, str]:
    """Nothing matches, nothing left, or nothing yet: three different things."""
    view = state.listing.view
    if state.listing.filters and not state.is_narrowed_otherwise and not cursor:
        return {"kind": "done", "title": _("No ticket stands in this list"), "text": _("New ones appear here.")}
    if state.wanted.is_set or cursor:
        return {
            "kind": "no_match",
            "title": _("No ticket matches these filters"),
            "url": _clear_url(state),
            "url_label": _("Clear filters"),
        }
    if view.slug == "mine":
        return {
            "kind": "done",
            "title": _("No tickets need you"),
            "text": " ".join(
                filter(None, [_next_reminder(request), _("Take the next one from the tickets nobody owns.")])
            ),
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


def _next_reminder(request: AgentRequest) -> str:
    """By the reader's clock; nothing where nothing lies ahead."""
    if (at := next_moment(request.agent)) is None:
        return ""
    return _("Next reminder: %(moment)s.") % {"moment": date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")}
