"""URLs of canned responses, ticket templates and signatures; part of the namespace `desk`."""

from django.urls import URLPattern, path

from desk.texts import views

urlpatterns: list[URLPattern] = [
    path("texts/", views.texts, name="texts"),
    path("texts/signatures/<uuid:team_id>/", views.signatures, name="signatures"),
    path("texts/<slug:kind>/new/", views.new, name="new-text"),
    path("texts/<slug:kind>/<uuid:text_id>/", views.edit, name="text"),
    path("texts/<slug:kind>/<uuid:text_id>/delete/", views.delete, name="delete-text"),
]
