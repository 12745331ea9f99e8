from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from accounts.models import Agent
from core.models import BaseModel
from tickets.enums import OutboundKind, OutboundStatus, Then
from tickets.models.ticket import Ticket
from tickets.models.timeline import TimelineEntry
from tickets.querysets import OutboundQuerySet
from tickets.walls import OUTBOUND_WALLS

O = OutboundStatus  # noqa: E741  # reads as a table below


class OutboundMessage(FSMModelMixin, BaseModel):
    """One mail on its way to a customer; recipients and body are frozen at the click, its state lives here (ruling
    11).
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="outbound_messages")
    entry = models.OneToOneField(
        TimelineEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="outbound_message"
    )
    kind = models.CharField(max_length=20, choices=OutboundKind, default=OutboundKind.REPLY)
    author = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    to_recipients = ArrayField(models.TextField())
    cc_recipients = ArrayField(models.TextField(), default=list, blank=True)
    subject = models.TextField()
    body_text = models.TextField()
    body_html = models.TextField(blank=True)
    email_message_id = models.TextField(unique=True)
    then = models.CharField(max_length=20, choices=Then, blank=True)
    status = FSMField(max_length=10, choices=OutboundStatus, default=O.HELD, protected=True)
    release_at = models.DateTimeField()
    is_scheduled = models.BooleanField(default=False)
    """Held until a moment its author chose, and not for their undo time alone; true for good."""
    sent_now_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When somebody let a scheduled one go before its moment: from then on its hold is an undo time like any other."""
    may_have_left = models.BooleanField(default=False, editable=False)
    """Some recipient has it, or may have it: what was begun cannot be taken back."""
    released_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivery = models.JSONField(default=dict, blank=True)
    """What mail systems reported after the sending, by address: `delivery`, `code`, `at`, `is_sure`."""

    objects = OutboundQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing message")
        verbose_name_plural = _("outgoing messages")
        triggers = OUTBOUND_WALLS
        constraints = [
            models.CheckConstraint(
                name="outbound_released_has_entry",
                condition=Q(status__in=[O.HELD, O.CANCELLED]) | Q(entry__isnull=False),
            )
        ]
        indexes = [
            models.Index(name="outbound_held", fields=["release_at"], condition=Q(status=O.HELD)),
            models.Index(
                name="outbound_due", fields=["next_attempt_at"], condition=Q(status__in=[O.QUEUED, O.SENDING])
            ),
            models.Index(name="outbound_sent", fields=["sent_at"], condition=Q(status=O.SENT)),
            models.Index(
                name="outbound_acknowledged",
                fields=["created_at"],
                condition=Q(kind=OutboundKind.ACKNOWLEDGEMENT),
            ),
            models.Index(name="outbound_author", fields=["author", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.get_status_display()})"

    @property
    def recipient(self) -> str:
        """Primary recipient's address."""
        return self.to_recipients[0]

    @property
    def waits_for_moment(self) -> bool:
        """Held for longer than the undo time: what happens on the ticket before its moment may make it untimely."""
        return self.is_scheduled and self.sent_now_at is None

    @property
    def hold_began_at(self) -> datetime:
        return self.sent_now_at or self.created_at

    @property
    def may_be_undone(self) -> bool:
        """As long as nobody can have it."""
        return self.status in (O.HELD, O.QUEUED) and not self.may_have_left

    @transition(field=status, source=O.HELD, target=O.QUEUED)
    def release(self, *, entry: TimelineEntry, at: datetime) -> None:
        self.entry, self.released_at, self.next_attempt_at = entry, at, at

    @transition(field=status, source=[O.HELD, O.QUEUED], target=O.CANCELLED)
    def undo(self) -> None:
        self.next_attempt_at = self.leased_until = None

    @transition(field=status, source=[O.QUEUED, O.SENDING], target=O.SENDING)
    def start(self, *, leased_until: datetime) -> None:
        self.attempts += 1
        self.leased_until = leased_until

    @transition(field=status, source=[O.QUEUED, O.SENDING], target=O.SENT)
    def succeed(self, *, at: datetime) -> None:
        self.sent_at, self.next_attempt_at, self.leased_until, self.last_error = at, None, None, ""

    @transition(field=status, source=O.SENDING, target=O.QUEUED)
    def put_off(self, *, until: datetime, error: str) -> None:
        self.next_attempt_at, self.leased_until, self.last_error = until, None, error[:2000]

    @transition(field=status, source=[O.QUEUED, O.SENDING], target=O.FAILED)
    def fail(self, *, error: str) -> None:
        self.next_attempt_at, self.leased_until, self.last_error = None, None, error[:2000]


for _name in ("release", "undo", "start", "succeed", "put_off", "fail"):
    getattr(OutboundMessage, _name).alters_data = True
