"""Tickets, entries, messages, tasks and files as the API shows them; names as in domain.md."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import Instant, NamedOut, Out, PersonOut, named, person
from tickets.enums import (
    AuthorType,
    Channel,
    ClosureCode,
    DraftMode,
    EntryKind,
    FlagType,
    Grade,
    OutboundKind,
    OutboundStatus,
    Priority,
    ResolutionCode,
    ScanStatus,
    TaskStatus,
    Then,
    TicketStatus,
    TicketType,
    Visibility,
)
from tickets.extensions import joined_fields, ticket_fields
from tickets.models import Attachment, OutboundMessage, Task, Ticket, TimelineEntry
from tickets.transitions import transitions_from
from tickets.wording import describe


def choice(choices: Any, *, may_be_empty: bool = False) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=choices.choices, allow_blank=may_be_empty)


class TicketRowOut(Out):
    """A ticket in a list: all but its long texts and its relations to other tickets."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    type = choice(TicketType)
    subject = serializers.CharField()
    status = choice(TicketStatus)
    priority = choice(Priority)
    impact = choice(Grade, may_be_empty=True)
    urgency = choice(Grade, may_be_empty=True)
    channel = choice(Channel)
    category = named()
    product = serializers.CharField()
    region = serializers.CharField()
    language = serializers.CharField()
    requester = PersonOut()
    company = named()
    team = NamedOut()
    offered_to = person()
    offered_at = Instant(allow_null=True)
    owner = person()
    owner_accepted_at = Instant(allow_null=True)
    first_response_at = Instant(allow_null=True)
    last_customer_message_at = Instant(allow_null=True)
    last_public_reply_at = Instant(allow_null=True)
    last_staff_activity_at = Instant(allow_null=True)
    waiting_since = Instant(allow_null=True)
    resolution_due_at = Instant(allow_null=True, help_text="null while it stands still, or where nothing is promised")
    resolution_code = choice(ResolutionCode, may_be_empty=True)
    resolved_at = Instant(allow_null=True)
    auto_closes_at = Instant(allow_null=True)
    customer_confirmed_at = Instant(allow_null=True)
    value_delivered_at = Instant(allow_null=True)
    closed_at = Instant(allow_null=True)
    closure_code = choice(ClosureCode, may_be_empty=True)
    reopen_count = serializers.IntegerField()
    priority_score = serializers.DecimalField(max_digits=9, decimal_places=2)
    flags = serializers.ListField(child=serializers.ChoiceField(choices=FlagType.choices))
    tags = serializers.SerializerMethodField()
    created_at = Instant()
    updated_at = Instant()
    version = serializers.IntegerField()

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_tags(self, ticket: Ticket) -> list[str]:
        return sorted(tag.name for tag in ticket.tags.all())

    def to_representation(self, instance: Ticket) -> dict[str, Any]:
        joined = self.context["joined"][instance.pk]
        return {**super().to_representation(instance), **joined}


class TicketOut(TicketRowOut):
    description = serializers.CharField()
    description_html = serializers.CharField()
    resolution_note = serializers.CharField()
    score_breakdown = serializers.DictField()
    follow_up_of = serializers.CharField(source="follow_up_of.reference", allow_null=True, default=None)
    merged_into = serializers.CharField(source="merged_into.reference", allow_null=True, default=None)
    created_by = person()
    remote_images_allowed = serializers.BooleanField()
    allowed = serializers.SerializerMethodField(help_text="steps that lead on from this status")

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_allowed(self, ticket: Ticket) -> list[str]:
        return list(transitions_from(TicketStatus(ticket.status)))


class TransferredOut(Out):
    """The answer to those who authorise a transfer without reading tickets."""

    reference = serializers.CharField()
    status = choice(TicketStatus)
    owner = person()
    version = serializers.IntegerField()


class TicketExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # the library has no types
    """Describes what higher apps join in."""

    target_class = TicketRowOut
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)  # noqa: SLF001
        is_row = type(self.target) is TicketRowOut
        joined = {name: dict(field.schema) for name, field in ticket_fields.items() if field.in_lists or not is_row}
        schema["properties"] |= joined
        schema["required"] = sorted({*schema.get("required", []), *joined})
        return schema


def show_ticket(ticket: Ticket) -> dict[str, Any]:
    data: dict[str, Any] = TicketOut(ticket, context={"joined": joined_fields([ticket], is_list=False)}).data
    return data


def show_rows(tickets: list[Ticket]) -> list[Any]:
    return list(TicketRowOut(tickets, many=True, context={"joined": joined_fields(tickets, is_list=True)}).data)


class AttachmentOut(Out):
    id = serializers.UUIDField()
    entry = serializers.UUIDField(source="entry_id", allow_null=True, help_text="null while its reply is held")
    filename = serializers.CharField()
    content_type = serializers.CharField(help_text="as its first bytes say, not its sender")
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    is_inline = serializers.BooleanField()
    content_id = serializers.CharField()
    is_signature = serializers.BooleanField(help_text="the signature of a mail, such as smime.p7s")
    scan_status = choice(ScanStatus)
    url = serializers.SerializerMethodField(help_text="where the bytes are; null unless they may be served")
    created_at = Instant()

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_url(self, attachment: Attachment) -> str | None:
        address = f"/api/v1/attachments/{attachment.pk}/"
        return self.context["request"].build_absolute_uri(address) if attachment.may_be_served else None


class EntryOut(Out):
    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    kind = choice(EntryKind)
    visibility = choice(Visibility)
    author_type = choice(AuthorType)
    author = serializers.SerializerMethodField()
    author_name = serializers.CharField(help_text="as it was then; also of programs and the system")
    on_behalf_of = person()
    subject = serializers.CharField()
    body_text = serializers.CharField()
    body_html = serializers.CharField()
    text = serializers.SerializerMethodField(help_text="a system entry in words")
    facts = serializers.DictField()
    email_message_id = serializers.CharField()
    email_from = serializers.CharField()
    email_to = serializers.ListField(child=serializers.CharField())
    email_cc = serializers.ListField(child=serializers.CharField())
    in_reply_to = serializers.CharField()
    external_ref = serializers.CharField()
    failed_check = serializers.CharField(help_text="of a mail whose sender could not be verified, such as dmarc=fail")
    is_signed = serializers.BooleanField(help_text="of a mail that carries a signature, which is not verified")
    is_encrypted = serializers.BooleanField(
        help_text="of a mail that is read with a key alone, as the file it comes in"
    )
    attachments = AttachmentOut(many=True)
    created_at = Instant()
    redacted_at = Instant(allow_null=True)

    @extend_schema_field(PersonOut(allow_null=True))
    def get_author(self, entry: TimelineEntry) -> Any:
        who = entry.author or entry.contact
        return PersonOut(who).data if who else None

    def get_text(self, entry: TimelineEntry) -> str:
        return describe(entry)


class DraftOut(Out):
    """Own unsent text for one ticket; `reply` or `note` says whom it is meant for."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    ticket = serializers.CharField(source="ticket.reference")
    mode = choice(DraftMode)
    body = serializers.CharField(source="body_text")
    cc = serializers.CharField(help_text="as typed")
    created_at = Instant()
    updated_at = Instant()


class OutboundOut(Out):
    """A mail on its way to the customer; it becomes an entry when its hold ends."""

    id = serializers.UUIDField()
    ticket = serializers.CharField(source="ticket.reference")
    entry = serializers.UUIDField(source="entry_id", allow_null=True)
    kind = choice(OutboundKind)
    author = person()
    on_behalf_of = person()
    to = serializers.ListField(child=serializers.CharField(), source="to_recipients")
    cc = serializers.ListField(child=serializers.CharField(), source="cc_recipients")
    subject = serializers.CharField()
    body_text = serializers.CharField()
    body_html = serializers.CharField()
    email_message_id = serializers.CharField()
    then = serializers.SerializerMethodField()
    status = choice(OutboundStatus)
    release_at = Instant()
    is_scheduled = serializers.BooleanField(help_text="waits for a moment its author chose")
    released_at = Instant(allow_null=True)
    attempts = serializers.IntegerField()
    next_attempt_at = Instant(allow_null=True)
    last_error = serializers.CharField()
    sent_at = Instant(allow_null=True)
    delivery = serializers.DictField(help_text="what mail systems reported, by address: delivery, code, at, is_sure")
    created_at = Instant()
    updated_at = Instant()
    version = serializers.IntegerField()

    @extend_schema_field({"type": ["string", "null"], "enum": [*Then.values, None]})
    def get_then(self, message: OutboundMessage) -> str | None:
        return message.then or None


class TaskOut(Out):
    id = serializers.UUIDField()
    ticket = serializers.CharField(source="ticket.reference")
    title = serializers.CharField()
    description = serializers.CharField()
    assigned_to = person()
    team = named()
    status = choice(TaskStatus)
    is_mandatory = serializers.BooleanField()
    due_at = Instant(allow_null=True)
    blocked_by = serializers.SerializerMethodField()
    started_at = Instant(allow_null=True)
    completed_at = Instant(allow_null=True)
    cancel_reason = serializers.CharField()
    created_at = Instant()
    updated_at = Instant()
    version = serializers.IntegerField()

    @extend_schema_field({"type": "array", "items": {"type": "string", "format": "uuid"}})
    def get_blocked_by(self, task: Task) -> list[str]:
        return [str(before.pk) for before in task.blocked_by.all()]
