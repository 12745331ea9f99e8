"""One's own notifications: read them, and say that they are read."""

from uuid import UUID

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Agent
from core.api.schema import page_of
from core.api.views import ApiViewSet
from core.errors import Forbidden
from notifications.api.serializers import (
    NotificationOut,
    NotificationQuery,
    NotificationVersionIn,
    ReadCountOut,
    ReadIn,
)
from notifications.models import Notification
from notifications.selectors import notifications_of
from notifications.services import mark_read, read_notification


class NotificationViewSet(ApiViewSet):
    @property
    def reader(self) -> Agent:
        """Programs are told nothing; they ask for what they need."""
        if not isinstance(self.actor, Agent):
            raise Forbidden
        return self.actor

    def rows(self) -> QuerySet[Notification]:
        return notifications_of(self.reader)

    @extend_schema(
        operation_id="notification_list",
        summary="What I was told, newest first",
        parameters=[NotificationQuery],
        responses=page_of(NotificationOut),
    )
    def list(self, request: Request) -> Response:
        rows = self.rows()
        query = self.read_query(NotificationQuery)
        if "is_read" in query:
            rows = rows.filter(read_at__isnull=not query["is_read"])
        if "event_type" in query:
            rows = rows.filter(event_type=query["event_type"])
        if "ticket" in query:
            in_sight = Q(("is_ticket_in_sight", True))  # annotated
            rows = rows.filter(in_sight, ticket__reference=query["ticket"].upper())
        return self.page(rows, ("-created_at", "-id"), query, NotificationOut)

    @extend_schema(operation_id="notification", summary="One", responses=NotificationOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return Response(NotificationOut(self.one(self.rows(), pk=id)).data)

    @extend_schema(
        operation_id="notification_read",
        summary="I have read it",
        request=NotificationVersionIn,
        responses={200: NotificationOut},
    )
    def read_one(self, request: Request, id: UUID) -> Response:
        row = self.one(self.rows(), pk=id)
        version = self.version(self.read(NotificationVersionIn))
        read_notification(row.pk, by=self.reader, version=version)
        return Response(NotificationOut(self.one(self.rows(), pk=id)).data)

    @extend_schema(
        operation_id="notifications_read",
        summary="I have read all of them",
        request=ReadIn,
        responses={200: ReadCountOut},
    )
    def read_all(self, request: Request) -> Response:
        reader = self.reader
        values = self.read(ReadIn)
        return Response(ReadCountOut({"read": mark_read(reader, values.get("ids"))}).data)
