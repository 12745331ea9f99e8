from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import RETURN_VALUE, FSMField, FSMModelMixin, transition

from accounts.models import Agent, Company, Contact, Team
from core.history import audited_history
from core.models import BaseModel, new_id
from tickets.columns import ON_BOARDS
from tickets.enums import (
    OPEN,
    Channel,
    ClosureCode,
    FlagType,
    Grade,
    Priority,
    ResolutionCode,
    TicketStatus,
    TicketType,
    TransferReason,
)
from tickets.errors import OwnershipImmutable
from tickets.querysets import TicketQuerySet, due_sorted
from tickets.walls import TICKET_WALLS, TRANSFER_WALLS

S = TicketStatus
WAITING = (S.WAITING_CUSTOMER, S.WAITING_INTERNAL)
IS_OPEN = Q(status__in=[str(status) for status in OPEN])
RANKED = (F("priority_score").desc(), due_sorted(), F("created_at"), F("id"))
BY_DUE = (due_sorted(), F("priority_score").desc(), F("created_at"), F("id"))
"""As `QUEUE_ORDER` and `DUE_FIRST` order."""


class ReferenceCounter(models.Model):
    """Last number given in a year for a prefix; numbers are never used again."""

    prefix = models.CharField(max_length=5)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(name="referencecounter_once", fields=["prefix", "year"])]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}-{self.last:06}"


class Ticket(FSMModelMixin, BaseModel):
    """One request, owned by one agent from acceptance on. Source: domain.md sections 3 and 4."""

    reference = models.CharField(_("reference"), max_length=20, unique=True, editable=False)
    type = models.CharField(_("type"), max_length=16, choices=TicketType, default=TicketType.INCIDENT)
    subject = models.CharField(_("subject"), max_length=255)
    description = models.TextField(_("description"), blank=True)
    description_html = models.TextField(blank=True, editable=False)
    status = FSMField(_("status"), max_length=20, choices=TicketStatus, default=S.NEW, protected=True)
    priority = models.CharField(_("priority"), max_length=10, choices=Priority, default=Priority.MEDIUM)
    impact = models.CharField(_("impact"), max_length=10, choices=Grade, blank=True)
    urgency = models.CharField(_("urgency"), max_length=10, choices=Grade, blank=True)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel, default=Channel.EMAIL)
    category = models.ForeignKey(
        "tickets.Category",
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    product = models.CharField(_("product"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=35, blank=True)
    requester = models.ForeignKey(
        Contact, verbose_name=_("requester"), on_delete=models.PROTECT, related_name="tickets", db_index=False
    )
    company = models.ForeignKey(
        Company,
        verbose_name=_("company"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="tickets",
        db_index=False,
    )
    team = models.ForeignKey(
        Team, verbose_name=_("team"), on_delete=models.PROTECT, related_name="tickets", db_index=False
    )
    offered_to = models.ForeignKey(
        Agent,
        verbose_name=_("offered to"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    offered_at = models.DateTimeField(null=True, blank=True, editable=False)
    offer_lapses_at = models.DateTimeField(null=True, blank=True, editable=False)
    owner = models.ForeignKey(
        Agent,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="owned_tickets",
        db_index=False,
    )
    owner_accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True, editable=False)
    first_response_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_customer_message_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_public_reply_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_staff_activity_at = models.DateTimeField(null=True, blank=True, editable=False)
    waiting_since = models.DateTimeField(null=True, blank=True, editable=False)
    resolution_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    resolution_code = models.CharField(_("resolution"), max_length=20, choices=ResolutionCode, blank=True)
    resolution_note = models.TextField(_("resolution note"), blank=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True, editable=False)
    auto_closes_at = models.DateTimeField(null=True, blank=True, editable=False)
    customer_confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    value_delivered_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True, editable=False)
    closure_code = models.CharField(_("closure"), max_length=20, choices=ClosureCode, blank=True)
    reopen_count = models.PositiveSmallIntegerField(_("reopened"), default=0, editable=False)
    priority_score = models.DecimalField(max_digits=9, decimal_places=2, default=Decimal("40.00"), editable=False)
    score_breakdown = models.JSONField(default=dict, editable=False)
    flags = ArrayField(models.CharField(max_length=20, choices=FlagType), default=list, editable=False)
    """Types of its active `CaseFlag` rows, sorted; kept by `services.flags`, so that lists have them with the row."""
    follow_up_of = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="follow_ups"
    )
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="merged_tickets"
    )
    remote_images_allowed = models.BooleanField(default=False, editable=False)
    created_by = models.ForeignKey(
        Agent, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    tags = models.ManyToManyField(
        "tickets.Tag", through="tickets.TicketTag", verbose_name=_("tags"), related_name="tickets", blank=True
    )

    objects = TicketQuerySet.as_manager()
    history = audited_history(
        not_indexed=[
            "category",
            "requester",
            "company",
            "team",
            "offered_to",
            "owner",
            "follow_up_of",
            "merged_into",
            "created_by",
            "reference",
        ],
        excluded_fields=["description", "description_html", "score_breakdown", "flags"],
    )

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        triggers = TICKET_WALLS
        constraints = [
            models.CheckConstraint(
                name="ticket_owner_iff_accepted",
                condition=Q(owner__isnull=True, owner_accepted_at__isnull=True)
                | Q(owner__isnull=False, owner_accepted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="ticket_owned_by_status",
                condition=Q(status=S.NEW, owner__isnull=True)
                | Q(status=S.CANCELLED)
                | (Q(owner__isnull=False) & ~Q(status=S.NEW)),
            ),
            models.CheckConstraint(
                name="ticket_resolved_after_accepted",
                condition=Q(resolved_at__isnull=True) | Q(resolved_at__gte=F("owner_accepted_at")),
            ),
            models.CheckConstraint(
                name="ticket_offer_only_unowned",
                condition=Q(offered_to__isnull=True) | Q(owner__isnull=True, offered_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="ticket_newest", fields=["-created_at", "-id"]),
            models.Index(name="ticket_team_newest", fields=["team", "-created_at", "-id"]),
            models.Index(name="ticket_team_status", fields=["team", "status", "-created_at", "-id"]),
            models.Index(name="ticket_owner_newest", fields=["owner", "-created_at", "-id"], include=["team"]),
            models.Index(name="ticket_requester_newest", fields=["requester", "-created_at", "-id"]),
            models.Index(name="ticket_company_newest", fields=["company", "-created_at", "-id"]),
            models.Index(F("team"), *RANKED, name="ticket_open_team_ranked", condition=IS_OPEN),
            models.Index(F("owner"), *RANKED, name="ticket_open_owner_ranked", condition=IS_OPEN),
            # The orders a list is offered in (`tickets.sorting`): for one team and for many, for open tickets and all.
            models.Index(*RANKED, name="ticket_ranked"),
            models.Index(F("team"), *RANKED, name="ticket_team_ranked"),
            models.Index(name="ticket_status_newest", fields=["status", "-created_at", "-id"]),
            models.Index(*RANKED, name="ticket_open_ranked", condition=IS_OPEN),
            models.Index(*BY_DUE, name="ticket_due"),
            models.Index(*BY_DUE, name="ticket_open_due", condition=IS_OPEN),
            models.Index(F("team"), *BY_DUE, name="ticket_open_team_due", condition=IS_OPEN),
            models.Index(name="ticket_open_newest", fields=["-created_at", "-id"], condition=IS_OPEN),
            models.Index(name="ticket_open_team_newest", fields=["team", "-created_at", "-id"], condition=IS_OPEN),
            models.Index(name="ticket_open_status", fields=["status", "-created_at", "-id"], condition=IS_OPEN),
            models.Index(name="ticket_open_company", fields=["company", "-created_at", "-id"], condition=IS_OPEN),
            models.Index(
                name="ticket_boards",
                fields=["team"],
                include=[
                    *("status", "priority", "owner", "offered_to", "company", "requester"),
                    *("priority_score", "resolution_due_at", "created_at", "id"),
                ],
                condition=Q(status__in=[str(status) for status in ON_BOARDS]),
            ),
            models.Index(name="ticket_offered", fields=["offered_to"], condition=Q(offered_to__isnull=False)),
            models.Index(
                name="ticket_offer_due", fields=["offer_lapses_at"], condition=Q(offer_lapses_at__isnull=False)
            ),
            models.Index(name="ticket_close_due", fields=["auto_closes_at"], condition=Q(status=S.RESOLVED)),
            # What figures of a period look for (`reports.measures`).
            models.Index(
                name="ticket_resolved", fields=["resolved_at"], include=["team"], condition=Q(resolved_at__isnull=False)
            ),
            models.Index(
                name="ticket_closed", fields=["closed_at"], include=["team"], condition=Q(closed_at__isnull=False)
            ),
            models.Index(name="ticket_reopened", fields=["team"], condition=Q(reopen_count__gt=0)),
            GinIndex(OpClass(Upper("subject"), "gin_trgm_ops"), name="ticket_subject_trgm"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.subject}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_ended(self) -> bool:
        """Closed or cancelled: nothing but tags, links and an unmerge changes it."""
        return self.status in (S.CLOSED, S.CANCELLED)

    @property
    def has_unanswered_message(self) -> bool:
        """The customer wrote after our last public reply."""
        if self.last_customer_message_at is None:
            return False
        return self.last_public_reply_at is None or self.last_public_reply_at < self.last_customer_message_at

    @transition(field=status, source=S.NEW, target=S.IN_PROGRESS)
    def accept(self, *, owner: Agent, at: datetime) -> None:
        self.owner, self.owner_accepted_at = owner, at
        self.offered_to = self.offered_at = self.offer_lapses_at = None

    @transition(field=status, source=[S.IN_PROGRESS, S.WAITING_INTERNAL], target=S.WAITING_CUSTOMER)
    def wait_for_customer(self, *, at: datetime) -> None:
        self.waiting_since = at

    @transition(field=status, source=S.IN_PROGRESS, target=S.WAITING_INTERNAL)
    def wait_for_colleagues(self, *, at: datetime) -> None:
        self.waiting_since = at

    @transition(field=status, source=S.WAITING_CUSTOMER, target=S.IN_PROGRESS)
    def customer_replied(self) -> None:
        self.waiting_since = None

    @transition(field=status, source=list(WAITING), target=S.IN_PROGRESS)
    def resume(self) -> None:
        self.waiting_since = None

    @transition(field=status, source=[S.IN_PROGRESS, *WAITING], target=S.RESOLVED)
    def resolve(self, *, code: ResolutionCode, note: str, at: datetime, auto_closes_at: datetime) -> None:
        self.resolution_code, self.resolution_note = code, note
        self.resolved_at = self.value_delivered_at = at
        self.auto_closes_at, self.waiting_since = auto_closes_at, None

    @transition(field=status, source=S.RESOLVED, target=S.CLOSED)
    def confirm(self, *, at: datetime) -> None:
        self.customer_confirmed_at = self.closed_at = at
        self.closure_code, self.auto_closes_at = ClosureCode.CONFIRMED, None

    @transition(field=status, source=S.RESOLVED, target=S.CLOSED)
    def auto_close(self, *, at: datetime) -> None:
        self.closed_at = at
        self.closure_code, self.auto_closes_at = ClosureCode.AUTO_CLOSED, None

    @transition(field=status, source=S.RESOLVED, target=S.IN_PROGRESS)
    def reopen(self) -> None:
        self.reopen_count += 1
        self.resolved_at = self.value_delivered_at = self.auto_closes_at = None

    @transition(field=status, source=[S.NEW, S.IN_PROGRESS, *WAITING], target=S.CANCELLED)
    def cancel(self, *, code: ClosureCode, at: datetime) -> None:
        self.closure_code, self.closed_at = code, at
        self.offered_to = self.offered_at = self.offer_lapses_at = self.waiting_since = None

    def merge(self, *, into: "Ticket", at: datetime) -> None:
        """End as a duplicate of `into`."""
        self.cancel(code=ClosureCode.DUPLICATE, at=at)
        self.merged_into = into

    @transition(field=status, source=S.CANCELLED, target=RETURN_VALUE(S.NEW, S.IN_PROGRESS, *WAITING))
    def unmerge(self, *, former: TicketStatus, waiting_since: datetime | None) -> TicketStatus:
        self.closure_code, self.closed_at, self.merged_into = "", None, None
        self.waiting_since = waiting_since
        return former

    @transition(field=status, source=S.CANCELLED, target=S.NEW)
    def restore(self) -> None:
        """Undo of a cancellation that was itself only a consequence; services see that nobody owned the ticket."""
        self.closure_code, self.closed_at = "", None

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Second wall of ownership: an owner that differs from the loaded one is not saved, except by its two
        services.
        """
        is_owned = not self._state.adding and self._loaded_owner_id is not None
        if is_owned and self.owner_id != self._loaded_owner_id and not self._transfer_recorded:
            raise OwnershipImmutable(reference=self.reference)
        super().save(*args, **kwargs)
        self._loaded_owner_id, self._transfer_recorded = self.owner_id, False

    first_entry: Any = None
    """The timeline entry it began with, on a ticket that `create_ticket` has just made."""
    _loaded_owner_id: Any = None
    _transfer_recorded: bool = False
    """Set by `hand_over`, which the transfer service calls after it has written the transfer's row."""

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any, **options: Any) -> "Ticket":
        ticket = super().from_db(db, field_names, values, **options)
        ticket.__dict__["_loaded_owner_id"] = ticket.__dict__.get("owner_id")
        return ticket

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        self._loaded_owner_id = self.__dict__.get("owner_id", self._loaded_owner_id)

    def hand_over(self, transfer: "OwnershipTransfer") -> None:
        """Take the new owner of a recorded transfer; the database looks for its row."""
        self.owner, self._transfer_recorded = transfer.new_owner, True


for _name in (
    "accept",
    "wait_for_customer",
    "wait_for_colleagues",
    "customer_replied",
    "resume",
    "resolve",
    "confirm",
    "auto_close",
    "reopen",
    "cancel",
    "merge",
    "unmerge",
    "restore",
    "hand_over",
):
    getattr(Ticket, _name).alters_data = True  # a template must not be able to call it


class OwnershipTransfer(models.Model):
    """The one exception to immutable ownership, recorded. The database checks its facts and that it is never
    changed.
    """

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="transfers")
    old_owner = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    new_owner = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    reason_code = models.CharField(_("reason"), max_length=20, choices=TransferReason)
    reason = models.TextField(_("explanation"))
    authorised_by = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    transaction_id = models.BigIntegerField(default=0, editable=False)
    """Stamped by the database: the transaction in which the ticket's owner may change accordingly."""

    class Meta:
        verbose_name = _("ownership transfer")
        verbose_name_plural = _("ownership transfers")
        ordering = ["-created_at"]
        triggers = TRANSFER_WALLS

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.old_owner_id} → {self.new_owner_id}"
