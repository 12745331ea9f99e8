from django.urls import URLPattern, path

from sla.reminders.api.reminders import ReminderViewSet

urlpatterns: list[URLPattern] = [
    path("reminders/", ReminderViewSet.as_view({"get": "list", "post": "create"})),
    path("reminders/<uuid:id>/", ReminderViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    *(
        path(f"reminders/<uuid:id>/{step}/", ReminderViewSet.as_view({"post": step}))
        for step in ("snooze", "complete", "cancel")
    ),
]
