"""Addresses of meetings, below their ticket or envelope; part of the namespace `desk`."""

from django.urls import URLPattern, path

from desk.meetings import views

on_ticket: list[URLPattern] = [
    path("meetings/", views.of_ticket, name="meetings"),
    path("meetings/<uuid:meeting_id>/", views.meeting, name="meeting"),
    path("meetings/<uuid:meeting_id>/cancel/", views.cancel, name="meeting-cancel"),
    path("meetings/<uuid:meeting_id>/retry/", views.retry, name="meeting-retry"),
    path("e/<int:number>/meetings/", views.of_envelope, name="envelope-meetings"),
]
