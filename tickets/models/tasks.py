from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from accounts.models import Agent, Team
from core.history import audited_history
from core.models import BaseModel
from tickets.enums import TaskStatus
from tickets.models.ticket import Ticket
from tickets.querysets import TaskQuerySet

T = TaskStatus


class Task(FSMModelMixin, BaseModel):
    """A small work item of a ticket. Source: domain.md section 6."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="tasks")
    title = models.CharField(_("title"), max_length=255)
    description = models.TextField(_("description"), blank=True)
    assigned_to = models.ForeignKey(
        Agent, verbose_name=_("assigned to"), null=True, blank=True, on_delete=models.PROTECT, related_name="tasks"
    )
    team = models.ForeignKey(
        Team, verbose_name=_("team"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    status = FSMField(_("status"), max_length=12, choices=TaskStatus, default=T.TODO, protected=True)
    is_mandatory = models.BooleanField(
        _("mandatory"), default=False, help_text=_("The ticket is not resolved before it is done.")
    )
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    blocked_by = models.ManyToManyField(
        "self", verbose_name=_("Waits for"), symmetrical=False, related_name="blocks", blank=True
    )
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancel_reason = models.TextField(blank=True)
    is_hidden = models.BooleanField(default=False, editable=False)
    """Seen by nobody but whom an app above lets see it (`tickets.hidden`): part of help that is not for all."""

    objects = TaskQuerySet.as_manager()
    history = audited_history(m2m_fields=[blocked_by], not_indexed=["team", "assigned_to"])

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["created_at"]
        indexes = [
            models.Index(
                name="task_open_assignee",
                fields=["assigned_to", "due_at"],
                condition=Q(status__in=[T.TODO, T.IN_PROGRESS]),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.status in (T.TODO, T.IN_PROGRESS)

    @transition(field=status, source=T.TODO, target=T.IN_PROGRESS)
    def start(self, *, at: datetime) -> None:
        self.started_at = at

    @transition(field=status, source=[T.TODO, T.IN_PROGRESS], target=T.DONE)
    def finish(self, *, at: datetime) -> None:
        self.started_at = self.started_at or at
        self.completed_at = at

    @transition(field=status, source=[T.TODO, T.IN_PROGRESS], target=T.CANCELLED)
    def cancel(self, *, reason: str) -> None:
        self.cancel_reason = reason

    @transition(field=status, source=T.DONE, target=T.TODO)
    def reopen(self) -> None:
        self.started_at = self.completed_at = None


for _name in ("start", "finish", "cancel", "reopen"):
    getattr(Task, _name).alters_data = True
