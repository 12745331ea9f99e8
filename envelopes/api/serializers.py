"""What clients send about envelopes, and how these are shown; whether it is allowed, the services say."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.lookups import agent_named, skill_named, team_named
from core.api.fields import In, Instant, Line, Named, Out, PersonOut, Query, Text, named, person
from envelopes.enums import Awaiting, EnvelopeKind, EnvelopeStatus, Outcome
from envelopes.help_board import offers_on
from envelopes.models import Envelope
from envelopes.selectors import due_of
from envelopes.services.vendors import MAX_VENDOR_ADDRESSES
from tickets.api.outputs import AttachmentOut
from tickets.enums import EntryKind, Priority, TaskStatus
from tickets.models import Task, TimelineEntry
from tickets.services.draft_files import MAX_FILES
from tickets.wording import describe

SHOWN_TO_ALL = ("id", "ticket", "number", "team", "assigned_to", "status", "is_readable")
"""What staff with access to the ticket learn of an envelope they may not read (permissions.md, object rule 2)."""
MAX_WORDS = 100_000
MAX_BLOCKERS = 100
ASKED_KINDS = [(str(kind), kind.label) for kind in (EnvelopeKind.INTERNAL, EnvelopeKind.EXTERNAL_VENDOR)]
"""Legal advice is asked for by the desk itself."""


def addresses(help_text: str, *, required: bool = False) -> serializers.ListField:
    return serializers.ListField(
        child=Line(max_length=320), required=required, max_length=MAX_VENDOR_ADDRESSES, help_text=help_text
    )


class EnvelopeVersionIn(In):
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the one you saw")


class EnvelopeTargetIn(EnvelopeVersionIn):
    team = Named(team_named, required=False, allow_null=True, default=None, help_text="id or name")
    assigned_to = Named(
        agent_named, required=False, allow_null=True, default=None, help_text="id, e-mail address or name"
    )
    skill = Named(
        skill_named,
        required=False,
        allow_null=True,
        default=None,
        help_text="what they are to know; named alone it asks who has it, is there and helps least; id or name",
    )


class EnvelopeIn(EnvelopeTargetIn):
    """A team, a person, both, or a skill alone."""

    asked = ("reason",)
    reason = Text(required=False, allow_blank=True, default="", max_length=MAX_WORDS)
    is_blocking = serializers.BooleanField(
        required=False, default=True, help_text="whether the ticket waits for colleagues until it is closed"
    )


class EnvelopeOpenIn(EnvelopeIn):
    kind = serializers.ChoiceField(required=False, choices=ASKED_KINDS)
    vendor_addresses = addresses("of help of a vendor: whom its mails go to")


class EnvelopeReasonIn(EnvelopeVersionIn):
    asked = ("reason",)
    reason = Text(required=False, allow_blank=True, default="", max_length=2000)


class EnvelopeMessageIn(EnvelopeVersionIn):
    asked = ("body",)
    body = Text(required=False, allow_blank=True, default="", max_length=MAX_WORDS)


class EnvelopeFilesIn(EnvelopeVersionIn):
    file = serializers.ListField(child=serializers.FileField(max_length=1000), min_length=1, max_length=MAX_FILES)
    body = Text(required=False, allow_blank=True, default="", max_length=MAX_WORDS, help_text="words of the message")


class EnvelopeVendorIn(EnvelopeVersionIn):
    vendor_addresses = addresses("instead of those so far", required=True)


class VendorMailIn(EnvelopeMessageIn):
    """What the vendor gets, and nothing else of ticket and envelope."""

    subject = Line(required=False, allow_blank=True, default="", help_text="needed for the first")
    attachments = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        default=list,
        max_length=MAX_FILES,
        help_text="ids of files in the envelope's thread that go along",
    )


class EnvelopeInviteIn(EnvelopeVersionIn):
    agent = Named(agent_named, help_text="id, e-mail address or name")


class EnvelopeTakeIn(EnvelopeInviteIn):
    """Who offered help."""


class EnvelopeCompleteIn(EnvelopeVersionIn):
    asked = ("summary",)
    summary = Text(
        required=False,
        allow_blank=True,
        default="",
        max_length=MAX_WORDS,
        help_text="stands on the ticket's main thread, inside",
    )
    outcome = serializers.ChoiceField(required=False, allow_blank=True, default="", choices=Outcome.choices)


class EnvelopeTaskIn(EnvelopeVersionIn):
    asked = ("title",)
    title = Line(required=False, allow_blank=True, default="")
    description = Text(required=False, allow_blank=True, default="", max_length=MAX_WORDS)
    assigned_to = Named(agent_named, required=False, allow_null=True, default=None)
    is_mandatory = serializers.BooleanField(required=False, default=False)
    due_at = Instant(required=False, allow_null=True, default=None)
    blocked_by = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        default=list,
        max_length=MAX_BLOCKERS,
        help_text="ids of tasks of this envelope, or of its ticket, that are to be done before",
    )


class EnvelopeQuery(Query):
    status = serializers.MultipleChoiceField(required=False, choices=EnvelopeStatus.choices)
    team = Named(team_named, required=False, help_text="the one that is asked; id or name")
    mine = serializers.BooleanField(required=False, default=False, help_text="in which you are an expert or asked")
    q = serializers.CharField(
        required=False, default="", max_length=300, help_text="with a post or a reason that has all of these words"
    )


class EnvelopeMessageQuery(Query):
    q = serializers.CharField(required=False, default="", max_length=300, help_text="all of its words")


class EnvelopeOut(Out):
    """An envelope; of one that the reader may not read, all but its target and status is null."""

    id = serializers.UUIDField()
    ticket = serializers.CharField(source="ticket.reference")
    number = serializers.IntegerField(help_text="counts per ticket")
    priority = serializers.ChoiceField(
        source="ticket.priority", choices=Priority.choices, allow_null=True, help_text="the ticket's"
    )
    team = named()
    assigned_to = person(help_text="while it is asked: whom; then its expert")
    status = serializers.ChoiceField(choices=EnvelopeStatus.choices)
    is_readable = serializers.SerializerMethodField()
    level = serializers.IntegerField(allow_null=True, help_text="2 to 5; the ticket's owner is 1")
    parent_envelope = serializers.UUIDField(source="parent_envelope_id", allow_null=True)
    kind = serializers.ChoiceField(choices=EnvelopeKind.choices, allow_null=True)
    skill = named(help_text="what whoever helps is to know, where it was named")
    vendor_addresses = serializers.ListField(child=serializers.CharField(), allow_null=True)
    requested_by = person()
    is_blocking = serializers.BooleanField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    awaiting = serializers.ChoiceField(choices=Awaiting.choices, allow_null=True, help_text="whose turn it is")
    summary = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField(choices=Outcome.choices, allow_null=True, allow_blank=True)
    cancel_reason = serializers.CharField(allow_null=True)
    participants = serializers.SerializerMethodField(help_text="its experts")
    opened_at = Instant(allow_null=True)
    accepted_at = Instant(allow_null=True)
    first_expert_response_at = Instant(allow_null=True)
    completed_at = Instant(allow_null=True)
    cancelled_at = Instant(allow_null=True)
    response_due_at = Instant(allow_null=True)
    completion_due_at = Instant(allow_null=True)
    due_at = serializers.SerializerMethodField(help_text="what is promised next; null once it is closed")
    created_at = Instant(allow_null=True)
    updated_at = Instant(allow_null=True)
    version = serializers.IntegerField(allow_null=True)

    @extend_schema_field({"type": "boolean"})
    def get_is_readable(self, envelope: Envelope) -> bool:
        return self._may_read(envelope)

    @extend_schema_field(PersonOut(many=True, allow_null=True))
    def get_participants(self, envelope: Any) -> Any:  # Any: with its experts, as the view set has read them
        return PersonOut([row.agent for row in envelope.experts], many=True).data

    @extend_schema_field(Instant(allow_null=True))
    def get_due_at(self, envelope: Envelope) -> str | None:
        due = due_of(envelope)
        return Instant().to_representation(due) if due else None

    def _may_read(self, envelope: Envelope) -> bool:
        readable = self.context.get("readable")
        return readable is None or envelope.pk in readable

    def to_representation(self, instance: Envelope) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        if self._may_read(instance):
            return shown
        return {name: value if name in SHOWN_TO_ALL else None for name, value in shown.items()}


class EnvelopeWholeOut(EnvelopeOut):
    offers = serializers.SerializerMethodField(help_text="colleagues who were not asked and say that they can help")
    allowed = serializers.SerializerMethodField(help_text="what you may do with it now")

    @extend_schema_field(PersonOut(many=True, allow_null=True))
    def get_offers(self, envelope: Any) -> Any:  # Any: with its experts, as the view set has read them
        found = offers_on(envelope, besides=[row.agent_id for row in envelope.experts])
        return PersonOut([offer.agent for offer in found], many=True).data

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_allowed(self, envelope: Envelope) -> list[str]:
        return list(self.context["acts"])


class EnvelopeMessageOut(Out):
    """One entry of an envelope's thread: somebody's words, or what happened to it."""

    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=EntryKind.choices)
    author = person()
    author_name = serializers.CharField(help_text="as it was then; also of the system")
    on_behalf_of = person()
    body_text = serializers.CharField()
    text = serializers.SerializerMethodField(help_text="what happened, in words")
    attachments = AttachmentOut(many=True)
    created_at = Instant()
    redacted_at = Instant(allow_null=True)

    def get_text(self, entry: TimelineEntry) -> str:
        return describe(entry)


class EnvelopeTaskOut(Out):
    """A task of an envelope; its steps are at /api/v1/tasks/<id>/."""

    id = serializers.UUIDField()
    ticket = serializers.CharField(source="ticket.reference")
    title = serializers.CharField()
    description = serializers.CharField()
    assigned_to = person()
    status = serializers.ChoiceField(choices=TaskStatus.choices)
    is_mandatory = serializers.BooleanField()
    due_at = Instant(allow_null=True)
    blocked_by = serializers.SerializerMethodField(help_text="tasks that are to be done before")
    created_at = Instant()
    version = serializers.IntegerField()

    @extend_schema_field({"type": "array", "items": {"type": "string", "format": "uuid"}})
    def get_blocked_by(self, task: Task) -> list[str]:
        return [str(before.pk) for before in task.blocked_by.all()]
