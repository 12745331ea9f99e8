"""What clients send about tickets: shape and types; whether it is allowed, the services say."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.lookups import agent_named, contact_named, team_named
from core.api.fields import In, Instant, Line, Named, OffsetInstant, Query, Text
from tickets.enums import (
    CANCEL_CODES,
    Channel,
    DraftMode,
    EntryKind,
    FlagType,
    Grade,
    Priority,
    SendWhen,
    SlaStatus,
    TicketStatus,
    TicketType,
    Visibility,
)
from tickets.filters import MAX_CHARACTERS, NONE
from tickets.lookups import category_named
from tickets.sorting import SORTS

LANGUAGE = r"^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$"


class Versioned(In):
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the one you saw")


class MaybeOverLimit(Versioned):
    """Of acts that put a ticket into another column."""

    over_limit = Text(
        required=False,
        allow_blank=True,
        max_length=2000,
        help_text="why to go beyond a hard limit of work in progress: for the team's supervisor or manager",
    )


class _Requester(In):
    email = serializers.CharField(max_length=254)
    name = Line(required=False, allow_blank=True, default="")


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "minLength": 1, "maxLength": 320, "description": "id or address of a known contact"},
            {
                "type": "object",
                "properties": {
                    "email": {"type": "string", "format": "email", "maxLength": 254},
                    "name": {"type": "string", "maxLength": 255, "pattern": "^[^\\x00-\\x1f\\x7f]*$"},
                },
                "required": ["email"],
                "additionalProperties": False,
            },
        ]
    }
)
class RequesterField(serializers.Field[Any, Any, Any, Any]):
    """A known contact by id or address, or anybody by address and name. Gives `{"email", "name"}`."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if isinstance(data, dict):
            shape = _Requester(data=data)
            shape.is_valid(raise_exception=True)
            email = shape.validated_data["email"].strip()
            try:
                validate_email(email)
            except ValidationError as error:
                raise serializers.ValidationError({"email": error.messages}) from error
            return {"email": email, "name": shape.validated_data["name"]}
        text = serializers.CharField(max_length=320).run_validation(data)
        if (contact := contact_named(text)) is None:
            raise serializers.ValidationError(_("Nobody of this id or address is known; give email and name."))
        return {"email": contact.email, "name": contact.name}

    def to_representation(self, value: Any) -> Any:
        return value


class _Details(Versioned):
    product = Line(required=False, allow_blank=True, max_length=100)
    region = Line(required=False, allow_blank=True, max_length=100)
    language = serializers.RegexField(LANGUAGE, required=False, allow_blank=True, max_length=35, help_text="BCP 47")
    category = Named(category_named, required=False, allow_null=True, help_text="id or name")
    impact = serializers.ChoiceField(required=False, choices=Grade.choices, allow_blank=True)
    urgency = serializers.ChoiceField(
        required=False,
        choices=Grade.choices,
        allow_blank=True,
        help_text="together with impact it proposes a priority, unless one is given",
    )


class TicketIn(_Details):
    asked = ("subject",)
    version = None  # type: ignore[assignment]  # a new ticket has none
    subject = Line(required=False, allow_blank=True, default="")
    description = Text(required=False, allow_blank=True, default="")
    requester = RequesterField()
    type = serializers.ChoiceField(required=False, choices=TicketType.choices)
    priority = serializers.ChoiceField(required=False, choices=Priority.choices)
    team = Named(team_named, help_text="id or name")
    channel = serializers.ChoiceField(required=False, choices=Channel.choices, default=Channel.API)


class TicketPatch(_Details, MaybeOverLimit):
    subject = Line(required=False, allow_blank=True)
    priority = serializers.ChoiceField(required=False, choices=Priority.choices)
    reason = Text(
        required=False,
        allow_blank=True,
        max_length=10_000,
        help_text="why the priority changes; required when it is raised to critical",
    )
    tags = serializers.ListField(required=False, child=Line(max_length=50), max_length=50)


class OfferIn(Versioned):
    agent = Named(agent_named, help_text="id, e-mail address or name")


class ChangeTeamIn(MaybeOverLimit):
    team = Named(team_named, help_text="id or name")


class ReplyIn(Versioned):
    asked = ("body",)
    body = Text(required=False, allow_blank=True, default="")
    cc = serializers.ListField(
        required=False, child=Line(allow_blank=True, max_length=320), default=list, max_length=100
    )
    to_confirm = Line(required=False, allow_blank=True, default="", max_length=320)
    then = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, default="", max_length=50, help_text="wait_for_customer"
    )
    when = serializers.CharField(
        required=False, default=SendWhen.NOW.value, max_length=10, help_text=", ".join(SendWhen.values)
    )
    send_at = OffsetInstant(required=False, allow_null=True, default=None, help_text='with "when": "at"')
    last_seen_seq = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**63 - 1,
        help_text="newest entry the author has read; 409 if the customer or a colleague has written since",
    )


class ScheduleIn(Versioned):
    asked = ("when", "send_at")
    when = serializers.CharField(max_length=10, help_text=", ".join(SendWhen.values))
    send_at = OffsetInstant(required=False, allow_null=True, default=None, help_text='with "when": "at"')


class NoteIn(Versioned):
    asked = ("body",)
    body = Text(required=False, allow_blank=True, default="")


class ResolveIn(MaybeOverLimit):
    asked = ("resolution_code", "resolution_note")
    resolution_code = serializers.CharField(required=False, allow_blank=True, default="", max_length=50)
    resolution_note = Text(required=False, allow_blank=True, default="")


class ReasonIn(Versioned):
    reason = Text(required=False, allow_blank=True, default="", max_length=10_000)


class ReopenIn(ReasonIn, MaybeOverLimit):
    pass


class ChangeRequesterIn(Versioned):
    requester = RequesterField()


class CancelIn(Versioned):
    asked = ("closure_code",)
    closure_code = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=50, help_text=", ".join(CANCEL_CODES)
    )


class MergeIn(Versioned):
    ticket = serializers.CharField(max_length=50, help_text="reference of the ticket that goes on")


class SplitIn(Versioned):
    entry = serializers.UUIDField(help_text="id of the entry that becomes a ticket")
    subject = Line(required=False, allow_blank=True, default="")


class TransferIn(Versioned):
    asked = ("reason_code", "reason")
    new_owner = Named(agent_named, help_text="id, e-mail address or name")
    reason_code = serializers.CharField(required=False, allow_blank=True, default="", max_length=50)
    reason = Text(required=False, allow_blank=True, default="", max_length=10_000)


def _tasks(**options: Any) -> serializers.ListField:
    return serializers.ListField(
        required=False,
        child=serializers.UUIDField(),
        max_length=100,
        help_text="ids of tasks of the same ticket that come before this one; no circles",
        **options,
    )


class TaskIn(In):
    asked = ("title",)
    title = Line(required=False, allow_blank=True, default="")
    description = Text(required=False, allow_blank=True, default="", max_length=100_000)
    assigned_to = Named(agent_named, required=False, allow_null=True, default=None)
    team = Named(team_named, required=False, allow_null=True, default=None)
    is_mandatory = serializers.BooleanField(required=False, default=False)
    due_at = Instant(required=False, allow_null=True, default=None)
    blocked_by = _tasks(default=list)


class TaskPatch(Versioned):
    title = Line(required=False, allow_blank=True)
    description = Text(required=False, allow_blank=True, max_length=100_000)
    assigned_to = Named(agent_named, required=False, allow_null=True, help_text="id, e-mail address or name")
    team = Named(team_named, required=False, allow_null=True, help_text="id or name")
    is_mandatory = serializers.BooleanField(required=False)
    due_at = Instant(required=False, allow_null=True)
    blocked_by = _tasks()


class AttachmentIn(Versioned):
    file = serializers.ListField(child=serializers.FileField(max_length=1000), min_length=1, max_length=20)
    body = Text(required=False, allow_blank=True, default="", help_text="words of the note")


class DraftIn(In):
    ticket = serializers.CharField(max_length=40, help_text="reference")
    mode = serializers.ChoiceField(choices=DraftMode.choices)
    body = Text(required=False, allow_blank=True, default="", max_length=200_000)
    cc = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000, help_text="as typed")


class DraftPatch(Versioned):
    body = Text(required=False, allow_blank=True, max_length=200_000)
    cc = serializers.CharField(required=False, allow_blank=True, max_length=4000)


class DraftQuery(Query):
    ticket = serializers.CharField(required=False, max_length=40, help_text="reference")


class TicketFilters(In):
    status = serializers.MultipleChoiceField(required=False, choices=TicketStatus.choices)
    priority = serializers.MultipleChoiceField(required=False, choices=Priority.choices)
    owner = serializers.CharField(required=False, max_length=320, help_text="id, address or name, or `me` or `none`")
    team = serializers.CharField(required=False, max_length=320, help_text="id or name")
    requester = serializers.CharField(required=False, max_length=320, help_text="id or address")
    company = serializers.CharField(required=False, max_length=320, help_text="id or name")
    flag = serializers.MultipleChoiceField(required=False, choices=FlagType.choices, help_text="any of them")
    sla = serializers.MultipleChoiceField(
        required=False,
        choices=[*SlaStatus.choices, (NONE, _("None"))],
        help_text="any of them; of a ticket the worst of its open promises",
    )
    created_after = Instant(required=False)
    filter = serializers.CharField(
        required=False,
        max_length=MAX_CHARACTERS,
        help_text='as typed on the list page: `status:waiting team:network -tag:vpn "exact words"`',
    )


class TicketQuery(TicketFilters, Query):
    q = serializers.CharField(required=False, max_length=200, help_text="words of subject and messages, or a reference")
    ordering = serializers.ChoiceField(
        required=False,
        default="-created_at",
        choices=list(SORTS),
        help_text="of equally urgent ones what is due first; not together with `q`, which is newest first",
    )


class ExportQuery(TicketFilters):
    ordering = serializers.ChoiceField(required=False, default="-created_at", choices=list(SORTS))


class SearchQuery(Query):
    q = serializers.CharField(max_length=200, help_text="words of subject and messages, a reference, an address")


class TimelineQuery(Query):
    kind = serializers.ChoiceField(required=False, choices=EntryKind.choices)
    visibility = serializers.ChoiceField(required=False, choices=[Visibility.PUBLIC, Visibility.INTERNAL])
    ordering = serializers.ChoiceField(required=False, default="seq", choices=["seq", "-seq"])


class OutboxQuery(Query):
    status = serializers.CharField(required=False, max_length=20)
