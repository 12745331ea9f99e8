"""Absences and their deputies; who may record whose says permissions.md section 2."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import AbsenceIn, AbsenceOut, AbsencePatch, AbsenceQuery, VersionIn
from accounts.enums import Role, Scope
from accounts.errors import ScopeMissing
from accounts.lookups import agent_named
from accounts.models import Absence, Agent, ApiClient
from accounts.selectors import absences_visible_to, reach_of
from accounts.services import cancel_absence, change_absence, record_absence
from core.api.schema import page_of
from core.api.views import ApiViewSet


class AbsenceViewSet(ApiViewSet):
    def rows(self) -> QuerySet[Absence]:
        actor = self.actor
        if isinstance(actor, ApiClient):
            if not actor.has_scope(Scope.HR_WRITE):
                raise ScopeMissing(scope=Scope.HR_WRITE)
            rows: QuerySet[Absence] = Absence.objects.all()
        else:
            rows = absences_visible_to(actor)
        return rows.select_related("agent", "deputy", "recorded_by").prefetch_related("agent__teams")

    def may_read_note(self, absence: Absence) -> bool:
        """The person, those in charge of them, auditors, admins, and the program that keeps absences."""
        actor = self.actor
        if not isinstance(actor, Agent) or actor.pk == absence.agent_id or actor.has_role(Role.AUDITOR, Role.ADMIN):
            return True
        return not reach_of(actor).in_charge.isdisjoint(team.pk for team in absence.agent.teams.all())

    def shape(self, absences: list[Absence]) -> list[Any]:
        return list(AbsenceOut(absences, many=True, context={"may_read_note": self.may_read_note}).data)

    def answer(self, absence: Absence, *, status: int = 200) -> Response:
        [shown] = self.shape([absence])
        return Response(shown, status=status)

    @extend_schema(
        operation_id="absence_list", summary="List", parameters=[AbsenceQuery], responses=page_of(AbsenceOut)
    )
    def list(self, request: Request) -> Response:
        query = self.read_query(AbsenceQuery)
        rows = self.rows()
        if "agent" in query:
            agent = agent_named(query["agent"])
            rows = rows.filter(agent=agent) if agent else rows.none()
        if "on" in query:
            rows = rows.filter(pk__in=Absence.objects.on(query["on"]).values("pk"))
        return self.page(rows, ("-starts_on", "-id"), query, self.shape)

    @extend_schema(operation_id="absence_create", summary="Record", request=AbsenceIn, responses={201: AbsenceOut})
    def create(self, request: Request) -> Response:
        values = self.read(AbsenceIn)
        absence = record_absence(values.pop("agent").pk, by=self.actor, **values)
        return self.answer(absence, status=201)

    @extend_schema(operation_id="absence", summary="One", responses=AbsenceOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return self.answer(self.one(self.rows(), pk=id))

    @extend_schema(operation_id="absence_update", summary="Change", request=AbsencePatch, responses=AbsenceOut)
    def partial_update(self, request: Request, id: UUID) -> Response:
        absence = self.one(self.rows(), pk=id)
        values = self.read(AbsencePatch, partial=True)
        version = self.version(values, is_required=True)
        return self.answer(change_absence(absence.pk, by=self.actor, version=version or 0, **values))

    @extend_schema(operation_id="absence_cancel", summary="Take back", request=VersionIn, responses=AbsenceOut)
    def cancel(self, request: Request, id: UUID) -> Response:
        absence = self.one(self.rows(), pk=id)
        version = self.version(self.read(VersionIn))
        return self.answer(cancel_absence(absence.pk, by=self.actor, version=version))
