"""Who may sign in with Microsoft, and which roles follow from which groups, as admins and auditors read it."""

import json
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.enums import Role, Scope
from connectors.base.models import Connection
from connectors.base.services import add_connection
from connectors.entra.enums import GrantedBy
from connectors.entra.models import GroupRole, MicrosoftAccount
from connectors.entra.services import save_account, save_group_role
from core.actors import DESK
from tests.api.conftest import signed_in
from tests.connectors.entra.conftest import linked
from tests.factories import AgentFactory, ApiClientFactory
from tests.fakes.entra import CLIENT, SECRET, TENANT

ACCOUNTS, ROLES = "/api/v1/microsoft_accounts/", "/api/v1/group_roles/"
OBJECT_ID = "0f0f0f0f-1111-4222-8333-444444444444"
GROUP = "9a9a9a9a-1111-4222-8333-444444444444"
CANARY = "canary-71d2"


@pytest.fixture
def auditor(db: None) -> APIClient:
    return signed_in(AgentFactory(roles=[Role.AUDITOR]))


@pytest.fixture
def other(tenant: Connection) -> Connection:
    """A second tenant, switched off."""
    values = {"tenant_id": GROUP, "client_id": CLIENT}
    admin = AgentFactory(roles=[Role.ADMIN])
    return add_connection(
        "entra", by=admin, name="Beta", settings=values, secrets={"client_secret": CANARY}, is_active=False
    )


def mapped(connection: Connection, role: Role, value: str = GROUP, **more: Any) -> GroupRole:
    row = GroupRole(connection=connection, **{"granted_by": GrantedBy.GROUP, "value": value, "role": role, **more})
    return save_group_role(row, by=DESK)


def found(client: APIClient, path: str, **query: object) -> list[str]:
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_an_auditor_reads_who_may_sign_in(auditor: APIClient, tenant: Connection) -> None:
    ann = AgentFactory(name="Ann Ash")
    account = linked(tenant, ann, OBJECT_ID)
    one = auditor.get(f"{ACCOUNTS}{account.pk}/")
    assert one.json() == {
        "id": str(account.pk),
        "connection": {"id": str(tenant.pk), "name": "Acme"},
        "agent": {"id": str(ann.pk), "name": "Ann Ash", "email": ann.email},
        "tenant_id": TENANT,
        "object_id": OBJECT_ID,
        "linked_at": account.linked_at.isoformat().replace("+00:00", "Z"),
        "is_active": True,
        "created_at": account.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": account.updated_at.isoformat().replace("+00:00", "Z"),
        "version": 1,
    }
    assert one["ETag"] == '"1"'
    assert auditor.get(ACCOUNTS).json() == {"next": None, "previous": None, "results": [one.json()]}


def test_who_has_not_come_yet_is_not_linked(auditor: APIClient, tenant: Connection) -> None:
    linked(tenant, AgentFactory())
    [row] = auditor.get(ACCOUNTS).json()["results"]
    assert (row["tenant_id"], row["object_id"], row["linked_at"]) == ("", "", None)


def test_an_admin_reads_which_groups_bring_which_role(tenant: Connection) -> None:
    row = mapped(tenant, Role.TEAM_LEAD, name="Leads")
    client = signed_in(AgentFactory(roles=[Role.ADMIN]))
    one = client.get(f"{ROLES}{row.pk}/")
    assert one.json() == {
        "id": str(row.pk),
        "connection": {"id": str(tenant.pk), "name": "Acme"},
        "granted_by": "group",
        "value": GROUP,
        "name": "Leads",
        "role": "team_lead",
        "is_active": True,
        "created_at": row.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": row.updated_at.isoformat().replace("+00:00", "Z"),
        "version": 1,
    }
    assert client.get(ROLES).json()["results"] == [one.json()]


def test_accounts_are_found_by_person_tenant_and_whether_they_let_in(
    auditor: APIClient, tenant: Connection, other: Connection
) -> None:
    ann, bob = AgentFactory(name="Ann Ash"), AgentFactory(name="Bob Birch")
    here, there, his = linked(tenant, ann), linked(other, ann), linked(tenant, bob)
    his.is_active = False
    save_account(his, by=DESK)
    for agent in (str(ann.pk), ann.email.upper(), "ann ash"):
        assert set(found(auditor, ACCOUNTS, agent=agent)) == {str(here.pk), str(there.pk)}, agent
    for connection in (str(other.pk), "Beta"):
        assert found(auditor, ACCOUNTS, connection=connection) == [str(there.pk)], connection
    assert found(auditor, ACCOUNTS, is_active="false") == [str(his.pk)]
    assert found(auditor, ACCOUNTS, is_active="true", connection="Acme") == [str(here.pk)]
    assert found(auditor, ACCOUNTS, agent="nobody") == found(auditor, ACCOUNTS, connection="nothing") == []


def test_roles_by_group_are_found_by_role_kind_tenant_and_whether_they_count(
    auditor: APIClient, tenant: Connection, other: Connection
) -> None:
    lead = mapped(tenant, Role.TEAM_LEAD)
    agent = mapped(tenant, Role.AGENT, "Desk.Agent", granted_by=GrantedBy.APP_ROLE, is_active=False)
    there = mapped(other, Role.AGENT)
    assert found(auditor, ROLES, role="team_lead") == [str(lead.pk)]
    assert found(auditor, ROLES, granted_by="app_role") == found(auditor, ROLES, is_active="false") == [str(agent.pk)]
    assert found(auditor, ROLES, connection="Beta") == found(auditor, ROLES, connection=other.pk) == [str(there.pk)]
    assert found(auditor, ROLES, connection="nothing") == []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (ACCOUNTS, {"cursor": "x"}),
        (ACCOUNTS, {"is_active": "perhaps"}),
        (ACCOUNTS, {"role": "admin"}),
        (ROLES, {"role": "king"}),
        (ROLES, {"granted_by": "grace"}),
        (ROLES, {"agent": "ann"}),
    ],
)
def test_filters_that_are_none_are_refused(auditor: APIClient, path: str, query: dict[str, str]) -> None:
    answer = auditor.get(path, query)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert list(answer.json()["fields"]) == list(query)


def all_pages(client: APIClient, path: str) -> list[str]:
    address, seen = f"{path}?page_size=2", []
    while address:
        page = client.get(address).json()
        assert len(page["results"]) <= 2
        seen += [row["id"] for row in page["results"]]
        address = page["next"]
    return seen


def test_pages_join_up_in_the_order_of_names(auditor: APIClient, tenant: Connection, other: Connection) -> None:
    people = [AgentFactory(name=name) for name in ("Dora", "Ann", "Cleo", "Bob", "Ann")]
    rows = sorted((linked(tenant, each) for each in people), key=lambda row: (row.agent.name, row.pk))
    assert all_pages(auditor, ACCOUNTS) == [str(row.pk) for row in rows]
    roles = [mapped(each, role) for each in (tenant, other) for role in (Role.TEAM_LEAD, Role.AGENT, Role.AUDITOR)]
    roles.sort(key=lambda row: (row.role, row.name, row.pk))
    assert all_pages(auditor, ROLES) == [str(row.pk) for row in roles]


@pytest.mark.parametrize("path", [ACCOUNTS, ROLES])
def test_lists_cost_the_same_for_one_and_for_many(
    auditor: APIClient, tenant: Connection, other: Connection, path: str
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(database) as queries:
            assert auditor.get(path).status_code == 200
        return len(queries)

    linked(tenant, AgentFactory())
    mapped(tenant, Role.AGENT)
    statements()
    one = statements()
    for connection in (tenant, other):
        linked(connection, AgentFactory())
        mapped(connection, Role.TEAM_LEAD)
    assert statements() == one


@pytest.mark.parametrize("role", [Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER, None])
def test_nobody_else_reads_it_whatever_they_ask(tenant: Connection, role: Role | None) -> None:
    account, mapping = linked(tenant, AgentFactory()), mapped(tenant, Role.AGENT)
    person = AgentFactory(roles=[role]) if role else ApiClientFactory(scopes=list(Scope))
    client = signed_in(person)
    for path in (ACCOUNTS, ROLES, f"{ACCOUNTS}{account.pk}/", f"{ROLES}{mapping.pk}/", f"{ACCOUNTS}?is_active=perhaps"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied"), path
        assert answer.json()["detail"].endswith("is seen by admins and auditors."), path


def test_no_secret_is_shown_and_nothing_is_written(tenant: Connection, other: Connection) -> None:
    account, mapping = linked(other, AgentFactory(), OBJECT_ID), mapped(other, Role.AGENT)
    client = signed_in(AgentFactory(roles=[Role.ADMIN]))
    paths = (ACCOUNTS, ROLES, f"{ACCOUNTS}{account.pk}/", f"{ROLES}{mapping.pk}/")
    shown = "".join(client.get(path).content.decode() for path in paths)
    sealed = [kept["sealed"] for row in Connection.objects.all() for kept in row.secrets.values()]
    assert len(sealed) == 2
    assert not [secret for secret in (CANARY, SECRET, CLIENT, *sealed, json.dumps(other.settings)) if secret in shown]
    for path in paths:
        for ask in (client.post, client.patch, client.delete, client.put):
            assert ask(path, {"is_active": False}).status_code == 405, path
    assert MicrosoftAccount.objects.get().is_active
    assert GroupRole.objects.get().is_active
