"""What a board lays tickets out by: its columns and its lanes (domain.md section 17).

A dimension tells in which column a ticket stands, in SQL and in Python, which columns there are, and how the filter
language names one.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import Agent, Company, Contact, Team
from accounts.selectors import reach_of
from core.errors import Invalid
from desk.selectors import teams_in_sight
from envelopes.models import Envelope
from sla.selectors import indicators, standing_key
from tickets.columns import BOARD_LABELS, ESCALATED, STATUSES_ESCALATED, board_column, status_column
from tickets.enums import BoardSort, ColumnField
from tickets.filters import NONE, Term
from tickets.models import Ticket
from tickets.policies import works_tickets
from tickets.querysets import DUE_FIRST, QUEUE_ORDER


@dataclass(frozen=True)
class Column:
    key: str
    """As in addresses: `waiting`, `critical`, an id, or `none`."""
    label: str
    terms: tuple[Term, ...]
    """What a list is narrowed by to the tickets of this column."""


@dataclass(frozen=True)
class Dimension:
    field: ColumnField
    key: Callable[[], Any]
    """SQL expression of a column's key."""
    key_of: Callable[[Ticket], str]
    columns: Callable[[Agent, Collection[str]], list[Column]]
    """In their order: those that are always there, and those of the given keys."""

    @property
    def label(self) -> Promise | str:
        return self.field.label


def _fixed(field: ColumnField, _agent: Agent, _keys: Collection[str]) -> list[Column]:
    columns: Mapping[str, Any] = BOARD_LABELS[field]
    return [Column(key, str(label), _terms(field, key)) for key, label in columns.items()]


def _terms(field: ColumnField, key: str) -> tuple[Term, ...]:
    own = Term(str(field), (key,))
    is_shared = field == ColumnField.STATUS and key not in (ESCALATED, "resolved")
    return (own, Term("status", (ESCALATED,), is_excluded=True)) if is_shared else (own,)


def board_column_of(ticket: Ticket) -> str:
    """As `board_column`; one statement, unless it was told whether the ticket gets help (`tell_helped`)."""
    if ticket.status in STATUSES_ESCALATED:
        helped = vars(ticket).get("_is_helped")
        if Envelope.objects.open().filter(ticket=ticket).exists() if helped is None else helped:
            return ESCALATED
    return status_column(ticket.status)


def tell_helped(ticket: Ticket, *, is_helped: bool) -> None:
    vars(ticket)["_is_helped"] = is_helped


def _teams(agent: Agent, keys: Collection[str]) -> list[Column]:
    found = {team.pk: team for team in teams_in_sight(agent)}
    if missing := _ids(keys) - found.keys():
        found |= Team.objects.only("name").in_bulk(list(missing))
    teams = sorted(found.values(), key=lambda team: team.name.casefold())
    return [Column(str(team.pk), team.name, (Term("team", (team.name,)),)) for team in teams]


def _agents(agent: Agent, keys: Collection[str]) -> list[Column]:
    """Nobody, oneself, then the others: who owns something here, and to whom one in charge could offer something."""
    others = Q(pk__in=_ids(keys))
    if in_charge := reach_of(agent).in_charge:
        others |= Q(teams__in=in_charge, is_active=True)
    found = Agent.objects.filter(others).exclude(pk=agent.pk).only("name", "email", "roles", "is_active").distinct()
    people = [person for person in found.order_by("name", "pk") if str(person.pk) in keys or works_tickets(person)]
    own = [agent] if works_tickets(agent) or str(agent.pk) in keys else []
    named = [
        Column(str(person.pk), _("Me") if person.pk == agent.pk else person.name, (Term("owner", (person.email,)),))
        for person in [*own, *people]
    ]
    return [Column(NONE, _("Nobody"), (Term("owner", (NONE,)),)), *named]


def _customers(_agent: Agent, keys: Collection[str]) -> list[Column]:
    """Companies, and people who belong to none."""
    companies = Company.objects.only("name").in_bulk(list(_ids(keys)))
    contacts = Contact.objects.only("first_name", "last_name", "email").in_bulk(list(_ids(keys) - companies.keys()))
    found = [Column(str(pk), company.name, (Term("company", (company.name,)),)) for pk, company in companies.items()]
    for pk, contact in contacts.items():
        alone = (Term("customer", (contact.email,)), Term("company", (NONE,)))
        found.append(Column(str(pk), contact.name, alone))
    return sorted(found, key=lambda column: (column.label.casefold(), column.key))


def _standings(_agent: Agent, keys: Collection[str]) -> list[Column]:
    """Every way in which a promise stands; tickets without one have a column where there are some."""
    labels = BOARD_LABELS[ColumnField.SLA_STATUS]
    shown = [key for key in labels if key != NONE or key in keys]
    return [Column(key, str(labels[key]), (Term("sla", (key,)),)) for key in shown]


def standing_of(ticket: Ticket) -> str:
    """As `standing_key`; one statement, unless it was told (`tell_standing`)."""
    told = vars(ticket).get("_standing")
    return indicators([ticket.pk], timezone.now()).get(ticket.pk, NONE) if told is None else told


def tell_standing(ticket: Ticket, standing: str) -> None:
    vars(ticket)["_standing"] = standing


def _ids(keys: Collection[str]) -> set[UUID]:
    return {UUID(key) for key in keys if key != NONE}


def _text(expression: Any) -> Cast:
    return Cast(expression, CharField())


DIMENSIONS: dict[str, Dimension] = {
    dimension.field.value: dimension
    for dimension in (
        Dimension(
            ColumnField.STATUS,
            board_column,
            board_column_of,
            partial(_fixed, ColumnField.STATUS),
        ),
        Dimension(
            ColumnField.PRIORITY,
            lambda: F("priority"),
            lambda ticket: ticket.priority,
            partial(_fixed, ColumnField.PRIORITY),
        ),
        Dimension(ColumnField.TEAM, lambda: _text("team_id"), lambda ticket: str(ticket.team_id), _teams),
        Dimension(
            ColumnField.AGENT,
            lambda: Coalesce(_text("owner_id"), Value(NONE)),
            lambda ticket: str(ticket.owner_id or NONE),
            _agents,
        ),
        Dimension(
            ColumnField.CUSTOMER,
            lambda: _text(Coalesce("company_id", "requester_id")),
            lambda ticket: str(ticket.company_id or ticket.requester_id),
            _customers,
        ),
        Dimension(ColumnField.SLA_STATUS, standing_key, standing_of, _standings),
    )
}


LAYOUT = ("by", "lanes", "sort")
"""Parameters of a board's address."""


@dataclass(frozen=True)
class Layout:
    """The one or two dimensions of a board, and what stands in which order there."""

    by: Dimension
    lanes: Dimension | None = None
    sort: str = BoardSort.PRIORITY_SCORE
    chosen: tuple[str, ...] = ()
    """Keys of the columns that are shown, in their order; empty: all there are."""

    @property
    def ordering(self) -> tuple[str, ...]:
        """Of the cards in their cells, which are read `with_due`."""
        return _ORDERS[self.sort]

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        return (self.by, self.lanes) if self.lanes else (self.by,)

    @property
    def shows_resolved(self) -> bool:
        """Resolved tickets have a column of their own; among others they would pass for work that is left."""
        return any(dimension.field == ColumnField.STATUS for dimension in self.dimensions)

    @property
    def in_address(self) -> dict[str, str]:
        """The parameters of a board so laid out."""
        lanes = {"lanes": self.lanes.field.value} if self.lanes else {}
        sort = {"sort": str(self.sort)} if self.sort != BoardSort.PRIORITY_SCORE else {}
        return {"by": self.by.field.value} | lanes | sort


_ORDERS: dict[str, tuple[str, ...]] = {
    BoardSort.PRIORITY_SCORE: QUEUE_ORDER,
    BoardSort.CREATED_AT: ("created_at", "id"),
    BoardSort.DUE: DUE_FIRST,
}


def layout_from(query: Any, kept: Layout | None = None) -> Layout:
    """The layout that GET parameters ask for; without any that which is kept, or by status. Raises Invalid."""
    if kept is not None and not any(name in query for name in LAYOUT):
        return kept
    wanted = {name: str(query.get(name, "")) for name in LAYOUT}
    sort = wanted.pop("sort") or BoardSort.PRIORITY_SCORE
    faults: dict[str, str | Promise | list[str | Promise]] = {}
    for name, value in wanted.items():
        if value and value not in DIMENSIONS:
            faults[name] = _("A board has no such columns.")
    if wanted["lanes"] and wanted["lanes"] == (wanted["by"] or ColumnField.STATUS.value):
        faults.setdefault("lanes", _("Columns and lanes show two different things."))
    if sort not in _ORDERS:
        faults["sort"] = _("This is no order of a board.")
    if faults:
        raise Invalid(faults)
    by = DIMENSIONS[wanted["by"] or ColumnField.STATUS.value]
    chosen = kept.chosen if kept is not None and kept.by == by else ()
    return Layout(by, DIMENSIONS.get(wanted["lanes"]), sort, chosen)
