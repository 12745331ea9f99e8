"""The priority score of a ticket, and what it is made of."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import Scope
from accounts.errors import ScopeMissing
from accounts.models import ApiClient
from core.api.fields import Instant, Out, person
from core.api.views import ApiViewSet
from sla.scores.enums import Part
from sla.scores.selectors import breakdown_of
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


class ScoreViewSet(ApiViewSet):
    def ticket(self, reference: str) -> Ticket:
        return self.one(Ticket.objects.visible_to(self.actor), reference=reference.upper())

    @extend_schema(operation_id="score", summary="Priority score, and what it is made of", responses=ScoreOut)
    def retrieve(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        if isinstance(self.actor, ApiClient) and not self.actor.has_scope(Scope.TICKETS_READ, Scope.TICKETS_READ_ALL):
            raise ScopeMissing(scope=Scope.TICKETS_READ)
        return Response(ScoreOut(breakdown_of(ticket)).data)
