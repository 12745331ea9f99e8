"""A board as its page shows it: how many tickets stand in each cell, and the most urgent of them as cards.

Four statements beside the names of columns, however many tickets: the counts, the cards, the help on them, the limits.
Only tickets in work and resolved ones are counted, which indexes of their own find; closed ones stand in lists.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q, Value, Window
from django.db.models.fields import CharField
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Agent
from core.labels import label_of
from core.paging import InRows
from desk.board.dimensions import Column, Dimension, Layout, tell_helped, tell_standing
from desk.board.limits import limit_notes
from desk.flags import chips_of
from desk.promises import promise_badges
from desk.rows import help_flag, ticket_url
from desk.selectors import ANY_STATUS, QueueFilter, QueueView, tickets_in
from envelopes.hints import EnvelopeHint, hints_on
from sla.enums import Indicator
from tickets.columns import ESCALATED, ON_BOARDS, STATUS_COLUMNS, STATUSES_ESCALATED
from tickets.enums import OPEN, Priority, TicketStatus
from tickets.filters import NONE, Filter, Term, statuses_of
from tickets.models import Ticket
from tickets.policies import is_staff_role
from tickets.querysets import ROW, TicketQuerySet

Part = dict[str, Any]  # what a template takes
Cell = tuple[str, str]
"""Keys of column and lane; the lane's is empty on boards without lanes."""

MAX_CARDS = 150
MAX_COLUMNS, MAX_LANES = 24, 12
"""Of customers there are thousands: those with the most tickets are shown, the others told."""


@dataclass(frozen=True)
class Place:
    """Which board is looked at: a view of the lists, narrowed as they are, in two dimensions."""

    view: QueueView
    wanted: QueueFilter
    layout: Layout
    slug: str = ""
    """Of a board with a name; else that of the view."""
    keeps_filters: bool = False
    """Whether the address alone is narrowed to something, so that cleared filters have to be said."""

    @property
    def address(self) -> dict[str, str]:
        return self.layout.in_address | self.in_address(self.wanted)

    def in_address(self, wanted: QueueFilter) -> dict[str, str]:
        return ({"q": ""} if self.keeps_filters else {}) | wanted.in_address

    @property
    def url(self) -> str:
        return f"{reverse('desk:board', args=[self.slug or self.view.slug])}?{urlencode(self.address)}"

    @property
    def move_url(self) -> str:
        return f"{reverse('desk:board-move', args=[self.slug or self.view.slug])}?{urlencode(self.address)}"

    def list_url(self, terms: Sequence[Term] = ()) -> str:
        """The list of the same tickets, narrowed by `terms` besides."""
        own, named = self.wanted.terms.about("status"), Filter(tuple(terms)).about("status")
        kept = [term for term in self.wanted.terms.terms if term not in own]
        kept += [term for term in terms if term not in named]
        typed = Filter((*kept, *(self._within(named[0].values[0]) if named else self._shown_statuses())))
        address = self.wanted.choices | {"q": typed.text}
        return f"{reverse('desk:queue', args=[self.view.slug])}?{urlencode(address)}"

    @property
    def statuses(self) -> tuple[set[str], bool]:
        """Of the tickets that stand on the board, and whether escalated ones of whatever status do besides."""
        values = [value for term in self.wanted.terms.about("status") for value in term.values]
        names_status = bool(self.wanted.status or values)
        base = ON_BOARDS if self.layout.shows_resolved or names_status else OPEN
        shown = {str(status) for status in base}
        if not values:
            return shown, False
        return shown & set(statuses_of(value for value in values if value != ESCALATED)), ESCALATED in values

    def _within(self, name: str) -> tuple[Term, ...]:
        """What narrows a list to the column of that name, as far as the board shows its statuses."""
        shown, has_escalated = self.statuses
        whole = STATUSES_ESCALATED if name == ESCALATED else STATUS_COLUMNS[name]
        missing = tuple(str(status) for status in whole if status not in shown)
        if not missing or (name == ESCALATED and has_escalated):
            return (Term("status", (name,)),)
        return (Term("status", (name,)), Term("status", missing, is_excluded=True))

    def _shown_statuses(self) -> tuple[Term, ...]:
        if self.wanted.status in ON_BOARDS and not self.wanted.terms.about("status"):
            return ()  # its own parameter says so
        shown, has_escalated = self.statuses
        values = ["open"] if shown >= set(OPEN) else []
        values += [str(status) for status in ON_BOARDS if status in shown and not (values and status in OPEN)]
        if not values and not has_escalated:
            return (Term("status", ("open",)), Term("status", ("open",), is_excluded=True))  # nothing
        return (Term("status", (*values, *([ESCALATED] if has_escalated else []))),)


def tickets_on(place: Place, agent: Agent) -> TicketQuerySet:
    """The tickets that the board counts, unordered; all of them visible to `agent`. Raises Invalid."""
    wanted = place.wanted
    tickets = tickets_in(place.view, agent, replace(wanted, status=wanted.status or ANY_STATUS))
    names_status = bool(wanted.status or wanted.terms.about("status"))
    if place.layout.shows_resolved or names_status:
        return tickets.filter(status__in=ON_BOARDS)
    return tickets.filter(status__in=OPEN)


def board_of(place: Place, agent: Agent) -> Part:
    """What `desk/_board.html` calls `board`. Raises Invalid."""
    tickets = tickets_on(place, agent)
    counts = _counts(tickets, place.layout)
    by, lanes = place.layout.by, place.layout.lanes
    columns = _shown(by, agent, _totals(counts, 0), MAX_COLUMNS, place.layout.chosen)
    rows = _shown(lanes, agent, _totals(counts, 1), MAX_LANES) if lanes else [Column("", "", ())]
    shown = {(column.key, row.key): counts.get((column.key, row.key), 0) for column in columns for row in rows}
    cards = _cards(tickets, place.layout, shown, agent)
    notes = limit_notes(agent, place.layout.by.field)
    return {
        "columns": [
            {
                "key": column.key,
                "label": column.label,
                "count": _totals(counts, 0)[column.key],
                "url": place.list_url(column.terms),
                "notes": notes.get(column.key, []),
            }
            for column in columns
        ],
        "lanes": [_lane(place, row, columns, counts, cards) for row in rows],
        "has_lanes": lanes is not None,
        "count": sum(counts.values()),
        "left_out": _left_out(counts, shown),
        "may_move": is_staff_role(agent),
        "by_label": by.label,
        "move_url": place.move_url,
    }


def counted(tickets: TicketQuerySet, layout: Layout) -> Any:
    """Rows of column, lane and count; empty cells are left out."""
    found = tickets.annotate(col=layout.by.key(), lane=_lane_key(layout)).order_by()
    return found.values_list("col", "lane").annotate(n=Count("pk"))


def _counts(tickets: TicketQuerySet, layout: Layout) -> Counter[Cell]:
    return Counter({(column, lane): count for column, lane, count in counted(tickets, layout)})


def _lane_key(layout: Layout) -> Any:
    return layout.lanes.key() if layout.lanes else Value("", output_field=CharField())


def _totals(counts: Counter[Cell], side: int) -> Counter[str]:
    totals: Counter[str] = Counter()
    for cell, count in counts.items():
        totals[cell[side]] += count
    return totals


def columns_to_choose(place: Place, agent: Agent) -> list[Column]:
    """Those a board so laid out has for `agent` now, chosen or not, in their usual order. Raises Invalid."""
    by, chosen = place.layout.by, place.layout.chosen
    totals = _totals(_counts(tickets_on(place, agent), place.layout), 0)
    usual = _shown(by, agent, totals, MAX_COLUMNS)
    return [*usual, *(column for column in _shown(by, agent, totals, MAX_COLUMNS, chosen) if column not in usual)]


def _shown(
    dimension: Dimension, agent: Agent, totals: Counter[str], most: int, chosen: Sequence[str] = ()
) -> list[Column]:
    """Those with the most tickets, in the dimension's own order; nobody's and one's own are never left out.

    Of chosen ones those that `agent` would find without: a board names nothing that its reader does not see.
    """
    if chosen:
        known = {column.key: column for column in dimension.columns(agent, [key for key in chosen if key in totals])}
        return [known[key] for key in chosen if key in known]
    named = [key for key, _count in totals.most_common(most)]
    columns = dimension.columns(agent, named)
    if len(columns) <= most:
        return columns
    own = (NONE, str(agent.pk))
    first = sorted(columns, key=lambda column: (column.key not in own, -totals[column.key]))[:most]
    return [column for column in columns if column in first]


def _left_out(counts: Counter[Cell], shown: dict[Cell, int]) -> str:
    """What of the board has no column or lane on the page, in words; empty for nothing."""
    missing = sum(counts.values()) - sum(shown.values())
    if not missing:
        return ""
    text = ngettext(
        "%(count)s more ticket stands in columns that are not shown. Narrow the board to see it.",
        "%(count)s more tickets stand in columns that are not shown. Narrow the board to see them.",
        missing,
    )
    return text % {"count": missing}


def _lane(
    place: Place, row: Column, columns: list[Column], counts: Counter[Cell], cards: dict[Cell, list[Part]]
) -> Part:
    cells = []
    for column in columns:
        cell = (column.key, row.key)
        hidden = counts[cell] - len(cards.get(cell, ()))
        name = f"{row.label}, {column.label}" if row.label else column.label
        cells.append(
            {
                "column": column.key,
                "lane": row.key,
                "name": name,
                "count": counts[cell],
                "cards": cards.get(cell, []),
                "more": hidden,
                "more_url": place.list_url((*row.terms, *column.terms)) if hidden else "",
            }
        )
    return {
        "key": row.key,
        "label": row.label,
        "count": _totals(counts, 1)[row.key],
        "url": place.list_url(row.terms),
        "cells": cells,
    }


def _cards(tickets: TicketQuerySet, layout: Layout, shown: dict[Cell, int], agent: Agent) -> dict[Cell, list[Part]]:
    """The most urgent tickets of each cell, MAX_CARDS in all; two statements, none for an empty board."""
    share = _share(list(shown.values()), MAX_CARDS)
    if not share:
        return {}
    columns, lanes = {column for column, _lane in shown}, {lane for _column, lane in shown}
    ranked = tickets.with_due().annotate(col=layout.by.key(), lane=_lane_key(layout))
    ranked = ranked.filter(Q(col__in=columns), Q(lane__in=lanes))
    rank = Window(RowNumber(), partition_by=[F("col"), F("lane")], order_by=list(layout.ordering))
    first = ranked.annotate(rank=rank).filter(rank__lte=share).order_by()
    found = Ticket.objects.with_due().filter(InRows(F("pk"), first.values("pk")))
    found = found.select_related("requester", "company", "owner", "offered_to").only(*CARD).order_by(*layout.ordering)
    cards: dict[Cell, list[Part]] = {}
    tickets_shown = list(found)
    hints = hints_on(tickets_shown, agent) if tickets_shown else {}
    promises = promise_badges(tickets_shown)
    for ticket in tickets_shown:
        tell_helped(ticket, is_helped=ticket.pk in hints)
        promise = promises.get(ticket.pk)
        tell_standing(ticket, promise["state"] if promise else NONE)
        cell = (layout.by.key_of(ticket), layout.lanes.key_of(ticket) if layout.lanes else "")
        card = card_of(ticket, agent, has_status=layout.shows_resolved, hint=hints.get(ticket.pk))
        told = promise if promise and promise["state"] != Indicator.ON_TRACK else None  # what stands out
        cards.setdefault(cell, []).append(card | {"promise": told})
    return cards


CARD = (*(name for name in ROW if name != "team__name"), "version", "team")


def _share(counts: list[int], most: int) -> int:
    """How many cards each cell may show, so that all together show at most `most`: what small cells do not need is
    the others'.
    """
    share = 0
    while sum(min(count, share + 1) for count in counts) <= most and any(count > share for count in counts):
        share += 1
    return share


def card_of(ticket: Ticket, agent: Agent, *, has_status: bool, hint: EnvelopeHint | None = None) -> Part:
    """What `components/board_card.html` wants; plain values, so that equal cards are rendered once."""
    chips = chips_of(ticket.flags) + ([help_flag(hint)] if hint else [])
    return {
        "reference": ticket.reference,
        "url": ticket_url(ticket.reference),
        "version": ticket.version,
        "subject": ticket.subject,
        "customer": ticket.company.name if ticket.company else ticket.requester.name,
        "priority": ticket.priority,
        "priority_label": label_of(Priority, ticket.priority),
        "owner_name": ticket.owner.name if ticket.owner else "",
        "note": _note(ticket, agent, has_status=has_status),
        "flags": [{"label": chip["label"], "icon": chip["icon"]} for chip in chips],
        "is_urgent": ticket.owner is not None and ticket.is_open and ticket.has_unanswered_message,
    }


def _note(ticket: Ticket, agent: Agent, *, has_status: bool) -> str:
    """What stands out about it, in a few words."""
    if ticket.offered_to is not None:
        is_mine = ticket.offered_to.pk == agent.pk
        return _("Offered to you") if is_mine else _("Offered to %(agent)s") % {"agent": ticket.offered_to.name}
    if ticket.owner is not None and ticket.is_open and ticket.has_unanswered_message:
        return _("Customer waits for an answer")
    return "" if has_status else label_of(TicketStatus, ticket.status)
