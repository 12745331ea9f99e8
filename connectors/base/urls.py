from django.urls import URLPattern, URLResolver, include, path

from connectors.base import views

pages: list[URLPattern | URLResolver] = [
    path("", views.connections, name="connections"),
    path("<uuid:connection_id>/test/", views.test, name="test"),
    path("<uuid:connection_id>/setup/", views.setup, name="setup"),
]

urlpatterns: list[URLPattern | URLResolver] = [path("connections/", include((pages, "connections")))]
