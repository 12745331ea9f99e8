from django.urls import URLPattern, path

from connectors.base.api.connections import ConnectionViewSet

urlpatterns: list[URLPattern] = [
    path("connections/", ConnectionViewSet.as_view({"get": "list"})),
    path("connections/<uuid:id>/", ConnectionViewSet.as_view({"get": "retrieve"})),
    path("connections/<uuid:id>/test/", ConnectionViewSet.as_view({"post": "test"})),
]
