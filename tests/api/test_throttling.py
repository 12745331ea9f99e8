"""Requests a minute: per user and per address; the cache being gone blocks nobody."""

import pytest
import time_machine
from django.core.cache import cache
from pytest_django import Settings
from rest_framework.test import APIClient

from tests.api.conftest import signed_in
from tests.factories import AgentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_counted_yet(settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = {"user": 0, "address": 0, "sign_in": 0}
    cache.clear()


def test_user_beyond_the_limit_waits_and_others_do_not(settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = {"user": 3, "address": 0, "sign_in": 0}
    agent = AgentFactory()
    clients = [signed_in(agent), signed_in(agent)]
    with time_machine.travel("2030-01-01T10:00:20Z", tick=False):
        clients = [signed_in(agent), signed_in(agent)]
        answers = [clients[number % 2].get("/api/v1/me/") for number in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[3].json()["code"] == "throttled"
        assert (answers[3]["Retry-After"], answers[3]["Content-Type"]) == ("40", "application/problem+json")
        assert signed_in(AgentFactory()).get("/api/v1/me/").status_code == 200
    with time_machine.travel("2030-01-01T10:01:00Z", tick=False):
        assert clients[0].get("/api/v1/me/").status_code == 200


def test_guessing_tokens_from_one_address_is_limited(settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = {"user": 0, "address": 2, "sign_in": 0}
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer guess")
    with time_machine.travel("2030-01-01T10:00:20Z", tick=False):
        statuses = [client.get("/api/v1/me/").status_code for _ in range(3)]
        assert statuses == [401, 401, 429]
        assert client.get("/api/v1/me/", REMOTE_ADDR="192.0.2.7").status_code == 401


def test_signing_in_from_one_address_is_limited(settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = {"user": 0, "address": 0, "sign_in": 2}
    with time_machine.travel("2030-01-01T10:00:20Z", tick=False):
        statuses = [
            APIClient().post("/api/v1/auth/token/", {"username": f"{n}@x.test", "password": "x"}).status_code
            for n in range(3)
        ]
    assert statuses == [415, 415, 429]


def test_lost_cache_blocks_nobody(settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = {"user": 1, "address": 1, "sign_in": 1}
    client = signed_in(AgentFactory())
    settings.CACHES = {
        "default": {"BACKEND": "core.cache.ForgivingRedisCache", "LOCATION": "redis://127.0.0.1:1/0"},
    }
    assert [client.get("/api/v1/me/").status_code for _ in range(3)] == [200, 200, 200]
