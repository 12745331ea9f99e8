"""Brakes on mail: which hold, since when, until when; lifted by whoever releases from quarantine."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Agent
from connectors.mail.api.serializers import MailVersionIn
from connectors.mail.enums import BrakeKind
from connectors.mail.models import Brake
from connectors.mail.policies import may_lift, may_see_ledger
from connectors.mail.services import lift_brake
from connectors.mail.sight import Sight
from core.api.fields import Instant, Out, Query, person
from core.api.schema import page_of
from core.api.views import ApiViewSet
from core.errors import Forbidden


class BrakeOut(Out):
    """What holds mails, or our automatic answers, back for a while."""

    id = serializers.UUIDField()
    mailbox = serializers.CharField(source="mailbox.address")
    kind = serializers.ChoiceField(choices=BrakeKind.choices)
    about = serializers.SerializerMethodField(help_text="address, reference or subject")
    ticket = serializers.SerializerMethodField(help_text="reference of whose owner was told, if you see the ticket")
    counted = serializers.IntegerField()
    window_minutes = serializers.IntegerField()
    started_at = Instant()
    until = Instant()
    lifted_at = Instant(allow_null=True)
    lifted_by = person()
    allowed = serializers.SerializerMethodField(help_text="steps that are yours now")
    version = serializers.IntegerField()

    @extend_schema_field({"type": "string", "nullable": True})
    def get_ticket(self, brake: Brake) -> str | None:
        return self.context["sight"].reference(brake.ticket) or None

    def get_about(self, brake: Brake) -> str:
        return str(self.context["sight"].about(brake))

    def get_allowed(self, brake: Brake) -> list[str]:
        return ["lift"] if brake.holds(timezone.now()) and may_lift(self.context["actor"], brake) else []


class BrakeQuery(Query):
    is_holding = serializers.BooleanField(required=False, help_text="only those that hold now, or only the others")


class BrakeViewSet(ApiViewSet):
    @property
    def reader(self) -> Agent:
        """As the ledger: no scope opens it to programs."""
        if not isinstance(self.actor, Agent):
            raise Forbidden
        return self.actor

    def rows(self) -> QuerySet[Brake]:
        return Brake.objects.visible_to(self.reader).select_related("mailbox__team", "ticket", "lifted_by")

    def shown(self, brakes: Sequence[Brake]) -> list[Any]:
        """With what is allowed to this reader."""
        context = {"request": self.request, "actor": self.reader, "sight": Sight(self.reader, brakes)}
        return [BrakeOut(brake, context=context).data for brake in brakes]

    @extend_schema(
        operation_id="mail_brakes",
        summary="Brakes on mail, newest first",
        parameters=[BrakeQuery],
        responses=page_of(BrakeOut),
    )
    def list(self, request: Request) -> Response:
        if not may_see_ledger(self.reader):
            raise Forbidden
        query = self.read_query(BrakeQuery)
        rows, holding = self.rows(), Brake.objects.holding(timezone.now()).values("pk")
        if "is_holding" in query:
            rows = rows.filter(pk__in=holding) if query["is_holding"] else rows.exclude(pk__in=holding)
        return self.page(rows, ("-started_at", "-id"), query, self.shown)

    @extend_schema(
        operation_id="mail_brake_lift",
        summary="End a brake before its time",
        request=MailVersionIn,
        responses={200: BrakeOut},
    )
    def lift(self, request: Request, id: UUID) -> Response:
        brake = self.one(self.rows(), pk=id)
        lifted = lift_brake(brake.pk, by=self.reader, version=self.version(self.read(MailVersionIn)))
        return Response(self.shown([self.one(self.rows(), pk=lifted.pk)])[0])
