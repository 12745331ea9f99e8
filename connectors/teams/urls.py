"""What was posted stands below its connection; the page behind a card's button outside, without a namespace."""

from django.urls import URLPattern, URLResolver, include, path

from connectors.teams import views

pages: list[URLPattern | URLResolver] = [
    path("<uuid:connection_id>/posts/", views.posts, name="posts"),
    path("<uuid:connection_id>/posts/test/", views.test_card, name="test_card"),
    path("<uuid:connection_id>/posts/<uuid:post_id>/retry/", views.retry, name="retry"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("connections/", include((pages, "teams"))),
    path("cards/<str:token>/", views.card, name="teams-card"),
]
