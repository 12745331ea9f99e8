"""Who may sign in with Microsoft, whom a checked answer is, and which roles it brings."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.auth import AgentBackend
from accounts.enums import AccountMailKind, Role
from accounts.errors import PeopleNotEditable
from accounts.models import Agent
from accounts.policies import may_manage_people
from accounts.services import change_agent, queue_account_mail
from connectors.entra.enums import GrantedBy
from connectors.entra.errors import AccountDeactivated, AccountNotKnown, GroupsNotTold, TenantOfAnother
from connectors.entra.models import GroupRole, MicrosoftAccount
from connectors.entra.selectors import KIND
from connectors.entra.tokens import Claims
from core.actors import Actor, system_actor
from core.errors import Invalid
from core.history import record
from core.service import service

MICROSOFT = system_actor("Microsoft Entra ID")


@service
def save_account(account: MicrosoftAccount, *, by: Actor) -> MicrosoftAccount:
    """Allow a person to sign in with Microsoft, or no longer; with an object id they are linked from now on.

    Raises PeopleNotEditable, TenantOfAnother, Invalid.
    """
    if not may_manage_people(by):
        raise PeopleNotEditable
    if account.connection.kind != KIND:
        raise TenantOfAnother
    before = MicrosoftAccount.objects.select_for_update().filter(pk=account.pk).first()
    if before is not None:  # another person, or another tenant, is another row
        account.agent, account.connection = before.agent, before.connection
    account.object_id = account.object_id.strip().lower()
    tenant_id = account.connection.settings["tenant_id"] if account.object_id else ""
    known = (before.tenant_id, before.object_id) if before is not None else ("", "")
    is_another = bool(account.object_id) and known != (tenant_id, account.object_id)
    if is_another or not account.object_id:
        account.tenant_id, account.linked_at = tenant_id, timezone.now() if is_another else None
    try:
        with transaction.atomic():
            record(account, by=by)
    except IntegrityError as error:
        raise Invalid({"object_id": _("Somebody else signs in by this account.")}) from error
    if is_another:
        queue_account_mail(account.agent.user_id, AccountMailKind.ACCOUNT_LINKED)
    return account


@service
def save_group_role(row: GroupRole, *, by: Actor) -> GroupRole:
    """Roles follow it from each person's next sign-in. Raises PeopleNotEditable, TenantOfAnother, Invalid."""
    if not may_manage_people(by):
        raise PeopleNotEditable
    if row.connection.kind != KIND:
        raise TenantOfAnother
    try:
        row.clean()
        with transaction.atomic():
            record(row, by=by)
    except ValidationError as error:
        raise Invalid({name: [str(text) for text in texts] for name, texts in error.message_dict.items()}) from error
    except IntegrityError as error:
        raise Invalid({"value": _("This group has this role already.")}) from error
    return row


@service
def person_of(connection_id: UUID, claims: Claims, *, by: Actor = MICROSOFT) -> Agent:
    """The person who has come by Microsoft, linked if this is the first time, with the roles of their groups.

    Their tickets stay theirs whatever roles go. Raises AccountNotKnown, AccountDeactivated, GroupsNotTold.
    """
    account = _account_of(connection_id, claims, by=by)
    user = account.agent.user
    if not account.agent.is_active or not AgentBackend().user_can_authenticate(user):
        raise AccountDeactivated
    _apply_roles(account.agent, connection_id, claims, by=by)
    return Agent.objects.select_related("user").get(pk=account.agent_id)


def _account_of(connection_id: UUID, claims: Claims, *, by: Actor) -> MicrosoftAccount:
    rows = MicrosoftAccount.objects.filter(connection_id=connection_id, is_active=True)
    rows = rows.select_related("agent__user").select_for_update(of=("self",), no_key=True)
    linked = rows.filter(tenant_id=claims.tenant_id, object_id=claims.object_id).first()
    if linked is not None:
        return linked
    is_taken = MicrosoftAccount.objects.filter(tenant_id=claims.tenant_id, object_id=claims.object_id).exists()
    waiting = rows.filter(object_id="", agent__user__email__iexact=claims.address).first() if claims.address else None
    if waiting is None or is_taken:
        raise AccountNotKnown
    if not waiting.agent.is_active:
        raise AccountDeactivated
    waiting.tenant_id, waiting.object_id, waiting.linked_at = claims.tenant_id, claims.object_id, timezone.now()
    try:
        with transaction.atomic():
            record(waiting, by=by, reason="first sign-in under the verified address")
    except IntegrityError as error:  # somebody was linked to it in this moment
        raise AccountNotKnown from error
    return waiting


def _apply_roles(agent: Agent, connection_id: UUID, claims: Claims, *, by: Actor) -> None:
    """Roles that no group stands for are left to admins; without any row all of them are."""
    mapped = list(GroupRole.objects.filter(connection_id=connection_id, is_active=True))
    if claims.has_more_groups and any(row.granted_by == GrantedBy.GROUP for row in mapped):
        raise GroupsNotTold
    held = {GrantedBy.GROUP: claims.groups, GrantedBy.APP_ROLE: claims.app_roles}
    follow = {row.role for row in mapped}
    granted = {row.role for row in mapped if row.value in held[GrantedBy(row.granted_by)]}
    if Role.ADMIN in follow - granted and _is_last_admin(agent):
        granted.add(Role.ADMIN)
    roles = [Role(role) for role in Role.values if role in granted or (role in agent.roles and role not in follow)]
    if set(roles) != set(agent.roles):
        change_agent(agent.pk, by=by, roles=roles)


def _is_last_admin(agent: Agent) -> bool:
    """A group that was emptied by mistake must not leave the desk without anybody who can mend it."""
    if Role.ADMIN not in agent.roles:
        return False
    admins = Agent.objects.active().filter(roles__contains=[Role.ADMIN]).order_by("pk")
    locked = admins.select_for_update(of=("self",), no_key=True)  # of two that come at once the second sees the first
    return all(admin.pk == agent.pk for admin in locked)
