"""URLs of alerts; part of the namespace `desk`."""

from django.urls import URLPattern, path

from desk.alerts import views

on_ticket: list[URLPattern] = [
    path("alerts/<uuid:alert_id>/acknowledge/", views.acknowledge_on, name="ticket-alert-acknowledge"),
]
everywhere: list[URLPattern] = [
    path("alerts/", views.alerts, name="alerts"),
    path("alerts/<uuid:alert_id>/acknowledge/", views.acknowledge, name="alert-acknowledge"),
]
