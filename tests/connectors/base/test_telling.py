"""Admins are told once of what they alone can mend: a refused sign-in, and credentials that end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from accounts.enums import Role
from accounts.models import Agent
from connectors.base.enums import FindingState
from connectors.base.failures import CredentialsRefused, PermissionMissing, Transient
from connectors.base.kinds import Finding
from connectors.base.models import TEST_EVERY, Connection, Telling
from connectors.base.sentences import Said
from connectors.base.services import Health, change_connection, run_due_test
from connectors.base.telling import tell_due
from core.events import deliver_due
from notifications.models import Notification
from notifications.wording import describe
from tests.concurrency import in_parallel
from tests.factories import AgentFactory

pytestmark = pytest.mark.django_db
HOST = {"host": "example.com"}
REFUSED = CredentialsRefused(Said("unauthorised", HOST), is_final=True)
SENTENCE = "The connection “Sample” cannot sign in any more; what is to be done stands under Connections"
MOMENT = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def admin(connection: Connection) -> Agent:
    """The one who has added the connection."""
    return Agent.objects.get(roles__contains=[Role.ADMIN])


def told(person: Agent) -> list[str]:
    deliver_due(limit=1000)
    return [describe(row) for row in Notification.objects.filter(recipient=person).order_by("created_at", "id")]


def sweep(*, now: datetime | None = None) -> None:
    while tell_due(now=now):
        pass


def test_a_refused_sign_in_is_told_once_however_often_it_is_tried(connection: Connection, admin: Agent) -> None:
    second, agent = AgentFactory(roles=[Role.ADMIN]), AgentFactory()
    for _ in range(3):
        Health(connection.pk).failed(REFUSED)
        sweep()
    assert told(admin) == told(second) == [SENTENCE]
    assert told(agent) == []
    with translation.override("de"):
        assert "kann sich nicht mehr anmelden" in told(admin)[0]


def test_it_is_told_again_only_after_it_has_worked(connection: Connection, admin: Agent) -> None:
    health = Health(connection.pk)
    health.failed(REFUSED)
    sweep()
    health.failed(Transient(Said("busy", HOST | {"status": 503})))
    sweep()
    health.failed(REFUSED)
    sweep()
    assert len(told(admin)) == 1, "another failure is no success"
    health.succeeded()
    sweep()
    assert not Telling.objects.exists()
    health.failed(REFUSED)
    sweep()
    assert told(admin) == [SENTENCE] * 2


def test_a_success_between_two_looks_counts(connection: Connection, admin: Agent) -> None:
    health = Health(connection.pk)
    health.failed(REFUSED)
    sweep()
    health.succeeded()
    health.failed(REFUSED)
    sweep()
    health.failed(REFUSED)
    sweep()
    assert told(admin) == [SENTENCE] * 2


def test_a_change_that_mends_nothing_is_not_told_again(connection: Connection, admin: Agent) -> None:
    """By tests alone: nothing is sent by this connection."""
    for _ in range(2):
        change_connection(connection, by=admin, settings=connection.settings, secrets={"password": "wrong"})
        assert run_due_test() == 1
        sweep()
    assert told(admin) == [SENTENCE]
    change_connection(connection, by=admin, settings=connection.settings, secrets={"password": "pw"})
    assert run_due_test() == 1
    sweep()
    change_connection(connection, by=admin, settings=connection.settings, secrets={"password": "wrong"})
    assert run_due_test() == 1
    sweep()
    assert told(admin) == [SENTENCE] * 2


def test_where_there_are_tokens_only_a_new_one_says_that_it_works(connection: Connection, admin: Agent) -> None:
    """Another worker goes on with the token that it holds; both look at the same row."""
    Connection.objects.update(kind="microsoft365", ends={"token": "2027-03-01T12:00:00+00:00"})
    health = Health(connection.pk)
    for _ in range(3):
        health.failed(REFUSED)
        sweep()
        health.succeeded()
        sweep()
    assert len(told(admin)) == 1
    health.failed(REFUSED)
    health.ends("token", MOMENT + timedelta(hours=1))
    sweep()
    sweep()
    assert len(told(admin)) == 1, "it signs in again; its last refusal still stands there"
    health.failed(REFUSED)
    sweep()
    assert len(told(admin)) == 2


FORBIDDEN = PermissionMissing(Said("refused", HOST | {"status": 403}), status=403)
LACKING = "Something is missing at the connection “Sample”, such as a permission; Connections says what"


def found_by_a_test(connection: Connection, state: FindingState, *, at: datetime) -> None:
    """As a test at that moment has found one thing beside signing in."""
    found = [Finding(FindingState.FINE, REFUSED.said), Finding(state, Said("no_json", HOST))]
    Connection.objects.filter(pk=connection.pk).update(findings=[each.as_json() for each in found], tested_at=at)


def test_a_missing_permission_is_told_once_whatever_else_succeeds(connection: Connection, admin: Agent) -> None:
    """One mailbox is closed, the next one open, again and again."""
    health = Health(connection.pk)
    for _ in range(3):
        health.failed(FORBIDDEN)
        health.succeeded()
        sweep()
    assert told(admin) == [LACKING]
    with translation.override("de"):
        assert "fehlt etwas" in told(admin)[0]


def test_what_a_test_finds_missing_is_told_until_another_finds_nothing(connection: Connection, admin: Agent) -> None:
    now = timezone.now()
    for _ in range(2):
        found_by_a_test(connection, FindingState.MISSING, at=now)
        sweep(now=now)
        now += TEST_EVERY
    assert told(admin) == [LACKING]
    found_by_a_test(connection, FindingState.FINE, at=now)
    sweep(now=now)
    assert not Telling.objects.exists()
    found_by_a_test(connection, FindingState.MISSING, at=now + TEST_EVERY)
    sweep(now=now + TEST_EVERY)
    assert told(admin) == [LACKING] * 2


@pytest.mark.parametrize("state", [FindingState.FAILED, FindingState.UNCLEAR])
def test_what_could_not_be_tested_is_not_missing(connection: Connection, admin: Agent, state: FindingState) -> None:
    found_by_a_test(connection, state, at=timezone.now())
    sweep()
    assert told(admin) == []


def test_a_permission_that_no_test_sees_is_told_again_once_it_was_there_for_as_long_as_a_test(
    connection: Connection, admin: Agent
) -> None:
    began = timezone.now()
    Health(connection.pk).failed(FORBIDDEN)
    sweep(now=began)
    found_by_a_test(connection, FindingState.UNCLEAR, at=began + TEST_EVERY / 2)
    sweep()
    Health(connection.pk).failed(FORBIDDEN)
    sweep()
    assert told(admin) == [LACKING]
    found_by_a_test(connection, FindingState.UNCLEAR, at=timezone.now() + TEST_EVERY + timedelta(minutes=1))
    sweep()
    Health(connection.pk).failed(FORBIDDEN)
    sweep()
    assert told(admin) == [LACKING] * 2


def test_what_is_switched_off_is_not_told(connection: Connection, admin: Agent) -> None:
    Health(connection.pk).failed(REFUSED)
    Connection.objects.update(is_active=False, ends={"certificate": (MOMENT + timedelta(days=1)).isoformat()})
    sweep(now=MOMENT)
    assert told(admin) == []


def test_the_end_of_a_certificate_is_told_30_and_7_and_1_days_before_each_once(
    connection: Connection, admin: Agent
) -> None:
    ends_at = MOMENT + timedelta(days=40)
    Connection.objects.update(ends={"certificate": ends_at.isoformat(), "token": MOMENT.isoformat()})
    counts = []
    for days_left in (31, 30, 29, 8, 7, 6, 2, 1, 0.5, 0, -1):
        for _ in range(2):
            sweep(now=ends_at - timedelta(days=days_left))
        counts.append(len(told(admin)))
    assert counts == [0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3]
    assert set(told(admin)) == {"The certificate of the connection “Sample” ends on 10 April 2027"}
    urgencies = Notification.objects.filter(recipient=admin).order_by("created_at", "id")
    assert [row.urgency for row in urgencies] == ["normal", "normal", "urgent"]


def test_a_renewed_certificate_is_told_of_by_its_own_day(connection: Connection, admin: Agent) -> None:
    for days in (5, 400, 6):
        Connection.objects.update(ends={"certificate": (MOMENT + timedelta(days=days)).isoformat()})
        sweep(now=MOMENT)
    assert len(told(admin)) == 2


def test_where_nothing_is_wrong_a_look_costs_two_statements(
    connection: Connection, django_assert_num_queries: Callable[[int], object]
) -> None:
    with django_assert_num_queries(2):  # type: ignore[attr-defined]  # a context manager
        assert tell_due() == 0
    Connection.objects.create(kind="sample", name="Second")
    with django_assert_num_queries(2):  # type: ignore[attr-defined]  # a context manager
        assert tell_due() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_it_once(connection: Connection, admin: Agent) -> None:
    Health(connection.pk).failed(REFUSED)
    in_parallel(*[tell_due] * 4)
    assert told(admin) == [SENTENCE]
