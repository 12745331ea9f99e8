"""Case flags of a ticket: what sets it apart. Customers never see them."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Instant, Out, Query, person
from core.api.schema import page_of
from tickets.api.base import TicketBase
from tickets.api.inputs import ReasonIn, Versioned
from tickets.api.outputs import choice
from tickets.enums import FlagType, Sentiment
from tickets.models import CaseFlag
from tickets.services import add_flag, clear_flag, record_sentiment, waive_photo


class FlagIn(ReasonIn):
    asked = ("reason",)
    type = serializers.ChoiceField(choices=FlagType.choices)


class ClearIn(ReasonIn):
    asked = ("reason",)


class SentimentIn(Versioned):
    sentiment = serializers.ChoiceField(choices=Sentiment.choices)


class FlagQuery(Query):
    ordering = serializers.ChoiceField(required=False, default="created_at", choices=["created_at", "-created_at"])


class FlagOut(Out):
    """Cleared ones are kept: those in force have no `cleared_at`."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    ticket = serializers.CharField(source="ticket.reference")
    type = choice(FlagType)
    reason = serializers.CharField(source="shown_reason")
    added_by = person()
    added_by_name = serializers.CharField(help_text="as it was then; also of programs and of the desk itself")
    created_at = Instant()
    cleared_at = Instant(allow_null=True)
    cleared_by = person()
    cleared_by_name = serializers.CharField()
    clear_reason = serializers.CharField()
    waiver_reason = serializers.CharField(help_text="of physical damage: why no photo is needed")
    sentiment = choice(Sentiment, may_be_empty=True)


class FlagBase(TicketBase):
    def flags(self) -> QuerySet[CaseFlag]:
        return CaseFlag.objects.filter(ticket__in=self.visible().values("pk"))

    def answer(self, flag: CaseFlag, *, status: int = 200) -> Response:
        shown = shown_flags(CaseFlag.objects.all()).get(pk=flag.pk)
        return Response(FlagOut(shown).data, status=status)


def shown_flags(flags: QuerySet[CaseFlag]) -> QuerySet[CaseFlag]:
    return flags.select_related("ticket", "added_by", "cleared_by")


class TicketFlagsViewSet(FlagBase):
    @extend_schema(
        operation_id="flag_list", summary="Flags, also cleared ones", parameters=[FlagQuery], responses=page_of(FlagOut)
    )
    def list(self, request: Request, reference: str) -> Response:
        ticket = self.seen(reference)
        query = self.read_query(FlagQuery)
        order = query["ordering"]
        return self.page(
            shown_flags(self.flags().filter(ticket=ticket)), (order, order.replace("created_at", "id")), query, FlagOut
        )

    @extend_schema(operation_id="flag_add", summary="Add a flag", request=FlagIn, responses={201: FlagOut})
    def create(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values: dict[str, Any] = self.read(FlagIn)
        version = self.version(values)
        return self.answer(add_flag(ticket.pk, by=self.actor, version=version, **values), status=201)


class FlagViewSet(FlagBase):
    @extend_schema(
        operation_id="flag_clear", summary="Clear; `version` is the flag's", request=ClearIn, responses=FlagOut
    )
    def clear(self, request: Request, id: UUID) -> Response:
        flag = self.one(self.flags(), pk=id)
        values = self.read(ClearIn)
        version = self.version(values)
        return self.answer(clear_flag(flag.pk, by=self.actor, reason=values["reason"], version=version))

    @extend_schema(
        operation_id="flag_waive_photo",
        summary="Compensate physical damage without a photo",
        request=ClearIn,
        responses=FlagOut,
    )
    def waive_photo(self, request: Request, id: UUID) -> Response:
        flag = self.one(self.flags(), pk=id)
        values = self.read(ClearIn)
        version = self.version(values)
        return self.answer(waive_photo(flag.pk, by=self.actor, reason=values["reason"], version=version))

    @extend_schema(
        operation_id="flag_sentiment",
        summary="Record how a case of social media is talked about in the end",
        request=SentimentIn,
        responses=FlagOut,
    )
    def sentiment(self, request: Request, id: UUID) -> Response:
        flag = self.one(self.flags(), pk=id)
        values = self.read(SentimentIn)
        version = self.version(values)
        return self.answer(record_sentiment(flag.pk, by=self.actor, version=version, **values))
