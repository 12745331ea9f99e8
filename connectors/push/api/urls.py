from django.urls import URLPattern, path

from connectors.push.api.subscriptions import PushSubscriptionViewSet

urlpatterns: list[URLPattern] = [
    path("notifications/subscriptions/", PushSubscriptionViewSet.as_view({"get": "list", "post": "create"})),
    path("notifications/subscriptions/key/", PushSubscriptionViewSet.as_view({"get": "key"})),
    path("notifications/subscriptions/<uuid:id>/", PushSubscriptionViewSet.as_view({"delete": "destroy"})),
]
