from django.urls import URLPattern, path

from notifications.api.notifications import NotificationViewSet

urlpatterns: list[URLPattern] = [
    path("notifications/", NotificationViewSet.as_view({"get": "list"})),
    path("notifications/read/", NotificationViewSet.as_view({"post": "read_all"})),
    path("notifications/<uuid:id>/", NotificationViewSet.as_view({"get": "retrieve"})),
    path("notifications/<uuid:id>/read/", NotificationViewSet.as_view({"post": "read_one"})),
]
