"""Cards that a connection to Microsoft Teams has posted to its channel, or is to post."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.base.models import Connection
from connectors.base.policies import may_see_connections
from connectors.teams.enums import PostKind, PostStatus
from connectors.teams.errors import PostsForbidden
from connectors.teams.models import ChannelPost
from connectors.teams.selectors import posts_for
from connectors.teams.services import KINDS, retry_post, send_test_card
from core.api.fields import Instant, Out, Query
from core.api.schema import page_of
from core.api.views import ApiViewSet


class ChannelPostOut(Out):
    """One card; the texts of cards are made when they are handed over, and not kept."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=PostKind.choices)
    status = serializers.ChoiceField(choices=PostStatus.choices)
    created_at = Instant()
    next_attempt_at = Instant(allow_null=True)
    attempts = serializers.IntegerField()
    last_error = serializers.SerializerMethodField(help_text="one sentence; empty where nothing has failed")
    sent_at = Instant(allow_null=True)
    failed_at = Instant(allow_null=True)
    version = serializers.IntegerField()

    def get_last_error(self, row: ChannelPost) -> str:
        return str(row.error or "")


class PostViewSet(ApiViewSet):
    @extend_schema(
        operation_id="channel_post_list",
        summary="What it has posted, newest first, kept for 30 days; for admins and auditors",
        parameters=[Query],
        responses=page_of(ChannelPostOut),
    )
    def list(self, request: Request, id: UUID) -> Response:
        self._check()
        connection = self.one(Connection.objects.filter(kind__in=KINDS), pk=id)
        rows = posts_for(self.actor).filter(connection=connection)
        return self.page(rows, ("-created_at", "-id"), self.read_query(Query), ChannelPostOut)

    @extend_schema(
        operation_id="channel_post_test",
        summary="Have a test card posted; the answer is on its way",
        request=None,
        responses={201: ChannelPostOut},
    )
    def create(self, request: Request, id: UUID) -> Response:
        self._check()
        self.one(Connection.objects.filter(kind__in=KINDS), pk=id)
        return Response(ChannelPostOut(send_test_card(id, by=self.actor)).data, status=201)

    @extend_schema(operation_id="channel_post_get", summary="One of them", responses=ChannelPostOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        self._check()
        return Response(ChannelPostOut(self.one(posts_for(self.actor), pk=id)).data)

    @extend_schema(
        operation_id="channel_post_retry",
        summary="Try a failed one again, at once",
        request=None,
        responses={200: ChannelPostOut},
    )
    def retry(self, request: Request, id: UUID) -> Response:
        self._check()
        self.one(posts_for(self.actor), pk=id)
        return Response(ChannelPostOut(retry_post(id, by=self.actor)).data)

    def _check(self) -> None:
        if not may_see_connections(self.actor):
            raise PostsForbidden
