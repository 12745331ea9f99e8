"""Microsoft accounts and roles by group as the API shows them, and how lists of them are asked for."""

from rest_framework import serializers

from accounts.enums import Role
from connectors.entra.enums import GrantedBy
from core.api.fields import Instant, NamedOut, Out, PersonOut, Query


class MicrosoftAccountOut(Out):
    id = serializers.UUIDField()
    connection = NamedOut(help_text="to the tenant")
    agent = PersonOut()
    tenant_id = serializers.CharField(help_text="empty while the object id is not known")
    object_id = serializers.CharField(help_text="of the person in Entra; empty until their first sign-in tells it")
    linked_at = Instant(allow_null=True, help_text="since when the object id is known")
    is_active = serializers.BooleanField(help_text="whether it lets the person in")
    created_at = Instant()
    updated_at = Instant()
    version = serializers.IntegerField()


class GroupRoleOut(Out):
    id = serializers.UUIDField()
    connection = NamedOut(help_text="to the tenant")
    granted_by = serializers.ChoiceField(choices=GrantedBy.choices)
    value = serializers.CharField(help_text="the object id of the group, or the value of the role")
    name = serializers.CharField(help_text="what Entra calls it; may be empty")
    role = serializers.ChoiceField(choices=Role.choices)
    is_active = serializers.BooleanField(help_text="whether roles follow it at sign-ins")
    created_at = Instant()
    updated_at = Instant()
    version = serializers.IntegerField()


class OfTenantQuery(Query):
    connection = serializers.CharField(required=False, max_length=320, help_text="id or name")
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)


class MicrosoftAccountQuery(OfTenantQuery):
    agent = serializers.CharField(required=False, max_length=320, help_text="id, e-mail address or name")


class GroupRoleQuery(OfTenantQuery):
    role = serializers.ChoiceField(required=False, choices=Role.choices)
    granted_by = serializers.ChoiceField(required=False, choices=GrantedBy.choices)
