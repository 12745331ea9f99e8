from django.urls import URLPattern, path

from connectors.meetings.api.meetings import EnvelopeMeetingsViewSet, MeetingViewSet, TicketMeetingsViewSet

urlpatterns: list[URLPattern] = [
    path("tickets/<slug:reference>/meetings/", TicketMeetingsViewSet.as_view({"get": "list", "post": "create"})),
    path("envelopes/<uuid:id>/meetings/", EnvelopeMeetingsViewSet.as_view({"get": "list", "post": "create"})),
    path("meetings/<uuid:id>/", MeetingViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("meetings/<uuid:id>/cancel/", MeetingViewSet.as_view({"post": "cancel"})),
    path("meetings/<uuid:id>/retry/", MeetingViewSet.as_view({"post": "retry"})),
]
