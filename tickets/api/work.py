"""How a ticket is worked: conversations written down, and what was tried."""

from typing import Any

from django.core.validators import MaxValueValidator
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Instant, Line, OffsetInstant, Out, Query, Text, person
from core.api.schema import page_of
from tickets.api.base import TicketBase
from tickets.api.conversation import ThreadViewSet
from tickets.api.inputs import Versioned
from tickets.api.outputs import EntryOut, choice
from tickets.enums import LOGGED, AttemptOutcome, Direction, EntryKind, Visibility
from tickets.selectors import attempt_marks_of
from tickets.services import log_contact, mark_attempt
from tickets.services.contacting import MAX_MINUTES


class ContactIn(Versioned):
    """A call or chat that took place; the text is the agent's, also where it is public."""

    asked = ("body",)
    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in LOGGED])
    direction = serializers.ChoiceField(choices=Direction.choices)
    minutes = serializers.IntegerField(min_value=0, validators=[MaxValueValidator(MAX_MINUTES)])
    spoke_with = Line(required=False, allow_blank=True, default="", help_text="the requester, unless given")
    at = OffsetInstant(required=False, allow_null=True, default=None, help_text="when it took place; now, unless given")
    body = Text(required=False, allow_blank=True, default="")
    visibility = serializers.ChoiceField(
        required=False,
        default=Visibility.INTERNAL.value,
        choices=[Visibility.INTERNAL.value, Visibility.PUBLIC.value],
        help_text="public: the owner or deputy alone",
    )


class AttemptIn(Versioned):
    entry = serializers.UUIDField(help_text="id of an entry that stands on the ticket")
    outcome = serializers.ChoiceField(choices=AttemptOutcome.choices, help_text="`none` takes the mark back")


class AttemptQuery(Query):
    ordering = serializers.ChoiceField(required=False, default="id", choices=["id", "-id"])


class AttemptOut(Out):
    """One mark of one entry. The current ones, but for `none`, are the resolution path."""

    id = serializers.IntegerField()
    entry = serializers.UUIDField(source="entry_id")
    seq = serializers.IntegerField(source="entry.seq")
    kind = serializers.ChoiceField(choices=EntryKind.choices, source="entry.kind")
    outcome = choice(AttemptOutcome)
    by = person()
    by_name = serializers.CharField(help_text="as it was then; also of programs")
    at = Instant()
    is_current = serializers.BooleanField(help_text="the newest of its entry")


class ContactLogViewSet(ThreadViewSet):
    @extend_schema(
        operation_id="ticket_log_contact",
        summary="Write down a phone call or chat",
        request=ContactIn,
        responses={201: EntryOut},
    )
    def log_contact(self, request: Request, reference: str) -> Response:
        ticket = self.ticket(reference)
        values = self.read(ContactIn)
        version = self.version(values)
        body = values.pop("body")
        return self.answer(log_contact(ticket.pk, by=self.actor, body_text=body, version=version, **values))


class AttemptViewSet(TicketBase):
    @extend_schema(
        operation_id="attempt_list",
        summary="What was tried: every mark of every entry",
        parameters=[AttemptQuery],
        responses=page_of(AttemptOut),
    )
    def list(self, request: Request, reference: str) -> Response:
        ticket = self.seen(reference)
        query = self.read_query(AttemptQuery)
        return self.page(attempt_marks_of(ticket), (query["ordering"],), query, AttemptOut)

    @extend_schema(
        operation_id="attempt_create",
        summary="Mark an entry as an attempt that worked or did not",
        request=AttemptIn,
        responses={201: AttemptOut, 204: None},
    )
    def create(self, request: Request, reference: str) -> Response:
        """204 where there was no mark to take back."""
        ticket = self.ticket(reference)
        values: dict[str, Any] = self.read(AttemptIn)
        version = self.version(values)
        mark = mark_attempt(
            ticket.pk, entry_id=values["entry"], by=self.actor, outcome=values["outcome"], version=version
        )
        if mark is None:
            return Response(status=204)
        return Response(AttemptOut(attempt_marks_of(ticket).get(pk=mark.pk)).data, status=201)
