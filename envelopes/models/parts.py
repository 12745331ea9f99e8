from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.history import audited_history
from core.models import BaseModel
from envelopes.models.envelope import Envelope
from envelopes.querysets import HelpOfferQuerySet
from envelopes.walls import POST_WALLS, TASK_WALLS, VENDOR_WALLS
from tickets.models import OutboundMessage, Task, TimelineEntry


class EnvelopeParticipant(BaseModel):
    """An expert of an envelope: who accepted it, and whom they or the owner have invited."""

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="participants")
    agent = models.ForeignKey(
        Agent, verbose_name=_("expert"), on_delete=models.PROTECT, related_name="envelope_participations"
    )
    invited_by = models.ForeignKey(
        Agent, verbose_name=_("invited by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    """None: accepted it."""
    left_at = models.DateTimeField(_("left at"), null=True, editable=False)
    """Released it; the row stays, as the person has helped."""

    history = audited_history(not_indexed=["invited_by", "agent"])

    class Meta:
        verbose_name = _("expert of an envelope")
        verbose_name_plural = _("experts of envelopes")
        constraints = [
            models.UniqueConstraint(
                name="envelopeparticipant_once", fields=["envelope", "agent"], condition=Q(left_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return str(self.agent)


class HelpOffer(BaseModel):
    """A colleague who was not asked says that they can help. It gives neither sight nor part in the envelope: whoever
    may ask others takes it or leaves it. It says nothing in words, since its author reads none either.
    """

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="offers")
    agent = models.ForeignKey(Agent, verbose_name=_("colleague"), on_delete=models.PROTECT, related_name="help_offers")
    taken_at = models.DateTimeField(_("taken at"), null=True, editable=False)
    taken_by = models.ForeignKey(
        Agent, verbose_name=_("taken by"), null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    withdrawn_at = models.DateTimeField(_("taken back at"), null=True, editable=False)

    objects = HelpOfferQuerySet.as_manager()
    history = audited_history(not_indexed=["agent", "taken_by"])

    class Meta:
        verbose_name = _("offer of help")
        verbose_name_plural = _("offers of help")
        constraints = [
            models.UniqueConstraint(
                name="helpoffer_once",
                fields=["envelope", "agent"],
                condition=Q(taken_at__isnull=True, withdrawn_at__isnull=True),
            ),
            models.CheckConstraint(
                name="helpoffer_one_end", condition=Q(taken_at__isnull=True) | Q(withdrawn_at__isnull=True)
            ),
            models.CheckConstraint(
                name="helpoffer_taken_by_somebody",
                condition=Q(taken_at__isnull=True, taken_by__isnull=True)
                | Q(taken_at__isnull=False, taken_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.agent)


class EnvelopePost(models.Model):
    """Says that an entry belongs to an envelope's thread. Append-only: what was written aside never gets elsewhere."""

    append_only: ClassVar[bool] = True

    entry = models.OneToOneField(
        TimelineEntry, primary_key=True, on_delete=models.PROTECT, related_name="envelope_post"
    )
    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="posts")

    class Meta:
        verbose_name = _("post in an envelope")
        verbose_name_plural = _("posts in envelopes")
        triggers = POST_WALLS

    def __str__(self) -> str:
        return str(self.entry_id)


class VendorMessage(models.Model):
    """Says that a mail of the outbox is written out of an envelope, to its vendor. Append-only."""

    append_only: ClassVar[bool] = True

    outbound = models.OneToOneField(
        OutboundMessage, primary_key=True, on_delete=models.PROTECT, related_name="vendor_message"
    )
    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="vendor_messages")

    class Meta:
        verbose_name = _("mail to a vendor")
        verbose_name_plural = _("mails to vendors")
        triggers = VENDOR_WALLS

    def __str__(self) -> str:
        return str(self.outbound_id)


class EnvelopeTask(models.Model):
    """Says that a task is part of an envelope, and is seen by those who read it. Append-only."""

    append_only: ClassVar[bool] = True

    task = models.OneToOneField(Task, primary_key=True, on_delete=models.PROTECT, related_name="envelope_task")
    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="tasks")

    class Meta:
        verbose_name = _("task of an envelope")
        verbose_name_plural = _("tasks of envelopes")
        triggers = TASK_WALLS

    def __str__(self) -> str:
        return str(self.task_id)


class EnvelopeBookmark(BaseModel):
    """How far a person has read an envelope's thread."""

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="bookmarks")
    person = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")  # only concerns the person
    seq = models.BigIntegerField()
    """Of the last entry they have seen."""

    class Meta:
        verbose_name = _("bookmark in an envelope")
        verbose_name_plural = _("bookmarks in envelopes")
        constraints = [models.UniqueConstraint(name="envelopebookmark_once", fields=["envelope", "person"])]

    def __str__(self) -> str:
        return f"{self.envelope_id}: {self.seq}"
