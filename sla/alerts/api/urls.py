from django.urls import URLPattern, path

from sla.alerts.api.alerts import AlertViewSet

ONE = "tickets/<slug:reference>/alerts/"

urlpatterns: list[URLPattern] = [
    path(ONE, AlertViewSet.as_view({"get": "list"})),
    path(f"{ONE}<uuid:id>/acknowledge/", AlertViewSet.as_view({"post": "acknowledge"})),
]
