"""Canned responses and ticket templates: one's own, those of one's teams, and everybody's."""

from abc import abstractmethod
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.lookups import team_named
from accounts.models import Agent
from core.api.fields import In, Instant, Line, Named, NamedOut, Out, Query, Text, named, person
from core.api.schema import page_of
from core.errors import Forbidden, Invalid
from tickets.api.base import TicketBase
from tickets.api.inputs import Versioned
from tickets.enums import Priority, TextScope, TicketType
from tickets.lookups import category_named
from tickets.placeholders import VARIABLES, fill
from tickets.querysets import TextQuerySet
from tickets.services import (
    create_canned_response,
    create_ticket_template,
    delete_canned_response,
    delete_ticket_template,
    edit_canned_response,
    edit_ticket_template,
)
from tickets.texts import responses_of, templates_of

KNOWN = ", ".join(f"{{{{{name}}}}}" for name in VARIABLES)


class _TextOut(Out):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    title = serializers.CharField()
    scope = serializers.ChoiceField(choices=TextScope.choices)
    owner = person()
    team = named()
    category = named()
    created_at = Instant()
    updated_at = Instant()


class CannedResponseOut(_TextOut):
    body = serializers.CharField(help_text=f"with its variables: {KNOWN}")
    language = serializers.CharField(help_text="empty: for any")
    shortcut = serializers.CharField()
    is_enforced_for_flag = serializers.BooleanField(help_text="what is sent on legal cases begins with one of these")


class TicketTemplateOut(_TextOut):
    subject = serializers.CharField()
    description = serializers.CharField()
    type = serializers.ChoiceField(choices=TicketType.choices, allow_blank=True)
    priority = serializers.ChoiceField(choices=Priority.choices, allow_blank=True)
    handled_by = NamedOut(allow_null=True)


class FilledOut(Out):
    body = serializers.CharField(help_text="for this ticket")
    unfilled = serializers.ListField(child=serializers.CharField(), help_text="nothing is sent while they are in it")


class _TextPatch(Versioned):
    title = Line(required=False, max_length=100)
    scope = serializers.ChoiceField(required=False, choices=TextScope.choices)
    team = Named(team_named, required=False, allow_null=True, help_text="id or name, with scope team")
    category = Named(category_named, required=False, allow_null=True, help_text="id or name")


class CannedResponsePatch(_TextPatch):
    body = Text(required=False, max_length=100_000, help_text=f"variables: {KNOWN}")
    language = serializers.ChoiceField(required=False, choices=settings.LANGUAGES, allow_blank=True)
    shortcut = Line(required=False, allow_blank=True, max_length=30)
    is_enforced_for_flag = serializers.BooleanField(
        required=False, help_text="what is sent on legal cases begins with one of these; of a team or everybody"
    )


class TicketTemplatePatch(_TextPatch):
    subject = Line(required=False, allow_blank=True)
    description = Text(required=False, allow_blank=True, max_length=100_000)
    type = serializers.ChoiceField(required=False, choices=TicketType.choices, allow_blank=True)
    priority = serializers.ChoiceField(required=False, choices=Priority.choices, allow_blank=True)
    handled_by = Named(team_named, required=False, allow_null=True, help_text="id or name")


class CannedResponseIn(CannedResponsePatch):
    version = None  # type: ignore[assignment]  # a new text has none
    title = Line(max_length=100)
    body = Text(max_length=100_000, help_text=f"variables: {KNOWN}")


class TicketTemplateIn(TicketTemplatePatch):
    version = None  # type: ignore[assignment]  # a new template has none
    title = Line(max_length=100)


class TextQuery(Query):
    q = Line(required=False, default="", allow_blank=True, help_text="part of the title")
    scope = serializers.ChoiceField(required=False, choices=TextScope.choices)


class FilledQuery(In):
    ticket = serializers.CharField(max_length=40, help_text="reference")


class _TextViewSet(TicketBase):
    """What both kinds share; programs write to nobody, so they have none."""

    shown: ClassVar[type[Out]]

    def rows(self) -> TextQuerySet:
        if not isinstance(self.actor, Agent):
            raise Forbidden
        return self.rows_of(self.actor)

    @abstractmethod
    def rows_of(self, agent: Agent) -> TextQuerySet:
        """What is offered to the agent."""

    def found(self, request: Request) -> Response:
        rows = self.rows()
        query = self.read_query(TextQuery)
        if query["q"]:
            rows = rows.filter(title__icontains=query["q"])
        if "scope" in query:
            rows = rows.filter(scope=query["scope"])
        return self.page(rows, ("-created_at", "-id"), query, self.shown)

    def answer(self, text_id: UUID, *, status: int = 200) -> Response:
        """As it is now; of what its writer gave away, the last look."""
        return Response(self.shown(self.rows().model._default_manager.get(pk=text_id)).data, status=status)  # noqa: SLF001


class CannedResponseViewSet(_TextViewSet):
    shown = CannedResponseOut

    def rows_of(self, agent: Agent) -> TextQuerySet:
        return responses_of(agent)

    @extend_schema(
        operation_id="canned_response_list",
        summary="Canned responses I may use",
        parameters=[TextQuery],
        responses=page_of(CannedResponseOut),
    )
    def list(self, request: Request) -> Response:
        return self.found(request)

    @extend_schema(operation_id="canned_response", summary="One", responses=CannedResponseOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return Response(CannedResponseOut(self.one(self.rows(), pk=id)).data)

    @extend_schema(
        operation_id="canned_response_filled",
        summary="Its text for a ticket",
        parameters=[FilledQuery],
        responses=FilledOut,
    )
    def filled(self, request: Request, id: UUID) -> Response:
        text = self.one(self.rows(), pk=id)
        reference = self.read_query(FilledQuery)["ticket"].upper()
        ticket = self.visible().select_related("requester", "company", "owner", "team").filter(reference=reference)
        if (found := ticket.first()) is None:
            raise Invalid({"ticket": _("Nothing of this name or id is known here.")})
        done = fill(text.body, found, by=self.actor, is_read_again=True)
        return Response(FilledOut({"body": done.text, "unfilled": done.unfilled}).data)

    @extend_schema(
        operation_id="canned_response_create",
        summary="Keep a new one",
        request=CannedResponseIn,
        responses={201: CannedResponseOut},
    )
    def create(self, request: Request) -> Response:
        self.rows()
        text = create_canned_response(by=self.actor, **self.read(CannedResponseIn))
        return self.answer(text.pk, status=201)

    @extend_schema(
        operation_id="canned_response_update",
        summary="Change it",
        request=CannedResponsePatch,
        responses=CannedResponseOut,
    )
    def partial_update(self, request: Request, id: UUID) -> Response:
        text = self.one(self.rows(), pk=id)
        values = self.read(CannedResponsePatch)
        version = self.version(values, is_required=True)
        edit_canned_response(text.pk, by=self.actor, version=version, **values)
        return self.answer(id)

    @extend_schema(operation_id="canned_response_delete", summary="Remove it", request=Versioned, responses={204: None})
    def destroy(self, request: Request, id: UUID) -> Response:
        text = self.one(self.rows(), pk=id)
        delete_canned_response(text.pk, by=self.actor, version=self.version(self.read(Versioned)))
        return Response(status=204)


class TicketTemplateViewSet(_TextViewSet):
    shown = TicketTemplateOut

    def rows_of(self, agent: Agent) -> TextQuerySet:
        return templates_of(agent)

    @extend_schema(
        operation_id="ticket_template_list",
        summary="Templates I may use",
        parameters=[TextQuery],
        responses=page_of(TicketTemplateOut),
    )
    def list(self, request: Request) -> Response:
        return self.found(request)

    @extend_schema(operation_id="ticket_template", summary="One", responses=TicketTemplateOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return Response(TicketTemplateOut(self.one(self.rows(), pk=id)).data)

    @extend_schema(
        operation_id="ticket_template_create",
        summary="Keep a new one",
        request=TicketTemplateIn,
        responses={201: TicketTemplateOut},
    )
    def create(self, request: Request) -> Response:
        self.rows()
        template = create_ticket_template(by=self.actor, **self.read(TicketTemplateIn))
        return self.answer(template.pk, status=201)

    @extend_schema(
        operation_id="ticket_template_update",
        summary="Change it",
        request=TicketTemplatePatch,
        responses=TicketTemplateOut,
    )
    def partial_update(self, request: Request, id: UUID) -> Response:
        template = self.one(self.rows(), pk=id)
        values = self.read(TicketTemplatePatch)
        version = self.version(values, is_required=True)
        edit_ticket_template(template.pk, by=self.actor, version=version, **values)
        return self.answer(id)

    @extend_schema(operation_id="ticket_template_delete", summary="Remove it", request=Versioned, responses={204: None})
    def destroy(self, request: Request, id: UUID) -> Response:
        text = self.one(self.rows(), pk=id)
        delete_ticket_template(text.pk, by=self.actor, version=self.version(self.read(Versioned)))
        return Response(status=204)
