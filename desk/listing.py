"""A list as its address asks for it: built-in or saved, what it is narrowed to, its order and its columns.

The address holds only what differs from the list itself, so that `/queue/<slug>/` alone is the list as it was saved.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from core.errors import Invalid
from desk.columns import ALWAYS, BEYOND, COLUMNS, chosen_columns, loader_for, sort_labels
from desk.forms import QueueForm
from desk.selectors import QUEUES, QueueFilter, QueueView, has_few, teams_in_sight, tickets_in
from sla.scores.sections import QUEUE, with_sections
from tickets.filters import read_filter
from tickets.models import SavedView, Ticket
from tickets.querysets import TicketQuerySet
from tickets.saved_views import views_of
from tickets.services.kept import may_edit_view
from tickets.sorting import ALL_SORTS, NAMED_SORTS, SORTS, opposite, tell_sorted_names, with_sorted_names

FILTERS = ("status", "team", "priority", "owner", "q")


@dataclass(frozen=True)
class ListLook:
    """In which order and with which columns a list is shown."""

    sort: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """One list with an address of its own, as it is kept."""

    slug: str
    label: str
    view: QueueView
    filters: dict[str, str]
    look: ListLook
    saved: SavedView | None = None

    @property
    def url(self) -> str:
        return reverse("desk:queue", args=[self.slug])


@dataclass(frozen=True)
class ListState:
    """A list as somebody looks at it now."""

    listing: Listing
    wanted: QueueFilter
    look: ListLook

    @property
    def filters(self) -> dict[str, str]:
        return self.wanted.in_address

    @property
    def is_narrowed_otherwise(self) -> bool:
        return self.filters != self.listing.filters

    @property
    def is_changed(self) -> bool:
        return self.is_narrowed_otherwise or self.look != self.listing.look

    @property
    def is_search(self) -> bool:
        """Words alone among all tickets: a search, quick with the commonest word too, and always newest first."""
        return self.listing.view.slug == "all" and not self.wanted.set_count and self.wanted.terms.is_plain_words

    @property
    def sort(self) -> str:
        """The order of the look, as far as this list can be put into it."""
        if self.is_search:
            return "-created_at"
        if self.look.sort in NAMED_SORTS and not has_few(self.listing.view, self.wanted):
            return self.listing.view.sort  # which costs the same however many there are
        return self.look.sort

    @property
    def has_groups(self) -> bool:
        """Whether it is the own queue in its usual order, which stands in sections."""
        return self.listing.view.slug == "mine" and self.sort == self.listing.view.sort

    @property
    def ordering(self) -> tuple[str, ...]:
        return QUEUE if self.has_groups else ALL_SORTS[self.sort]

    @property
    def sorts(self) -> list[str]:
        """The orders that are offered."""
        return list(ALL_SORTS if has_few(self.listing.view, self.wanted) else SORTS)

    def tickets(self, agent: Agent) -> TicketQuerySet:
        """All of them, ready for `ordering`. Raises Invalid."""
        return self._placed(tickets_in(self.listing.view, agent, self.wanted), agent)

    def loader(self, agent: Agent, columns: Sequence[str] = ()) -> Callable[[TicketQuerySet], TicketQuerySet]:
        """What reads the rows of a page with what `columns` show and the list is ordered by; one statement."""
        load = loader_for(columns)
        return lambda tickets: self._placed(load(tickets), agent)

    def tell_place(self, ticket: Ticket, agent: Agent) -> None:
        """Let a ticket that was read otherwise know its place in the order. One query in a list that has sections."""
        if not self.has_groups:
            tell_sorted_names(ticket, self.sort)
            return
        found = with_sections(Ticket.objects.filter(pk=ticket.pk), agent, timezone.now()).get()
        vars(ticket).update({name.lstrip("-"): getattr(found, name.lstrip("-")) for name in QUEUE})

    def _placed(self, tickets: TicketQuerySet, agent: Agent) -> TicketQuerySet:
        if self.has_groups:
            return with_sections(tickets, agent, timezone.now())
        return with_sorted_names(tickets, self.sort)

    @property
    def of_look(self) -> dict[str, str]:
        """Parameters of order and columns, as far as they are not those of the list."""
        kept = self.listing.look
        sort = {"sort": self.look.sort} if self.look.sort != kept.sort else {}
        columns = {"columns": ",".join(self.look.columns)} if self.look.columns != kept.columns else {}
        return sort | columns

    @property
    def parameters(self) -> dict[str, str]:
        return self.of_filters(self.wanted) | self.of_look

    @property
    def whole(self) -> dict[str, str]:
        """Everything there is to keep of it."""
        return self.filters | {"sort": self.look.sort, "columns": ",".join(self.look.columns)}

    def of_filters(self, wanted: QueueFilter) -> dict[str, str]:
        if not self.listing.filters:
            return wanted.in_address
        if wanted.in_address == self.listing.filters:
            return {}
        # An empty box has to be said: without any parameter the list is as it was saved.
        return {"q": "", **wanted.in_address} if "q" not in wanted.in_address else wanted.in_address

    def url(self, **more: str) -> str:
        return f"?{urlencode(self.parameters | more)}"

    def url_filtered(self, wanted: QueueFilter) -> str:
        return f"?{urlencode(self.of_filters(wanted) | self.of_look)}"

    def url_sorted(self, sort: str) -> str:
        look = {name: value for name, value in self.of_look.items() if name != "sort"}
        kept = {"sort": sort} if sort != self.listing.look.sort else {}
        return f"?{urlencode(self.of_filters(self.wanted) | look | kept)}"


def listing_of(slug: str, agent: Agent, views: Sequence[SavedView] | None = None) -> Listing:
    """The list of this address, as far as `agent` has it; 404 for others' and missing ones alike."""
    if slug in QUEUES:
        view = QUEUES[slug]
        return Listing(slug, str(view.label), view, {}, _kept_look(agent, view))
    found = [saved for saved in (views_of(agent) if views is None else views) if saved.slug == slug]
    if not found:
        raise Http404
    return listing_of_saved(found[0])


def listing_of_saved(saved: SavedView) -> Listing:
    view = QUEUES[saved.base]
    filters = {name: saved.filters[name] for name in FILTERS if saved.filters.get(name)}
    look = ListLook(saved.sort if saved.sort in ALL_SORTS else view.sort, chosen_columns(saved.columns))
    return Listing(saved.slug, saved.name, view, filters, look, saved)


def _kept_look(agent: Agent, view: QueueView) -> ListLook:
    """As the person has kept it, else the usual one."""
    kept = agent.list_settings.get("looks", {}).get(view.slug, {})
    sort = str(kept.get("sort", ""))
    return ListLook(sort if sort in ALL_SORTS else view.sort, chosen_columns(kept.get("columns", ())))


def usual_look(view: QueueView) -> ListLook:
    return ListLook(view.sort, chosen_columns(()))


def form_of(listing: Listing, query: QueryDict, agent: Agent) -> QueueForm:
    """The boxes of the list, filled by the address or as it was saved."""
    is_asked = any(name in query for name in FILTERS)
    data: Any = query if is_asked or not listing.filters else listing.filters
    return QueueForm(data, teams=teams_in_sight(agent), shows_open_only=listing.view.shows_open_only)


def typed_in(listing: Listing, query: QueryDict) -> str:
    is_asked = any(name in query for name in FILTERS)
    return str(query.get("q", "")) if is_asked else listing.filters.get("q", "")


def state_of(listing: Listing, form: QueueForm, query: QueryDict) -> ListState:
    """Raises Invalid for values there are not. A saved list may name a team the reader does not see: it is then
    narrowed to nothing of that team, and tells nothing about it.
    """
    look = _look_of(listing, query)
    if form.data is listing.filters and listing.filters:
        wanted = filter_of(listing.filters)
    elif form.is_valid():
        wanted = QueueFilter(**form.cleaned_data, terms=read_filter(str(query.get("q", ""))))
    else:
        raise Invalid({name: _("This filter has no such value.") for name in form.errors})
    return ListState(listing, wanted, look)


def filter_of(filters: dict[str, str]) -> QueueFilter:
    """Raises Invalid for a text that is no filter (any more)."""
    boxes = {name: value for name, value in filters.items() if name != "q"}
    return QueueFilter(**boxes, terms=read_filter(filters.get("q", "")))


def _look_of(listing: Listing, query: QueryDict) -> ListLook:
    sort = str(query.get("sort", "")) or listing.look.sort
    if sort not in ALL_SORTS:
        raise Invalid({"sort": _("This is no order of a list.")})
    names = [name for part in query.getlist("columns") for name in part.split(",") if name]
    if unknown := [name for name in names if name not in COLUMNS]:
        raise Invalid({"columns": _("There is no column “%(name)s”.") % {"name": unknown[0][:30]}})
    return ListLook(sort, chosen_columns(names) if names else listing.look.columns)


def heads_of(state: ListState) -> list[dict[str, Any]]:
    """The headings of the list, those that order it with their addresses."""
    names = ["priority", *(name for name in COLUMNS if name in state.look.columns)]
    names.insert(2 if "reference" in names else 1, "subject")
    heads = []
    for name in names:
        column = ALWAYS.get(name) or COLUMNS[name]
        head: dict[str, Any] = {"name": name, "label": column.label, "is_extra": name in BEYOND}
        if column.sort in state.sorts and not state.is_search:
            is_first, is_second = state.sort == column.sort, state.sort == opposite(column.sort)
            wanted = opposite(column.sort) if is_first else column.sort
            words = sort_labels()
            head |= {
                "url": state.url_sorted(wanted),
                "gives": words[wanted],
                "is_current": is_first or is_second,
                "is_turned": is_second,
                "now": words[state.sort] if is_first or is_second else "",
            }
        heads.append(head)
    return heads


def display_of(state: ListState) -> dict[str, Any]:
    """The fold with order and columns."""
    words = sort_labels()
    chosen = state.look.sort if state.look.sort in state.sorts else state.sort
    return {
        "sorts": [{"value": sort, "label": words[sort], "is_selected": sort == chosen} for sort in state.sorts],
        "columns": [
            {"value": name, "label": column.label, "is_chosen": name in state.look.columns}
            for name, column in COLUMNS.items()
        ],
        "hidden": state.of_filters(state.wanted),
    }


def bar_of(state: ListState, agent: Agent) -> dict[str, Any] | None:
    """What can be done with a list that is looked at otherwise than it is kept; None while it is as it is kept."""
    if not state.is_changed:
        return None
    listing = state.listing
    save = ""
    if listing.saved is not None:
        save = _("Save") if may_edit_view(agent, listing.saved) else ""
    elif state.look != listing.look:
        save = _("Keep order and columns")
    hidden: dict[str, Any] = {name: state.whole[name] for name in ("sort", "columns")}
    if listing.saved is not None:
        hidden = {**state.whole, "version": listing.saved.version}
    as_new = urlencode({"from": listing.slug, "base": listing.view.slug, **state.whole})
    return {
        "save_label": save,
        "save_url": reverse("desk:save-list", args=[listing.slug]),
        "hidden": hidden,
        "save_as_url": f"{reverse('desk:new-view')}?{as_new}",
        "discard_url": listing.url,
    }
