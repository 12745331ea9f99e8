"""Roles that groups in Entra bring and take, at each sign-in."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

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
from tests.factories import AgentFactory, TicketFactory
from tests.fakes.entra import TENANT, Entra

Comes = Callable[..., Any]
pytestmark = pytest.mark.django_db


def maps(connection: Connection, value: str, role: Role, by: GrantedBy = GrantedBy.GROUP) -> None:
    save_group_role(GroupRole(connection=connection, granted_by=by, value=value, role=role), by=DESK)


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


ROLES = st.sets(st.sampled_from(Role.values), max_size=4)


@how(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mapped=ROLES, held=ROLES, before=ROLES)
def test_roles_after_a_sign_in_are_those_of_groups_and_what_no_group_decides(
    mapped: set[str], held: set[str], before: set[str], ann: Agent, connection: Connection, fake: Entra
) -> None:
    AgentFactory(roles=[Role.ADMIN])
    GroupRole.objects.all().delete()
    for role in mapped:
        maps(connection, f"group-{role}", Role(role))
    Agent.objects.filter(pk=ann.pk).update(roles=sorted(before))
    claims = Claims(TENANT, fake.person.object_id, "", frozenset(f"group-{role}" for role in held), frozenset(), False)
    person_of(connection.pk, claims)
    assert roles_of(ann) == (held & mapped) | (before - mapped)
