"""Roles that groups in Entra bring and take, at each sign-in."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from accounts.enums import Role
from accounts.models import Agent
from connectors.base.models import Connection
from connectors.entra.enums import GrantedBy
from connectors.entra.models import GroupRole
from connectors.entra.services import person_of, save_group_role
from connectors.entra.tokens import Claims
from core.actors import DESK
from core.errors import Invalid
from tests.concurrency import in_parallel
from tests.connectors.entra.conftest import linked
from tests.factories import AgentFactory, TicketFactory
from tests.fakes.entra import TENANT, Entra

Comes = Callable[..., Any]
pytestmark = pytest.mark.django_db


def maps(connection: Connection, value: str, role: Role, by: GrantedBy = GrantedBy.GROUP) -> None:
    save_group_role(GroupRole(connection=connection, granted_by=by, value=value, role=role), by=DESK)


def group_of(role: str) -> str:
    return str(uuid5(NAMESPACE_URL, role))


def roles_of(agent: Agent) -> set[str]:
    return set(Agent.objects.get(pk=agent.pk).roles)


def test_groups_bring_and_take_roles_with_history_and_leave_tickets_and_other_roles_alone(
    client: Client, ann: Agent, come: Comes, fake: Entra, connection: Connection
) -> None:
    leads = str(uuid4())
    maps(connection, f" {leads.upper()} ", Role.TEAM_LEAD)  # as some portals show ids
    maps(connection, "Desk.Supervisor", Role.SUPERVISOR, GrantedBy.APP_ROLE)
    ticket = TicketFactory(owner=ann)
    fake.person.groups, fake.person.app_roles = [leads, str(uuid4())], ["Desk.Supervisor"]
    come(client)
    assert roles_of(ann) == {"agent", "team_lead", "supervisor"}
    last = ann.history.first()
    assert last.actor_name == "Microsoft Entra ID"
    fake.person.groups, fake.person.app_roles = [], []
    come(client)
    assert roles_of(ann) == {"agent"}
    count = ann.history.count()
    come(client)
    assert ann.history.count() == count
    ticket.refresh_from_db()
    assert ticket.owner_id == ann.pk


def test_more_groups_than_the_token_holds_are_not_guessed(
    client: Client, ann: Agent, come: Comes, fake: Entra, connection: Connection
) -> None:
    maps(connection, "Desk.Supervisor", Role.SUPERVISOR, GrantedBy.APP_ROLE)
    fake.person.has_more_groups, fake.person.app_roles = True, ["Desk.Supervisor"]
    assert come(client).status_code == 302  # roles of the application are always complete
    maps(connection, str(uuid4()), Role.MANAGER)
    answer = come(Client())
    assert (answer.status_code, "more groups than Microsoft tells" in answer.content.decode()) == (403, True)
    assert roles_of(ann) == {"agent", "supervisor"}


def test_the_last_admin_stays_one_whatever_microsoft_says(
    client: Client, ann: Agent, come: Comes, connection: Connection
) -> None:
    maps(connection, str(uuid4()), Role.ADMIN)
    Agent.objects.filter(roles__contains=["admin"]).update(is_active=False)
    Agent.objects.filter(pk=ann.pk).update(roles=["agent", "admin"])
    come(client)
    assert roles_of(ann) == {"agent", "admin"}
    AgentFactory(roles=[Role.ADMIN])
    come(client)
    assert roles_of(ann) == {"agent"}


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_come_at_once_one_stays(ann: Agent, connection: Connection, fake: Entra) -> None:
    maps(connection, str(uuid4()), Role.ADMIN)
    ben: Agent = AgentFactory()
    his = str(uuid4())
    linked(connection, ben, his)
    Agent.objects.exclude(pk__in=[ann.pk, ben.pk]).update(is_active=False)
    for _time in range(5):
        Agent.objects.filter(pk__in=[ann.pk, ben.pk]).update(roles=["agent", "admin"])
        claims = [Claims(TENANT, name, "", frozenset(), frozenset(), False) for name in (fake.person.object_id, his)]
        in_parallel(*(partial(person_of, connection.pk, each) for each in claims))
        assert sum("admin" in roles_of(each) for each in (ann, ben)) == 1


def test_a_group_is_named_by_its_id_once_in_whatever_letters(ann: Agent, connection: Connection) -> None:
    """A name that no group has would take the role from everybody at their next sign-in."""
    browser, group = Client(), str(uuid4())
    browser.force_login(AgentFactory(roles=[Role.ADMIN]).user)
    sent = {"connection": connection.pk, "granted_by": "group", "role": "manager", "is_active": "on"}
    add = "/admin/entra/grouprole/add/"
    for value, status in (("Help Desk", 400), (group, 302), (group.upper(), 400)):
        assert browser.post(add, sent | {"value": value}).status_code == status, value
    assert GroupRole.objects.get().value == group
    with pytest.raises(Invalid):
        maps(connection, group.upper(), Role.MANAGER)


ROLES = st.sets(st.sampled_from(Role.values), max_size=4)


@how(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mapped=ROLES, held=ROLES, before=ROLES)
def test_roles_after_a_sign_in_are_those_of_groups_and_what_no_group_decides(
    mapped: set[str], held: set[str], before: set[str], ann: Agent, connection: Connection, fake: Entra
) -> None:
    AgentFactory(roles=[Role.ADMIN])
    GroupRole.objects.all().delete()
    for role in mapped:
        maps(connection, group_of(role), Role(role))
    Agent.objects.filter(pk=ann.pk).update(roles=sorted(before))
    claims = Claims(TENANT, fake.person.object_id, "", frozenset(map(group_of, held)), frozenset(), False)
    person_of(connection.pk, claims)
    assert roles_of(ann) == (held & mapped) | (before - mapped)
