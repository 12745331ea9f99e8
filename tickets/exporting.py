"""Tickets of a list as rows of a table: the same tickets in the same order, with the texts of the reader's language."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.labels import label_of
from core.tables import AT_ONCE, Cell
from tickets.enums import Channel, FlagType, Priority, TicketStatus, TicketType
from tickets.models import Ticket

PEOPLE = ("requester", "company", "team", "owner", "category")
COLUMNS = (
    *("reference", "subject", "type", "status", "priority", "channel", "created_at", "resolved_at", "closed_at"),
    *("requester__first_name", "requester__last_name", "requester__email", "company__name", "team__name"),
    *("owner__name", "category__name", "flags"),
)


def table_of(tickets: QuerySet[Ticket], ordering: tuple[str, ...], zone: tzinfo) -> Iterator[list[Cell]]:
    """The names of the columns, then one row a ticket; read from the database while they are taken.

    The language is that of the moment this is called in; moments are told in `zone`.
    """
    language = translation.get_language()
    found = tickets.select_related(*PEOPLE).only(*COLUMNS).prefetch_related("tags").order_by(*ordering)
    return _rows(found, language or "en", zone)


def _rows(found: QuerySet[Ticket], language: str, zone: tzinfo) -> Iterator[list[Cell]]:
    """Rows are worded one by one: who takes them has no language in force any more, and must get none from here."""
    with translation.override(language):
        row = _header()
    yield row
    for ticket in found.iterator(chunk_size=AT_ONCE):
        with translation.override(language):
            row = _row(ticket, zone)
        yield row


def _header() -> list[Cell]:
    return [
        *(_("Reference"), _("Subject"), _("Type"), _("Status"), _("Priority"), _("Channel"), _("Team"), _("Owner")),
        *(_("Customer"), _("E-mail address"), _("Company"), _("Category"), _("Tags"), _("Flags")),
        *(_("Opened"), _("Resolved"), _("Closed")),
    ]


def _row(ticket: Ticket, zone: tzinfo) -> list[Cell]:
    def local(moment: datetime | None) -> datetime | None:
        return timezone.localtime(moment, zone) if moment else None

    return [
        ticket.reference,
        ticket.subject,
        label_of(TicketType, ticket.type),
        label_of(TicketStatus, ticket.status),
        label_of(Priority, ticket.priority),
        label_of(Channel, ticket.channel),
        ticket.team.name,
        ticket.owner.name if ticket.owner else "",
        ticket.requester.name,
        ticket.requester.email,
        ticket.company.name if ticket.company else "",
        ticket.category.name if ticket.category else "",
        ", ".join(sorted(tag.name for tag in ticket.tags.all())),
        ", ".join(label_of(FlagType, flag) for flag in ticket.flags),
        local(ticket.created_at),
        local(ticket.resolved_at),
        local(ticket.closed_at),
    ]
