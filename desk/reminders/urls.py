"""URLs of reminders; part of the namespace `desk`."""

from django.urls import URLPattern, path

from desk.reminders import feed, views

on_ticket: list[URLPattern] = [path("remind/", views.remind, name="remind")]
everywhere: list[URLPattern] = [
    path("reminders/", views.reminders, name="reminders"),
    path("reminders/<uuid:reminder_id>/", views.edit, name="reminder"),
    path("reminders/<uuid:reminder_id>/<slug:name>/", views.step, name="reminder-step"),
    path("account/calendar/", feed.own_calendar, name="own-calendar"),
    path("calendar/<str:token>/reminders.ics", feed.calendar_feed, name="calendar-feed"),
]
