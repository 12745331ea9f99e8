"""Shapes of people, teams, absences and customers as the API shows and reads them."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiSerializerExtension
from rest_framework import serializers

from accounts.enums import (
    AbsenceKind,
    AbsenceStatus,
    AssignmentMode,
    Availability,
    Role,
    Scope,
    Tier,
)
from accounts.extensions import company_fields, joined_to_companies
from accounts.lookups import agent_named
from accounts.models import Absence, Company
from core.api.fields import In, Instant, Line, Named, NamedOut, Out, PersonOut, Query, Text, named, person


class TokenIn(In):
    username = serializers.CharField(max_length=254, help_text="the e-mail address")
    password = serializers.CharField(max_length=4096, trim_whitespace=False)
    code = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text="of the second factor, where the account has one"
    )


class TokenOut(Out):
    token = serializers.CharField(help_text="shown once; send it as `Authorization: Bearer …`")
    expires_at = Instant()


class MeOut(Out):
    kind = serializers.ChoiceField(choices=["agent", "api_client"])
    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    teams = NamedOut(many=True)


class AgentOut(Out):
    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))
    teams = NamedOut(many=True, source="teams.all")
    primary_team = named()
    supervisor = person()
    timezone = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())
    availability = serializers.ChoiceField(choices=Availability.choices)
    max_tickets = serializers.IntegerField()
    is_active = serializers.BooleanField()
    version = serializers.IntegerField()


class TeamOut(Out):
    id = serializers.UUIDField()
    name = serializers.CharField()
    lead = person()
    supervisor = person()
    manager = person()
    parent = named()
    assignment_mode = serializers.ChoiceField(choices=AssignmentMode.choices)
    offer_minutes = serializers.IntegerField()
    allow_foreign_accept = serializers.BooleanField()
    is_legal = serializers.BooleanField(help_text="legal cases are put before it; at most one is")
    is_active = serializers.BooleanField()
    version = serializers.IntegerField()


class CompanyOut(Out):
    id = serializers.UUIDField()
    name = serializers.CharField()
    domains = serializers.ListField(child=serializers.CharField())
    tier = serializers.ChoiceField(choices=Tier.choices)
    created_at = Instant()
    updated_at = Instant()
    version = serializers.IntegerField()

    def to_representation(self, instance: Company) -> dict[str, Any]:
        return {**super().to_representation(instance), **self.context["joined"][instance.pk]}


class CompanyExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # the library has no types
    """Describes what higher apps join in."""

    target_class = CompanyOut

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)  # noqa: SLF001
        joined = {name: dict(field.schema) for name, field in company_fields.items()}
        schema["properties"] |= joined
        schema["required"] = sorted({*schema.get("required", []), *joined})
        return schema


def show_companies(companies: Sequence[Company]) -> list[Any]:
    return list(CompanyOut(companies, many=True, context={"joined": joined_to_companies(companies)}).data)


class ContactOut(Out):
    """Without telephone and notes, which only those who work on a contact's ticket see (permissions.md section 3)."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    email = serializers.CharField()
    company = named()
    tier = serializers.ChoiceField(choices=Tier.choices)
    language = serializers.CharField()
    timezone = serializers.CharField()
    undeliverable_at = Instant(allow_null=True, help_text="when a report last said that the address takes no mail")
    undeliverable_code = serializers.CharField(help_text="its status, as 5.1.1")
    created_at = Instant()
    updated_at = Instant()
    version = serializers.IntegerField()


class AbsenceOut(Out):
    id = serializers.UUIDField()
    agent = PersonOut()
    kind = serializers.ChoiceField(choices=AbsenceKind.choices)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    deputy = person()
    note = serializers.SerializerMethodField(help_text="empty for readers it is not meant for")
    status = serializers.SerializerMethodField()
    recorded_by = person()
    is_open_end_confirmed = serializers.BooleanField()
    cancelled_at = Instant(allow_null=True)
    created_at = Instant()
    updated_at = Instant()
    version = serializers.IntegerField()

    def get_note(self, absence: Absence) -> str:
        may_read_note = self.context.get("may_read_note")
        return absence.note if may_read_note is None or may_read_note(absence) else ""

    def get_status(self, absence: Absence) -> AbsenceStatus:
        return absence.status_on(absence.agent.today(timezone.now()))


class AbsencePatch(In):
    kind = serializers.ChoiceField(choices=AbsenceKind.choices)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True, required=False, default=None)
    deputy = Named(agent_named, allow_null=True, required=False, default=None)
    note = Text(allow_blank=True, required=False, default="", max_length=2000)
    is_open_end_confirmed = serializers.BooleanField(required=False, default=False)
    version = serializers.IntegerField(required=False, min_value=1)


class AbsenceIn(In):
    agent = Named(agent_named)
    kind = serializers.ChoiceField(choices=AbsenceKind.choices)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True, required=False, default=None)
    deputy = Named(agent_named, allow_null=True, required=False, default=None)
    note = Text(allow_blank=True, required=False, default="", max_length=2000)
    is_open_end_confirmed = serializers.BooleanField(required=False, default=False)


class VersionIn(In):
    version = serializers.IntegerField(required=False, min_value=1)


class AddressIn(VersionIn):
    email = serializers.CharField(max_length=320)


class PeopleQuery(Query):
    q = Line(required=False, default="", allow_blank=True, help_text="part of the name or address")


class AgentQuery(PeopleQuery):
    team = serializers.CharField(required=False, max_length=320, help_text="id or name")
    role = serializers.ChoiceField(required=False, choices=Role.choices)
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)


class ContactQuery(PeopleQuery):
    company = serializers.CharField(required=False, max_length=320, help_text="id or name")


class AbsenceQuery(Query):
    agent = serializers.CharField(required=False, max_length=320, help_text="id, e-mail address or name")
    on = serializers.DateField(required=False, help_text="only absences that cover this day")
