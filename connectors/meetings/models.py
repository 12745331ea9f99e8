"""Meetings arranged from a ticket or an envelope, and how far the calendar of the shared mailbox has followed them
(docs/subsystems/meetings.md).
"""

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from accounts.models import Agent
from connectors.base.models import Connection
from connectors.base.sentences import Said
from connectors.meetings.enums import CopyState, MeetingState, MeetingStatus
from connectors.meetings.querysets import CalendarCopyQuerySet, MeetingQuerySet
from core.history import audited_history
from core.models import BaseModel
from envelopes.models import Envelope
from tickets.models import Ticket


class Meeting(FSMModelMixin, BaseModel):
    """What the desk wants; the calendar follows. Source: domain.md sections 18 and 23."""

    ticket = models.ForeignKey(
        Ticket, verbose_name=_("ticket"), on_delete=models.PROTECT, related_name="meetings", db_index=False
    )
    """Where it goes on: after a merge the other ticket, whose owner decides on it from then on."""
    origin = models.ForeignKey(
        Ticket, verbose_name=_("arranged on"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    """The ticket by whose reference the attendees know it."""
    envelope = models.ForeignKey(
        Envelope,
        verbose_name=_("envelope"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="meetings",
        db_index=False,
    )
    """In whose thread it is arranged: then nobody else learns of it. None: on the ticket's main thread."""
    connection = models.ForeignKey(
        Connection, verbose_name=_("connection"), on_delete=models.PROTECT, related_name="meetings"
    )
    mailbox = models.EmailField(_("calendar of"), max_length=320)
    """As it was when it was arranged: there it is found again, whatever the connection says by now."""
    arranged_by = models.ForeignKey(
        Agent, verbose_name=_("arranged by"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"), blank=True)
    """Fixed: Microsoft keeps the link to join in the text, and writing it anew would take it away."""
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    attendees = ArrayField(models.EmailField(max_length=320), verbose_name=_("attendees"))
    """In lower case, each once."""
    is_online = models.BooleanField(_("held in Teams"), default=True)
    status = FSMField(_("status"), max_length=10, choices=MeetingStatus, default=MeetingStatus.PLANNED, protected=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    farewell = models.TextField(_("word to the attendees"), blank=True)
    """With which it is cancelled."""

    objects = MeetingQuerySet.as_manager()
    history = audited_history(not_indexed=["ticket", "origin", "envelope", "connection", "arranged_by"])

    class Meta:
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(name="meeting_ends_later", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="meeting_cancelled_at",
                condition=Q(status=MeetingStatus.CANCELLED, cancelled_at__isnull=False)
                | ~Q(status=MeetingStatus.CANCELLED) & Q(cancelled_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(name="meeting_of_ticket", fields=["ticket", "-starts_at", "-id"]),
            models.Index(
                name="meeting_of_envelope",
                fields=["envelope", "-starts_at", "-id"],
                condition=Q(envelope__isnull=False),
            ),
            models.Index(name="meeting_ahead", fields=["ends_at"], condition=Q(status=MeetingStatus.PLANNED)),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} UTC"

    @transition(field=status, source=MeetingStatus.PLANNED, target=MeetingStatus.CANCELLED)
    def cancel(self, *, at: datetime, farewell: str = "") -> None:
        self.cancelled_at, self.farewell = at, farewell

    cancel.alters_data = True  # a template must not be able to call it

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at) / timedelta(minutes=1))

    @property
    def is_cancelled(self) -> bool:
        return bool(self.status == MeetingStatus.CANCELLED)

    @property
    def state(self) -> MeetingState:
        """Wants the row of its calendar."""
        match self.in_calendar.state:
            case CopyState.FAILED:
                return MeetingState.FAILED
            case CopyState.QUEUED:
                return MeetingState.SENDING
        return MeetingState.CANCELLED if self.is_cancelled else MeetingState.ARRANGED

    def is_over(self, now: datetime) -> bool:
        return self.is_cancelled or self.ends_at <= now


class CalendarCopy(BaseModel):
    """The meeting as the calendar has it: the outbox row that is sent until it is as wanted, then what is looked at
    until the meeting is over (ruling 29). Its moments and its last error are its own trail.
    """

    meeting = models.OneToOneField(Meeting, on_delete=models.CASCADE, related_name="in_calendar")
    state = models.CharField(_("state"), max_length=10, choices=CopyState, default=CopyState.QUEUED)
    wanted = models.PositiveIntegerField(default=1, editable=False)
    """Counts what was wanted; with each change of the desk one more."""
    done = models.PositiveIntegerField(default=0, editable=False)
    """Which of them the calendar has."""
    queued_at = models.DateTimeField(_("waits since"))
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    """Since when it may be in the calendar: from then on one looks for it before it is made."""
    event_id = models.CharField(max_length=400, blank=True, editable=False)
    join_url = models.CharField(max_length=2000, blank=True, editable=False)
    answers = models.JSONField(default=dict, blank=True, editable=False)
    """By address, in `enums.Answer`."""
    last_error = models.JSONField(default=dict, blank=True, editable=False)
    """As `Said.as_json`, for all who read along (`refusals`): what only admins may know stands on the connection."""
    brought = models.JSONField(default=dict, blank=True, editable=False)
    """What the desk wanted of the event when both were last alike (`differences.kept`): what it wants otherwise by now
    is its own change, everything else in which the calendar differs is somebody's in Outlook.
    """
    failed_at = models.DateTimeField(_("failed at"), null=True, blank=True)
    look_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    """None where nothing can change any more."""

    objects = CalendarCopyQuerySet.as_manager()

    class Meta:
        verbose_name = _("meeting in the calendar")
        verbose_name_plural = _("meetings in the calendar")
        indexes = [
            models.Index(
                name="calendarcopy_due", fields=["next_attempt_at"], condition=Q(next_attempt_at__isnull=False)
            ),
            models.Index(name="calendarcopy_look", fields=["look_due_at"], condition=Q(look_due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} ({self.attempts})"

    @property
    def error(self) -> Said | None:
        return Said.of(self.last_error)

    def queue(self, *, at: datetime) -> None:
        """Something is wanted that the calendar does not have."""
        self.state, self.queued_at, self.next_attempt_at = CopyState.QUEUED, at, at
        self.attempts, self.failed_at, self.last_error = 0, None, {}
