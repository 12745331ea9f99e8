from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.models import BaseModel
from notifications.enums import EventType, Urgency
from notifications.querysets import NotificationQuerySet
from tickets.models import Ticket


class Notification(BaseModel):
    """One thing one person is told in the app. `dedupe_key` makes telling it twice harmless."""

    recipient = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="notifications")  # only theirs
    event_type = models.CharField(max_length=30, choices=EventType)
    urgency = models.CharField(max_length=10, choices=Urgency, default=Urgency.NORMAL)
    ticket = models.ForeignKey(Ticket, null=True, blank=True, on_delete=models.PROTECT, related_name="notifications")
    payload = models.JSONField(default=dict, blank=True)
    """Names and references for the wording; nothing the recipient may not see."""
    dedupe_key = models.CharField(max_length=200)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [models.UniqueConstraint(name="notification_once", fields=["recipient", "dedupe_key"])]
        indexes = [
            models.Index(name="notification_newest", fields=["recipient", "-created_at", "-id"]),
            models.Index(name="notification_unread", fields=["recipient"], condition=Q(read_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.get_event_type_display()
