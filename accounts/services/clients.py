"""Programs that use the API, and their tokens."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from knox.models import AuthToken

from accounts.enums import Scope
from accounts.errors import PeopleNotEditable
from accounts.models import ApiClient, Team, User
from accounts.policies import may_manage_people
from accounts.services.cleaning import clean
from accounts.tokens import token_for
from core.actors import Actor
from core.history import record
from core.models import new_id
from core.service import service


@service
def create_api_client(name: str, *, by: Actor, scopes: list[Scope], teams: Iterable[Team] = ()) -> ApiClient:
    """A client with a user of its own that nobody can sign in with; tokens are issued one by one."""
    if not may_manage_people(by):
        raise PeopleNotEditable
    user = User(email=f"client-{new_id()}@clients.invalid")
    user.set_unusable_password()
    record(user, by=by, reason="API client")
    client = ApiClient(user=user, name=name.strip(), scopes=scopes)
    clean(client, ["name", "scopes"])
    record(client, by=by)
    client.teams.set(teams)
    return client


@service
def edit_api_client(client_id: UUID, *, by: Actor, teams: Iterable[Team] | None = None, **values: Any) -> ApiClient:
    """Change name, scopes, teams or whether the client is active; a switched-off one loses its tokens."""
    if not may_manage_people(by):
        raise PeopleNotEditable
    client = ApiClient.objects.select_for_update(of=("self",)).select_related("user").get(pk=client_id)
    for name, value in values.items():
        setattr(client, name, value)
    clean(client, values)
    record(client, by=by)
    if teams is not None:
        client.teams.set(teams)
    if client.user.is_active != client.is_active:
        client.user.is_active = client.is_active
        record(client.user, by=by, update_fields=["is_active"])
    if not client.is_active:
        AuthToken.objects.filter(user=client.user).delete()
    return client


@service
def issue_token(client_id: UUID, *, by: Actor, lasts: timedelta | None = None) -> str:
    """A new token, shown once: only its hash is kept. It ends after `lasts`, else after `REST_KNOX["TOKEN_TTL"]`."""
    if not may_manage_people(by):
        raise PeopleNotEditable
    client = ApiClient.objects.select_for_update(of=("self",)).select_related("user").get(pk=client_id)
    token, _ends = token_for(client.user, lasts=lasts)
    record(client, by=by, reason="token issued")
    return token


@service
def end_tokens(client_id: UUID, *, by: Actor) -> int:
    """End all tokens of a client; the answer is how many there were."""
    if not may_manage_people(by):
        raise PeopleNotEditable
    client = ApiClient.objects.select_for_update(of=("self",)).get(pk=client_id)
    count: int = AuthToken.objects.filter(user_id=client.user_id).delete()[0]
    record(client, by=by, reason="tokens ended")
    return count
