from django.urls import URLPattern, path

from sla.api.clocks import ClockViewSet

ONE = "tickets/<slug:reference>/clocks/"

urlpatterns: list[URLPattern] = [
    path(ONE, ClockViewSet.as_view({"get": "list"})),
    path(f"{ONE}pause/", ClockViewSet.as_view({"post": "pause"})),
    path(f"{ONE}resume/", ClockViewSet.as_view({"post": "resume"})),
]
