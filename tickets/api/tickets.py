"""Tickets: lists, one, creation, edits. Who may do what, and when, the services say."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.lookups import agent_named, company_named, contact_named, team_named
from accounts.models import Agent
from core.api.problems import BODY
from core.api.schema import page_of
from core.errors import Invalid
from tickets.api.base import TicketBase, whole_tickets
from tickets.api.found import found
from tickets.api.inputs import SearchQuery, TicketIn, TicketPatch, TicketQuery
from tickets.api.outputs import TicketOut, TicketRowOut, show_rows, show_ticket
from tickets.columns import stands_as
from tickets.enums import Channel
from tickets.filters import read_filter
from tickets.models import Ticket
from tickets.narrowing import narrowed
from tickets.querysets import TicketQuerySet, active_flag
from tickets.services import create_ticket_for, edit_ticket, refuse_owner_change
from tickets.services.creation import Message
from tickets.sorting import SORTS, with_sorted_names

FILTERS = {"status", "priority", "owner", "team", "requester", "company", "flag", "sla", "created_after", "filter"}


class TicketReads(TicketBase):
    def _found(self, rows: QuerySet[Ticket], query: dict[str, Any], *, is_filtered: bool) -> Response:
        page = found(
            self.actor, rows, query["q"], is_filtered=is_filtered, cursor=query["cursor"], size=query["page_size"]
        )
        return self.answer_page(page, show_rows)


class TicketViewSet(TicketReads):
    @extend_schema(
        operation_id="ticket_list",
        summary="Tickets I may read",
        parameters=[TicketQuery],
        responses=page_of(TicketRowOut),
    )
    def list(self, request: Request) -> Response:
        query = self.read_query(TicketQuery)
        self.refuse_reading()
        rows = self._filtered(for_rows(self.visible()), query)
        if "q" in query:
            return self._found(rows, query, is_filtered=not FILTERS.isdisjoint(query))
        return self.page(with_sorted_names(rows, query["ordering"]), SORTS[query["ordering"]], query, show_rows)

    def _filtered(self, rows: QuerySet[Ticket], query: dict[str, Any]) -> QuerySet[Ticket]:
        """One parameter a filter; what a name does not find filters everything away."""
        if statuses := query.get("status"):
            rows = rows.filter(status__in=statuses)
        if priorities := query.get("priority"):
            rows = rows.filter(priority__in=priorities)
        if flags := query.get("flag"):
            rows = rows.filter(active_flag(flags))
        if standings := query.get("sla"):
            rows = rows.filter(stands_as(standings))
        if "created_after" in query:
            rows = rows.filter(created_at__gt=query["created_after"])
        for name, find in (("team", team_named), ("requester", contact_named), ("company", company_named)):
            if name in query:
                found = find(query[name])
                rows = rows.filter(**{name: found}) if found else rows.none()
        if "owner" in query:
            rows = self._owned(rows, query["owner"])
        if "filter" in query:
            rows = narrowed(rows, read_filter(query["filter"], field="filter"), by=self.actor, field="filter")
        return rows

    def _owned(self, rows: QuerySet[Ticket], owner: str) -> QuerySet[Ticket]:
        if owner == "none":
            return rows.filter(owner__isnull=True)
        agent = self.actor if owner == "me" else agent_named(owner)
        return rows.filter(owner=agent) if isinstance(agent, Agent) else rows.none()

    @extend_schema(operation_id="ticket_create", summary="Create", request=TicketIn, responses={201: TicketOut})
    def create(self, request: Request) -> Response:
        values = self.read(TicketIn)
        requester = values.pop("requester")
        message = Message(body_text=values.pop("description"))
        ticket = create_ticket_for(
            requester["email"],
            by=self.actor,
            name=requester["name"],
            message=message,
            may_be_answered=values["channel"] != Channel.MONITORING,
            **values,
        )
        return self.whole(ticket.pk, status=201)

    @extend_schema(operation_id="ticket", summary="One", responses=TicketOut)
    def retrieve(self, request: Request, reference: str) -> Response:
        ticket = self.one(whole_tickets().visible_to(self.actor), reference=reference)
        self.refuse_reading()
        return Response(show_ticket(ticket))

    @extend_schema(
        operation_id="ticket_update",
        summary="Change fields",
        description="`version` is required, here or as If-Match. Writing `owner` in any form: 409 ownership_immutable.",
        request=TicketPatch,
        responses=TicketOut,
    )
    def partial_update(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        if names_owner(request.data):
            refuse_owner_change(ticket.pk, by=self.actor)
        values = self.read(TicketPatch, partial=True)
        version = self.version(values, is_required=True)
        if not values.keys() - {"reason", "over_limit"}:
            raise Invalid({BODY: _("Name at least one field to change.")})
        return self.whole(edit_ticket(ticket.pk, by=self.actor, version=version or 0, **values).pk)


class SearchViewSet(TicketReads):
    @extend_schema(
        operation_id="search",
        summary="Tickets found by words, newest first",
        parameters=[SearchQuery],
        responses=page_of(TicketRowOut),
    )
    def list(self, request: Request) -> Response:
        query = self.read_query(SearchQuery)
        self.refuse_reading()
        rows = for_rows(self.visible())
        return self._found(rows, query, is_filtered=False)


def for_rows(tickets: TicketQuerySet) -> QuerySet[Ticket]:
    return tickets.for_list().select_related("category").prefetch_related("tags")


def names_owner(data: Any) -> bool:
    """Whether a body writes `owner` in any form: `owner`, `owner_id`, `Owner.email` …"""
    return isinstance(data, dict) and any(
        str(name).lower().replace(".", "_").replace("-", "_").split("_")[0] == "owner" for name in data
    )
