from django.urls import URLPattern, path

from connectors.teams.api.posts import PostViewSet

urlpatterns: list[URLPattern] = [
    path("connections/<uuid:id>/posts/", PostViewSet.as_view({"get": "list", "post": "create"})),
    path("channel_posts/<uuid:id>/", PostViewSet.as_view({"get": "retrieve"})),
    path("channel_posts/<uuid:id>/retry/", PostViewSet.as_view({"post": "retry"})),
]
