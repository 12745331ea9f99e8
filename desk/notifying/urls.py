"""URLs of how one is told of things; part of the namespace `desk`."""

from django.urls import URLPattern, path

from desk.notifying import views

urlpatterns: list[URLPattern] = [
    path("account/notifications/", views.settings, name="notification-settings"),
    path("account/notifications/<slug:event_type>/", views.preference, name="notification-preference"),
    path("account/notifications/<slug:event_type>/usual/", views.usual, name="notification-usual"),
    path("account/browsers/", views.subscribe, name="push-subscribe"),
    path("account/browsers/<uuid:subscription_id>/remove/", views.unsubscribe, name="push-unsubscribe"),
    path("notifications/preview/", views.preview, name="notification-preview"),
    path("notifications/deliveries/", views.deliveries, name="deliveries"),
    path("notifications/failures/", views.failures, name="delivery-failures"),
    path("notifications/deliveries/<uuid:delivery_id>/retry/", views.retry, name="delivery-retry"),
]
