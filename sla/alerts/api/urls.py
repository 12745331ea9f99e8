from django.urls import URLPattern, path

from sla.alerts.api.alerts import AlertViewSet, OwnAlertViewSet

ONE = "tickets/<slug:reference>/alerts/"

urlpatterns: list[URLPattern] = [
    path("alerts/", OwnAlertViewSet.as_view({"get": "list"})),
    path(f"{ONE}forecast/", AlertViewSet.as_view({"get": "forecast"})),
    path(ONE, AlertViewSet.as_view({"get": "list"})),
    path(f"{ONE}<uuid:id>/acknowledge/", AlertViewSet.as_view({"post": "acknowledge"})),
]
