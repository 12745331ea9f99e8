"""One's own unsent texts (interfaces.md section 2)."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Agent
from core.api.schema import page_of
from core.errors import Forbidden, Invalid
from tickets.api.base import TicketBase
from tickets.api.inputs import DraftIn, DraftPatch, DraftQuery, Versioned
from tickets.api.outputs import DraftOut
from tickets.enums import DraftMode
from tickets.models import Draft
from tickets.selectors import drafts_of
from tickets.services import discard_draft, keep_draft


class DraftViewSet(TicketBase):
    """The own drafts alone; other people's are not there, and programs have none."""

    def rows(self) -> QuerySet[Draft]:
        if not isinstance(self.actor, Agent):
            raise Forbidden
        return drafts_of(self.actor).filter(mode__in=DraftMode.values)  # what is written aside is the pages' alone

    @extend_schema(operation_id="draft_list", summary="My drafts", parameters=[DraftQuery], responses=page_of(DraftOut))
    def list(self, request: Request) -> Response:
        rows = self.rows()
        query = self.read_query(DraftQuery)
        if "ticket" in query:
            rows = rows.filter(ticket__reference=query["ticket"].upper())
        return self.page(rows, ("-created_at", "-id"), query, DraftOut)

    @extend_schema(operation_id="draft", summary="One", responses=DraftOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return Response(DraftOut(self.one(self.rows(), pk=id)).data)

    @extend_schema(
        operation_id="draft_create",
        summary="Keep a text for a ticket",
        description="There is one for each ticket and mode: where there is another text already, 409 `stale_version`.",
        request=DraftIn,
        responses={201: DraftOut},
    )
    def create(self, request: Request) -> Response:
        rows = self.rows()
        values = self.read(DraftIn)
        ticket = self.visible().only("reference").filter(reference=values["ticket"].upper()).first()
        if ticket is None:
            raise Invalid({"ticket": _("Nothing of this name or id is known here.")})
        kept = keep_draft(
            ticket.pk, by=self.actor, mode=values["mode"], body_text=values["body"], cc=values["cc"], version=0
        )
        if kept is None:
            raise Invalid({"body": _("A draft needs some text.")})
        return Response(DraftOut(rows.get(pk=kept.pk)).data, status=201)

    @extend_schema(operation_id="draft_update", summary="Save more of it", request=DraftPatch, responses=DraftOut)
    def partial_update(self, request: Request, id: UUID) -> Response:
        draft = self.one(self.rows(), pk=id)
        values = self.read(DraftPatch)
        version = self.version(values, is_required=True)
        body, cc = values.get("body", draft.body_text), values.get("cc", draft.cc)
        if not (body.strip() or cc.strip()):
            raise Invalid({"body": _("A draft needs some text.")})
        keep_draft(draft.ticket_id, by=self.actor, mode=draft.mode, body_text=body, cc=cc, version=version)
        return Response(DraftOut(self.one(self.rows(), pk=id)).data)

    @extend_schema(operation_id="draft_delete", summary="Discard it", request=Versioned, responses={204: None})
    def destroy(self, request: Request, id: UUID) -> Response:
        draft = self.one(self.rows(), pk=id)
        version = self.version(self.read(Versioned))
        discard_draft(draft.ticket_id, by=self.actor, mode=draft.mode, version=version)
        return Response(status=204)
