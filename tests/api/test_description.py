"""The OpenAPI description: valid, complete and true."""

import gc
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from pytest_django import DjangoDbBlocker
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.enums import Role
from accounts.models import Agent
from accounts.tokens import token_for
from core.history import record
from envelopes.services import write_to_vendor
from itilnext.api import description
from itilnext.wsgi import application
from notifications.enums import EventType
from notifications.models import Notification
from notifications.services import notify
from sla.alerts.models import Alert, AlertRecipient
from tests.factories import AbsenceFactory, AgentFactory, EnvelopeFactory, TeamFactory, TicketFactory
from tests.factories.mail import MailboxFactory, arrive
from tickets.models import Ticket
from tickets.services import NewFile, add_note, create_task, reply_to_customer, save_board, save_view

SCHEMA = schemathesis.openapi.from_dict(description())
SCHEMA.app = application
SCHEMA.config.phases.coverage.enabled = False
EXAMPLES = settings(
    max_examples=5,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def test_description_is_openapi_3_1_and_without_a_warning() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())
    answer = Client().get("/api/v1/schema/")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.oai.openapi+json"
    assert answer.json()["openapi"].startswith("3.1")
    assert answer.json() == description()


def test_methods_stand_in_one_order() -> None:
    """The description is the same text from every process, so that programs can compare it."""
    for path, operations in description()["paths"].items():
        assert list(operations) == [name for name in ("get", "post", "patch", "delete") if name in operations], path


def test_every_operation_names_its_refusals() -> None:
    for path, operations in description()["paths"].items():
        for method, operation in operations.items():
            statuses = set(operation["responses"])
            assert {"400", "401", "403", "429"} <= statuses, (method, path)
            assert ("404" in statuses) == ("{" in path), (method, path)
            is_one_deleted = method == "delete" and "{" in path
            if method in ("post", "patch") or is_one_deleted:
                assert {"409", "415"} <= statuses, (method, path)
            if is_one_deleted:
                assert "If-Match" in [p["name"] for p in operation["parameters"]], path
            for status, response in operation["responses"].items():
                if status >= "400":
                    assert list(response["content"]) == ["application/problem+json"], (method, path)


def test_422_stands_for_transfers_alone() -> None:
    paths = description()["paths"]
    assert [path for path, ops in paths.items() for op in ops.values() if "422" in op["responses"]] == [
        "/api/v1/tickets/{reference}/transfer_ownership/"
    ]


def test_every_post_but_the_secret_ones_takes_an_idempotency_key() -> None:
    without = [
        path
        for path, operations in description()["paths"].items()
        if "post" in operations
        and "Idempotency-Key" not in [p["name"] for p in operations["post"].get("parameters", [])]
    ]
    assert without == ["/api/v1/auth/token/", "/api/v1/auth/logout/"]


def an_alert(ticket: Ticket, agent: Agent) -> Alert:
    alert = Alert(ticket=ticket, condition="not_updated", level=1, cycle=1, triggered_at=timezone.now())
    record(alert, by=agent)
    AlertRecipient.objects.create(alert=alert, agent=agent)
    return alert


def desk() -> tuple[dict[str, Agent], dict[str, dict[str, Any]]]:
    """An agent and a supervisor, and by path what each address may be filled with."""
    team = TeamFactory()
    agent = AgentFactory(teams=[team], max_tickets=1000)
    supervisor = AgentFactory(roles=[Role.SUPERVISOR])
    team.supervisor = supervisor
    team.save()
    ticket: Ticket = TicketFactory(team=team, owner=agent)
    entry = add_note(ticket.pk, by=agent, body_text="See file", files=[NewFile("a.txt", b"abc")])
    of_vendor = {"kind": "external_vendor", "vendor_addresses": ["vera@vendor.test"]}
    vendor = EnvelopeFactory(ticket=ticket, expert=AgentFactory(teams=[TeamFactory()]), **of_vendor)
    ids: dict[str, Any] = {
        "tickets": {"reference": ticket.reference, "id": str(an_alert(ticket, agent).pk)},
        "tasks": {"id": str(create_task(ticket.pk, by=agent, title="Measure").pk)},
        "envelopes": {"id": str(EnvelopeFactory(ticket=ticket).pk)},
        "vendor_mails": {"id": str(write_to_vendor(vendor.pk, by=agent, subject="Switch 7", body_text="Hello").pk)},
        "reports": {"code": "M5"},
        "outbox": {"id": str(reply_to_customer(ticket.pk, by=agent, body_text="Hello").pk)},
        "attachments": {"id": str(entry.attachments.get().pk)},
        "absences": {"id": str(AbsenceFactory(agent=agent).pk)},
        "agents": {"id": str(agent.pk)},
        "teams": {"id": str(team.pk)},
        "contacts": {"id": str(ticket.requester_id)},
        "companies": {"id": str(team.pk)},
        "views": {"id": str(save_view("Mine", by=agent).pk)},
        "boards": {"id": str(save_board("Mine", by=agent).pk)},
        "notifications": {"id": str(told_of(ticket, agent).pk), "event_type": EventType.ALERT.value},
        "mail": {"id": str(arrive(b"Subject: nobody wrote this\r\n\r\nx", MailboxFactory(team=team)).pk)},
    }
    return {"agent": agent, "supervisor": supervisor}, ids


def told_of(ticket: Ticket, agent: Agent) -> Notification:
    facts = {"reference": ticket.reference, "subject": ticket.subject}
    notify([agent.pk], EventType.TICKET_ASSIGNED, dedupe_key="told", ticket_id=ticket.pk, **facts)
    return Notification.objects.get()


Prepared = tuple[dict[str, str], dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Prepared]:
    """Tokens and addresses of the desk, once for all operations; each case takes back what it did."""
    no_limits = override_settings(API_REQUESTS_PER_MINUTE={"user": 0, "address": 0, "sign_in": 0})
    # As Django's test client does: the requests run in the test's transaction, whose connection they must not close.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    with django_db_blocker.unblock(), no_limits, transaction.atomic():
        people, ids = desk()
        yield {role: token_for(person.user)[0] for role, person in people.items()}, ids
        transaction.set_rollback(True)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def prepared(made: Prepared) -> Iterator[Prepared]:
    point = transaction.savepoint()
    yield made
    transaction.savepoint_rollback(point)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its client leaves files open
@SCHEMA.exclude(path_regex="auth/logout").parametrize()
@EXAMPLES
def test_the_api_does_what_its_description_says(case: Any, prepared: Prepared) -> None:
    """Generated requests, right and wrong ones, each sent by two people, as making one up costs more than its answer:
    no 5xx, no undocumented status, no answer of another shape.
    """
    tokens, ids = prepared
    place = case.path.removeprefix("/api/v1/").partition("/")[0]
    named = {name: value for name, value in ids.get(place, {}).items() if f"{{{name}}}" in case.path}
    if named and len(str(case.body)) % 4:
        case.path_parameters = named
    for token in tokens.values():
        case.headers["Authorization"] = f"Bearer {token}"
        case.validate_response(case.call(), checks=CHECKS)
    if place == "attachments":
        gc.collect()  # here, where the warning is expected, and not in somebody else's test
