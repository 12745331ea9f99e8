"""A board as its address asks for it: one of everybody's, one with a name, or a saved view laid out as a board.

The address of a named one alone is the board as it was saved; whatever differs stands in its parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent
from core.errors import Invalid
from desk.board.dimensions import DIMENSIONS, Layout, layout_from
from desk.board.forms import BoardForm
from desk.board.reading import Place
from desk.listing import FILTERS, filter_of
from desk.selectors import QUEUES, QueueFilter, QueueView, teams_in_sight
from tickets.enums import BoardSort
from tickets.filters import read_filter
from tickets.models import KanbanBoard
from tickets.saved_views import views_of
from tickets.services.kept import may_edit_view

USUAL = layout_from({})


@dataclass(frozen=True)
class Board:
    """One board with an address of its own, as it is kept."""

    slug: str
    label: str
    view: QueueView
    filters: dict[str, str] = field(default_factory=dict)
    layout: Layout = USUAL
    saved: KanbanBoard | None = None

    @property
    def url(self) -> str:
        return reverse("desk:board", args=[self.slug])


def board_named(slug: str, agent: Agent, boards: Sequence[KanbanBoard]) -> Board:
    """The board of this address, as far as `agent` has it; 404 for others' and missing ones alike."""
    if slug in QUEUES:
        return Board(slug, str(QUEUES[slug].label), QUEUES[slug])
    for saved in boards:
        if saved.slug == slug:
            return board_of_saved(saved)
    for view in views_of(agent):
        if view.slug == slug:
            return Board(slug, view.name, QUEUES[view.base], _filters_of(view.filters))
    raise Http404


def board_of_saved(saved: KanbanBoard) -> Board:
    by, lanes = DIMENSIONS[saved.column_field], DIMENSIONS.get(saved.swimlane_field)
    layout = Layout(by, lanes, BoardSort(saved.sort_by), tuple(saved.columns))
    return Board(saved.slug, saved.name, QUEUES[saved.base], _filters_of(saved.filters), layout, saved)


def _filters_of(filters: dict[str, Any]) -> dict[str, str]:
    return {name: str(filters[name]) for name in FILTERS if filters.get(name)}


def form_of(board: Board, query: QueryDict, agent: Agent) -> BoardForm:
    """The boxes of the board, filled by the address or as it was saved."""
    data: Any = query if _is_asked(board, query) else board.filters
    return BoardForm(data, teams=teams_in_sight(agent), shows_open_only=board.view.shows_open_only)


def typed_in(board: Board, query: QueryDict) -> str:
    return str(query.get("q", "")) if _is_asked(board, query) else board.filters.get("q", "")


def place_of(board: Board, form: BoardForm, query: QueryDict) -> Place:
    """Raises Invalid for what no board shows. A saved one may name a team its reader does not see: it then shows
    nothing of that team, and tells nothing about it.
    """
    layout = layout_from(query, board.layout)
    if not _is_asked(board, query):
        wanted = filter_of(board.filters)
    elif form.is_valid():
        wanted = QueueFilter(**form.cleaned_data, terms=read_filter(str(query.get("q", ""))))
    else:
        raise Invalid({name: _("This filter has no such value.") for name in form.errors})
    return Place(board.view, wanted, layout, board.slug, bool(board.filters))


def _is_asked(board: Board, query: QueryDict) -> bool:
    return not board.filters or any(name in query for name in FILTERS)


def bar_of(board: Board, place: Place, agent: Agent) -> dict[str, Any] | None:
    """What can be done with a named board that is looked at otherwise than it is kept; else None."""
    if board.saved is None:
        return None
    if place.wanted.in_address == board.filters and place.layout.in_address == board.layout.in_address:
        return None
    return {
        "save_label": _("Save") if may_edit_view(agent, board.saved) else "",
        "save_url": reverse("desk:save-board", args=[board.slug]),
        "hidden": {**place.address, "version": board.saved.version},
        "save_as_url": as_new(board, place),
        "discard_url": board.url,
    }


def as_new(board: Board, place: Place) -> str:
    """Where this board gets a name."""
    given = {"from": board.slug, "base": board.view.slug} | place.layout.in_address | place.wanted.in_address
    return f"{reverse('desk:new-board')}?{urlencode(given)}"


def described(place: Place) -> dict[str, Any]:
    """What there is to keep of a board as it is looked at, but its columns."""
    layout = place.layout
    return {
        "base": place.view.slug,
        "filters": place.wanted.in_address,
        "column_field": layout.by.field.value,
        "swimlane_field": layout.lanes.field.value if layout.lanes else "",
        "sort_by": str(layout.sort),
    }


def facts_of(place: Place) -> list[dict[str, Any]]:
    """What the board will show, in words."""
    wanted, layout = place.wanted, place.layout
    labels = {"status": _("Status"), "team": _("Team"), "priority": _("Priority"), "owner": _("Owner")}
    filters = [*(str(labels[name]) for name in wanted.choices), *(term.label for term in wanted.terms.terms)]
    return [
        {"term": _("List"), "value": place.view.label},
        {"term": _("Filters"), "value": ", ".join(filters)},
        {"term": _("Columns"), "value": layout.by.label},
        {"term": _("Lanes"), "value": layout.lanes.label if layout.lanes else _("None")},
        {"term": _("Order"), "value": BoardSort(layout.sort).label},
    ]
