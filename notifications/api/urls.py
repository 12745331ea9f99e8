from django.urls import URLPattern, path

from notifications.api.choices import PreferenceViewSet, QuietHoursViewSet
from notifications.api.deliveries import DeliveryViewSet, FailureViewSet
from notifications.api.notifications import NotificationViewSet
from notifications.api.working import WorkingOnViewSet

urlpatterns: list[URLPattern] = [
    path("notifications/", NotificationViewSet.as_view({"get": "list"})),
    path("notifications/read/", NotificationViewSet.as_view({"post": "read_all"})),
    path("notifications/<uuid:id>/", NotificationViewSet.as_view({"get": "retrieve"})),
    path("notifications/<uuid:id>/read/", NotificationViewSet.as_view({"post": "read_one"})),
    path("notifications/preferences/", PreferenceViewSet.as_view({"get": "list"})),
    path(
        "notifications/preferences/<slug:event_type>/",
        PreferenceViewSet.as_view({"get": "retrieve", "patch": "update", "delete": "destroy"}),
    ),
    path("notifications/quiet_hours/", QuietHoursViewSet.as_view({"get": "retrieve", "patch": "update"})),
    path("notifications/deliveries/", DeliveryViewSet.as_view({"get": "list"})),
    path("notifications/deliveries/<uuid:id>/", DeliveryViewSet.as_view({"get": "retrieve"})),
    path("notifications/deliveries/<uuid:id>/retry/", DeliveryViewSet.as_view({"post": "retry"})),
    path("notifications/failures/", FailureViewSet.as_view({"get": "list"})),
    path("tickets/<slug:reference>/working_on/", WorkingOnViewSet.as_view({"post": "start"})),
    path("tickets/<slug:reference>/working_on/stop/", WorkingOnViewSet.as_view({"post": "stop"})),
]
