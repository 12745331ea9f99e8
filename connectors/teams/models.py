"""Cards on their way to channels, and which of their buttons have done their service (docs/adr/0011-teams-cards.md)."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.teams.enums import CardAct, PostKind, PostStatus
from connectors.teams.querysets import ChannelPostQuerySet
from core.models import BaseModel, new_id
from tickets.enums import Priority, TicketStatus
from tickets.models import Ticket


class ChannelPost(BaseModel):
    """One card for one channel, written down in the transaction of what it tells. It holds what a whole group may
    read: no subject, no name, no text. Source: domain.md section 14.
    """

    connection = models.ForeignKey(
        Connection, verbose_name=_("connection"), on_delete=models.PROTECT, related_name="posts"
    )
    key = models.CharField(max_length=200)
    """The same for the same news: it is posted once to a channel."""
    kind = models.CharField(_("kind"), max_length=20, choices=PostKind)
    ticket = models.ForeignKey(
        Ticket, verbose_name=_("ticket"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    recipient = models.ForeignKey(
        Agent, verbose_name=_("recipient"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    """Of a test card where the connection writes to people: whoever has asked for it."""
    envelope_id = models.UUIDField(null=True, blank=True, editable=False)
    """Whose acceptance the card offers."""
    priority = models.CharField(_("priority"), max_length=10, choices=Priority, blank=True)
    ticket_status = models.CharField(_("status of the ticket"), max_length=20, choices=TicketStatus, blank=True)
    """Both as they were when it happened."""
    status = models.CharField(_("state"), max_length=10, choices=PostStatus, default=PostStatus.QUEUED)
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    handing_since = models.DateTimeField(null=True, blank=True, editable=False)
    """Since when it is being handed over: found after a lease, nobody knows whether it was."""
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    wanted_since = models.DateTimeField(default=timezone.now, editable=False)
    """Since when it is tried: when it was written down, or somebody had it tried again."""
    last_error = models.JSONField(default=dict, blank=True, editable=False)
    """As `Said.as_json`."""
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    failed_at = models.DateTimeField(_("failed at"), null=True, blank=True)

    objects = ChannelPostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post to a channel")
        verbose_name_plural = _("posts to channels")
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(name="channelpost_once", fields=["connection", "key"])]
        indexes = [
            models.Index(
                name="channelpost_due", fields=["next_attempt_at"], condition=Q(next_attempt_at__isnull=False)
            ),
            models.Index(name="channelpost_newest", fields=["connection", "-created_at", "-id"]),
            models.Index(name="channelpost_old", fields=["created_at"], condition=Q(next_attempt_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.connection}"

    @property
    def error(self) -> Said | None:
        return Said.of(self.last_error)

    def end(self, status: PostStatus) -> None:
        self.status = status
        self.next_attempt_at = self.leased_until = self.handing_since = None


class Unreached(models.Model):
    """Somebody whom a connection does not reach, such as for want of the app: not asked again before `until`."""

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_index=False)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+", db_index=False)
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("person who is not reached")
        verbose_name_plural = _("people who are not reached")
        constraints = [models.UniqueConstraint(name="unreached_once", fields=["agent", "connection"])]

    def __str__(self) -> str:
        return f"{self.agent}: {self.connection}"


class UsedCard(models.Model):
    """A button of a card that has done its service: pressed again, it says so."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=200)
    """Of the card."""
    act = models.CharField(max_length=20, choices=CardAct)
    by = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    is_over_at = models.DateTimeField()
    """When the card has expired anyway."""

    class Meta:
        verbose_name = _("used card")
        verbose_name_plural = _("used cards")
        constraints = [models.UniqueConstraint(name="usedcard_once", fields=["key", "act"])]
        indexes = [models.Index(name="usedcard_over", fields=["is_over_at"])]

    def __str__(self) -> str:
        return f"{self.get_act_display()}: {self.by}"


class Turn(models.Model):
    """When the next card may go through a workflow: all workers take turns."""

    account = models.CharField(max_length=200, primary_key=True)
    next_at = models.DateTimeField()

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")

    def __str__(self) -> str:
        return self.account
