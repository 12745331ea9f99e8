from datetime import datetime, time
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.history import audited_history
from core.models import BaseModel
from notifications.enums import Because, DeliveryChannel, DeliveryStatus, EventType, Timing, Urgency
from notifications.querysets import DeliveryQuerySet, NotificationQuerySet
from tickets.models import Ticket

WAITING = (DeliveryStatus.QUEUED, DeliveryStatus.BATCHED, DeliveryStatus.DEFERRED)


def quiet_hours_make_sense(name: str) -> models.CheckConstraint:
    """Both ends or none, and some time between them; from 22:00 to 07:00 is over midnight."""
    both = Q(quiet_from__isnull=False, quiet_to__isnull=False) & ~Q(quiet_from=F("quiet_to"))
    return models.CheckConstraint(
        name=name,
        condition=Q(quiet_from__isnull=True, quiet_to__isnull=True) | both,
        violation_error_message=_("Give both times, and two different ones, or none."),
    )


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
    planned_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When it was decided how it reaches the person outside the app; none: that is still due."""

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [models.UniqueConstraint(name="notification_once", fields=["recipient", "dedupe_key"])]
        indexes = [
            models.Index(name="notification_newest", fields=["recipient", "-created_at", "-id"]),
            models.Index(name="notification_unread", fields=["recipient"], condition=Q(read_at__isnull=True)),
            models.Index(
                name="notification_unplanned", fields=["created_at", "recipient"], condition=Q(planned_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.get_event_type_display()


class QuietHours(BaseModel):
    """When a person wants nothing but breaches delivered, in their own time zone. Source: domain.md section 14."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="quiet_hours")  # only theirs
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_to = models.TimeField(_("quiet until"), null=True, blank=True)

    history = audited_history()

    class Meta:
        verbose_name = _("quiet hours")
        verbose_name_plural = _("quiet hours")
        constraints = [quiet_hours_make_sense("quiethours_both")]

    def __str__(self) -> str:
        return str(self.agent)


class NotificationPreference(BaseModel):
    """How a person wants to be told of one kind of event, where they want it other than usual (`defaults`).

    Its quiet hours take the place of the person's general ones. What is told in the app is no matter of choice.
    """

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="notification_preferences")  # only theirs
    event_type = models.CharField(_("event"), max_length=30, choices=EventType)
    channels = ArrayField(
        models.CharField(max_length=10, choices=DeliveryChannel), verbose_name=_("channels"), default=list, blank=True
    )
    timing = models.CharField(_("when"), max_length=15, choices=Timing, default=Timing.IMMEDIATE)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_to = models.TimeField(_("quiet until"), null=True, blank=True)

    history = audited_history()

    class Meta:
        verbose_name = _("notification preference")
        verbose_name_plural = _("notification preferences")
        constraints = [
            models.UniqueConstraint(name="notificationpreference_once", fields=["agent", "event_type"]),
            quiet_hours_make_sense("notificationpreference_quiet"),
        ]

    def __str__(self) -> str:
        return f"{self.agent}: {self.get_event_type_display()}"

    @property
    def quiet(self) -> tuple[time, time] | None:
        return (self.quiet_from, self.quiet_to) if self.quiet_from and self.quiet_to else None


class WorkingOn(BaseModel):
    """Somebody says that they are at a ticket: nothing of it but breaches is delivered to them, and colleagues see it.

    No update of the ticket; over at `until` or when the ticket ends (domain.md section 14).
    """

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="works_on")  # only theirs
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="worked_on_by")
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("working on")
        verbose_name_plural = _("working on")
        constraints = [models.UniqueConstraint(name="workingon_once", fields=["agent", "ticket"])]
        indexes = [models.Index(name="workingon_until", fields=["until"])]

    def __str__(self) -> str:
        return f"{self.agent}: {self.ticket}"


class Delivery(BaseModel):
    """What goes to one person by one channel at one moment, with how that went. Its id is the key of the hand-over.

    Until it is let go its content may grow, and it waits for `scheduled_for`; from then on it is handed over as it is,
    however often that has to be tried. Source: domain.md section 14.
    """

    recipient = models.ForeignKey(Agent, verbose_name=_("recipient"), on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(_("channel"), max_length=10, choices=DeliveryChannel)
    timing = models.CharField(_("when"), max_length=15, choices=Timing, default=Timing.IMMEDIATE)
    urgency = models.CharField(_("urgency"), max_length=10, choices=Urgency, default=Urgency.NORMAL)
    status = models.CharField(_("status"), max_length=10, choices=DeliveryStatus, default=DeliveryStatus.QUEUED)
    because = models.CharField(_("because"), max_length=15, choices=Because, blank=True)
    scheduled_for = models.DateTimeField(_("scheduled for"))
    released_at = models.DateTimeField(_("let go at"), null=True, blank=True)
    """When its content was settled; windows count from here."""
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    handing_since = models.DateTimeField(null=True, blank=True, editable=False)
    """Since when it is being handed over, by a way that would let it arrive twice; what a dead worker leaves behind."""
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    failed_at = models.DateTimeField(_("failed at"), null=True, blank=True)
    notifications: Any = models.ManyToManyField(Notification, through="DeliveryItem", related_name="deliveries")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-scheduled_for"]
        constraints = [
            models.UniqueConstraint(
                name="delivery_gathered_once",
                fields=["recipient", "channel", "timing", "scheduled_for"],
                condition=Q(released_at__isnull=True, status__in=WAITING),
            )
        ]
        indexes = [
            models.Index(name="delivery_due", fields=["next_attempt_at"], condition=Q(next_attempt_at__isnull=False)),
            models.Index(name="delivery_newest", fields=["recipient", "-scheduled_for", "-id"]),
            models.Index(name="delivery_released", fields=["recipient", "released_at"]),
            models.Index(name="delivery_failed", fields=["-failed_at"], condition=Q(failed_at__isnull=False)),
            models.Index(name="delivery_old", fields=["updated_at"], condition=Q(next_attempt_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} → {self.recipient}"

    def wait(self, *, until: datetime, status: DeliveryStatus, because: str = "") -> None:
        self.scheduled_for = self.next_attempt_at = until
        self.status, self.because, self.leased_until = status, because, None

    def release(self, *, at: datetime) -> None:
        """From here on its content stays."""
        self.released_at, self.status, self.because = at, DeliveryStatus.QUEUED, ""

    def end(self, status: DeliveryStatus, *, because: str = "") -> None:
        self.status, self.because = status, because
        self.next_attempt_at = self.leased_until = self.handing_since = None


class DeliveryItem(models.Model):
    """One notification within a delivery; by each channel each goes once."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="items")  # its content
    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="items")
    channel = models.CharField(max_length=10, choices=DeliveryChannel)

    class Meta:
        verbose_name = _("delivered notification")
        verbose_name_plural = _("delivered notifications")
        constraints = [models.UniqueConstraint(name="deliveryitem_once", fields=["notification", "channel"])]

    def __str__(self) -> str:
        return str(self.notification)
