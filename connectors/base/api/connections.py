"""Connections to other systems and how they are. No secret is shown, nor where it is kept."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.base.enums import ConnectionState, FindingState
from connectors.base.errors import ConnectionsForbidden
from connectors.base.models import Connection
from connectors.base.policies import may_see_connections
from connectors.base.selectors import connections_for, standing_of
from connectors.base.services import ask_for_test
from core.api.fields import Instant, Out, Query
from core.api.schema import page_of
from core.api.views import ApiViewSet
from core.errors import NotFound


class EndingOut(Out):
    what = serializers.CharField()
    at = Instant()
    is_soon = serializers.BooleanField(help_text="within 30 days, of what is to be renewed by people")


class FindingOut(Out):
    state = serializers.ChoiceField(choices=FindingState.choices)
    what = serializers.CharField(help_text="what is needed, such as a permission by its name")
    cure = serializers.CharField(help_text="what to do; empty where it is fine")


class ConnectionOut(Out):
    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()
    is_active = serializers.BooleanField()
    state = serializers.ChoiceField(choices=ConnectionState.choices)
    last_success_at = Instant(allow_null=True)
    last_failure_at = Instant(allow_null=True)
    last_failure = serializers.CharField(help_text="one sentence; empty while the last request went well")
    backlog = serializers.IntegerField(help_text="what waits to be sent")
    failures = serializers.IntegerField(help_text="in a row, of the other side's doing")
    open_until = Instant(allow_null=True, help_text="until then nothing is sent: the circuit is open")
    paused_until = Instant(allow_null=True, help_text="until then the other system has asked for a pause")
    ends = EndingOut(many=True)
    tested_at = Instant(allow_null=True)
    is_being_tested = serializers.BooleanField()
    findings = FindingOut(many=True)
    notes = serializers.ListField(child=serializers.CharField(), help_text="what else is worth knowing")


class ConnectionViewSet(ApiViewSet):
    @extend_schema(
        operation_id="connection_list",
        summary="Connections and how they are; for admins and auditors",
        parameters=[Query],
        responses=page_of(ConnectionOut),
    )
    def list(self, request: Request) -> Response:
        self._check()
        rows = connections_for(self.actor)
        return self.page(rows, ("name", "id"), self.read_query(Query), _shown)

    @extend_schema(operation_id="connection_get", summary="One of them", responses=ConnectionOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        self._check()
        return Response(_shown([self.one(connections_for(self.actor), pk=id)])[0])

    @extend_schema(
        operation_id="connection_test",
        summary="Have it tested; `findings` say what is missing once `is_being_tested` is over",
        request=None,
        responses=ConnectionOut,
    )
    def test(self, request: Request, id: UUID) -> Response:
        self._check()
        if not connections_for(self.actor).filter(pk=id).exists():
            raise NotFound
        return Response(_shown([ask_for_test(id, by=self.actor)])[0])

    def _check(self) -> None:
        if not may_see_connections(self.actor):
            raise ConnectionsForbidden


def _shown(rows: Sequence[Connection]) -> list[Any]:
    return [ConnectionOut(standing).data for standing in standing_of(rows)]
