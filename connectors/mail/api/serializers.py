"""Ledger rows as the API shows them, and what clients send about them."""

from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from connectors.mail.decisions import failed_check
from connectors.mail.enums import MailState, Reason, Source, Station
from connectors.mail.envelope_threads import envelopes_of
from connectors.mail.models import MailMessage
from connectors.mail.policies import may_choose, may_move, may_release, may_retry, may_undo_move
from connectors.mail.sight import Sight
from core.api.fields import In, Instant, Line, OffsetInstant, Out, Query, Text, person
from tickets.enums import SendWhen
from tickets.models.timeline import ENCRYPTED, SIGNED


class MailRowOut(Out):
    """One mail that came in, and what became of it."""

    id = serializers.UUIDField()
    mailbox = serializers.CharField(source="mailbox.address")
    source = serializers.ChoiceField(choices=Source.choices)  # type: ignore[assignment]  # the ledger's name for it
    received_at = Instant()
    processed_at = Instant(allow_null=True)
    state = serializers.ChoiceField(choices=MailState.choices)
    reason = serializers.ChoiceField(choices=Reason.choices, allow_blank=True)
    detail = serializers.SerializerMethodField()
    kind = serializers.CharField()
    message_id = serializers.CharField()
    from_address = serializers.CharField()
    failed_check = serializers.SerializerMethodField(help_text="of a sender who could not be verified: dmarc=fail")
    is_signed = serializers.SerializerMethodField(help_text="it carries a signature, which is not verified")
    is_encrypted = serializers.SerializerMethodField(help_text="it is read with a key alone")
    subject = serializers.CharField()
    ticket = serializers.SerializerMethodField(help_text="reference, if you see the ticket")
    entry = serializers.SerializerMethodField(help_text="if you see the ticket")
    duplicate_of = serializers.UUIDField(source="duplicate_of_id", allow_null=True)
    released_by = person()
    attempts = serializers.IntegerField()
    next_attempt_at = Instant(allow_null=True)
    created_at = Instant()
    updated_at = Instant()
    version = serializers.IntegerField()

    @property
    def sight(self) -> Sight:
        found: Sight = self.context["sight"]
        return found

    def get_detail(self, message: MailMessage) -> str:
        return self.sight.text(message.detail)

    def get_failed_check(self, message: MailMessage) -> str:
        return failed_check(message)

    def get_is_signed(self, message: MailMessage) -> bool:
        return bool(message.evidence.get(SIGNED))

    def get_is_encrypted(self, message: MailMessage) -> bool:
        return bool(message.evidence.get(ENCRYPTED))

    @extend_schema_field({"type": ["string", "null"]})
    def get_ticket(self, message: MailMessage) -> str | None:
        return self.sight.reference(message.ticket) or None

    @extend_schema_field({"type": ["string", "null"], "format": "uuid"})
    def get_entry(self, message: MailMessage) -> UUID | None:
        return message.entry_id if self.sight.sees(message.ticket) else None


class RawMailOut(Out):
    """The bytes as they came; they are read at `url`."""

    sha256 = serializers.CharField()
    size_bytes = serializers.IntegerField(help_text="of the mail itself, which is stored up to a limit")
    stored_at = Instant()
    url = serializers.URLField()


class MailOut(MailRowOut):
    provider_id = serializers.CharField(help_text="its name at the source")
    references = serializers.ListField(child=serializers.CharField())
    evidence = serializers.SerializerMethodField(
        help_text="what decided: rule, matched, confidence, passed_over, signs, defects, flags; of the mail signed, "
        "encrypted, sanitiser"
    )
    reply_text = serializers.CharField(help_text="the body without quoted history, where that is less")
    last_error = serializers.SerializerMethodField()
    envelopes = serializers.SerializerMethodField(help_text="ids of those that it names; of a mail on no ticket")
    raw = serializers.SerializerMethodField()
    allowed = serializers.SerializerMethodField(help_text="steps that lead on from this state and are yours")

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_evidence(self, message: MailMessage) -> dict[str, object]:
        return self.sight.evidence(message)

    def get_last_error(self, message: MailMessage) -> str:
        return self.sight.error(message)

    @extend_schema_field({"type": "array", "items": {"type": "string", "format": "uuid"}})
    def get_envelopes(self, message: MailMessage) -> list[UUID]:
        return [] if message.ticket_id else list(envelopes_of(message).values_list("pk", flat=True))

    @extend_schema_field(RawMailOut)
    def get_raw(self, message: MailMessage) -> dict[str, object]:
        url = self.context["request"].build_absolute_uri(f"/api/v1/mail/messages/{message.pk}/raw/")
        facts = {"sha256": message.raw.sha256, "size_bytes": message.raw.size_bytes}
        return dict(RawMailOut(facts | {"stored_at": message.raw.stored_at, "url": url}).data)

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_allowed(self, message: MailMessage) -> list[str]:
        """Of those, what this reader may do."""
        actor = self.context["actor"]
        if message.state != MailState.QUARANTINED:
            steps = {"move": may_move(actor, message), "undo_move": may_undo_move(actor, message)}
        else:
            steps = {"release": may_release(actor, message), "retry": may_retry(actor, message)}
            steps |= {"choose": may_choose(actor, message)}
        return [step for step, may in steps.items() if may]


class MailQuery(Query):
    state = serializers.MultipleChoiceField(
        required=False,
        choices=[*MailState.choices, *Station.choices],
        help_text="besides the states parsed: received and read, waiting for another attempt; and failed: in "
        "quarantine because it could not be read, was refused or was given up",
    )
    reason = serializers.ChoiceField(required=False, choices=Reason.choices)
    mailbox = serializers.CharField(required=False, max_length=320, help_text="its address")
    ticket = serializers.CharField(required=False, max_length=20, help_text="reference")
    message_id = serializers.CharField(required=False, max_length=500)
    received_after = Instant(required=False)


class MailVersionIn(In):
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the one you saw")


class MailChooseIn(MailVersionIn):
    envelope = serializers.UUIDField(help_text="one of those that the mail names")


class MailMoveIn(MailVersionIn):
    ticket = serializers.CharField(max_length=20, help_text="reference of the ticket where the mail belongs")


class PreviewIn(In):
    """As a reply is sent."""

    asked = ("body",)
    body = Text(required=False, allow_blank=True, default="")
    cc = serializers.ListField(
        required=False, child=Line(allow_blank=True, max_length=320), default=list, max_length=100
    )
    to_confirm = Line(required=False, allow_blank=True, default="", max_length=320)
    when = serializers.CharField(
        required=False, default=SendWhen.NOW.value, max_length=10, help_text=", ".join(SendWhen.values)
    )
    send_at = OffsetInstant(required=False, allow_null=True, default=None, help_text='with "when": "at"')


class PreviewOut(Out):
    """The mail as whoever gets it would read it; addresses as its headers name them."""

    sender = serializers.CharField()
    reply_to = serializers.CharField()
    to = serializers.CharField()
    cc = serializers.CharField()
    subject = serializers.CharField()
    text = serializers.CharField()
    html = serializers.CharField()
    is_scheduled = serializers.BooleanField()
    release_at = Instant(help_text="when its hold would end")
