"""Ledger rows as the API shows them, and what clients send about them."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from connectors.mail.enums import MailState, Reason, Source
from connectors.mail.models import MailMessage
from connectors.mail.policies import may_move, may_release, may_retry, may_undo_move
from core.api.fields import In, Instant, Out, Query, person


class MailRowOut(Out):
    """One mail that came in, and what became of it."""

    id = serializers.UUIDField()
    mailbox = serializers.CharField(source="mailbox.address")
    source = serializers.ChoiceField(choices=Source.choices)  # type: ignore[assignment]  # the ledger's name for it
    received_at = Instant()
    processed_at = Instant(allow_null=True)
    state = serializers.ChoiceField(choices=MailState.choices)
    reason = serializers.ChoiceField(choices=Reason.choices, allow_blank=True)
    detail = serializers.CharField()
    kind = serializers.CharField()
    message_id = serializers.CharField()
    from_address = serializers.CharField()
    subject = serializers.CharField()
    ticket = serializers.CharField(source="ticket.reference", allow_null=True, default=None)
    entry = serializers.UUIDField(source="entry_id", allow_null=True)
    duplicate_of = serializers.UUIDField(source="duplicate_of_id", allow_null=True)
    released_by = person()
    attempts = serializers.IntegerField()
    next_attempt_at = Instant(allow_null=True)
    created_at = Instant()
    updated_at = Instant()
    version = serializers.IntegerField()


class RawMailOut(Out):
    """The bytes as they came; they are read at `url`."""

    sha256 = serializers.CharField()
    size_bytes = serializers.IntegerField(help_text="of the mail itself, which is stored up to a limit")
    stored_at = Instant()
    url = serializers.URLField()


class MailOut(MailRowOut):
    provider_id = serializers.CharField(help_text="its name at the source")
    references = serializers.ListField(child=serializers.CharField())
    evidence = serializers.DictField(help_text="what decided: rule, matched, confidence, signs, defects, flags")
    reply_text = serializers.CharField(help_text="the body without quoted history, where that is less")
    last_error = serializers.CharField()
    raw = serializers.SerializerMethodField()
    allowed = serializers.SerializerMethodField(help_text="steps that lead on from this state and are yours")

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
        return [step for step, may in steps.items() if may]


class MailQuery(Query):
    state = serializers.MultipleChoiceField(required=False, choices=MailState.choices)
    reason = serializers.ChoiceField(required=False, choices=Reason.choices)
    mailbox = serializers.CharField(required=False, max_length=320, help_text="its address")
    ticket = serializers.CharField(required=False, max_length=20, help_text="reference")
    message_id = serializers.CharField(required=False, max_length=500)
    received_after = Instant(required=False)


class MailVersionIn(In):
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the one you saw")


class MailMoveIn(MailVersionIn):
    ticket = serializers.CharField(max_length=20, help_text="reference of the ticket where the mail belongs")
