from django.urls import URLPattern, path

from sla.proposals.api.proposals import ProposalViewSet

ONE = "proposals/<uuid:id>/"

urlpatterns: list[URLPattern] = [
    path("proposals/", ProposalViewSet.as_view({"get": "list", "post": "create"})),
    path("proposals/preview/", ProposalViewSet.as_view({"post": "preview"})),
    path("proposals/subjects/", ProposalViewSet.as_view({"get": "subjects"})),
    path(ONE, ProposalViewSet.as_view({"get": "retrieve"})),
    path(f"{ONE}accept/", ProposalViewSet.as_view({"post": "accept"})),
    path(f"{ONE}decline/", ProposalViewSet.as_view({"post": "decline"})),
    path(f"{ONE}withdraw/", ProposalViewSet.as_view({"post": "withdraw"})),
]
