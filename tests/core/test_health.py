"""What a probe and an operator see (interfaces.md section 2)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from core.health import _database_problems, tables_whose_walls_may_be_switched_off, walls_not_standing
from core.models import Heartbeat
from core.timers import HEARTBEAT
from tests.database import connect_as_owner


def beat(*, seconds_ago: int) -> None:
    ended_at = timezone.now() - timedelta(seconds=seconds_ago)
    Heartbeat.objects.update_or_create(name=HEARTBEAT, defaults={"ended_at": ended_at})


def test_healthz_asks_no_dependency(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_is_ready_when_everything_is_there(client: Client) -> None:
    beat(seconds_ago=20)
    ended_at = Heartbeat.objects.get(name=HEARTBEAT).ended_at.isoformat()
    response = client.get("/readyz")
    ready = {"status": "ready", "missing": {}, "last_sweep_ended_at": ended_at}
    assert (response.status_code, response.json()) == (200, ready)


@pytest.mark.django_db
def test_readyz_names_a_beat_that_stands_still(client: Client) -> None:
    before = {"status": "not ready", "missing": {"beat": "no sweep has ended yet"}, "last_sweep_ended_at": None}
    assert client.get("/readyz").json() == before
    beat(seconds_ago=600)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["missing"] == {"beat": "last sweep ended 600 s ago"}


@pytest.mark.django_db(transaction=True)
def test_readyz_names_a_wall_that_was_switched_off(client: Client) -> None:
    beat(seconds_ago=0)
    assert walls_not_standing() == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_ticket_owner%%'")
        (name,) = cursor.fetchone()
    with connect_as_owner() as owner:
        owner.execute(f"ALTER TABLE tickets_ticket DISABLE TRIGGER {name}")
        try:
            response = client.get("/readyz")
        finally:
            owner.execute(f"ALTER TABLE tickets_ticket ENABLE TRIGGER {name}")
    assert (response.status_code, response.json()["missing"]) == (
        503,
        {"triggers": f"missing or disabled: {name}"},
    )


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_role_that_owns_the_tables_is_not_ready_since_it_could_switch_walls_off() -> None:
    assert _database_problems() == {}
    tables = tables_whose_walls_may_be_switched_off("owner")
    assert {"tickets_ticket", "core_refusedact"}.issubset(tables)
    assert _database_problems("owner") == {"roles": f"the application's role is superuser or owns: {', '.join(tables)}"}


@pytest.mark.django_db
def test_readyz_names_a_lost_broker(client: Client, settings) -> None:
    beat(seconds_ago=0)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert client.get("/readyz").json()["missing"] == {"broker": "ConnectionError"}


@pytest.mark.django_db
def test_metrics_are_for_loopback_or_a_token(client: Client, settings) -> None:
    beat(seconds_ago=0)
    text = client.get("/metrics").content.decode()
    assert "\nitilnext_event_deliveries_waiting 0\n" in text
    assert "\nitilnext_outgoing_messages_failed 0\n" in text
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 404
    settings.METRICS_TOKEN = "a-long-token"
    bearer = {"Authorization": "Bearer a-long-token"}
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7", headers=bearer).status_code == 200
    wrong = {"Authorization": "Bearer another"}
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7", headers=wrong).status_code == 404
