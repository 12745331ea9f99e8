from django.urls import URLPattern, path

from sla.scores.api.scores import ScoreViewSet

urlpatterns: list[URLPattern] = [
    path(
        "tickets/<slug:reference>/score/",
        ScoreViewSet.as_view({"get": "retrieve", "post": "override", "delete": "free"}),
    ),
]
