"""URLs of priority scores; part of the namespace `desk`."""

from django.urls import URLPattern, path

from desk.scores import views

on_ticket: list[URLPattern] = [
    path("score/", views.score, name="score"),
    path("score/free/", views.free, name="score-free"),
]
