"""Who may sign in with Microsoft, and which roles follow from which groups. Changes are made in the admin."""

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.lookups import agent_named
from accounts.policies import may_see_people_settings
from connectors.entra.api.serializers import (
    GroupRoleOut,
    GroupRoleQuery,
    MicrosoftAccountOut,
    MicrosoftAccountQuery,
)
from connectors.entra.errors import SignInForbidden
from connectors.entra.selectors import group_roles_for, microsoft_accounts_for, tenant_named
from core.api.schema import page_of
from core.api.views import ApiViewSet

M = TypeVar("M", bound=Model)


class OfTenantsViewSet(ApiViewSet):
    def check(self) -> None:
        """Raises SignInForbidden; no scope opens it to programs."""
        if not may_see_people_settings(self.actor):
            raise SignInForbidden

    def narrowed(self, rows: QuerySet[M], query: dict[str, Any]) -> QuerySet[M]:
        if "connection" in query:
            tenant = tenant_named(query["connection"])
            rows = rows.filter(connection=tenant) if tenant else rows.none()
        if query["is_active"] is not None:
            rows = rows.filter(is_active=query["is_active"])
        return rows


class MicrosoftAccountViewSet(OfTenantsViewSet):
    @extend_schema(
        operation_id="microsoft_account_list",
        summary="Who may sign in with Microsoft, by name; for admins and auditors",
        parameters=[MicrosoftAccountQuery],
        responses=page_of(MicrosoftAccountOut),
    )
    def list(self, request: Request) -> Response:
        self.check()
        query = self.read_query(MicrosoftAccountQuery)
        rows = self.narrowed(microsoft_accounts_for(self.actor), query)
        if "agent" in query:
            agent = agent_named(query["agent"])
            rows = rows.filter(agent=agent) if agent else rows.none()
        return self.page(rows, ("agent_name", "id"), query, MicrosoftAccountOut)

    @extend_schema(operation_id="microsoft_account", summary="One of them", responses=MicrosoftAccountOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        self.check()
        return Response(MicrosoftAccountOut(self.one(microsoft_accounts_for(self.actor), pk=id)).data)


class GroupRoleViewSet(OfTenantsViewSet):
    @extend_schema(
        operation_id="group_role_list",
        summary="Which groups of Entra, or roles of the app registration, bring which role; for admins and auditors",
        parameters=[GroupRoleQuery],
        responses=page_of(GroupRoleOut),
    )
    def list(self, request: Request) -> Response:
        self.check()
        query = self.read_query(GroupRoleQuery)
        rows = self.narrowed(group_roles_for(self.actor), query)
        rows = rows.filter(**{name: query[name] for name in ("role", "granted_by") if name in query})
        return self.page(rows, ("role", "name", "id"), query, GroupRoleOut)

    @extend_schema(operation_id="group_role", summary="One of them", responses=GroupRoleOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        self.check()
        return Response(GroupRoleOut(self.one(group_roles_for(self.actor), pk=id)).data)
