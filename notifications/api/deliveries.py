"""What reached people beside the app: one's own, and what failed on the way to people in one's charge."""

from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Instant, Out, Query, person
from core.api.schema import page_of
from core.errors import NotFound
from notifications.api.choices import OwnViewSet
from notifications.enums import Because, DeliveryChannel, DeliveryStatus, Timing, Urgency
from notifications.models import Delivery
from notifications.policies import may_retry
from notifications.selectors import deliveries_of, failures_seen_by
from notifications.services import retry_delivery


class DeliveryOut(Out):
    """One message to one person by one channel; not what it said."""

    id = serializers.UUIDField()
    recipient = person()
    channel = serializers.ChoiceField(choices=DeliveryChannel.choices)
    timing = serializers.ChoiceField(choices=Timing.choices)
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    status = serializers.ChoiceField(choices=DeliveryStatus.choices)
    because = serializers.ChoiceField(choices=Because.choices, allow_blank=True)
    notifications = serializers.IntegerField(source="size", help_text="how many are in it")
    scheduled_for = Instant()
    next_attempt_at = Instant(allow_null=True)
    attempts = serializers.IntegerField()
    last_error = serializers.CharField()
    sent_at = Instant(allow_null=True)
    failed_at = Instant(allow_null=True)
    version = serializers.IntegerField()


class DeliveryQuery(Query):
    status = serializers.ChoiceField(required=False, choices=DeliveryStatus.choices)
    channel = serializers.ChoiceField(required=False, choices=DeliveryChannel.choices)


class DeliveryViewSet(OwnViewSet):
    def rows(self) -> QuerySet[Delivery]:
        return deliveries_of(self.reader).select_related("recipient")

    @extend_schema(
        operation_id="delivery_list",
        summary="What was sent to me beside the app, or is to be, newest first",
        parameters=[DeliveryQuery],
        responses=page_of(DeliveryOut),
    )
    def list(self, request: Request) -> Response:
        rows = self.rows()
        query = self.read_query(DeliveryQuery)
        for name in ("status", "channel"):
            if name in query:
                rows = rows.filter(**{name: query[name]})
        return self.page(rows, ("-scheduled_for", "-id"), query, DeliveryOut)

    @extend_schema(operation_id="delivery", summary="One", responses=DeliveryOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return Response(DeliveryOut(self.one(self.rows(), pk=id)).data)

    @extend_schema(
        operation_id="delivery_retry",
        summary="Try a failed one again: mine, or one to somebody in my charge",
        request=None,
        responses={200: DeliveryOut},
    )
    def retry(self, request: Request, id: UUID) -> Response:
        reader, found = self.reader, Delivery.objects.select_related("recipient")
        row = self.one(found, pk=id)
        if not may_retry(reader, row.recipient):
            raise NotFound
        retry_delivery(row.pk, by=reader)
        return Response(DeliveryOut(self.one(found.counted(), pk=id)).data)


class FailureViewSet(OwnViewSet):
    @extend_schema(
        operation_id="delivery_failure_list",
        summary="What failed on the way to people in my charge, latest first",
        parameters=[Query],
        responses=page_of(DeliveryOut),
    )
    def list(self, request: Request) -> Response:
        rows = failures_seen_by(self.reader)
        return self.page(rows, ("-failed_at", "-id"), self.read_query(Query), DeliveryOut)
