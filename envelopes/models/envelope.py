from datetime import datetime
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import RETURN_VALUE, FSMField, FSMModelMixin, transition

from accounts.models import Agent, Skill, Team
from core.history import audited_history
from core.models import BaseModel
from envelopes.enums import OPEN, Awaiting, EnvelopeKind, EnvelopeStatus, Outcome
from envelopes.querysets import EnvelopeQuerySet
from envelopes.walls import ENVELOPE_WALLS
from tickets.models import Ticket

S = EnvelopeStatus
FIRST_LEVEL, LAST_LEVEL = 2, 5
"""The ticket's owner is level 1."""


class Envelope(FSMModelMixin, BaseModel):
    """Help on a ticket, asked of a team or a person: its own thread, clocks and end. Source: domain.md section 5."""

    ticket = models.ForeignKey(Ticket, verbose_name=_("ticket"), on_delete=models.PROTECT, related_name="envelopes")
    number = models.PositiveSmallIntegerField(_("number"), editable=False)
    """Counts per ticket, taken under the ticket's lock."""
    parent_envelope = models.ForeignKey(
        "self",
        verbose_name=_("opened from"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="children",
    )
    path = ArrayField(models.UUIDField(), editable=False)
    """Ids from the outermost envelope down to this one."""
    level = models.PositiveSmallIntegerField(_("level"), editable=False)
    requested_by = models.ForeignKey(
        Agent, verbose_name=_("requested by"), null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    """None: the desk itself, for legal advice."""
    team = models.ForeignKey(
        Team, verbose_name=_("team"), null=True, blank=True, on_delete=models.PROTECT, related_name="envelopes"
    )
    assigned_to = models.ForeignKey(
        Agent, verbose_name=_("expert"), null=True, blank=True, on_delete=models.PROTECT, related_name="envelopes"
    )
    """While it is asked: whom of the team, or beside one; afterwards its expert."""
    skill = models.ForeignKey(
        Skill, verbose_name=_("skill"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    """What whoever helps is to know, where the request named it."""
    kind = models.CharField(_("kind"), max_length=16, choices=EnvelopeKind, default=EnvelopeKind.INTERNAL)
    vendor_addresses = ArrayField(models.TextField(), verbose_name=_("vendor's addresses"), default=list, blank=True)
    """To whom its mails go, and whose answers belong into it; of help of a vendor alone."""
    reason = models.TextField(_("reason"))
    is_blocking = models.BooleanField(
        _("the ticket waits for it"), default=True, help_text=_("The ticket waits for colleagues until it is closed.")
    )
    status = FSMField(_("status"), max_length=12, choices=EnvelopeStatus, default=S.PENDING, protected=True)
    awaiting = models.CharField(_("whose turn"), max_length=8, choices=Awaiting, default=Awaiting.EXPERT)
    summary = models.TextField(_("summary"), blank=True)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome, blank=True)
    cancel_reason = models.TextField(_("withdrawn because"), blank=True)
    opened_at = models.DateTimeField(_("opened at"), editable=False)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, editable=False)
    first_expert_response_at = models.DateTimeField(null=True, editable=False)
    """First post of an expert; accepting alone is no answer (metrics.md M9)."""
    completed_at = models.DateTimeField(_("sealed at"), null=True, editable=False)
    cancelled_at = models.DateTimeField(_("withdrawn at"), null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    """`completed_at` or `cancelled_at`; reading on is counted from here."""
    response_due_at = models.DateTimeField(_("response due"), null=True, editable=False)
    completion_due_at = models.DateTimeField(_("completion due"), null=True, editable=False)
    completion_started_at = models.DateTimeField(null=True, editable=False)
    """From when on the completion is counted: the first acceptance, or the last opening again."""
    pending_since = models.DateTimeField(null=True, editable=False)
    """Begin of the cycle in which nobody has it."""
    timeout_due_at = models.DateTimeField(null=True, editable=False)
    """When to tell that nobody has accepted it; None once that is told, or while somebody has it."""
    timeout_notified_at = models.DateTimeField(null=True, editable=False)

    objects = EnvelopeQuerySet.as_manager()
    history = audited_history(
        not_indexed=["parent_envelope", "requested_by", "team", "assigned_to", "skill"],
        excluded_fields=["reason", "summary", "cancel_reason"],  # the thread keeps them, where they can be redacted
    )

    class Meta:
        verbose_name = _("envelope")
        verbose_name_plural = _("envelopes")
        ordering = ["number"]
        triggers = ENVELOPE_WALLS
        constraints = [
            models.UniqueConstraint(name="envelope_number_once", fields=["ticket", "number"]),
            models.CheckConstraint(name="envelope_level", condition=Q(level__gte=FIRST_LEVEL, level__lte=LAST_LEVEL)),
            models.CheckConstraint(
                name="envelope_level_of_parent",
                condition=Q(parent_envelope__isnull=True, level=FIRST_LEVEL)
                | Q(parent_envelope__isnull=False, level__gt=FIRST_LEVEL),
            ),
            models.CheckConstraint(
                name="envelope_addressed",
                condition=Q(team__isnull=False)
                | Q(assigned_to__isnull=False)
                | Q(status__in=[S.DECLINED, S.CANCELLED]),
            ),
            models.CheckConstraint(
                name="envelope_worked_by_somebody",
                condition=~Q(status__in=[S.ACTIVE, S.COMPLETED])
                | Q(assigned_to__isnull=False, accepted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="envelope_end",
                condition=Q(status__in=[str(status) for status in OPEN], ended_at__isnull=True)
                | Q(status=S.COMPLETED, completed_at__isnull=False, ended_at__isnull=False) & ~Q(summary="")
                | Q(status=S.CANCELLED, cancelled_at__isnull=False, ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="envelope_pending_cycle",
                condition=Q(status=S.PENDING, pending_since__isnull=False)
                | (~Q(status=S.PENDING) & Q(pending_since__isnull=True, timeout_due_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                name="envelope_open_team", fields=["team", "status"], condition=Q(status__in=[str(s) for s in OPEN])
            ),
            models.Index(
                name="envelope_open_expert",
                fields=["assigned_to", "status"],
                condition=Q(status__in=[str(s) for s in OPEN]),
            ),
            models.Index(
                name="envelope_owners_turn",
                fields=["ticket"],
                condition=Q(awaiting=Awaiting.OWNER, status__in=[str(s) for s in OPEN]),
            ),
            models.Index(name="envelope_newest", fields=["-opened_at", "-id"]),
            models.Index(
                name="envelope_timeout_due", fields=["timeout_due_at"], condition=Q(timeout_due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.target}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def target(self) -> str:
        """Whom it is addressed to: the team, the person, or both; nobody while it is declined."""
        names = [str(whom.name) for whom in (self.team, self.assigned_to) if whom is not None]
        return " · ".join(names) or "–"

    @property
    def ancestor_ids(self) -> list[UUID]:
        return self.path[:-1]

    def _ask(self, *, at: datetime, timeout_due_at: datetime) -> None:
        """Begin a cycle in which nobody has it."""
        self.pending_since, self.timeout_due_at, self.timeout_notified_at = at, timeout_due_at, None
        self.accepted_at, self.awaiting = None, Awaiting.EXPERT

    def _leave_pending(self) -> None:
        self.pending_since = self.timeout_due_at = None

    @transition(field=status, source=S.PENDING, target=S.ACTIVE)
    def accept(self, *, expert: Agent, at: datetime) -> None:
        self.assigned_to, self.accepted_at, self.awaiting = expert, at, Awaiting.EXPERT
        self._leave_pending()

    @transition(field=status, source=S.PENDING, target=RETURN_VALUE(S.PENDING, S.DECLINED))
    def decline(self) -> EnvelopeStatus:
        """Back to the team, whose cycle runs on, or to whoever asked."""
        self.assigned_to = None
        if self.team_id is not None:
            return S.PENDING
        self._leave_pending()
        self.awaiting = Awaiting.OWNER
        return S.DECLINED

    @transition(field=status, source=[S.PENDING, S.DECLINED], target=S.PENDING)
    def redirect(self, *, team: Team | None, agent: Agent | None, at: datetime, timeout_due_at: datetime) -> None:
        self.team, self.assigned_to = team, agent
        self._ask(at=at, timeout_due_at=timeout_due_at)

    @transition(field=status, source=S.ACTIVE, target=RETURN_VALUE(S.PENDING, S.DECLINED))
    def release(self, *, at: datetime, timeout_due_at: datetime) -> EnvelopeStatus:
        self.assigned_to = None
        if self.team_id is not None:
            self._ask(at=at, timeout_due_at=timeout_due_at)
            return S.PENDING
        self.accepted_at, self.awaiting = None, Awaiting.OWNER
        return S.DECLINED

    @transition(field=status, source=S.ACTIVE, target=S.COMPLETED)
    def complete(self, *, summary: str, outcome: str, at: datetime) -> None:
        self.summary, self.outcome = summary, outcome
        self.completed_at = self.ended_at = at

    @transition(field=status, source=[S.PENDING, S.ACTIVE, S.DECLINED], target=S.CANCELLED)
    def cancel(self, *, reason: str, at: datetime) -> None:
        self.cancel_reason = reason
        self.cancelled_at = self.ended_at = at
        self._leave_pending()

    @transition(field=status, source=S.COMPLETED, target=S.ACTIVE)
    def reopen(self) -> None:
        """Its summary stands on the main thread; a new one is due."""
        self.summary = self.outcome = ""
        self.completed_at = self.ended_at = None
        self.awaiting = Awaiting.EXPERT


for _name in ("accept", "decline", "redirect", "release", "complete", "cancel", "reopen"):
    getattr(Envelope, _name).alters_data = True  # a template must not be able to call it
