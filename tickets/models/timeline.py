from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, ApiClient, Contact
from core.models import new_id
from core.writing import QuickWrite
from tickets.enums import CUSTOMER_FACING, AuthorType, EntryKind, Visibility
from tickets.models.ticket import Ticket
from tickets.querysets import TimelineQuerySet
from tickets.walls import TIMELINE_WALLS

UNVERIFIED = "unverified"
"""In the facts of a mail's entry: which check of its sender has failed."""
SIGNED, ENCRYPTED = "signed", "encrypted"
"""In the facts of a mail's entry, true where it is: nothing is verified, and nothing decrypted."""


class TimelineEntry(QuickWrite):
    """One thing that happened on a ticket. Append-only in earnest: the database refuses changes, save a redaction
    (ruling 11).
    """

    append_only: ClassVar[bool] = True
    redactable_columns: ClassVar[tuple[str, ...]] = (
        "body_text",
        "body_html",
        "redacted_at",
        "redacted_by_id",
        "redaction_reason",
    )

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seq = models.BigIntegerField(
        unique=True, editable=False, db_default=Func(Value("tickets_timelineentry_seq_seq"), function="nextval")
    )
    """Order of the timeline: ids of one transaction do not tell it (ruling 4). An identity column since migration
    0002.
    """
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="entries", db_index=False)
    kind = models.CharField(max_length=20, choices=EntryKind)
    visibility = models.CharField(max_length=15, choices=Visibility)
    author_type = models.CharField(max_length=10, choices=AuthorType)
    author = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    api_client = models.ForeignKey(
        ApiClient, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    author_name = models.CharField(max_length=255)
    on_behalf_of = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    subject = models.TextField(blank=True)
    body_text = models.TextField(blank=True)
    body_html = models.TextField(blank=True)
    facts = models.JSONField(default=dict, blank=True)
    """What a system entry tells, as data; `tickets.wording` puts it into the reader's language."""
    email_message_id = models.TextField(blank=True)
    email_from = models.TextField(blank=True)
    email_to = ArrayField(models.TextField(), default=list, blank=True)
    email_cc = ArrayField(models.TextField(), default=list, blank=True)
    in_reply_to = models.TextField(blank=True)
    external_ref = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    redacted_at = models.DateTimeField(null=True, blank=True, editable=False)
    redacted_by = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    redaction_reason = models.TextField(blank=True)

    objects = TimelineQuerySet.as_manager()

    class Meta:
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline entries")
        triggers = TIMELINE_WALLS
        constraints = [
            models.CheckConstraint(
                name="timelineentry_public_kinds",
                condition=~Q(visibility=Visibility.PUBLIC) | Q(kind__in=[str(kind) for kind in CUSTOMER_FACING]),
            )
        ]
        indexes = [models.Index(name="timelineentry_order", fields=["ticket", "seq"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.seq}"

    @property
    def failed_check(self) -> str:
        """Which check of a mail's sender has failed, such as dmarc=fail; empty if none has."""
        return str(self.facts.get(UNVERIFIED, ""))

    @property
    def is_signed(self) -> bool:
        """Whether a mail carries a signature, which nobody has verified."""
        return bool(self.facts.get(SIGNED))

    @property
    def is_encrypted(self) -> bool:
        """Whether a mail, or a part of it, can be read with a key alone."""
        return bool(self.facts.get(ENCRYPTED))

    @property
    def is_public(self) -> bool:
        return self.visibility == Visibility.PUBLIC
