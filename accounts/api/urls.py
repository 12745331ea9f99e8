from typing import Any

from django.urls import path

from accounts.api.absences import AbsenceViewSet
from accounts.api.people import AgentViewSet, CompanyViewSet, ContactViewSet, MeViewSet, TeamViewSet
from accounts.api.signin import LogoutViewSet, TokenViewSet

LIST: dict[str, Any] = {"get": "list"}
ONE: dict[str, Any] = {"get": "retrieve"}

urlpatterns = [
    path("auth/token/", TokenViewSet.as_view({"post": "create"})),
    path("auth/logout/", LogoutViewSet.as_view({"post": "create", "delete": "destroy"})),
    path("me/", MeViewSet.as_view(ONE)),
    path("agents/", AgentViewSet.as_view(LIST)),
    path("agents/<uuid:id>/", AgentViewSet.as_view(ONE)),
    path("teams/", TeamViewSet.as_view(LIST)),
    path("teams/<uuid:id>/", TeamViewSet.as_view(ONE)),
    path("contacts/", ContactViewSet.as_view(LIST)),
    path("contacts/<uuid:id>/", ContactViewSet.as_view(ONE)),
    path("contacts/<uuid:id>/correct_address/", ContactViewSet.as_view({"post": "correct_address"})),
    path("contacts/<uuid:id>/deliverable/", ContactViewSet.as_view({"post": "deliverable"})),
    path("companies/", CompanyViewSet.as_view(LIST)),
    path("companies/<uuid:id>/", CompanyViewSet.as_view(ONE)),
    path("absences/", AbsenceViewSet.as_view({"get": "list", "post": "create"})),
    path("absences/<uuid:id>/", AbsenceViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("absences/<uuid:id>/cancel/", AbsenceViewSet.as_view({"post": "cancel"})),
]
