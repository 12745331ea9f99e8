from django.urls import URLPattern, path

from reports.api.metrics import MetricsViewSet

urlpatterns: list[URLPattern] = [
    path("reports/backlog/", MetricsViewSet.as_view({"get": "backlog"})),
    path("reports/metrics/", MetricsViewSet.as_view({"get": "list"})),
    path("reports/metrics/<slug:code>/", MetricsViewSet.as_view({"get": "retrieve"})),
]
