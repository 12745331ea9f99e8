from django.urls import URLPattern, path

from envelopes.api.envelopes import (
    EnvelopeTasksViewSet,
    EnvelopeThreadViewSet,
    EnvelopeViewSet,
    TicketEnvelopesViewSet,
)
from envelopes.api.figures import ExpertContributionViewSet
from envelopes.api.files import EnvelopeFilesViewSet
from envelopes.api.vendors import VendorMailViewSet

STEPS = (
    *("accept", "decline", "redirect", "invite", "vendor", "release", "complete", "cancel", "reopen"),
    *("offer", "withdraw_offer", "take_offer"),
)
ONE = "envelopes/<uuid:id>/"

urlpatterns: list[URLPattern] = [
    path("tickets/<slug:reference>/envelopes/", TicketEnvelopesViewSet.as_view({"get": "list", "post": "create"})),
    path("envelopes/", EnvelopeViewSet.as_view({"get": "list"})),
    path(ONE, EnvelopeViewSet.as_view({"get": "retrieve"})),
    *(path(f"{ONE}{step}/", EnvelopeViewSet.as_view({"post": step})) for step in STEPS),
    path(f"{ONE}envelopes/", EnvelopeViewSet.as_view({"post": "open_below"})),
    path(f"{ONE}messages/", EnvelopeThreadViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{ONE}attachments/", EnvelopeFilesViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{ONE}vendor_mails/", VendorMailViewSet.as_view({"get": "list", "post": "create"})),
    path("vendor_mails/<uuid:id>/undo/", VendorMailViewSet.as_view({"post": "undo"})),
    path("metrics/expert_contribution/", ExpertContributionViewSet.as_view({"get": "report"})),
    path(f"{ONE}tasks/", EnvelopeTasksViewSet.as_view({"get": "list", "post": "create"})),
]
