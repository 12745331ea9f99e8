"""Agents, teams, customers: who is there. Changes are made in the admin, but for customers' addresses."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import (
    AddressIn,
    AgentOut,
    AgentQuery,
    CompanyOut,
    ContactOut,
    ContactQuery,
    MeOut,
    PeopleQuery,
    TeamOut,
    VersionIn,
    show_companies,
)
from accounts.enums import Scope
from accounts.errors import ScopeMissing
from accounts.lookups import company_named, team_named
from accounts.models import Agent, ApiClient, Company, Contact, Team
from accounts.policies import may_look_up_customers
from accounts.services import correct_address, mark_deliverable
from core.api.schema import page_of
from core.api.views import ApiViewSet
from core.errors import Forbidden


class DirectoryViewSet(ApiViewSet):
    """People of the desk read it; programs need one of `scopes`."""

    scopes: tuple[Scope, ...] = (Scope.TICKETS_READ, Scope.TICKETS_READ_ALL, Scope.HR_WRITE)

    def refuse_reading(self) -> None:
        if isinstance(self.actor, ApiClient) and not self.actor.has_scope(*self.scopes):
            raise ScopeMissing(scope=self.scopes[0])


class MeViewSet(ApiViewSet):
    @extend_schema(operation_id="me", summary="Who I am and what I may do", responses=MeOut)
    def retrieve(self, request: Request) -> Response:
        actor: Any = self.actor
        is_agent = isinstance(actor, Agent)
        me = {
            "kind": "agent" if is_agent else "api_client",
            "id": actor.pk,
            "name": actor.name,
            "email": actor.email if is_agent else None,
            "roles": actor.roles if is_agent else [],
            "scopes": [] if is_agent else actor.scopes,
            "teams": actor.teams.order_by("name"),
        }
        return Response(MeOut(me).data)


class AgentViewSet(DirectoryViewSet):
    def rows(self) -> QuerySet[Agent]:
        self.refuse_reading()
        return Agent.objects.select_related("primary_team", "supervisor").prefetch_related("teams")

    @extend_schema(operation_id="agent_list", summary="List", parameters=[AgentQuery], responses=page_of(AgentOut))
    def list(self, request: Request) -> Response:
        query = self.read_query(AgentQuery)
        rows = self.rows().filter(Q(name__icontains=query["q"]) | Q(email__icontains=query["q"]))
        if "team" in query:
            team = team_named(query["team"])
            rows = rows.filter(teams=team) if team else rows.none()
        if "role" in query:
            rows = rows.filter(roles__contains=[query["role"]])
        if query["is_active"] is not None:
            rows = rows.filter(is_active=query["is_active"])
        return self.page(rows, ("name", "id"), query, AgentOut)

    @extend_schema(operation_id="agent", summary="One", responses=AgentOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return Response(AgentOut(self.one(self.rows(), pk=id)).data)


class TeamViewSet(DirectoryViewSet):
    def rows(self) -> QuerySet[Team]:
        self.refuse_reading()
        return Team.objects.select_related("lead", "supervisor", "manager", "parent")

    @extend_schema(operation_id="team_list", summary="List", parameters=[PeopleQuery], responses=page_of(TeamOut))
    def list(self, request: Request) -> Response:
        query = self.read_query(PeopleQuery)
        rows = self.rows().filter(name__icontains=query["q"])
        return self.page(rows, ("name", "id"), query, TeamOut)

    @extend_schema(operation_id="team", summary="One", responses=TeamOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return Response(TeamOut(self.one(self.rows(), pk=id)).data)


class CustomerViewSet(DirectoryViewSet):
    """Customers belong to no team, so programs that are bound to teams do not read them; admins only configure."""

    scopes = (Scope.TICKETS_READ_ALL,)

    def refuse_reading(self) -> None:
        super().refuse_reading()
        if isinstance(self.actor, Agent) and not may_look_up_customers(self.actor):
            raise Forbidden


class ContactViewSet(CustomerViewSet):
    def rows(self) -> QuerySet[Contact]:
        self.refuse_reading()
        return Contact.objects.select_related("company")

    @extend_schema(
        operation_id="contact_list", summary="List", parameters=[ContactQuery], responses=page_of(ContactOut)
    )
    def list(self, request: Request) -> Response:
        query = self.read_query(ContactQuery)
        rows = self.rows()
        if text := query["q"]:
            names = Q(first_name__icontains=text) | Q(last_name__icontains=text)
            rows = rows.filter(names | Q(email__icontains=text))
        if "company" in query:
            company = company_named(query["company"])
            rows = rows.filter(company=company) if company else rows.none()
        return self.page(rows, ("-created_at", "-id"), query, ContactOut)

    @extend_schema(operation_id="contact", summary="One", responses=ContactOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return Response(ContactOut(self.one(self.rows(), pk=id)).data)

    @extend_schema(
        operation_id="contact_correct_address",
        summary="Give a contact the address they really have",
        description=(
            "For the owner of one of their tickets and leads of the teams that serve them. Mail for the old address "
            "that is held, scheduled or queued is taken back soon after. Other capitals alone change the spelling and "
            "nothing else. If another contact has the address, change the requester of the ticket."
        ),
        request=AddressIn,
        responses={200: ContactOut},
    )
    def correct_address(self, request: Request, id: UUID) -> Response:
        contact = self.one(self.rows(), pk=id)
        values = self.read(AddressIn)
        version = self.version(values)
        correct_address(contact.pk, by=self.actor, email=values["email"], version=version)
        return self.retrieve(request, id)

    @extend_schema(
        operation_id="contact_deliverable",
        summary="Say that the address takes mail again",
        request=VersionIn,
        responses={200: ContactOut},
    )
    def deliverable(self, request: Request, id: UUID) -> Response:
        contact = self.one(self.rows(), pk=id)
        mark_deliverable(contact.pk, by=self.actor, version=self.version(self.read(VersionIn)))
        return self.retrieve(request, id)


class CompanyViewSet(CustomerViewSet):
    def rows(self) -> QuerySet[Company]:
        self.refuse_reading()
        return Company.objects.all()

    @extend_schema(operation_id="company_list", summary="List", parameters=[PeopleQuery], responses=page_of(CompanyOut))
    def list(self, request: Request) -> Response:
        query = self.read_query(PeopleQuery)
        rows = self.rows().filter(name__icontains=query["q"])
        return self.page(rows, ("name", "id"), query, show_companies)

    @extend_schema(operation_id="company", summary="One", responses=CompanyOut)
    def retrieve(self, request: Request, id: UUID) -> Response:
        (shown,) = show_companies([self.one(self.rows(), pk=id)])
        return Response(shown)
