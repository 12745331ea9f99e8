"""Tokens: got with a password, stored as hashes, ended; the session as the other way in."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client as DjangoClient
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from accounts.enums import Scope
from accounts.models import ApiClient
from accounts.services import deactivate_agent
from accounts.tokens import forget_expired_tokens, token_for
from core.actors import SystemActor
from tests.api.conftest import signed_in
from tests.factories import AgentFactory, TeamFactory
from tests.factories.people import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

TOKEN = "/api/v1/auth/token/"


def test_password_gets_a_token_that_opens_the_api() -> None:
    agent = AgentFactory(name="Ann")
    answer = APIClient().post(TOKEN, {"username": agent.email, "password": PASSWORD}, format="json")
    assert answer.status_code == 200
    assert set(answer.json()) == {"token", "expires_at"}
    assert answer.json()["expires_at"].endswith("Z")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['token']}")
    assert client.get("/api/v1/me/").json()["name"] == "Ann"


def test_token_is_stored_as_a_hash() -> None:
    token, _ends = token_for(AgentFactory().user)
    assert token not in str(AuthToken.objects.values_list().get())


def test_wrong_password_is_401_with_a_challenge() -> None:
    agent = AgentFactory()
    answer = APIClient().post(TOKEN, {"username": agent.email, "password": "wrong"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer["Content-Type"] == "application/problem+json"
    assert AuthToken.objects.count() == 0


def test_after_five_wrong_passwords_the_sign_in_rests_even_with_the_right_one() -> None:
    agent = AgentFactory()
    client = APIClient()
    spelled = [agent.email, agent.email.upper(), f" {agent.email}", agent.email.title(), agent.email]
    wrong = [client.post(TOKEN, {"username": name, "password": "x"}, format="json") for name in spelled]
    assert [answer.status_code for answer in wrong] == [401, 401, 401, 401, 429]
    assert (wrong[4]["Content-Type"], wrong[4].json()["code"]) == ("application/problem+json", "throttled")
    right = client.post(TOKEN, {"username": agent.email, "password": PASSWORD}, format="json")
    assert (right.status_code, right.json().get("code")) == (429, "throttled")
    assert right["Retry-After"] == "900"
    assert right["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("header", ["Bearer", "Bearer x y", "Bearer nonsense", "Bearer \u00fcml\u00e4ut", "Basic abc"])
def test_unusable_tokens_are_401(header: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header.encode().decode("latin-1"))
    answer = client.get("/api/v1/me/")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_token_ends_after_twelve_hours_and_is_forgotten_then() -> None:
    client = signed_in(AgentFactory())
    later = timezone.now() + timedelta(hours=12, seconds=1)
    with time_machine.travel(later):
        assert client.get("/api/v1/me/").status_code == 401
    assert forget_expired_tokens(now=timezone.now()) == 0
    assert forget_expired_tokens(now=later) == 1
    assert AuthToken.objects.count() == 0


@pytest.mark.parametrize("method", ["post", "delete"])
def test_signing_out_ends_this_token_alone(method: str) -> None:
    agent = AgentFactory()
    client, other = signed_in(agent), signed_in(agent)
    assert getattr(client, method)("/api/v1/auth/logout/").status_code == 204
    assert client.get("/api/v1/me/").status_code == 401
    assert other.get("/api/v1/me/").status_code == 200


def test_deactivation_ends_tokens_at_once() -> None:
    agent = AgentFactory()
    client = signed_in(agent)
    deactivate_agent(agent.pk, by=SystemActor("test"))
    assert client.get("/api/v1/me/").status_code == 401


def test_user_behind_whom_nobody_stands_is_403() -> None:
    user = UserFactory()
    token, _ends = token_for(user)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    answer = client.get("/api/v1/me/")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_session_works_and_writes_need_the_csrf_token() -> None:
    agent = AgentFactory()
    client = DjangoClient(enforce_csrf_checks=True)
    client.force_login(agent.user, backend="accounts.auth.AgentBackend")
    assert client.get("/api/v1/me/").status_code == 200
    answer = client.post("/api/v1/absences/", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    client.cookies["csrftoken"] = "a" * 32
    answer = client.post("/api/v1/absences/", {}, content_type="application/json", headers={"X-CSRFToken": "a" * 32})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")


def test_command_adds_a_program_and_prints_its_token_once(capsys: pytest.CaptureFixture[str]) -> None:
    TeamFactory(name="Network")
    call_command("add_api_client", "Monitoring", "--scope", "tickets:create", "--team", "network", "--days", "30")
    token = capsys.readouterr().out.strip()
    client = ApiClient.objects.get()
    assert (client.name, client.scopes) == ("Monitoring", [Scope.TICKETS_CREATE])
    assert [team.name for team in client.teams.all()] == ["Network"]
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    me = api.get("/api/v1/me/").json()
    assert (me["kind"], me["name"], me["scopes"]) == ("api_client", "Monitoring", ["tickets:create"])
    days = (AuthToken.objects.get().expiry - timezone.now()).total_seconds() / 86400
    assert 29.9 < days <= 30


@pytest.mark.parametrize("more", [["--team", "nowhere"], ["--days", "0"], ["--scope", "tickets:accept"]])
def test_command_with_bad_input_changes_nothing(more: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("add_api_client", "Monitoring", "--scope", "tickets:create", *more)
    assert ApiClient.objects.count() == 0


def test_command_refuses_a_name_that_is_taken() -> None:
    call_command("add_api_client", "Monitoring", "--scope", "tickets:create")
    with pytest.raises(CommandError):
        call_command("add_api_client", "Monitoring", "--scope", "tickets:create")
    assert (ApiClient.objects.count(), AuthToken.objects.count()) == (1, 1)
