"""Shared mailboxes, the ledger of everything that came in, and blocked senders."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from accounts.models import Agent, Team
from connectors.base.models import Connection
from connectors.mail.drafts import GraphDraft  # noqa: F401  # Django looks for models here
from connectors.mail.enums import Backend, BrakeKind, MailState, Reason, Source
from connectors.mail.querysets import BrakeQuerySet, MailboxQuerySet, MailMessageQuerySet
from connectors.mail.subscriptions import GraphSubscription  # noqa: F401  # as above
from core.history import audited_history
from core.models import BaseModel
from core.walls import append_only
from envelopes.models import Envelope
from tickets.models import OutboundMessage, Ticket, TimelineEntry

S = MailState

MAX_ID = 500
"""Characters of a Message-ID that are stored and compared: what an index row can hold. Real ones stay far below."""


ACTED = Q(state__in=[S.CREATED, S.APPENDED, S.RECORDED], entry__isnull=False)
"""Mails that stand on a ticket: what the brakes count."""


class Mailbox(BaseModel):
    """A shared address of a team: what is written to it becomes its tickets, and its mails go out in its name."""

    address = models.EmailField(_("address"), max_length=320, help_text=_("In lower case"))
    name = models.CharField(
        _("name"), max_length=150, blank=True, help_text=_("Sender of automatic mails; empty: the team's name")
    )
    backend = models.CharField(_("kind"), max_length=10, choices=Backend, default=Backend.FILES)
    connection = models.ForeignKey(
        Connection,
        verbose_name=_("connection"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="mailboxes",
        help_text=_("For Microsoft 365: the connection that signs in for it"),
    )
    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.PROTECT, related_name="mailboxes")
    is_active = models.BooleanField(_("active"), default=True)
    sends_acknowledgement = models.BooleanField(_("acknowledges new tickets"), default=True)
    takes_plus_addresses = models.BooleanField(
        _("answers come to addresses that name their ticket"),
        default=False,
        help_text=_("Only where its mail server delivers support+anything@ to support@."),
    )
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    last_polled_at = models.DateTimeField(_("last read at"), null=True, blank=True, editable=False)
    last_error = models.TextField(_("last error"), blank=True, editable=False)
    failed_polls = models.PositiveIntegerField(_("failed attempts in a row"), default=0, editable=False)
    next_poll_at = models.DateTimeField(_("read again at"), null=True, blank=True, editable=False)
    polled_until = models.DateTimeField(null=True, blank=True, editable=False)
    """Until when one worker has this mailbox to itself, if its kind is read over a network."""
    position = models.JSONField(default=dict, blank=True, editable=False)
    """Where reading goes on; a short cut that may be lost, as the ledger knows what is here."""
    read_to = models.DateTimeField(null=True, blank=True, editable=False)
    """What had come by then was all taken in, as the last look that reached the end of the mailbox tells."""
    reconciled_at = models.DateTimeField(_("last compared with the ledger at"), null=True, blank=True, editable=False)
    comparing_until = models.DateTimeField(null=True, blank=True, editable=False)
    """Until when one worker compares it; then that one is taken for dead, and another goes on."""
    comparing = models.JSONField(default=dict, blank=True, editable=False)
    """How far a comparison has come that is not at its end (`reconciliation.Progress`)."""
    reconciliation = models.JSONField(_("result of the comparison"), default=dict, blank=True, editable=False)
    """`present`, `known`, `taken_in`, `gone`: counts; `missing`: names at the source that the ledger does not know,
    the first of `missing_count`; `error` instead if the mailbox could not be read.
    """

    objects = MailboxQuerySet.as_manager()
    history = audited_history(
        excluded_fields=[
            "last_polled_at",
            "last_error",
            "failed_polls",
            "next_poll_at",
            "polled_until",
            "position",
            "read_to",
            "reconciled_at",
            "comparing_until",
            "comparing",
            "reconciliation",
        ]
    )

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        ordering = ["address"]
        constraints = [
            models.UniqueConstraint(
                fields=["address"],
                name="mailbox_address_once",
                violation_error_message=_("There is already a mailbox with this address."),
            ),
            models.CheckConstraint(
                name="mailbox_address_lower",
                condition=Q(address=Lower("address")),
                violation_error_message=_("Write the address in lower case."),
            ),
            models.CheckConstraint(
                name="mailbox_connected_if_graph",
                condition=Q(backend=Backend.GRAPH, connection__isnull=False)
                | (~Q(backend=Backend.GRAPH) & Q(connection__isnull=True)),
                violation_error_message=_("A mailbox in Microsoft 365 needs a connection, and others have none."),
            ),
        ]

    def __str__(self) -> str:
        return self.address

    @property
    def display_name(self) -> str:
        return self.name or self.team.name


class RawMail(models.Model):
    """The bytes of a mail as they came, stored before anything else; the same bytes once. Append-only."""

    append_only: ClassVar[bool] = True

    sha256 = models.CharField(primary_key=True, max_length=64, editable=False)
    content = models.BinaryField()
    size_bytes = models.PositiveBigIntegerField()
    """Of the mail itself: larger than `content` if that is cut at `MAX_STORED_BYTES`."""
    stored_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("raw mail")
        verbose_name_plural = _("raw mails")
        triggers = append_only("rawmail")

    def __str__(self) -> str:
        return self.sha256


class MailMessage(FSMModelMixin, BaseModel):
    """The ledger: one row for each time a mail came in, with what became of it and why (email.md section 1)."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="messages", db_index=False)
    raw = models.ForeignKey(RawMail, on_delete=models.PROTECT, related_name="messages")
    source = models.CharField(_("way in"), max_length=10, choices=Source)
    provider_id = models.TextField()
    """The mail's name at its source: the file's in a Maildir."""
    received_at = models.DateTimeField(_("received at"), default=timezone.now, editable=False)
    state = FSMField(_("state"), max_length=12, choices=MailState, default=S.RECEIVED, protected=True)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True)
    detail = models.TextField(_("detail"), blank=True)
    evidence = models.JSONField(_("evidence"), default=dict, blank=True)
    """What decided: `rule`, `matched`, `confidence`, `signs` of automatic mail, `defects`, `flags`; of the mail itself
    `signed`, `encrypted` and `sanitiser`, the version that has cleaned its HTML.
    """
    kind = models.CharField(_("kind"), max_length=20, blank=True)
    message_id = models.TextField(blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    identity = models.CharField(max_length=64, null=True, blank=True, editable=False)  # noqa: DJ001  # null: not unique
    """Of Message-ID and content; the unique constraint on it is what makes a mail count once (email.md section 2)."""
    references = ArrayField(models.TextField(), default=list, blank=True)
    conversation = models.CharField(max_length=64, blank=True, editable=False)
    """The mail program's name for it, as `connectors.mail.thread_index` reads it; it counts within the mailbox."""
    from_address = models.TextField(_("sender"), blank=True)
    subject = models.TextField(_("subject"), blank=True)
    reply_text = models.TextField(blank=True)
    """The body without quoted history, where that is less than the body: a view, never a replacement."""
    ticket = models.ForeignKey(Ticket, null=True, blank=True, on_delete=models.PROTECT, related_name="mail_messages")
    entry = models.ForeignKey(
        TimelineEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="mail_messages"
    )
    duplicate_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="duplicates", db_index=False
    )
    released_by = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    chosen_envelope = models.ForeignKey(
        Envelope, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    """Of several that it names the one that somebody has chosen for it."""
    processed_at = models.DateTimeField(null=True, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    """Of sender, subject and words: mails that say the same have the same, whatever their ids and dates."""
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    objects = MailMessageQuerySet.as_manager()
    history = audited_history(
        not_indexed=["mailbox", "raw", "ticket", "entry", "duplicate_of", "released_by", "chosen_envelope"],
        excluded_fields=[
            *("reply_text", "references", "conversation", "fingerprint"),
            *("leased_until", "last_error", "attempts", "next_attempt_at"),
        ],
    )

    class Meta:
        verbose_name = _("incoming mail")
        verbose_name_plural = _("incoming mails")
        constraints = [
            models.UniqueConstraint(name="mailmessage_received_once", fields=["mailbox", "provider_id", "raw"]),
            models.UniqueConstraint(name="mailmessage_identity_once", fields=["identity"]),
            models.CheckConstraint(
                name="mailmessage_outcome_has_reason", condition=Q(state=S.RECEIVED) | ~Q(reason="")
            ),
            models.CheckConstraint(
                name="mailmessage_on_a_ticket",
                condition=~Q(state__in=[S.CREATED, S.APPENDED]) | Q(ticket__isnull=False, entry__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="mailmessage_due", fields=["next_attempt_at", "id"], condition=Q(state=S.RECEIVED)),
            models.Index(name="mailmessage_mailbox_newest", fields=["mailbox", "-received_at", "-id"]),
            models.Index(name="mailmessage_quarantined", fields=["mailbox"], condition=Q(state=S.QUARANTINED)),
            models.Index(Lower("from_address"), "processed_at", name="mailmessage_acted_sender", condition=ACTED),
            models.Index(name="mailmessage_acted_ticket", fields=["ticket", "processed_at"], condition=ACTED),
            models.Index(name="mailmessage_acted_content", fields=["fingerprint", "processed_at"], condition=ACTED),
            models.Index(name="mailmessage_copies", fields=["duplicate_of"], condition=Q(duplicate_of__isnull=False)),
            models.Index(name="mailmessage_message_id", fields=["message_id"], condition=~Q(message_id="")),
            models.Index(
                name="mailmessage_conversation", fields=["mailbox", "conversation"], condition=~Q(conversation="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject or self.message_id or self.provider_id} ({self.get_state_display()})"

    @property
    def has_outcome(self) -> bool:
        return bool(self.state != S.RECEIVED)

    def _conclude(self, reason: Reason, detail: str, at: datetime) -> None:
        self.reason, self.detail, self.processed_at = reason, detail[:2000], at
        self.leased_until = self.next_attempt_at = None
        self.last_error = ""

    @transition(field=state, source=S.RECEIVED, target=S.CREATED)
    def create(self, ticket: Ticket, entry_id: UUID, *, reason: Reason, at: datetime) -> None:
        self.ticket, self.entry_id = ticket, entry_id
        self._conclude(reason, "", at)

    @transition(field=state, source=S.RECEIVED, target=S.APPENDED)
    def append(self, ticket: Ticket, entry_id: UUID, *, reason: Reason, at: datetime) -> None:
        self.ticket, self.entry_id = ticket, entry_id
        self._conclude(reason, "", at)

    @transition(field=state, source=S.RECEIVED, target=S.POSTED)
    def post(self, entry_id: UUID, *, reason: Reason, at: datetime) -> None:
        """On no ticket: it stands in an envelope, and its row is for those who read that (`EnvelopeMail`)."""
        self.entry_id = entry_id
        self._conclude(reason, "", at)

    @transition(field=state, source=S.RECEIVED, target=S.RECORDED)
    def keep(
        self, *, reason: Reason, at: datetime, ticket: Ticket | None = None, entry: TimelineEntry | None = None
    ) -> None:
        self.ticket, self.entry = ticket, entry
        self._conclude(reason, "", at)

    @transition(field=state, source=S.RECEIVED, target=S.DUPLICATE)
    def repeat(self, original: "MailMessage", *, at: datetime) -> None:
        self.duplicate_of, self.ticket_id, self.entry_id = original, original.ticket_id, original.entry_id
        self._conclude(Reason.SAME_MAIL, "", at)

    @transition(field=state, source=S.RECEIVED, target=S.QUARANTINED)
    def quarantine(self, *, reason: Reason, at: datetime, detail: str = "") -> None:
        self._conclude(reason, detail, at)

    @transition(field=state, source=S.QUARANTINED, target=S.RECEIVED)
    def run_again(
        self, *, at: datetime, released_by: Agent | None = None, chosen_envelope: Envelope | None = None
    ) -> None:
        self.released_by = released_by or self.released_by
        self.chosen_envelope = chosen_envelope or self.chosen_envelope
        self.reason, self.detail, self.processed_at = "", "", None
        self.attempts, self.next_attempt_at = 0, at


for _name in ("create", "append", "keep", "repeat", "quarantine", "run_again"):
    getattr(MailMessage, _name).alters_data = True  # a template must not be able to call it


class Handover(BaseModel):
    """How the outside took an outgoing mail: by recipient, and whether a copy lies in the mailbox's Sent folder."""

    outbound = models.OneToOneField(OutboundMessage, on_delete=models.PROTECT, related_name="handover")
    accepted = ArrayField(models.TextField(), default=list, blank=True)
    """Addresses for which the mail server has taken the mail; they get it no second time."""
    refused = models.JSONField(default=dict, blank=True)
    """Addresses refused for good, with the server's words."""
    is_unclear = models.BooleanField(default=False)
    """The connection was lost between the last byte and the server's answer."""
    copy_for = models.ForeignKey(
        Mailbox, null=True, blank=True, on_delete=models.PROTECT, related_name="sent_copies", db_index=False
    )
    """The mailbox whose Sent folder gets a copy; null where none is kept."""
    copy_due_at = models.DateTimeField(null=True, blank=True)
    """When to file it next; null once that is done or given up."""
    copy_attempts = models.PositiveIntegerField(default=0)
    copied_at = models.DateTimeField(null=True, blank=True)
    copy_error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")
        indexes = [
            models.Index(name="handover_copy_due", fields=["copy_due_at"], condition=Q(copy_due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return str(self.outbound_id)


class EnvelopeMail(models.Model):
    """Says that a mail names an envelope, so that its ledger row is for the envelope's readers alone. Append-only."""

    append_only: ClassVar[bool] = True

    message = models.ForeignKey(MailMessage, on_delete=models.PROTECT, related_name="envelope_mails", db_index=False)
    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="mails")

    class Meta:
        verbose_name = _("mail of an envelope")
        verbose_name_plural = _("mails of envelopes")
        constraints = [models.UniqueConstraint(name="envelopemail_once", fields=["message", "envelope"])]
        triggers = append_only("envelopemail")

    def __str__(self) -> str:
        return f"{self.message_id}: {self.envelope_id}"


class BlockedSender(BaseModel):
    """An address whose mails go to quarantine; there they stay visible, since nothing is dropped."""

    address = models.EmailField(_("address"), max_length=320)
    blocked_by = models.ForeignKey(
        Agent, verbose_name=_("blocked by"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(_("reason"), blank=True, max_length=500)

    history = audited_history(not_indexed=["blocked_by"])

    class Meta:
        verbose_name = _("blocked sender")
        verbose_name_plural = _("blocked senders")
        ordering = ["address"]
        constraints = [models.UniqueConstraint(Lower("address"), name="blockedsender_once")]

    def __str__(self) -> str:
        return self.address


class Brake(BaseModel):
    """What holds mails back for a while because there were too many: drawn by the system, over by itself or lifted.

    One row for each thing it looks at (`kind`, `key`) in a mailbox; drawn again, the same row starts anew.
    """

    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="brakes")
    kind = models.CharField(_("brake"), max_length=10, choices=BrakeKind)
    key = models.CharField(max_length=320)
    """Sender's address in lower case, ticket's id, fingerprint; of our answers the contact's or the mailbox's id."""
    about = models.CharField(_("about"), max_length=400)
    """The key as people read it: address, reference, subject."""
    ticket = models.ForeignKey(
        Ticket, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    counted = models.PositiveIntegerField()
    window_minutes = models.PositiveIntegerField()
    started_at = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"))
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = BrakeQuerySet.as_manager()
    history = audited_history(not_indexed=["mailbox", "ticket", "lifted_by"])

    class Meta:
        verbose_name = _("brake")
        verbose_name_plural = _("brakes")
        constraints = [models.UniqueConstraint(name="brake_once", fields=["mailbox", "kind", "key"])]
        indexes = [models.Index(name="brake_until", fields=["until"], condition=Q(lifted_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.about}"

    def holds(self, at: datetime) -> bool:
        return self.lifted_at is None and at < self.until

    @property
    def ended_at(self) -> datetime:
        """Since when it is counted anew."""
        return self.lifted_at or self.until
