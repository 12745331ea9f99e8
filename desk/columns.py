"""The columns a list of tickets may have, and what stands in those beyond the usual."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.labels import label_of
from core.templatetags.ui import relative_time
from desk.rows import Row
from sla.selectors import with_promises
from tickets.enums import Channel, TicketType
from tickets.models import Ticket, TicketTag
from tickets.querysets import ROW, TicketQuerySet


@dataclass(frozen=True)
class Column:
    label: Promise | str
    is_usual: bool = False
    sort: str = ""
    """The order its heading first gives; a second click turns it round."""
    reads: tuple[str, ...] = ()
    """Fields beyond those of every row."""


ALWAYS = {
    "priority": Column(gettext_lazy("Priority"), sort="-priority_score"),
    "subject": Column(gettext_lazy("Subject")),
}
"""What a row without would be none."""
COLUMNS = {
    "reference": Column(gettext_lazy("Reference"), is_usual=True),
    "customer": Column(gettext_lazy("Customer"), is_usual=True, sort="customer"),
    "company": Column(gettext_lazy("Company"), sort="company"),
    "team": Column(gettext_lazy("Team"), sort="team"),
    "category": Column(gettext_lazy("Category"), reads=("category__name",)),
    "tags": Column(gettext_lazy("Tags")),
    "type": Column(gettext_lazy("Type"), reads=("type",)),
    "channel": Column(gettext_lazy("Channel"), reads=("channel",)),
    "product": Column(gettext_lazy("Product"), reads=("product",)),
    "opened": Column(gettext_lazy("Opened"), sort="-created_at"),
    "due": Column(gettext_lazy("Due"), sort="resolution_due_at", reads=("resolution_due_at",)),
    "status": Column(gettext_lazy("Status"), is_usual=True, sort="status"),
    "owner": Column(gettext_lazy("Owner"), is_usual=True, sort="owner"),
    "changed": Column(gettext_lazy("Changed"), is_usual=True),
}
"""In the order in which they stand; priority and subject stand before the customer."""
USUAL = tuple(name for name, column in COLUMNS.items() if column.is_usual)
BEYOND = tuple(name for name, column in COLUMNS.items() if not column.is_usual)


def chosen_columns(names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` there are, in the order of the list; without any, the usual ones."""
    wanted = set(names)
    return tuple(name for name in COLUMNS if name in wanted) or USUAL


def loader_for(columns: Sequence[str]) -> Callable[[TicketQuerySet], TicketQuerySet]:
    """What reads the rows of a page with what `columns` show; one statement whatever they are."""
    reads = [field for name in columns for field in COLUMNS[name].reads]

    def load(tickets: TicketQuerySet) -> TicketQuerySet:
        rows = tickets.for_rows()
        if "category" in columns:
            rows = rows.select_related("category")
        rows = with_promises(rows.only(*ROW, *reads))
        if "tags" in columns:
            names = TicketTag.objects.filter(ticket=OuterRef("pk")).order_by("tag__name").values("tag__name")
            rows = rows.annotate(tag_names=ArraySubquery(names))
        return rows

    return load


def with_columns(row: Row, ticket: Ticket, columns: Sequence[str]) -> Row:
    """The row of `desk.rows.row_of` with the values of chosen columns, and which of the usual ones are not."""
    return row | {
        "extras": [
            {"name": name, "label": COLUMNS[name].label, **_cell(name, ticket)} for name in columns if name in BEYOND
        ],
        "hides": {name: True for name in USUAL if name not in columns},
    }


def _cell(name: str, ticket: Ticket) -> dict[str, Any]:
    if name == "opened":
        return {"value": relative_time(ticket.created_at)}
    if name == "due":
        return {"value": relative_time(ticket.resolution_due_at)}
    return {"value": _VALUES[name](ticket)}


_VALUES: dict[str, Callable[[Any], str]] = {  # Any: tags are an annotation of `loader_for`
    "company": lambda ticket: ticket.company.name if ticket.company else "",
    "team": lambda ticket: ticket.team.name,
    "category": lambda ticket: ticket.category.name if ticket.category else "",
    "tags": lambda ticket: ", ".join(ticket.tag_names),
    "type": lambda ticket: label_of(TicketType, ticket.type),
    "channel": lambda ticket: label_of(Channel, ticket.channel),
    "product": lambda ticket: ticket.product,
}


def sort_labels() -> dict[str, str]:
    """The orders of `tickets.sorting.ALL_SORTS` in words."""
    return {
        "-priority_score": _("Most urgent first"),
        "priority_score": _("Least urgent first"),
        "resolution_due_at": _("First due first"),
        "-resolution_due_at": _("Last due first"),
        "-created_at": _("Newest first"),
        "created_at": _("Oldest first"),
        "status": _("By status"),
        "-status": _("By status, turned round"),
        "owner": _("By owner, nobody's first"),
        "-owner": _("By owner, turned round"),
        "customer": _("By customer"),
        "-customer": _("By customer, turned round"),
        "company": _("By company"),
        "-company": _("By company, turned round"),
        "team": _("By team"),
        "-team": _("By team, turned round"),
    }
