"""Browsers in which one has allowed messages. Their keys are never shown again."""

from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Agent
from connectors.push.errors import NotYourBrowsers
from connectors.push.keys import public_key
from connectors.push.models import PushSubscription
from connectors.push.services import subscribe, unsubscribe
from core.api.fields import In, Instant, Line, Out, Query
from core.api.schema import page_of
from core.api.views import ApiViewSet


class PushKeysIn(In):
    p256dh = Line(max_length=100)
    auth = Line(max_length=50)


class PushSubscriptionIn(In):
    """As `PushSubscription.toJSON()` gives it in a browser, and a name for it."""

    endpoint = Line(max_length=1000)
    keys = PushKeysIn()
    device = Line(required=False, default="", allow_blank=True, max_length=120)


class PushVersionIn(In):
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the one you saw")


class PushSubscriptionOut(Out):
    id = serializers.UUIDField()
    device = serializers.CharField()
    last_success_at = Instant(allow_null=True)
    last_error = serializers.CharField()
    created_at = Instant()
    version = serializers.IntegerField()


class PushKeyOut(Out):
    public_key = serializers.CharField(help_text="VAPID: `applicationServerKey` of a subscription, base64url")


class PushSubscriptionViewSet(ApiViewSet):
    @property
    def reader(self) -> Agent:
        if not isinstance(self.actor, Agent):
            raise NotYourBrowsers
        return self.actor

    def rows(self) -> QuerySet[PushSubscription]:
        return PushSubscription.objects.filter(agent=self.reader)

    @extend_schema(
        operation_id="push_subscription_list",
        summary="My browsers, newest first",
        parameters=[Query],
        responses=page_of(PushSubscriptionOut),
    )
    def list(self, request: Request) -> Response:
        return self.page(self.rows(), ("-created_at", "-id"), self.read_query(Query), PushSubscriptionOut)

    @extend_schema(
        operation_id="push_subscription_create",
        summary="Send messages to this browser",
        request=PushSubscriptionIn,
        responses={201: PushSubscriptionOut},
    )
    def create(self, request: Request) -> Response:
        reader, values = self.reader, self.read(PushSubscriptionIn)
        row = subscribe(values["endpoint"], by=reader, device=values["device"], **values["keys"])
        return Response(PushSubscriptionOut(row).data, status=201)

    @extend_schema(
        operation_id="push_subscription_delete", summary="No more there", request=PushVersionIn, responses={204: None}
    )
    def destroy(self, request: Request, id: UUID) -> Response:
        row = self.one(self.rows(), pk=id)
        unsubscribe(row.pk, by=self.reader, version=self.version(self.read(PushVersionIn)))
        return Response(status=204)

    @extend_schema(operation_id="push_key", summary="The desk's key for push services", responses=PushKeyOut)
    def key(self, request: Request) -> Response:
        self.reader  # noqa: B018  # refuses programs
        return Response(PushKeyOut({"public_key": public_key()}).data)
