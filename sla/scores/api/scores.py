"""The priority score of a ticket, and what it is made of."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import Scope
from accounts.errors import ScopeMissing
from accounts.models import ApiClient
from core.api.fields import In, Instant, OffsetInstant, Out, Text, person
from core.api.views import ApiViewSet
from sla.scores.enums import Part
from sla.scores.models import HIGHEST
from sla.scores.selectors import breakdown_of
from sla.scores.services import end_override, override_score
from tickets.models import Ticket


class FactorOut(Out):
    name = serializers.ChoiceField(choices=Part.choices)
    value = serializers.DecimalField(max_digits=6, decimal_places=2, help_text="1.00: it does not apply")
    applies = serializers.BooleanField()


class OverrideOut(Out):
    id = serializers.UUIDField()
    score = serializers.DecimalField(max_digits=9, decimal_places=2)
    reason = serializers.CharField()
    until = Instant()
    by = person()
    created_at = Instant()


class ScoreOut(Out):
    score = serializers.DecimalField(max_digits=9, decimal_places=2)
    computed = serializers.DecimalField(
        max_digits=9, decimal_places=2, help_text="base times factors, also while a person has said otherwise"
    )
    base = serializers.DecimalField(max_digits=9, decimal_places=2, help_text="of the priority")
    factors = FactorOut(many=True)
    next_change_at = Instant(allow_null=True, help_text="when time alone changes it, at the latest a minute after")
    override = OverrideOut(allow_null=True)


class ScoreIn(In):
    asked = ("score", "reason", "until")
    score = serializers.DecimalField(
        max_digits=6, decimal_places=2, required=False, default=None, help_text=f"from 0 to {HIGHEST}"
    )
    reason = Text(required=False, allow_blank=True, max_length=2000, default="", help_text="stands on the timeline")
    until = OffsetInstant(required=False, default=None, help_text="within 90 days")
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the ticket's")


class FreeIn(In):
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the ticket's")


class ScoreViewSet(ApiViewSet):
    def ticket(self, reference: str) -> Ticket:
        return self.one(Ticket.objects.visible_to(self.actor), reference=reference.upper())

    @extend_schema(operation_id="score", summary="Priority score, and what it is made of", responses=ScoreOut)
    def retrieve(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        if isinstance(self.actor, ApiClient) and not self.actor.has_scope(Scope.TICKETS_READ, Scope.TICKETS_READ_ALL):
            raise ScopeMissing(scope=Scope.TICKETS_READ)
        return self.whole(ticket)

    @extend_schema(
        operation_id="score_override",
        summary="Let it rank by a number of one's own for a time",
        description="The owner, or the lead, supervisor or manager of its team; takes the place of an earlier one.",
        request=ScoreIn,
        responses={201: ScoreOut},
    )
    def override(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values: dict[str, Any] = self.read(ScoreIn)
        override_score(ticket.pk, by=self.actor, **values)
        return self.whole(ticket, status=201)

    @extend_schema(
        operation_id="score_free",
        summary="Let it be computed again",
        request=FreeIn,
        responses={200: ScoreOut},
    )
    def free(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        end_override(ticket.pk, by=self.actor, version=self.version(self.read(FreeIn)))
        return self.whole(ticket)

    def whole(self, ticket: Ticket, *, status: int = 200) -> Response:
        ticket.refresh_from_db(fields=["priority_score", "score_breakdown"])
        return Response(ScoreOut(breakdown_of(ticket)).data, status=status)
