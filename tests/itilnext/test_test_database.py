"""What all tests rely on: the application's role, a clean slate after commits, and real parallelism."""

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from accounts.models import BusinessCalendar
from tests.concurrency import in_parallel
from tests.database import connect_as_owner


@pytest.mark.django_db
def test_tests_run_as_the_role_that_owns_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            cursor.execute("TRUNCATE django_session")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_commits_is_gone_afterwards(turn: int) -> None:
    assert Session.objects.count() == 0
    Session.objects.create(session_key=f"turn {turn}", expire_date=timezone.now())
    with connect_as_owner() as owner:
        assert owner.execute("SELECT count(*) FROM django_session").fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_parallel_acts_answer_in_order_and_see_each_other() -> None:
    def lock_and_count() -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(42)")
            Session.objects.create(session_key=f"row {Session.objects.count()}", expire_date=timezone.now())
            return Session.objects.count()

    def fail() -> None:
        raise LookupError("mine")

    *counts, failure = in_parallel(lock_and_count, lock_and_count, lock_and_count, fail)
    assert sorted(counts) == [1, 2, 3]
    assert isinstance(failure, LookupError)


def test_without_the_mark_no_test_reaches_the_database() -> None:
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        Session.objects.count()


@pytest.mark.django_db
def test_the_owner_is_reached_by_a_connection_of_its_own() -> None:
    with connect_as_owner() as owner:
        assert isinstance(owner, psycopg.Connection)
        assert owner.execute("SELECT current_user").fetchone() != (connection.settings_dict["USER"],)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_what_migrations_have_put_in_is_there_for_every_test(turn: int) -> None:
    calendar = BusinessCalendar.objects.get(is_default=True)
    assert calendar.windows.count() == 5
    with connect_as_owner() as owner:
        owner.execute("UPDATE accounts_businesscalendar SET name = %s", [f"changed {turn}"])
    calendar.refresh_from_db()
    assert calendar.name == f"changed {turn}"
